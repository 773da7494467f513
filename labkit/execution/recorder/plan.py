"""Add the cells of the user's own loops to a plan, name them and keep them there.

The commits are the truth. Many loops may end at one moment, and one may die between its commit
and the plan: whoever reads the plan next adds the committed cells that it lacks.
"""

import re
from dataclasses import replace

from labkit.catalog import FAMILIES
from labkit.execution.recorder.journal import draft
from labkit.experiment.plan import Plan
from labkit.experiment.spec import OWN_CODE, UNSTATED, CellResult, CellSpec, seedless
from labkit.store.commits import StoreError, read_json
from labkit.store.file_names import SPEC
from labkit.store.history import best_epoch
from labkit.store.store import Store

#: Where a spec says which loop it is of: of two loops labkit knows no more than their names.
LOOP = "loop"
_SNAPSHOTS = (1, 5, 10)
#: Of a name that is made longer, so that its number still fits.
_LONGEST = 110


def key(spec: CellSpec) -> str:
    """Return a key that two openings of one loop with one seed and the same settings share."""
    # Cells of before this was noted bear the name of their loop.
    loop = spec.data.get(LOOP, seedless(spec.name, spec.seed))
    return draft(replace(spec, data={**spec.data, LOOP: loop})).fingerprint


def join(store: Store, spec: CellSpec) -> CellSpec:
    """Add a cell to the store's newest plan, in place of an earlier one of the same loop.

    One that is committed is replaced only by one that is, too. Return what the plan has of it: by
    another name where a different cell bears its own.
    """
    plan = store.update_plan(lambda old: _joined(store, old, spec))
    return next(cell for cell in plan.cells if key(cell) == key(spec))


def name_of(plan: Plan | None, spec: CellSpec) -> str:
    """Return the cell's name in the plan: its own, or a longer one if another cell has that."""
    cells = plan.cells if plan else ()
    wanted: str = spec.data.get(LOOP, spec.name)
    for cell in cells:
        if cell.code == OWN_CODE and key(cell) == key(spec):
            return cell.name
    taken = {cell.name.lower(): cell for cell in cells}
    other = taken.get(wanted.lower())
    if other is None:
        return wanted
    if other.code != OWN_CODE:
        wanted = f"{wanted}_own"
    else:
        seed = [f"seed{spec.seed}"] if other.seed != spec.seed else []
        wanted = "_".join([wanted, *_differences(other, spec), *seed])[:_LONGEST]
    numbers = (f"{wanted}_{n}" for n in range(2, len(taken) + 3))
    return next(name for name in (wanted, *numbers) if name.lower() not in taken)


def _differences(other: CellSpec, spec: CellSpec) -> list[str]:
    """The stated settings in which a cell differs from another: ``z32``, ``limit-2000``."""
    params = FAMILIES[spec.family].params
    found = [
        (params[name].tag or f"{name}{{}}").format(value)
        for name, value in spec.params.items()
        if value not in (UNSTATED, other.params.get(name))
    ]
    tags = {"dataset": "", "family": "", "batch_size": "batch", "source": "source-"}
    for name, tag in {**tags, "limit": "limit-"}.items():
        if spec.settings[name] != other.settings[name]:
            found.append(f"{tag}{spec.settings[name]}")
    return [re.sub(r"[^A-Za-z0-9._-]+", "-", tag) for tag in found]


def _joined(store: Store, plan: Plan | None, spec: CellSpec) -> Plan:
    spec = replace(spec, name=name_of(plan, spec))
    name = store.root.absolute().name
    plan = plan or Plan(
        name=name,
        title=name,
        author=dict.fromkeys(("name", "id", "group", "course"), ""),
        profile=None,
        seeds=(spec.seed,),
        data_source=spec.data["source"],
        data_reason="as stated by the author of the training code",
        snapshot_epochs=_SNAPSHOTS,
        settings={"name": name},
        cells=(spec,),
    )
    cells = list(plan.cells)
    found = [cell for cell in cells if cell.code == OWN_CODE and key(cell) == key(spec)]
    outcome = store.outcome(spec)
    if found and not isinstance(outcome, CellResult) and store.is_trained(found[0]):
        return plan
    if spec not in cells:
        cells = [cell for cell in cells if cell not in found] + [spec]
    seeds = dict.fromkeys((*plan.seeds, *(cell.seed for cell in cells)))
    used = {cell.seed for cell in cells}
    shown = plan.snapshot_epochs
    if isinstance(outcome, CellResult):  # its best epoch, or its last if none was measured
        longest = max(cell.training["epochs"] for cell in cells)
        best = best_epoch(outcome.history) or spec.training["epochs"]
        shown = tuple(sorted(e for e in {*shown, best} if e <= longest))
    kept = tuple(seed for seed in seeds if seed in used)
    return replace(plan, cells=tuple(cells), seeds=kept, snapshot_epochs=shown)


def adopt(store: Store) -> list[str]:
    """Add committed cells of own loops that the plan lacks; return their names."""
    plan = store.plan() if store.plan_path.is_file() else None
    cells = plan.cells if plan else ()
    listed = {cell.fingerprint[:12] for cell in cells}
    finished = {key(c) for c in cells if c.code == OWN_CODE and store.is_trained(c)}
    found: list[tuple[str, CellSpec]] = []
    for path in sorted(store.root.glob("cells/*")):
        spec = None if path.name[-12:] in listed else _committed(store, path.name)
        if spec is not None and key(spec) not in finished:
            found.append((store.newest_commit([spec]), spec))
    names = [join(store, spec).name for _, spec in sorted(found, key=lambda each: each[0])]
    return list(dict.fromkeys(names))


def _committed(store: Store, name: str) -> CellSpec | None:
    """Return the spec of a folder that holds a committed cell of an own loop, or None."""
    path = store.root / "cells" / name / "train" / SPEC
    try:
        spec = CellSpec.from_json(read_json(path))
        own = spec.code == OWN_CODE and spec.family in FAMILIES
        whole = own and store.cell_folder(spec).name == name and store.is_trained(spec)
        return spec if whole else None
    except (OSError, StoreError, KeyError, TypeError, AttributeError, ValueError):
        return None
