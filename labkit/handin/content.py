"""What a hand-in holds, what it says of how it was made, and how its parts must agree.

data/
  submission.json     format, labkit's version, what made the report, what was left out
  experiments.yaml    answers.md, and the Python files that `code` names
  results/            plan.json, cells/ as in the store, without logs
  report/             report.md, report.html, their tables and pictures
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from labkit import __version__
from labkit.calibration import feature_hash
from labkit.catalog import FAMILIES
from labkit.experiment.fingerprint import evaluation_code, own_files
from labkit.experiment.grid import make_plan
from labkit.experiment.plan import Plan
from labkit.experiment.reader import Experiment
from labkit.experiment.spec import OWN_CODE, CellSpec, canonical_json
from labkit.plugins.unlike import ABOUT
from labkit.reporting.render.templates import templates_folder
from labkit.store.atomic import with_unix_ends
from labkit.store.file_names import BEST, CHECKPOINT, ENVIRONMENT, ERROR, LOG, SAMPLES
from labkit.store.store import Store

FORMAT = 1
SUBMISSION, EXPERIMENT, ANSWERS = "submission.json", "experiments.yaml", "answers.md"
RESULTS, REPORT = "results", "report"
#: What a report's text depends on, below the package, beside the templates.
REPORT_CODE = (
    "calibration", "catalog", "claims", "execution/image_grid.py", "experiment/plan.py",
    "experiment/spec.py", "plugins", "reporting", "store/commits.py", "store/history.py",
    "store/layer_table.py", "store/layout.py", "store/store.py", "text",
)  # fmt: skip
#: Libraries that draw and lay out; other versions may draw other bytes.
_DRAWING = ("matplotlib", "numpy", "pandas", "pillow", "jinja2", "markdown", "scipy", "nh3")


def may_lack(kind: str, name: str, light: bool) -> bool:
    """Whether a file that a commit of this kind names may be absent from a (light) hand-in."""
    if kind == "failed":
        return name != ERROR
    # A log names folders of the user's machine.
    return name == LOG or (light and name in (SAMPLES, BEST, CHECKPOINT))


def made_with() -> dict[str, str]:
    """The versions a report's bytes depend on."""
    found = {"labkit": __version__, "python": platform.python_version()}
    for name in _DRAWING:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a library by another name in its place
            found[name] = "unknown"
    return found


@cache
def report_code() -> str:
    """A hash of all code, templates and calibration that a report's text depends on."""
    package = Path(__file__).resolve().parent.parent
    parts = {"templates": templates_folder()} | {name: package / name for name in REPORT_CODE}
    digest = hashlib.sha256()
    for name, path in sorted(parts.items()):
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.suffix in (".py", ".j2", ".css", ".js", ".json"):
                digest.update(f"{name}/{file.relative_to(path).as_posix()}\0".encode())
                digest.update(with_unix_ends(file.read_bytes()))
    return digest.hexdigest()


def make_report(experiment: Experiment, results: Path, answers: Path) -> dict[str, bytes]:
    """The files of the report that is part of a hand-in, by their path in its folder."""
    from labkit.reporting.build import render_report  # with pandas: not for a file that is no bag

    made = render_report(
        results, formats=("md", "html"), answers_file=answers,
        layout=experiment.content.report.layout, overrides=experiment.overrides(),
    )  # fmt: skip
    return {**made["md"], **made["html"]}


def own_noise(store: Store, spec: CellSpec) -> str:
    """What a cell's record says the author's networks do otherwise each time; mostly nothing."""
    if not own_files(spec):
        return ""
    path = store.train_folder(spec) / ENVIRONMENT
    stated = json.loads(path.read_bytes()).get("differs") or ()
    return "; ".join(ABOUT[what] for what in stated if what in ABOUT)


def ran_on(store: Store, spec: CellSpec) -> dict[str, Any]:
    """What decides the last bits of a training, as it was recorded.

    Libraries choose their kernels by the processor, so it counts beside the numeric
    environment; trainings of before it was recorded are of an unknown one.
    """
    stated = json.loads((store.train_folder(spec) / ENVIRONMENT).read_bytes())
    return {"numeric": stated["numeric"], "processor": stated.get("hardware", {}).get("processor")}


def measured_alike(spec: CellSpec) -> bool:
    """Whether a cell was measured by this labkit's code and feature network."""
    ours = {"code": evaluation_code(), "features": feature_hash(spec.dataset)}
    return all(spec.evaluation.get(name) == value for name, value in ours.items())


def differences(experiment: Experiment, plan: Plan) -> list[str]:
    """Where a plan is not what its experiment file asks for; seeds may be added.

    Which code, data and device were used is not asked of the file.
    """
    asked = make_plan(experiment, images=("bundled", ""))
    found = []
    if plan.name != experiment.name:
        found.append(f"the plan is of {plan.name}, the file of {experiment.name}")
    wanted = _by_point(asked.cells)
    # What was trained outside of labkit no file can ask for.
    made = _by_point(cell for cell in plan.cells if cell.code != OWN_CODE)
    for key in wanted.keys() - made.keys():
        found.append(f"{wanted[key][0].name} is asked for, but not as it is in the plan")
    for key in made.keys() - wanted.keys():
        found.append(f"{made[key][0].name} in the plan is not what the file asks for")
    if _sources(plan) != _sources(asked):
        found.append("code: the plan has other Python files than the experiment file names")
    for name in ("data", "training", "evaluation", "threads"):
        if plan.settings.get(name) != asked.settings.get(name):
            found.append(f"{name}: the plan has other settings than the file")
    shown, wanted_epochs = set(plan.snapshot_epochs), set(asked.snapshot_epochs)
    # `labkit.cell` adds the epoch its loop was best in.
    may_add = any(cell.code == OWN_CODE for cell in plan.cells)
    if wanted_epochs - shown or (shown - wanted_epochs and not may_add):
        found.append("training.snapshot_epochs: the plan has others than the file")
    for key in wanted.keys() & made.keys():
        lacking = {c.seed for c in wanted[key]} - {c.seed for c in made[key]}
        cell, seeds = made[key][0], ", ".join(map(str, sorted(lacking)))
        if lacking and experiment.content.seeds == "student":
            found.append(
                f"{cell.name}: seed {cell.seed}; this author's is {seeds} (seeds: student)"
            )
        elif lacking:
            found.append(f"{cell.name}: asked for with seed {seeds}, too, which is not in the plan")
    return sorted(found)


def _sources(plan: Plan) -> list[tuple[str, str]]:
    """The Python files of a plan, whatever line ends they were saved with."""
    files = plan.settings.get("own", [])
    return [(each["name"], each["source"].replace("\r\n", "\n")) for each in files]


def _by_point(cells: Iterable[CellSpec]) -> dict[str, list[CellSpec]]:
    """Cells that differ in nothing but their seed together."""
    found: dict[str, list[CellSpec]] = defaultdict(list)
    for cell in cells:
        found[_point(cell)].append(cell)
    return found


def _point(cell: CellSpec) -> str:
    """What the experiment file decides of a cell; all but the seed."""
    names = {cell.name, cell.name.removesuffix(f"_seed{cell.seed}")}
    # A setting labkit learnt after the cell was trained has its default: what it did before.
    defaults = {name: param.default for name, param in FAMILIES[cell.family].params.items()}
    return canonical_json(
        {
            "name": min(names, key=len) if len(cell.name) < 100 else "",
            "experiment": cell.experiment,
            "family": cell.family,
            "dataset": cell.dataset,
            "params": {**defaults, **cell.params},
            "training": cell.training,
            "limit": cell.data["limit"],
            "selection": {k: v for k, v in cell.selection.items() if k != "features"},
            "evaluation": cell.evaluation.get("samples"),
        }
    )
