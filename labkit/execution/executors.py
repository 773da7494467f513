"""Where cells run: executors as those of concurrent.futures, with a `window` and a `stop`.

`window` is how many cells an executor wants to have at a time, `stop` ends all of them at once,
and `submit` takes how long a cell may take and is expected to, in seconds. A cell whose worker
died ends in a `WorkerDiedError`. Another one is a class and an entry of `EXECUTORS`.
"""

import contextlib
import os
import signal
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Executor as Standard
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing import context, spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, Protocol

from labkit.catalog import resolve

#: Tasks handed to an executor per worker: one that runs and one that is ready.
AHEAD = 2
#: How often a cell is tried whose worker dies, where that may be the machine's fault.
TURNS = 3


class WorkerDiedError(Exception):
    """A worker process ended without an answer: killed, out of memory, crashed, timed out."""


class Executor(Protocol):
    """What the runner asks of one; see concurrent.futures for what it does not say."""

    window: int

    def submit(self, function: Callable[..., Any], /, *args: Any, **limit: Any) -> Future[Any]: ...
    def stop(self) -> None: ...
    def __enter__(self) -> Any: ...
    def __exit__(self, *error: Any) -> bool | None: ...


@dataclass(frozen=True)
class Place:
    """What an executor is made for."""

    workers: int  # Cells side by side
    store: Path  # The results folder
    jobs: int | None = None  # What the user said of cells side by side
    scheduler: str | None = None  # The address of a Dask scheduler that stands
    sbatch: Sequence[str] = ()  # More options of SLURM's


class Inline(Standard):
    """Runs in this process, at once: for tests, debugging and one-cell runs in a notebook."""

    window = 1

    def submit(self, function: Callable[..., Any], /, *args: Any, **limit: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    stop = Standard.shutdown


class _SpawnedWithoutMain(SpawnProcess):
    """A process that does not run the user's main file once more.

    Else each worker of a script without ``if __name__ == "__main__":`` would begin the run
    again, and none could start where the program came from a pipe or a terminal. The tasks
    are functions of labkit's, so nothing of that file is missed.
    """

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 (multiprocessing's name)
        before = os.environ.get("PYTHONHASHSEED")
        # Ctrl-C reaches the whole process group; only the parent decides what it means.
        with contextlib.suppress(AttributeError):  # of Windows
            masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        # A user's network may be built in the order of a set: the same in every worker.
        os.environ["PYTHONHASHSEED"] = "0"
        _starting.ours = True
        try:
            return SpawnProcess._Popen(process_obj)
        finally:
            with contextlib.suppress(AttributeError):
                signal.pthread_sigmask(signal.SIG_SETMASK, masked)
            _starting.ours = False
            if before is None:
                del os.environ["PYTHONHASHSEED"]
            else:
                os.environ["PYTHONHASHSEED"] = before


class _WithoutMain(SpawnContext):
    """Workers are spawned, not forked: torch's threads and CUDA do not survive a fork."""

    Process = _SpawnedWithoutMain


#: By this name multiprocessing knows the above, for libraries that are told only a name.
WITHOUT_MAIN = "labkit"
vars(context)["_concrete_contexts"][WITHOUT_MAIN] = _WithoutMain()

#: Whether this very thread is starting a process of labkit's; the user's own stay as they are.
_starting = threading.local()
_preparation = spawn.get_preparation_data


def _preparation_of(name: str) -> dict[str, Any]:
    """What a new process is told of this one."""
    told = _preparation(name)
    if getattr(_starting, "ours", False):
        for key in ("init_main_from_name", "init_main_from_path"):
            told.pop(key, None)
    return told


spawn.get_preparation_data = _preparation_of


class LocalProcesses(Standard):
    """A pool of worker processes that survives the death of any of them (Pebble)."""

    def __init__(self, jobs: int) -> None:
        self.window = AHEAD * jobs
        from pebble import ProcessPool

        self._pool: Any = ProcessPool(
            max_workers=jobs,
            context=_WithoutMain(),
            initializer=signal.signal,
            initargs=(signal.SIGINT, signal.SIG_IGN),
        )
        self._given: weakref.WeakSet[Future[Any]] = weakref.WeakSet()

    def submit(self, function: Callable[..., Any], /, *args: Any, **limit: Any) -> Future[Any]:
        timeout: float | None = limit.get("timeout")
        inner = self._pool.schedule(function, args=args, timeout=timeout)
        outer: Future[Any] = Future()
        self._given.add(outer)
        inner.add_done_callback(lambda done: _pass_on(done, outer, timeout))
        return outer

    def stop(self) -> None:
        self._pool.stop()
        self._pool.join()
        for future in list(self._given):  # the pool says nothing of what it did not come to
            if future.cancel():
                future.set_running_or_notify_cancel()

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None:
            self.stop()
        else:
            self._pool.close()
            self._pool.join()


#: By the name of ``--executor``; Dask and SLURM are imported when they are asked for.
EXECUTORS: dict[str, Callable[[Place], Executor]] = {
    "local": lambda place: LocalProcesses(place.workers),
    "inline": lambda place: Inline(),
    "dask": lambda place: resolve("labkit.execution.dask_cluster:DaskCluster")(place),
    "slurm": lambda place: resolve("labkit.execution.slurm_array:SlurmArray")(place),
}


def _pass_on(done: Future[Any], outer: Future[Any], limit: float | None) -> None:
    from pebble import ProcessExpired

    if outer.done() or done.cancelled():  # the pool was stopped
        return
    error = done.exception()
    if error is None:
        outer.set_result(done.result())
    elif isinstance(error, TimeoutError) and limit is not None:
        outer.set_exception(WorkerDiedError(f"took longer than its limit ({limit:.0f} s)"))
    elif isinstance(error, ProcessExpired):
        how, code = f"exit code {error.exitcode}", error.exitcode
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                how = f"signal {signal.Signals(-code).name}"
        outer.set_exception(WorkerDiedError(f"the worker process died ({how})"))
    else:
        outer.set_exception(error)
