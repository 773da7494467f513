"""Several plans as one: the cells of all, each point of the grid once and with all its seeds.

Plans fit where one experiment file could have asked for all their cells. What does not fit is
named with the two stores it comes from.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labkit.catalog import FAMILIES
from labkit.errors import PlanError
from labkit.execution.status import changed_settings
from labkit.experiment.grid import MAX_CELLS, MAX_NAME
from labkit.experiment.plan import Plan
from labkit.experiment.spec import OWN_CODE, CellSpec, canonical_json, seedless
from labkit.store.store import Store


@dataclass(frozen=True)
class Source:
    """A store whose cells are joined with those of others."""

    path: Path  # as the user named it
    plan: Plan
    store: Store


#: A cell with where it comes from, under the name it has there.
Held = tuple[Source, CellSpec]


def join_plans(sources: Sequence[Source], name: str) -> tuple[Plan, dict[str, list[Held]]]:
    """One plan of all cells, and by a cell's fingerprint the sources that have it.

    The first plan's title and options count. The plan is called as all of them are, else `name`.
    Points of the grid keep the order of the plans, and the seeds of one point that in which they
    come first. PlanError says which two do not fit together, and in what.
    """
    base = next((s for s in sources if not _own(s.plan)), sources[0])
    for source in sources:
        first, this = ({"settings": _shared(plan)} for plan in (base.plan, source.plan))
        if not _own(source.plan) and (changed := changed_settings(first, this)):
            raise PlanError(f"{base.path} and {source.path} do not fit together: {changed}")
    points = _points(sources)
    order = list(dict.fromkeys(c.seed for s in sources for c in s.plan.cells))
    cells: list[CellSpec] = []
    for label, seeds in points.items():
        for seed in sorted(seeds, key=order.index):
            _source, spec = seeds[seed][0]
            called = f"{label}_seed{seed}" if len(order) > 1 else label
            if len(called) > MAX_NAME:
                called = f"{called[: MAX_NAME - 13]}-{spec.fingerprint[:12]}"
            cells.append(replace(spec, name=called))
    cells.sort(key=lambda cell: cell.code == OWN_CODE)  # what a file asks for comes first
    if len(cells) > MAX_CELLS:
        raise PlanError(f"{len(cells):,} cells in all; at most {MAX_CELLS:,} are allowed")
    plans = [base.plan, *(s.plan for s in sources if s is not base)]
    seeds_of_all = tuple(dict.fromkeys(cell.seed for cell in cells))
    names = {plan.name for plan in plans if _own(plan) == _own(base.plan)}
    joined = replace(
        base.plan,
        name=names.pop() if len(names) == 1 else name,
        author={key: _each(p.author.get(key, "") for p in plans) for key in base.plan.author},
        seeds=seeds_of_all,
        snapshot_epochs=tuple(sorted({e for plan in plans for e in plan.snapshot_epochs})),
        settings=_settings(plans, sources, seeds_of_all),
        cells=tuple(cells),
    )
    return joined, {held[0][1].fingerprint: held for s in points.values() for held in s.values()}


def _own(plan: Plan) -> bool:
    """Whether no experiment file made the plan: every cell is of a loop of the user's own."""
    return all(cell.code == OWN_CODE for cell in plan.cells)


def _each(values: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, values)))


def _shared(plan: Plan) -> dict[str, Any]:
    """The settings that hold for all cells of a plan."""
    stated = {key: dict(plan.settings.get(key) or {}) for key in ("training", "evaluation")}
    data = {"source": plan.data_source, "limit": (plan.settings.get("data") or {}).get("limit")}
    budget = plan.settings.get("within", {})  # one that left out cells says nothing of the others
    return {**stated, "profile": plan.profile, "data": data,
            "within": {} if "cells" in budget else budget}  # fmt: skip


def _points(sources: Sequence[Source]) -> dict[str, dict[int, list[Held]]]:
    """By the name of each point of the grid, by seed: the same cell in every source that has it."""
    found: dict[str, dict[int, list[Held]]] = defaultdict(dict)
    labels: dict[str, str] = {}  # of what makes a point, its name
    taken: dict[str, Held] = {}  # by a point's name without its case, its first cell
    features: dict[str, Held] = {}
    for source in sources:
        for spec in source.plan.cells:
            key, here = _point(spec), (source, spec)
            label = labels.setdefault(key, seedless(spec.name, spec.seed))
            first = taken.setdefault(label.lower(), here)
            if _point(first[1]) != key:
                raise _unfit(first, here)
            same = found[label].setdefault(spec.seed, [])
            if same and same[0][1].fingerprint != spec.fingerprint:
                raise _unfit(same[0], here)
            if network := spec.evaluation.get("features"):
                first = features.setdefault(spec.dataset, here)
                if first[1].evaluation["features"] != network:
                    a, b = first[0].path, source.path
                    raise PlanError(f"{a} and {b}: {spec.dataset} measured by unlike networks")
            same.append(here)
    return found


def _point(spec: CellSpec) -> str:
    """All that a cell's repetitions with other seeds share, the training code among it."""
    defaults = {name: param.default for name, param in FAMILIES[spec.family].params.items()}
    without = ("name", "experiment", "evaluation", "seed")
    values = {key: value for key, value in spec.to_json().items() if key not in without}
    # A setting labkit learnt after the cell was trained has its default: what it did before.
    return canonical_json({**values, "params": {**defaults, **spec.params}})


def _unfit(a: Held, b: Held) -> PlanError:
    """Two cells that would share a name, and in what they differ."""
    (first, one), (second, other) = a, b
    changed = changed_settings({**one.to_json(), "seed": 0}, {**other.to_json(), "seed": 0})
    two = f"{one.name} of {first.path} and {other.name} of {second.path}"
    return PlanError(f"{two} would have one name and are not alike: {changed}")


def _settings(
    plans: Sequence[Plan], sources: Sequence[Source], seeds: Sequence[int]
) -> dict[str, Any]:
    """The first plan's settings, with the experiments, Python files and seeds of all."""
    settings = dict(plans[0].settings)
    if "experiments" in settings:
        experiments: dict[str, Any] = {}
        for plan in reversed(plans):
            experiments |= plan.settings.get("experiments", {})
        settings |= {"experiments": experiments, "seeds": list(seeds)}
    if "cells" in settings.get("within", {}):
        del settings["within"]  # which cells are missing is to be seen
    files: dict[str, tuple[Source, Mapping[str, Any]]] = {}
    for source, file in ((s, f) for s in sources for f in s.plan.settings.get("own", ())):
        first, known = files.setdefault(file["name"], (source, file))
        if known["source"].replace("\r\n", "\n") != file["source"].replace("\r\n", "\n"):
            raise PlanError(f"{file['name']}.py of {first.path} and of {source.path} are not alike")
    return {**settings, **({"own": [file for _, file in files.values()]} if files else {})}
