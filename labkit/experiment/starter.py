"""What `labkit init` writes, and the recipes it can start from.

A recipe is an experiment file of this package: ``lab1`` is the ``experiments.yaml``
of the project itself, every other one is a file in ``labkit/experiment/recipes``.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import PlanError, nearest, reason
from labkit.execution import eta
from labkit.experiment.family_models import SCHEMA_NAME, json_schema
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.text.numbers import duration

PACKAGE = Path(__file__).parents[1]
RECIPES = Path(__file__).parent / "recipes"
FILE_NAME = "experiments.yaml"
OWN_NAME = "my_gan.py"
EDITOR_LINE = f"# yaml-language-server: $schema={SCHEMA_NAME}\n"


@dataclass(frozen=True)
class Recipe:
    """An experiment file to start from, one of those that come with labkit."""

    path: Path

    @property
    def title(self) -> str:
        return read_experiment(self.path).content.title

    def cost(self) -> str:
        """Its cells and their time on this machine, e.g. "18 cells, about 2 h 05 min"."""
        cells = make_plan(read_experiment(self.path), images=("full", "")).cells
        times = sorted((eta.estimate(cell)[0] for cell in cells), reverse=True)
        time = duration(eta.schedule(times, os.cpu_count() or 1))
        return f"{len(cells)} cells, about {time}"


def recipes() -> dict[str, Recipe]:
    """Every recipe by name, ``lab1`` first."""
    lab1 = PACKAGE / FILE_NAME  # in a wheel
    if not lab1.is_file():
        lab1 = PACKAGE.parent / FILE_NAME  # in the source tree
    others = sorted(RECIPES.glob("*.yaml"))
    return {"lab1": Recipe(lab1), **{path.stem: Recipe(path) for path in others}}


def write_starter(folder: Path, recipe: str = "lab1") -> tuple[Path, ...]:
    """Write a recipe as ``experiments.yaml``, and beside it the schema editors check it with.

    Return the paths of both files. PlanError where there is no such recipe, the experiment file
    exists already (it is never overwritten), or the folder cannot be written to.
    """
    known = recipes()
    if recipe not in known:
        raise PlanError(f"unknown recipe '{recipe}'; {nearest(recipe, known)}")
    return _write(folder, {FILE_NAME: known[recipe].path})


def write_own(folder: Path) -> tuple[Path, ...]:
    """Write ``my_gan.py``, a GAN to change, and an ``experiments.yaml`` that trains it.

    Return the paths of both, and of the schema. Errors are those of `write_starter`.
    """
    return _write(folder, {name: RECIPES / "own" / name for name in (OWN_NAME, FILE_NAME)})


def _write(folder: Path, files: dict[str, Path]) -> tuple[Path, ...]:
    """Write new files like those given, and beside them the schema, which may exist already."""
    there = next((folder / name for name in files if (folder / name).exists()), None)
    if there:
        raise PlanError(f"{there}: exists already; nothing was written")
    texts = {name: path.read_text("utf-8") for name, path in files.items()}
    texts[FILE_NAME] = EDITOR_LINE + texts[FILE_NAME]
    texts[SCHEMA_NAME] = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise PlanError(f"{error.filename}: cannot be written: {reason(error)}") from error
    return tuple(folder / name for name in texts)
