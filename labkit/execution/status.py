"""What there is to do for each cell of a plan, and why: said by `labkit run -n` and `status`.

Read from the store alone; nothing is written.
"""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from labkit.execution.recorder.journal import epochs_told
from labkit.experiment.plan import Plan
from labkit.experiment.spec import OWN_CODE, CellFailure, CellSpec
from labkit.store.file_names import SPEC
from labkit.store.store import Store

#: Why a cell is run that an earlier run left in the middle.
BEGUN = "begun, not finished"
#: Begins the reason why a measured cell is run once more, after the data set's first GAN.
SHEET = "the lab sheet's own number is"

State = Literal["done", "measure", "train", "failed", "damaged"]


@dataclass(frozen=True)
class Job:
    """A cell of the plan and what there is to do for it."""

    spec: CellSpec
    state: State
    """``done``; ``measure`` (trained, its evaluation is missing); ``train``; ``failed``;
    ``damaged`` (only a deep look tells)."""
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
    relatives = _relatives(store)
    jobs = [_job(spec, store, plan.sheet_gan(spec), relatives) for spec in plan.cells]
    return [_inspected(job, plan, store) for job in jobs] if deep else jobs


def _inspected(job: Job, plan: Plan, store: Store) -> Job:
    """A done cell's job, unless the content of one of its files is no longer as committed."""
    if job.state != "done":
        return job
    spec, sheet_gan = job.spec, plan.sheet_gan(job.spec)
    wrong = store.train_damage(spec, deep=True) or store.eval_damage(spec, deep=True)
    if not wrong and sheet_gan and store.is_trained(sheet_gan):
        wrong = store.sheet_damage(spec, sheet_gan, deep=True)
    if not wrong:
        return job
    again = f"labkit run --force --only '{spec.name}'"
    return Job(spec, "damaged", f"damaged: {wrong}; to make it again: {again}")


def _job(
    spec: CellSpec, store: Store, sheet_gan: CellSpec | None, relatives: Mapping[str, list[Path]]
) -> Job:
    trained = store.is_trained(spec)
    if trained and store.is_evaluated(spec):
        if sheet_gan is None or not lacks_sheet_number(spec, store, sheet_gan):
            return Job(spec, "done", "done")
        wrong, failed = store.sheet_damage(spec, sheet_gan), store.sheet_failure(spec)
        state = wrong if wrong == "missing" else f"damaged: {wrong}"
        if wrong == "missing" and failed:
            state = f"missing; {failure_line(failed)}"
        return Job(spec, "measure", f"{SHEET} {state}")
    outcome = store.outcome(spec)
    if isinstance(outcome, CellFailure):
        return Job(spec, "failed", failure_line(outcome))
    if not trained:
        return Job(spec, "train", why_missing(spec, store, relatives))
    wrong = store.eval_damage(spec)
    reason = "not measured yet" if wrong == "missing" else f"evaluation damaged: {wrong}"
    if wrong == "missing" and any(store.cell_folder(spec).glob("eval-*")):
        reason = "the measures have changed since; training is kept"
    return Job(spec, "measure", reason)


def lacks_sheet_number(spec: CellSpec, store: Store, sheet_gan: CellSpec | None) -> bool:
    """Whether a measured cell lacks the lab sheet's own number, and the GAN for it is trained."""
    if sheet_gan is None or not store.is_trained(sheet_gan):
        return False
    return bool(store.sheet_damage(spec, sheet_gan))


def failure_line(failure: CellFailure) -> str:
    """What went wrong, and the file that says more."""
    return f"failed: {failure.error} (log: {failure.log})"


def _relatives(store: Store) -> dict[str, list[Path]]:
    """Map each cell's name to its folders, one for each of its settings."""
    found = defaultdict(list)
    for folder in (store.root / "cells").glob("*"):
        found[folder.name.rpartition("-")[0]].append(folder)
    return found


def why_missing(spec: CellSpec, store: Store, relatives: Mapping[str, list[Path]]) -> str:
    """Why a cell has no committed training: never run, damaged, or which setting changed."""
    wrong = store.train_damage(spec)
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
    differences = list(filter(None, differences))
    if differences:
        return f"changed since it was trained: {min(differences, key=len)}"
    return "not trained yet"


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
