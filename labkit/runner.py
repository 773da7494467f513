"""What to run, in which order, on which executor; and what came of it.

Committed cells are skipped, the rest go to the executor, longest first. A failed cell
is noted and the others go on. Progress is read from the files the workers write, so
any executor has it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from labkit import speed
from labkit.executors import Executor, Inline, LocalProcesses, WorkerDiedError
from labkit.spec import CellFailure, CellResult, CellSpec
from labkit.store import Attempt, Store, read_history

if TYPE_CHECKING:
    from labkit.plan import Plan

POLL_S = 0.5
#: A cell may take this many times its expected time, and never less than an hour.
PATIENCE, LEAST_LIMIT_S = 20.0, 3600.0

#: Why a cell is run that an earlier run left in the middle.
BEGUN = "begun, not finished"
#: Why a measured cell is looked at once more, after the data set's first GAN.
SHEET = "the lab sheet's own number is missing"

State = Literal["done", "measure", "train", "failed", "damaged"]


@dataclass(frozen=True)
class Job:
    """A cell of the plan and what there is to do for it."""

    spec: CellSpec
    state: State
    """``done``; ``measure`` (trained, its evaluation is missing); ``train``; ``failed``;
    ``damaged`` (only a deep look tells)."""
    why: str
    """One phrase for `labkit run -n` and `labkit status`."""


@dataclass(frozen=True)
class Options:
    """How a run goes about it; nothing here can change a result."""

    jobs: int | None = None
    only: str | None = None
    failed: bool = False
    force: bool = False
    fail_fast: bool = False
    device: str = "auto"
    threads: int = 1
    data_root: Path | None = None
    executor: str = "local"


@dataclass(frozen=True)
class Progress:
    """How far a running cell is."""

    spec: CellSpec
    epoch: int = 0
    """Epochs finished."""
    within: float = 0.0
    """Share of the current epoch that is done, 0..1."""
    row: dict[str, Any] = field(default_factory=dict)
    """The last epoch's row of the history."""
    measuring: bool = False
    first_grid: Path | None = None
    """A sample grid that can be opened already."""

    @property
    def share(self) -> float:
        """Share of the cell that is done, 0..1."""
        epochs = self.spec.training["epochs"]
        return 1.0 if self.measuring else min((self.epoch + self.within) / epochs, 1.0)


#: Runs one cell, given the fields of a `labkit.one_cell.Task`; returns the seconds it took.
Work = Callable[[dict[str, Any]], float]


class View(Protocol):
    """Shows a run to somebody."""

    def start(self, jobs: Sequence[Job], workers: int, expected: str) -> None: ...
    def update(self, running: Sequence[Progress], waiting: Sequence[CellSpec]) -> None: ...
    def finished(self, spec: CellSpec, outcome: CellResult | CellFailure) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True)
class Summary:
    done: int
    failed: tuple[CellFailure, ...]
    missing: int
    """Cells of the plan that were neither selected nor committed before."""
    trained: int
    """Cells this run worked on."""


def survey(plan: Plan, store: Store, deep: bool = False) -> list[Job]:
    """What there is to do for each cell of the plan, in the plan's order.

    `deep` also looks into large files that nobody has touched since they were committed.
    """
    jobs = [_job(spec, store, plan.yardstick(spec)) for spec in plan.cells]
    return [_inspected(job, plan, store) for job in jobs] if deep else jobs


def _inspected(job: Job, plan: Plan, store: Store) -> Job:
    """A done cell's job, unless the content of one of its files is no longer as committed."""
    if job.state != "done":
        return job
    spec, yardstick = job.spec, plan.yardstick(job.spec)
    wrong = store.train_damage(spec, deep=True) or store.eval_damage(spec, deep=True)
    if not wrong and yardstick and store.is_trained(yardstick):
        wrong = store.sheet_damage(spec, yardstick, deep=True)
    if not wrong:
        return job
    again = f"labkit run --force --only '{spec.name}'"
    return Job(spec, "damaged", f"damaged: {wrong}; to make it again: {again}")


def _job(spec: CellSpec, store: Store, yardstick: CellSpec | None) -> Job:
    outcome = store.outcome(spec)
    if isinstance(outcome, CellFailure):
        return Job(spec, "failed", f"failed: {outcome.error} (log: {outcome.log})")
    if outcome is None:
        return Job(spec, "train", why_missing(spec, store))
    if outcome.measured:
        if (
            yardstick is not None
            and store.is_trained(yardstick)
            and store.sheet_damage(spec, yardstick)
        ):
            return Job(spec, "measure", SHEET)
        return Job(spec, "done", "done")
    wrong = store.eval_damage(spec)
    reason = "not measured yet" if wrong == "missing" else f"evaluation damaged: {wrong}"
    if wrong == "missing" and any(store.cell_folder(spec).glob("eval-*")):
        reason = "the measures have changed since; training is kept"
    return Job(spec, "measure", reason)


def why_missing(spec: CellSpec, store: Store) -> str:
    """Why a cell has no committed training: never run, damaged, or which setting changed."""
    wrong = store.train_damage(spec)
    if wrong != "missing":
        return f"damaged: {wrong}"
    if any(store.cell_folder(spec).glob("attempt-train-*")):
        return BEGUN
    differences = []
    for path in sorted((store.root / "cells").glob(f"{spec.name}-*/train/spec.json")):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # it is only a hint
            differences.append(changed_settings(json.loads(path.read_bytes()), spec.to_json()))
    differences = [changed for changed in differences if changed]
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


def select(jobs: Sequence[Job], options: Options) -> list[Job]:
    """The jobs a run takes on, longest first."""
    from labkit.plan import matches

    chosen = [
        job
        for job in jobs
        if (options.force or job.state != "done")
        and (not options.failed or job.state == "failed")
        and (options.only is None or matches(job.spec.name, options.only))
    ]
    return sorted(chosen, key=lambda job: -_expected(job, options.device))


def _expected(job: Job, device: str) -> float:
    return 0.0 if job.state == "measure" else speed.estimate(job.spec, device)[0]


def worker_count(options: Options) -> int:
    """``-j``, or one worker per core (two per GPU), each with its fixed number of threads."""
    if options.executor == "inline":
        return 1
    if options.jobs is not None:
        return options.jobs
    if options.device != "cpu" and shutil.which("nvidia-smi"):
        return 2
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, cores // options.threads)


def run(
    plan: Plan, store: Store, options: Options, view: View, work: Work | None = None
) -> Summary:
    """Run what is to be run, until all of it is done or has failed.

    Args:
        plan: becomes the store's newest plan.
        store: where results are, and go.
        options: how to go about it.
        view: who is shown what happens.
        work: runs one cell in a worker; tests of store and runner put their own here.

    Raises:
        OSError: the store cannot be written.
        KeyboardInterrupt: the user stopped; checkpoints are on disk.
    """
    store.write_plan(plan)
    jobs = survey(plan, store)
    todo = select(jobs, options)
    workers = min(worker_count(options), max(len(todo), 1))
    if options.force:
        for job in todo:
            store.set_aside(job.spec)
    expected = speed.total_in_words([j.spec for j in todo if j.state != "measure"], workers)
    view.start(todo, workers, expected)
    failures: list[CellFailure] = []
    try:
        if todo:
            work = work or train_and_measure
            _drain(todo, plan, store, options, view, workers, work, failures)
            # What had to wait for the first GAN of its data set.
            late = [j for j in select(survey(plan, store), options) if j.why == SHEET]
            if late:
                _drain(late, plan, store, options, view, workers, work, failures)
    finally:
        view.stop()
    jobs = survey(plan, store) if todo else jobs
    for job in jobs:
        if job.state == "done":
            store.sweep(job.spec)
    after = [job.state for job in jobs]
    return Summary(
        done=after.count("done"),
        failed=tuple(failures),
        missing=len(after) - after.count("done") - len(failures),
        trained=len(todo),
    )


def _drain(
    todo: Sequence[Job],
    plan: Plan,
    store: Store,
    options: Options,
    view: View,
    workers: int,
    work: Work,
    failures: list[CellFailure],
) -> None:
    executor: Executor = Inline() if options.executor == "inline" else LocalProcesses(workers)
    with executor:
        pending: dict[Future[Any], Job] = {}
        for job in todo:
            limit = max(LEAST_LIMIT_S, PATIENCE * _expected(job, options.device))
            task = _task(job.spec, plan, store, options)
            pending[executor.submit(work, task, timeout=limit)] = job
        while pending:
            finished, _ = wait(pending, timeout=POLL_S, return_when=FIRST_COMPLETED)
            for future in finished:
                job = pending.pop(future)
                outcome = _outcome(future, job.spec, store)
                if isinstance(outcome, CellFailure):
                    failures.append(outcome)
                elif job.state != "measure" and job.why != BEGUN:
                    speed.remember(job.spec, options.device, future.result())
                if job.why != SHEET:  # an afterthought to a cell already shown
                    view.finished(job.spec, outcome)
            if failures and options.fail_fast:
                executor.stop()
                return
            view.update(*watch(store, [job.spec for job in pending.values()]))


def _task(spec: CellSpec, plan: Plan, store: Store, options: Options) -> dict[str, Any]:
    yardstick = plan.yardstick(spec)
    return {
        "spec": spec.to_json(),
        "store": str(store.root),
        "data_root": str(options.data_root) if options.data_root else None,
        "device": options.device,
        "threads": options.threads,
        "yardstick": yardstick.to_json() if yardstick else None,
        "own": plan.settings.get("own", []),
    }


def train_and_measure(task: dict[str, Any]) -> float:
    """In the worker: run one cell; return the seconds it took. Imports torch only here."""
    from labkit.one_cell import Task, run_cell

    started = time.perf_counter()
    run_cell(Task(**task))
    return time.perf_counter() - started


def _outcome(future: Future[Any], spec: CellSpec, store: Store) -> CellResult | CellFailure:
    """What the store holds after a future has ended; a dead worker is noted there first."""
    error = future.exception()
    if isinstance(error, WorkerDiedError):
        stage = "eval" if store.is_trained(spec) else "train"
        note = store.fresh_attempt(spec, "failure")
        store.fail(note, spec, stage, str(error), "")
    elif error is not None:
        raise error
    outcome = store.outcome(spec)
    if outcome is None:
        raise OSError(f"{store.cell_folder(spec)}: the cell ended but nothing was committed")
    return outcome


def watch(store: Store, specs: Sequence[CellSpec]) -> tuple[list[Progress], list[CellSpec]]:
    """Which of the cells are being worked on, and which wait, going by the files."""
    running, waiting = [], []
    for spec in specs:
        progress = _progress(store, spec)
        if progress is None:
            waiting.append(spec)
        else:
            running.append(progress)
    return running, waiting


def _progress(store: Store, spec: CellSpec) -> Progress | None:
    folder = store.cell_folder(spec)
    attempts = [path for path in folder.glob("attempt-*") if (path / "heartbeat.json").exists()]
    if not attempts:
        return None
    attempt = Attempt(max(attempts, key=_age))
    beat = attempt.progress()
    if beat is None or time.time() - beat["at"] > 30:
        return None
    if "-eval-" in attempt.folder.name:
        return Progress(spec, spec.training["epochs"], measuring=True)
    rows = list(read_history(attempt.history_path)) if attempt.history_path.exists() else []
    done = len(rows)
    within = beat["step"] / beat["steps"] if beat.get("epoch") == done + 1 else 0.0
    grid = attempt.folder / "images" / f"samples_epoch{done}.png"
    return Progress(spec, done, within, rows[-1] if rows else {}, first_grid=grid if rows else None)


def _age(path: Path) -> float:
    try:
        return (path / "heartbeat.json").stat().st_mtime
    except OSError:
        return 0.0
