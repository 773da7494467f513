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
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from labkit import speed
from labkit.executors import Executor, Inline, LocalProcesses, WorkerDiedError
from labkit.spec import OWN_CODE, CellFailure, CellResult, CellSpec
from labkit.store import Store
from labkit.watch import Progress, watch

if TYPE_CHECKING:
    from labkit.plan import Plan

POLL_S = 0.5
#: Tasks handed to the executor per worker: one that runs and one that is ready.
AHEAD = 2
#: A cell may take this many times its expected time, and never less than an hour.
PATIENCE, LEAST_LIMIT_S = 20.0, 3600.0

#: Why a cell is run that an earlier run left in the middle.
BEGUN = "begun, not finished"
#: How it is said why a measured cell is looked at once more, after the data set's first GAN.
SHEET = "the lab sheet's own number is"

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


#: Runs one cell, given the fields of a `labkit.one_cell.Task`; returns the seconds it took.
Work = Callable[[dict[str, Any]], float]


class View(Protocol):
    """Shows a run to somebody."""

    def start(self, jobs: Sequence[Job], workers: int, expected: str) -> None: ...
    def update(self, running: Sequence[Progress], waiting: Sequence[CellSpec]) -> None: ...
    def finished(self, spec: CellSpec, outcome: CellResult | CellFailure) -> None: ...
    def say(self, line: str) -> None: ...
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
    relatives = _relatives(store)
    jobs = [_job(spec, store, plan.yardstick(spec), relatives) for spec in plan.cells]
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


def _job(
    spec: CellSpec, store: Store, yardstick: CellSpec | None, relatives: Mapping[str, list[Path]]
) -> Job:
    trained = store.is_trained(spec)
    if trained and store.is_evaluated(spec):
        if lacks_sheet_number(spec, store, yardstick):
            return Job(spec, "measure", f"{SHEET} {_sheet_state(spec, store, yardstick)}")
        return Job(spec, "done", "done")
    outcome = store.outcome(spec)
    if isinstance(outcome, CellFailure):
        return Job(spec, "failed", _failed(outcome))
    if not trained:
        return Job(spec, "train", why_missing(spec, store, relatives))
    wrong = store.eval_damage(spec)
    reason = "not measured yet" if wrong == "missing" else f"evaluation damaged: {wrong}"
    if wrong == "missing" and any(store.cell_folder(spec).glob("eval-*")):
        reason = "the measures have changed since; training is kept"
    return Job(spec, "measure", reason)


def lacks_sheet_number(spec: CellSpec, store: Store, yardstick: CellSpec | None) -> bool:
    """Whether a measured cell still has to go to the data set's first GAN, which is there."""
    return (
        yardstick is not None
        and store.is_trained(yardstick)
        and bool(store.sheet_damage(spec, yardstick))
    )


def _sheet_state(spec: CellSpec, store: Store, yardstick: CellSpec | None) -> str:
    wrong = store.sheet_damage(spec, yardstick) if yardstick else "missing"
    failure = store.sheet_failure(spec)
    if wrong == "missing" and failure:
        return f"missing; {_failed(failure)}"
    return wrong if wrong == "missing" else f"damaged: {wrong}"


def _failed(failure: CellFailure) -> str:
    return f"failed: {failure.error} (log: {failure.log})"


def _relatives(store: Store) -> dict[str, list[Path]]:
    """The cell folders of each name: one cell under several settings."""
    found: dict[str, list[Path]] = {}
    cells = store.root / "cells"
    for folder in cells.iterdir() if cells.is_dir() else ():
        found.setdefault(folder.name.rpartition("-")[0], []).append(folder)
    return found


def why_missing(spec: CellSpec, store: Store, relatives: Mapping[str, list[Path]]) -> str:
    """Why a cell has no committed training: never run, damaged, or which setting changed."""
    wrong = store.train_damage(spec)
    if wrong != "missing":
        return f"damaged: {wrong}"
    if any(store.cell_folder(spec).glob("attempt-train-*")):
        return BEGUN
    differences = []
    for folder in sorted(relatives.get(spec.name, ())):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # it is only a hint
            old = json.loads((folder / "train" / "spec.json").read_bytes())
            differences.append(changed_settings(old, spec.to_json()))
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
        if job.spec.code != OWN_CODE
        and (options.force or job.state != "done")
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
    states = {job.spec.fingerprint: job.state for job in jobs}
    now = _Run(plan, store, options, view, workers, work or train_and_measure, states)
    try:
        if todo:
            now.drain(todo)
            now.drain(now.late())
    finally:
        view.stop()
    for job in jobs:
        if states[job.spec.fingerprint] == "done":
            store.sweep(job.spec)
    done = list(states.values()).count("done")
    return Summary(
        done=done,
        failed=tuple(now.failures),
        missing=len(states) - done - len(now.failures),
        trained=len(todo),
    )


@dataclass
class _Run:
    """A run under way: the executor's window, and what has become of each cell."""

    plan: Plan
    store: Store
    options: Options
    view: View
    workers: int
    work: Work
    states: dict[str, State]
    """By fingerprint; brought up to date as cells end, so that none is read twice."""
    failures: list[CellFailure] = field(default_factory=list)
    marks: dict[str, Any] = field(default_factory=dict)
    """By fingerprint: tells whether a failure was noted since the cell was submitted."""
    stopped: bool = False
    """Whether a failure has ended the run (``--fail-fast``)."""

    def drain(self, todo: Sequence[Job]) -> None:
        """Run these jobs. Only a few are with the executor at a time, however many wait."""
        if not todo or self.stopped:
            return
        waiting, pending = deque(todo), dict[Future[Any], Job]()
        inline = self.options.executor == "inline"
        shown = time.monotonic()
        with Inline() if inline else LocalProcesses(self.workers) as executor:
            while waiting or pending:
                while waiting and len(pending) < (1 if inline else AHEAD * self.workers):
                    job = waiting.popleft()
                    pending[self._submit(job, executor)] = job
                finished, _ = wait(pending, timeout=POLL_S, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._ended(pending.pop(future), future)
                if self.failures and self.options.fail_fast:
                    self.stopped = True
                    executor.stop()
                    return
                if time.monotonic() - shown >= POLL_S:
                    specs = [job.spec for job in pending.values()]
                    running, ready = watch(self.store, specs)
                    self.view.update(running, [*ready, *(job.spec for job in waiting)])
                    shown = time.monotonic()

    def late(self) -> list[Job]:
        """What had to wait for the first GAN of its data set."""
        lacking = []
        for cell in self.plan.cells:
            if self.states[cell.fingerprint] == "done" and self._lacks_sheet_number(cell):
                lacking.append(Job(cell, "measure", f"{SHEET} missing"))
        return select(lacking, self.options)

    def _new_failure(self, cell: CellSpec) -> CellFailure | None:
        """What went wrong with a cell since it was submitted, whatever became of it."""
        if self.store.failure_mark(cell) == self.marks[cell.fingerprint]:
            return None
        return self.store.last_failure(cell)

    def _lacks_sheet_number(self, cell: CellSpec) -> bool:
        return lacks_sheet_number(cell, self.store, self.plan.yardstick(cell))

    def _submit(self, job: Job, executor: Executor) -> Future[Any]:
        limit = max(LEAST_LIMIT_S, PATIENCE * _expected(job, self.options.device))
        task = _task(job.spec, self.plan, self.store, self.options)
        self.marks[job.spec.fingerprint] = self.store.failure_mark(job.spec)
        return executor.submit(self.work, task, timeout=limit)

    def _ended(self, job: Job, future: Future[Any]) -> None:
        outcome = _outcome(future, job.spec, self.store)
        failure = self._new_failure(job.spec)
        if isinstance(outcome, CellResult) and not outcome.measured and failure:
            outcome = failure  # its training is committed, and then something went wrong
        if isinstance(outcome, CellFailure):
            self.failures.append(outcome)
            self.states[job.spec.fingerprint] = "failed"
        else:
            self.states[job.spec.fingerprint] = "done" if outcome.measured else "measure"
            if job.state != "measure" and job.why != BEGUN:
                speed.remember(job.spec, self.options.device, future.result(), outcome.seconds)
        if not job.why.startswith(SHEET):  # an afterthought to a cell already shown
            self.view.finished(job.spec, outcome)
        if isinstance(outcome, CellResult) and failure:
            # The lab sheet's own number, or a flush after all was written: it costs no cell.
            self.view.say(f"{job.spec.name}: done, but something {_failed(failure)}")


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
