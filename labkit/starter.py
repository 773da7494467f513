"""What `labkit init` writes, and the recipes it can start from.

A recipe is an experiment file of this package: ``lab1`` is the ``experiments.yaml``
of the project itself, every other one is a file in ``labkit/recipes``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.experiment_file import PlanError, read_experiment
from labkit.experiment_model import SCHEMA_NAME, json_schema, nearest

PACKAGE = Path(__file__).parent
FILE_NAME = "experiments.yaml"
EDITOR_LINE = f"# yaml-language-server: $schema={SCHEMA_NAME}\n"


@dataclass(frozen=True)
class Recipe:
    """An experiment file to start from."""

    name: str
    path: Path

    @property
    def title(self) -> str:
        """What its report is called."""
        return read_experiment(self.path).content.title

    def cost(self) -> str:
        """Its cells and their time on this machine, e.g. "18 cells, about 2 h 05 min"."""
        import os

        from labkit import speed
        from labkit.plan import make_plan

        # The bundled images need no download; the estimate is for the full sets.
        cells = make_plan(read_experiment(self.path), source="bundled").cells
        full = [replace(cell, data={**cell.data, "source": "full"}) for cell in cells]
        times = sorted((speed.estimate(cell)[0] for cell in full), reverse=True)
        time = speed.in_words(speed.schedule(times, os.cpu_count() or 1))
        return f"{len(cells)} cells, about {time}"


def recipes() -> dict[str, Recipe]:
    """Every recipe by name, ``lab1`` first."""
    lab1 = PACKAGE / FILE_NAME  # in a wheel
    if not lab1.is_file():
        lab1 = PACKAGE.parent / FILE_NAME  # in the source tree
    others = sorted((PACKAGE / "recipes").glob("*.yaml"))
    return {"lab1": Recipe("lab1", lab1), **{path.stem: Recipe(path.stem, path) for path in others}}


def write_starter(folder: Path, recipe: str = "lab1") -> tuple[Path, Path]:
    """Write a recipe as ``experiments.yaml``, and beside it the schema editors check it with.

    Returns:
        The paths of both files.

    Raises:
        PlanError: there is no such recipe, the experiment file exists already (it is
            never overwritten), or the folder cannot be written to.
    """
    known = recipes()
    if recipe not in known:
        raise PlanError(f"unknown recipe '{recipe}'; {nearest(recipe, known)}")
    file, schema = folder / FILE_NAME, folder / SCHEMA_NAME
    text = EDITOR_LINE + known[recipe].path.read_text("utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        schema.write_text(schema_text(), encoding="utf-8", newline="\n")
    except FileExistsError as error:
        raise PlanError(f"{error.filename}: exists already; nothing was written") from error
    except OSError as error:
        raise PlanError(f"{error.filename}: cannot be written: {error.strerror}") from error
    return file, schema


def schema_text() -> str:
    """The JSON Schema of an experiment file, as a file's content."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
