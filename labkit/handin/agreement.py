"""How an experiment file and the plan that was run must agree."""

from __future__ import annotations

from collections.abc import Iterable

from labkit.catalog import FAMILIES
from labkit.experiment.grid import make_plan
from labkit.experiment.plan import Plan
from labkit.experiment.reader import Experiment
from labkit.experiment.spec import OWN_CODE, CellSpec, canonical_json


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
        if lacking:
            found.append(_without_seeds(experiment, made[key][0], lacking))
    return sorted(found)


def _sources(plan: Plan) -> list[tuple[str, str]]:
    """The Python files of a plan, whatever line ends they were saved with."""
    files = plan.settings.get("own", [])
    return [(each["name"], each["source"].replace("\r\n", "\n")) for each in files]


def _by_point(cells: Iterable[CellSpec]) -> dict[str, list[CellSpec]]:
    """Cells that differ in nothing but their seed together."""
    found: dict[str, list[CellSpec]] = {}
    for cell in cells:
        found.setdefault(_point(cell), []).append(cell)
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


def _without_seeds(experiment: Experiment, cell: CellSpec, lacking: set[int]) -> str:
    """The line on a cell that was not run with all its seeds."""
    seeds = ", ".join(map(str, sorted(lacking)))
    if experiment.content.seeds == "student":
        return f"{cell.name}: seed {cell.seed}; this author's is {seeds} (seeds: student)"
    return f"{cell.name}: asked for with seed {seeds}, too, which is not in the plan"
