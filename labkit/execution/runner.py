"""What to run, in which order, on which executor; and what came of it.

Committed cells are skipped, the rest go to the executor, longest first. A failed cell
is noted and the others go on. Progress is read from the files the workers write, so
any executor has it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from labkit.execution import eta
from labkit.execution.executors import Executor, Inline, LocalProcesses, WorkerDiedError
from labkit.execution.status import (
    BEGUN,
    SHEET,
    Job,
    State,
    failure_line,
    lacks_sheet_number,
    survey,
)
from labkit.execution.watch import Progress, watch
from labkit.experiment.plan import Plan, matches
from labkit.experiment.spec import OWN_CODE, CellFailure, CellResult, CellSpec
from labkit.store.lock import only_run
from labkit.store.store import Store

POLL_S = 0.5
#: Tasks handed to the executor per worker: one that runs and one that is ready.
AHEAD = 2
#: A cell may take this many times its expected time, and never less than an hour.
PATIENCE, LEAST_LIMIT_S = 20.0, 3600.0


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


#: Runs one cell, given the fields of a `labkit.execution.worker.Task`; returns the seconds it took.
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


def select(jobs: Sequence[Job], options: Options) -> list[Job]:
    """The jobs a run takes on, longest first."""
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
    return 0.0 if job.state == "measure" else eta.estimate(job.spec, device)[0]


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
        BusyError: another run is at work on this store.
        OSError: the store cannot be written.
        KeyboardInterrupt: the user stopped; checkpoints are on disk.
    """
    jobs = survey(plan, store)
    todo = select(jobs, options)
    with _alone(store, todo) as note:
        # A loop of the user's own may have joined since the plan was made.
        store.update_plan(lambda old: plan.keeping_own(old) if old else plan)
        workers = min(worker_count(options), max(len(todo), 1))
        if options.force:
            for job in todo:
                store.set_aside(job.spec)
        expected = eta.total_in_words([j.spec for j in todo if j.state != "measure"], workers)
        view.start(todo, workers, expected)
        if note:
            view.say(note)
        states = {job.spec.fingerprint: job.state for job in jobs}
        if options.force:
            states |= {job.spec.fingerprint: "train" for job in todo}
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


def _alone(store: Store, todo: Sequence[Job]) -> contextlib.AbstractContextManager[str]:
    """The store's lock; with nothing to do none is needed."""
    return only_run(store.lock_path) if todo else contextlib.nullcontext("")


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
        return lacks_sheet_number(cell, self.store, self.plan.sheet_gan(cell))

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
                eta.remember(job.spec, self.options.device, future.result(), outcome.seconds)
        if not job.why.startswith(SHEET):  # an afterthought to a cell already shown
            self.view.finished(job.spec, outcome)
        if isinstance(outcome, CellResult) and failure:
            # The lab sheet's own number, or a flush after all was written: it costs no cell.
            self.view.say(f"{job.spec.name}: done, but something {failure_line(failure)}")


def _task(spec: CellSpec, plan: Plan, store: Store, options: Options) -> dict[str, Any]:
    sheet_gan = plan.sheet_gan(spec)
    return {
        "spec": spec.to_json(),
        "store": str(store.root),
        "data_root": str(options.data_root) if options.data_root else None,
        "device": options.device,
        "threads": options.threads,
        "sheet_gan": sheet_gan.to_json() if sheet_gan else None,
        "own": plan.settings.get("own", []),
    }


def train_and_measure(task: dict[str, Any]) -> float:
    """In the worker: run one cell; return the seconds it took. Imports torch only here."""
    from labkit.execution import worker

    started = time.perf_counter()
    worker.run_cell(worker.Task(**task))
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
