"""Decide what to run, run it on an executor, and collect how each cell ended.

Committed cells are skipped, the rest handed out longest first. A failed cell is noted and the
others go on. Progress is read from the files the workers write, so any executor has it.
"""

import contextlib
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.data.places import folder
from labkit.execution import eta
from labkit.execution.executors import Executor, Inline, LocalProcesses, WorkerDiedError
from labkit.execution.progress import PlainDisplay, watch
from labkit.execution.status import BEGUN, SHEET, Job, State, Task, failure_line, survey
from labkit.experiment.plan import Plan, matches
from labkit.experiment.spec import OWN_CODE, CellFailure, CellResult, CellSpec
from labkit.store.lock import only_run
from labkit.store.store import Store

POLL_S = 0.5
#: Tasks handed to the executor per worker: one that runs and one that is ready.
AHEAD = 2
#: A cell may take this many times its expected time, and never less than an hour.
PATIENCE, LEAST_LIMIT_S = 20.0, 3600.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a run goes about it; nothing here can change a result."""

    jobs: int | None = None
    only: str | None = None
    failed: bool = False
    force: bool = False
    fail_fast: bool = False
    device: str = "auto"
    data_root: str | Path | None = None
    executor: str = "local"
    among: frozenset[str] | None = None  # Fingerprints of the cells that fit a budget

    @property
    def root(self) -> Path | None:
        """Where the full data sets are, if that was said."""
        return None if self.data_root is None else folder(str(self.data_root))


Work = Callable[[Task], float]


@dataclass(frozen=True)
class Summary:
    done: int
    failed: tuple[CellFailure, ...]
    missing: int  # Cells of the plan that were neither selected nor committed before
    trained: int  # Cells this run worked on


def select(jobs: Sequence[Job], options: Options) -> list[Job]:
    """The jobs a run takes on, longest first."""
    chosen = [
        job
        for job in jobs
        if job.spec.code != OWN_CODE
        and (options.force or job.state not in ("done", "light"))
        and (not options.failed or job.state == "failed")
        and (options.only is None or matches(job.spec.name, options.only))
        and (options.among is None or job.spec.fingerprint in options.among)
    ]
    return sorted(chosen, key=lambda job: -_expected(job, options.device))


def _expected(job: Job, device: str) -> float:
    return 0.0 if job.state == "measure" else eta.estimate(job.spec, device)[0]


def threads(plan: Plan) -> int:
    """How many threads each cell has."""
    return plan.settings.get("threads") or 1


def worker_count(options: Options, threads: int = 1) -> int:
    """``-j``, or one worker per core (two per GPU), each with its fixed number of threads."""
    if options.executor == "inline":
        return 1
    if options.jobs is not None:
        return options.jobs
    if options.device != "cpu" and shutil.which("nvidia-smi"):
        return 2
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) // threads)


def run(
    plan: Plan, store: Store, options: Options, display: PlainDisplay, work: Work | None = None
) -> Summary:
    """Run what is to be run, until all of it is done or has failed.

    The plan becomes the store's newest. `work` runs one cell in a worker and returns the seconds
    it took; tests of store and runner put their own here. BusyError where another run is at work
    on this store; at a KeyboardInterrupt checkpoints are on disk.
    """
    jobs = survey(plan, store)
    todo = select(jobs, options)
    # With nothing to do no lock is needed.
    with only_run(store.lock_path) if todo else contextlib.nullcontext("") as note:
        # A loop of the user's own may have joined since the plan was made.
        store.update_plan(lambda old: plan.keeping_own(old) if old else plan)
        workers = min(worker_count(options, threads(plan)), max(len(todo), 1))
        states = {job.spec.fingerprint: job.state for job in jobs}
        if options.force:
            for job in todo:
                store.set_aside(job.spec)
                states[job.spec.fingerprint] = "train"
        expected = eta.total_in_words([j.spec for j in todo if j.state != "measure"], workers)
        display.start(todo, workers, expected)
        for line in (note, *(f"{j.spec.name}: {j.why}" for j in jobs if j.state == "light")):
            if line:
                display.say(line)
        now = _Run(plan, store, options, display, workers, work or train_and_measure, states)
        try:
            if todo:
                now.drain(todo)
                # What had to wait for the first GAN of its data set.
                late = [job for job in survey(plan, store) if job.why.startswith(SHEET)]
                now.drain(select(late, options))
        finally:
            display.stop()
        for job in jobs:
            if states[job.spec.fingerprint] == "done":
                store.sweep(job.spec)
    done = list(states.values()).count("done")
    failed = tuple(now.failures)
    return Summary(done, failed, missing=len(states) - done - len(failed), trained=len(todo))


@dataclass
class _Run:
    """A run under way: the executor's window, and what has become of each cell."""

    plan: Plan
    store: Store
    options: Options
    display: PlainDisplay
    workers: int
    work: Work
    states: dict[str, State]  # By fingerprint; brought up to date as cells end
    failures: list[CellFailure] = field(default_factory=list)

    def drain(self, todo: Sequence[Job]) -> None:
        """Run these jobs. Only a few are with the executor at a time, however many wait."""
        if not todo or self._ends_early():
            return
        waiting = deque(todo)
        pending: dict[Future[Any], tuple[Job, Any]] = {}  # With the mark of the last failure
        inline = self.options.executor == "inline"
        shown = time.monotonic()
        with Inline() if inline else LocalProcesses(self.workers) as executor:
            while waiting or pending:
                while waiting and len(pending) < (1 if inline else AHEAD * self.workers):
                    job = waiting.popleft()
                    mark = self.store.failure_mark(job.spec)
                    pending[self._submit(job, executor)] = job, mark
                finished, _ = wait(pending, timeout=POLL_S, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._ended(future, *pending.pop(future))
                if self._ends_early():
                    executor.stop()
                    return
                if time.monotonic() - shown >= POLL_S:
                    running, ready = watch(self.store, [job.spec for job, _ in pending.values()])
                    self.display.update(running, [*ready, *(job.spec for job in waiting)])
                    shown = time.monotonic()

    def _ends_early(self) -> bool:
        return self.options.fail_fast and bool(self.failures)

    def _submit(self, job: Job, executor: Executor) -> Future[Any]:
        spec, options, plan = job.spec, self.options, self.plan
        limit = max(LEAST_LIMIT_S, PATIENCE * _expected(job, options.device))
        gan, own = plan.sheet_gan(spec), plan.settings.get("own", ())
        task = Task(spec, self.store.root, options.root, options.device, threads(plan), gan, own)
        return executor.submit(self.work, task, timeout=limit)

    def _ended(self, future: Future[Any], job: Job, mark: Any) -> None:
        outcome = _outcome(future, job.spec, self.store)
        # What went wrong since the cell was submitted, whatever became of it.
        noted = self.store.failure_mark(job.spec) != mark
        failure = self.store.failure(job.spec, "train", "eval", "sheet") if noted else None
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
            self.display.finished(job.spec, outcome)
        if isinstance(outcome, CellResult) and failure:
            # The lab sheet's own number, or a flush after all was written: it costs no cell.
            self.display.say(f"{job.spec.name}: done, but something {failure_line(failure)}")


def train_and_measure(task: Task) -> float:
    """In the worker: run one cell; return the seconds it took. Imports torch only here."""
    from labkit.execution import worker

    started = time.perf_counter()
    worker.run_cell(task)
    return time.perf_counter() - started


def _outcome(future: Future[Any], spec: CellSpec, store: Store) -> CellResult | CellFailure:
    """What the store holds after a future has ended; a dead worker is noted there first."""
    error = future.exception()
    if isinstance(error, WorkerDiedError):
        stage = "eval" if store.is_trained(spec) else "train"
        store.fail(store.begin(spec, "failure", anew=True), spec, stage, str(error), "")
    elif error is not None:
        raise error
    outcome = store.outcome(spec)
    if outcome is None:
        raise OSError(f"{store.cell_folder(spec)}: the cell ended but nothing was committed")
    return outcome
