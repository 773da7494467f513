"""Decide what to run, run it on an executor, and collect how each cell ended.

Committed cells are skipped, the rest handed out longest first. A failed cell is noted and the
others go on. Progress is read from the files the workers write, so any executor has it.
"""

import os
import shlex
import shutil
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.data.places import folder
from labkit.execution import eta
from labkit.execution.alone import Work, run_alone
from labkit.execution.executors import EXECUTORS, Executor, Place, WorkerDiedError
from labkit.execution.progress import PlainDisplay, watch
from labkit.execution.status import BEGUN, SHEET, Job, State, Task, failure_line, survey
from labkit.experiment.plan import Plan, matches
from labkit.experiment.spec import OWN_CODE, CellFailure, CellResult, CellSpec
from labkit.store import lock
from labkit.store.store import Store

POLL_S = 0.5
#: With more cells than this at an executor it says which are at work.
MANY = 100
#: How often it is looked whether a cell at work in another run is free.
LOOK_AGAIN_S = 2.0
#: How long other machines may not see what one has committed: network folders are cached.
UNSEEN_S = 60.0
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
    scheduler: str | None = None  # The address of a Dask scheduler
    sbatch: str | None = None  # Options for SLURM, as on a command line
    among: frozenset[str] | None = None  # Fingerprints of the cells that fit a budget

    @property
    def root(self) -> Path | None:
        """Where the full data sets are, if that was said."""
        return None if self.data_root is None else folder(str(self.data_root))


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
    """``-j``, or one worker per core (two per GPU), each with its fixed number of threads.

    On SLURM as many as it lets run; `MANY` for an estimate.
    """
    if options.executor == "inline":
        return 1
    if options.jobs is not None:
        return options.jobs
    if options.executor == "slurm":
        return MANY
    if options.device != "cpu" and shutil.which("nvidia-smi"):
        return 2
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) // threads)


def run(
    plan: Plan, store: Store, options: Options, display: PlainDisplay, work: Work | None = None
) -> Summary:
    """Run what is to be run, until all of it is done or has failed.

    The plan becomes the store's newest. `work` runs one cell in a worker and returns the seconds
    it took; tests of store and runner put their own here. What is at work in another run on this
    store is waited for. At a KeyboardInterrupt checkpoints are on disk.
    """
    jobs = survey(plan, store)
    todo = select(jobs, options)
    # A loop of the user's own may have joined since the plan was made.
    store.update_plan(lambda old: plan.keeping_own(old) if old else plan)
    workers = min(worker_count(options, threads(plan)), max(len(todo), 1))
    states = {job.spec.fingerprint: job.state for job in jobs}
    notes = [lock.lacking(store.locks)] if todo else []  # with nothing to do none is needed
    for job in todo if options.force else ():
        with store.alone(job.spec) as other:
            if other:
                notes.append(f"{job.spec.name}: at work elsewhere ({other}), so not set aside")
            else:
                store.set_aside(job.spec)
                states[job.spec.fingerprint] = "train"
    expected = eta.total_in_words([j.spec for j in todo if j.state != "measure"], workers)
    display.start(todo, workers, expected)
    for line in (*notes, *(f"{j.spec.name}: {j.why}" for j in jobs if j.state == "light")):
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
    #: What another run is at, and when to look again, by the monotonic clock.
    elsewhere: deque[tuple[float, Job]] = field(default_factory=deque)

    def drain(self, todo: Sequence[Job]) -> None:
        """Run these jobs. Only a few are with the executor at a time, however many wait."""
        if not todo or self._ends_early():
            return
        waiting, shown, options = deque(todo), time.monotonic(), self.options
        pending: dict[Future[Any], tuple[Job, Any]] = {}  # With the mark of the last failure
        root = self.store.root.absolute()
        sbatch = shlex.split(options.sbatch or "")
        place = Place(self.workers, root, options.jobs, options.scheduler, sbatch)
        with EXECUTORS[options.executor](place) as executor:
            while waiting or pending or self.elsewhere:
                while waiting and len(pending) < executor.window:
                    job = waiting.popleft()
                    mark = self.store.failure_mark(job.spec)
                    pending[self._submit(job, executor)] = job, mark
                if not pending:
                    time.sleep(POLL_S)
                for future in wait(pending, POLL_S, FIRST_COMPLETED).done:
                    self._ended(future, *pending.pop(future))
                if self._ends_early():
                    executor.stop()
                    return
                waiting.extendleft(self._free_again())
                if time.monotonic() - shown >= POLL_S:
                    many = len(pending) > MANY  # then only those known to run are looked at
                    given = [
                        job for each, (job, _) in pending.items() if each.running() or not many
                    ]
                    running, ready = watch(self.store, [job.spec for job in given])
                    self.display.update(running, [*ready, *(job.spec for job in waiting)])
                    shown = time.monotonic()

    def _free_again(self) -> Iterator[Job]:
        """What was at work in another run and is not now: done, failed, or abandoned there."""
        while self.elsewhere and self.elsewhere[0][0] <= time.monotonic():
            _, job = self.elsewhere.popleft()
            with self.store.alone(job.spec) as other:
                if other:
                    self.elsewhere.append((time.monotonic() + LOOK_AGAIN_S, job))
                else:
                    yield job

    def _ends_early(self) -> bool:
        return self.options.fail_fast and bool(self.failures)

    def _submit(self, job: Job, executor: Executor) -> Future[Any]:
        spec, options, plan = job.spec, self.options, self.plan
        expected = _expected(job, options.device)
        limit = max(LEAST_LIMIT_S, PATIENCE * expected)
        gan, own = plan.sheet_gan(spec), plan.settings.get("own", ())
        root = self.store.root.absolute()  # workers may be at home elsewhere
        task = Task(spec, root, options.root, options.device, threads(plan), gan, own)
        return executor.submit(run_alone, self.work, task, timeout=limit, expected=expected)

    def _ended(self, future: Future[Any], job: Job, mark: Any) -> None:
        took = 0.0 if future.exception() else future.result()
        if isinstance(took, str):
            if not self.elsewhere:
                self.display.say(f"{job.spec.name}: at work elsewhere ({took}); waited for")
            self.elsewhere.append((time.monotonic() + LOOK_AGAIN_S, job))
            return
        unseen = 0.0 if self.options.executor in ("local", "inline") else UNSEEN_S
        outcome = _outcome(future, job.spec, self.store, unseen)
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
            # Less than its training is what a cell takes that another run has done.
            if job.state != "measure" and job.why != BEGUN and took >= outcome.seconds:
                eta.remember(job.spec, self.options.device, took, outcome.seconds)
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


def _outcome(
    future: Future[Any], spec: CellSpec, store: Store, unseen: float
) -> CellResult | CellFailure:
    """What the store holds after a future has ended; a dead worker is noted there first.

    What another machine has committed may be seen here some seconds later, `unseen` at most.
    """
    error = future.exception()
    if isinstance(error, WorkerDiedError):
        stage = "eval" if store.is_trained(spec) else "train"
        store.fail(store.begin(spec, "failure", anew=True), spec, stage, str(error), "")
    elif error is not None:
        raise error
    until = time.monotonic() + unseen
    while (outcome := store.outcome(spec)) is None and time.monotonic() < until:
        time.sleep(POLL_S)
    if outcome is None:
        raise OSError(f"{store.cell_folder(spec)}: the cell ended but nothing was committed")
    return outcome
