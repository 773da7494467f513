"""What there is to do for each cell of a plan, and why: said by `labkit run -n` and `status`.

Read from the store alone; nothing is written.
"""

import contextlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from labkit.execution.recorder.journal import epochs_told
from labkit.experiment.plan import Plan
from labkit.experiment.spec import OWN_CODE, CellFailure, CellSpec
from labkit.store.file_names import BEST, SAMPLES, SPEC
from labkit.store.store import Store

#: Why a cell is run that an earlier run left in the middle.
BEGUN = "begun, not finished"
#: Begins the reason why a measured cell is run once more, after the data set's first GAN.
SHEET = "the lab sheet's own number is"

#: ``measure``: trained, its evaluation is missing; ``damaged``: only a deep look tells; ``light``:
#: trained, and not to be measured, since its weights were left out.
State = Literal["done", "measure", "train", "failed", "damaged", "light"]
#: What is said of a cell that was put down without its weights and samples.
LIGHT = "light: without weights or samples"


@dataclass(frozen=True)
class Job:
    """A cell of the plan and what there is to do for it."""

    spec: CellSpec
    state: State
    why: str  # One phrase for `labkit run -n` and `labkit status`


@dataclass(frozen=True)
class Task:
    """What a worker needs to run one cell; it crosses to any process."""

    spec: CellSpec
    store: Path
    data_root: Path | None = None
    device: str = "auto"
    threads: int = 1
    sheet_gan: CellSpec | None = None  # Its discriminator yields the lab sheet's own number
    own: Sequence[Mapping[str, str]] = ()  # The user's own Python files, see `plugins.registry`


def survey(plan: Plan, store: Store, deep: bool = False) -> list[Job]:
    """Return what there is to do for each cell of the plan, in the plan's order.

    With `deep`, also check the content of large files that look unchanged since the commit.
    """
    relatives = defaultdict(list)  # A cell's name -> its folders, one for each of its settings
    for folder in (store.root / "cells").glob("*"):
        relatives[folder.name.rpartition("-")[0]].append(folder)
    return [_job(spec, plan.sheet_gan(spec), store, relatives, deep) for spec in plan.cells]


def _job(
    spec: CellSpec,
    sheet_gan: CellSpec | None,
    store: Store,
    relatives: Mapping[str, list[Path]],
    deep: bool,
) -> Job:
    trained = store.is_trained(spec)
    if trained and store.is_evaluated(spec):
        gan = sheet_gan if sheet_gan and has_sheet(store, spec, sheet_gan) else None
        if gan and (wrong := store.damage(spec, "sheet", gan)):
            state = wrong if wrong == "missing" else f"damaged: {wrong}"
            if wrong == "missing" and (failed := store.failure(spec, "sheet")):
                state = f"missing; {failure_line(failed)}"
            return Job(spec, "measure", f"{SHEET} {state}")
        for kind in ("train", "eval", *(["sheet"] if gan else ())) if deep else ():
            if wrong := store.damage(spec, kind, gan, deep):
                again = f"labkit run --force --only '{spec.name}'"
                return Job(spec, "damaged", f"damaged: {wrong}; to make it again: {again}")
        return Job(spec, "done", LIGHT if store.left_out(spec) else "done")
    outcome = store.outcome(spec)
    if isinstance(outcome, CellFailure):
        return Job(spec, "failed", failure_line(outcome))
    if not trained:
        return Job(spec, "train", why_missing(spec, store, relatives))
    wrong = store.damage(spec, "eval")
    if BEST in store.left_out(spec):
        again = f"to train it again: labkit run --force --only '{spec.name}'"
        return Job(spec, "light", f"not measured, and cannot be without its weights; {again}")
    reason = "not measured yet" if wrong == "missing" else f"evaluation damaged: {wrong}"
    if wrong == "missing" and any(store.cell_folder(spec).glob("eval-*")):
        reason = "the measures have changed since; training is kept"
    return Job(spec, "measure", reason)


def has_sheet(store: Store, spec: CellSpec, sheet_gan: CellSpec) -> bool:
    """Whether a measured cell has the lab sheet's number, or could be given it: by its samples."""
    if not store.is_trained(sheet_gan):
        return False
    light = SAMPLES in store.left_out(spec) or BEST in store.left_out(sheet_gan)
    return not light or not store.damage(spec, "sheet", sheet_gan)


def as_measured(plan: Plan, old: Plan, store: Store) -> Plan:
    """The plan with light cells as an older one has them measured, if by other code.

    Without weights they cannot be measured again, and what is known of them stays.
    """
    known = {cell.fingerprint: cell.evaluation for cell in old.cells}

    def kept(cell: CellSpec) -> CellSpec:
        if BEST not in store.left_out(cell) or store.is_evaluated(cell):
            return cell
        other = replace(cell, evaluation=known.get(cell.fingerprint, cell.evaluation))
        return other if store.is_evaluated(other) else cell

    return replace(plan, cells=tuple(map(kept, plan.cells)))


def failure_line(failure: CellFailure) -> str:
    """What went wrong, and the file that says more."""
    return f"failed: {failure.error} (log: {failure.log})"


def why_missing(spec: CellSpec, store: Store, relatives: Mapping[str, list[Path]]) -> str:
    """Why a cell has no committed training: never run, damaged, or which setting changed."""
    wrong = store.damage(spec, "train")
    if wrong != "missing":
        return f"damaged: {wrong}"
    if spec.code == OWN_CODE:
        told = epochs_told(store, spec)
        return BEGUN if told is None else f"{BEGUN}: {told} epochs logged"
    if any(store.cell_folder(spec).glob("attempt-train-*")):
        return BEGUN
    differences = []
    for folder in sorted(relatives.get(spec.name, ())):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # it is only a hint
            old = json.loads((folder / "train" / SPEC).read_bytes())
            differences.append(changed_settings(old, spec.to_json()))
    nearest = min(filter(None, differences), key=len, default="")
    return f"changed since it was trained: {nearest}" if nearest else "not trained yet"


def changed_settings(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> str:
    """The settings in which two specs differ: ``params.lr 0.0002 -> 0.001, seed 42 -> 43``."""
    parts = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before == after or (not prefix and key in ("name", "experiment", "evaluation")):
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            parts.append(changed_settings(before, after, f"{prefix}{key}."))
        elif key in ("code", "features", "sha256"):
            parts.append({"code": "training code", "features": "feature network"}.get(key, "data"))
        else:
            parts.append(f"{prefix}{key} {before} -> {after}")
    return ", ".join(parts)
