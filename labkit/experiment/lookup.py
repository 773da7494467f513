"""Check what a verb was given: read the file, find the results folder, check the options.

What is not there or not allowed is a `UserError` of one line, with the nearest that is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.catalog import FORMATS
from labkit.data.places import folder
from labkit.errors import UserError, nearest
from labkit.execution.recorder.plan import adopt
from labkit.experiment.precision import REASONS
from labkit.experiment.spec import OWN_CODE
from labkit.store.store import Store
from labkit.text.language import languages as known_languages
from labkit.text.language import several
from labkit.text.numbers import listing

if TYPE_CHECKING:
    from labkit.experiment.grid import Experiment
    from labkit.experiment.plan import Plan

DEFAULT_FILE = Path("experiments.yaml")


def read(file: str | Path, profile: str | None = None) -> Experiment:
    """Read and check an experiment file."""
    # Imports pydantic and YAML, which a run with a remembered plan does not need.
    from labkit.experiment.grid import read_experiment

    return read_experiment(Path(file), profile)


def results_folder(results: str | Path | None, name: str) -> Path:
    """The folder of results: `results` if given, else ``results/<name>``."""
    return Path(results) if results is not None else Path("results") / name


def default_results(path: Path, profile: str | None = None) -> Path:
    """The results folder of an experiment file; a folder is returned as it is."""
    if not path.exists():
        raise UserError(f"{path}: no such results folder or experiment file")
    return path if path.is_dir() else results_folder(None, read(path, profile).name)


def stored(root: Path) -> Store:
    """Open the store of a results folder; its plan takes up the user's own committed cells."""
    store = Store(root)
    try:
        if names := adopt(store):
            line = f"{root}: {', '.join(names)}: finished, and missing in the plan; taken up"
            print(line, file=sys.stderr)
    except OSError as error:
        print(f"{root}: a finished cell is missing in the plan, which cannot be written: "
              f"{error.strerror or error}", file=sys.stderr)  # fmt: skip
    if not store.plan_path.is_file():
        raise UserError(f"{root}: no results there; `labkit run` makes them")
    return store


def formats(text: str) -> list[str]:
    """Split ``md,html`` into a list; ``all`` is every format whose libraries are installed."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        one_of("--format", name, (*FORMATS, "all"))
    if "all" in names:
        return [key for key, made in FORMATS.items() if not made.module or find_spec(made.module)]
    return names


def languages(text: str | None) -> tuple[str, ...]:
    """Split ``en,zh`` into codes of languages there are; None is none."""
    for code in (asked := several(text or ())):
        one_of("--lang", code, known_languages())
    return asked


def one_of(option: str, value: str | None, allowed: Sequence[str]) -> None:
    """Refuse a value that is not allowed; None stands for an option that was not given."""
    if value is not None and value not in allowed:
        raise UserError(f"{option} {value}: {nearest(value, allowed)}")


def precision_line(plan: Plan) -> str:
    """One line for the terminal: in which arithmetic cells train, and why."""
    said = listing(dict.fromkeys(cell.precision for cell in plan.cells if cell.code != OWN_CODE))
    why = REASONS.get(str(plan.settings.get("precision_reason")))
    return f"precision: {said} ({f'auto: {why}' if why else 'asked for'})"


def data_line(plan: Plan) -> str:
    """One line for the terminal: which data a plan uses, and why."""
    if plan.data_source != "bundled":
        return f"data: the full sets ({plan.data_reason})"
    # The plan is handed in, so its reason names no folder of this machine.
    given = os.environ.get("LABKIT_DATA") if "LABKIT_DATA" in plan.data_reason else None
    why = plan.data_reason + (f"; LABKIT_DATA is {folder(given)}" if given else "")
    return f"data: the BUNDLED subset, the first 10,000 of 60,000 training images ({why})"
