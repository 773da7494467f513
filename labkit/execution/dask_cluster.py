"""Cells on Dask's workers: on this machine, or on a cluster that the user has.

A worker that sees the store commits its cell there, as any other. One that does not is sent what
the cell rests on, works in a folder of its own, and answers with the files; then this process
holds the cell's lock and commits. Whoever reaches a scheduler can have code run by it: the one
started here listens on 127.0.0.1 alone and asks for a certificate made for this run.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import Executor as Standard
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from labkit import __version__
from labkit.errors import UserError, one_line
from labkit.execution.alone import opened
from labkit.execution.executors import AHEAD, TURNS, WITHOUT_MAIN, Place, WorkerDiedError
from labkit.execution.status import Task
from labkit.store import atomic
from labkit.store.commits import damage, read_json
from labkit.store.file_names import ERROR
from labkit.store.lock import Lock
from labkit.store.store import Store

try:
    import dask
    from distributed import Client, KilledWorker, LocalCluster
    from distributed.comm.addressing import resolve_address
    from distributed.core import Status
    from tornado.ioloop import PeriodicCallback
except ImportError as error:
    raise UserError(
        f"--executor dask: {error.name or 'Dask'} is not installed: "
        "pip install distributed cryptography"
    ) from None

#: What must be the same on workers, for numbers to be.
SAME = ("torch", "torchvision", "numpy")
#: The folders of a cell that count, in the order in which one rests on the other.
KINDS = ("train", "eval", "sheet", "failed")
CONNECT_S, CLOSE_S, KEEP_EVERY_S = 10, 10, 5
#: How long the number of a cluster's workers is believed.
KNOWN_S = 1.0
#: How many cells are offered to a cluster that has no workers yet, and may start some for them.
OFFERED = 4
#: A worker whose cell took too long has so long to say so before it ends.
LAST_WORDS_S = 1.0


@dataclass(frozen=True)
class Ticket:
    """What a worker needs to know of the run beside its task."""

    sign: str  # A file's name in the store's locks: who has it there sees the same store
    versions: dict[str, str]


@dataclass(frozen=True)
class Apart:
    """A cell that was done away from the store."""

    took: float
    files: dict[str, bytes]  # By their names below the store's folder


#: What comes back of a cell: how long it took, who else is at it, what was done apart; or None
#: from a worker that does not see the store.
Answer = float | str | Apart | None


def versions() -> dict[str, str]:
    """Which versions there are in this process of what must be the same."""
    return {"labkit": __version__, **{name: version(name) for name in SAME}}


# ---------------------------------------------------------------------- in the worker

_one_at_a_time = threading.Lock()
_runs: set[str] = set()


def in_worker(
    run: Callable[[Any, Task], float | str], work: Any, task: Task,
    ticket: Ticket, limit: float | None, pieces: dict[str, bytes] | None,
) -> Answer:  # fmt: skip
    """Run one cell in this worker, which has no other meanwhile, however many threads it has."""
    if lines := _differing(ticket.versions, versions()):
        raise UserError(f"a Dask worker has {lines}")
    with _one_at_a_time:
        if ticket.sign not in _runs:  # of another run: its folders may have other names
            opened.cache_clear()
            _runs.add(ticket.sign)
        if pieces is not None:
            do: Callable[[], Answer] = partial(_apart, run, work, task, pieces)
        elif (Store(task.store).locks / ticket.sign).is_file():
            do = partial(run, work, task)
        else:
            return None
        return _within(limit, do)


def _within(limit: float | None, do: Callable[[], Answer]) -> Answer:
    """What `do` returns. Beyond its limit the worker ends, and something starts it again."""
    answer: Future[Answer] = Future()

    def answered() -> None:
        try:
            answer.set_result(do())
        except BaseException as error:
            answer.set_exception(error)

    thread = threading.Thread(target=answered, daemon=True)
    thread.start()
    thread.join(limit)
    if thread.is_alive():
        threading.Timer(LAST_WORDS_S, os._exit, [1]).start()
        raise WorkerDiedError(f"took longer than its limit ({limit:.0f} s)")
    return answer.result()


def _apart(
    run: Callable[[Any, Task], float | str], work: Any, task: Task, pieces: dict[str, bytes]
) -> str | Apart:
    """Run a cell in a folder that holds these files of the store, and take up what it made."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for name, data in pieces.items():
            atomic.mkdir((root / name).parent)
            (root / name).write_bytes(data)
        took = run(work, replace(task, store=root))
        made = (p for p in Store(root).cell_folder(task.spec).rglob("*") if p.is_file())
        names = {path.relative_to(root).as_posix(): path for path in made}
        new = {name: path.read_bytes() for name, path in names.items() if name not in pieces}
    return took if isinstance(took, str) else Apart(took, new)


# ---------------------------------------------------------------------- in this process


class DaskCluster(Standard):
    """Workers of a scheduler: of the one at an address, or of one started here."""

    def __init__(self, place: Place) -> None:
        self._store, self._jobs = Store(place.store), place.jobs
        self._apart = False  # Whether some worker did not see the store
        self._given: weakref.WeakSet[Future[Any]] = weakref.WeakSet()
        self._stopped, self._window, self._counted_at = False, 0, float("-inf")
        self._ends = contextlib.ExitStack()
        self._address = place.scheduler or os.environ.get("DASK_SCHEDULER_ADDRESS", "")
        with contextlib.ExitStack() as begun:  # undone where it fails in the middle
            begun.callback(self._ends.close)
            self._ticket = Ticket(self._signed(), versions())
            self._client = self._connected() if self._address else self._started(place.workers)
            begun.pop_all()

    def _signed(self) -> str:
        """Put a file into the store that no other folder has, and remove those of ended runs."""
        locks = self._store.locks
        for left in locks.glob("run-*"):
            with contextlib.suppress(OSError), contextlib.closing(Lock(left)) as lock:
                if lock.take():
                    left.unlink()
        locks.mkdir(exist_ok=True)
        mine = Lock(locks / f"run-{uuid4().hex}")
        self._ends.callback(mine.path.unlink, missing_ok=True)
        self._ends.callback(mine.close)
        with contextlib.suppress(OSError):
            mine.take()
        mine.path.touch()
        return mine.path.name

    def _started(self, workers: int) -> Any:
        """A cluster of one-thread workers on this machine, which ends with this process."""
        config = {
            "distributed.worker.multiprocessing-method": WITHOUT_MAIN,
            "distributed.scheduler.allowed-failures": TURNS - 1,
            # A cell may hold the interpreter, and the worker's voice with it, for long.
            "distributed.scheduler.worker-ttl": None,
            # Under load a worker may be long in coming back.
            "distributed.deploy.lost-worker-timeout": "60 s",
            # No web pages: neither the dashboard nor the pages of single workers.
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
        }
        self._ends.enter_context(dask.config.set(config))
        try:
            cluster: Any = LocalCluster(
                n_workers=workers, threads_per_worker=1, host="127.0.0.1", security=True,
                dashboard_address="127.0.0.1:0", memory_limit=0, silence_logs=logging.CRITICAL,
            )  # fmt: skip
        except (RuntimeError, OSError) as error:
            raise UserError(f"--executor dask: {workers} workers: {one_line(error)}") from None
        self._ends.callback(_close, cluster)
        keep = PeriodicCallback(partial(_keep, cluster, workers), KEEP_EVERY_S * 1000)
        cluster.loop.add_callback(keep.start)
        self._ends.callback(cluster.loop.add_callback, keep.stop)
        return self._ends.enter_context(Client(cluster, set_as_default=False))

    def _connected(self) -> Any:
        """The scheduler at an address, whose workers have the same versions as this process."""
        try:
            resolve_address(self._address)
            client = Client(self._address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError):
            raise UserError(f"--scheduler {self._address}: no Dask scheduler answers") from None
        self._ends.enter_context(client)

        def found(names: tuple[str, ...] = SAME) -> dict[str, str]:  # sent as it is written here
            seen = {}
            with contextlib.suppress(ImportError):
                seen["labkit"] = str(import_module("labkit").__version__)
            for name in names:
                with contextlib.suppress(ImportError):
                    seen[name] = version(name)
            return seen

        for worker, seen in client.run(found).items():
            if wrong := _differing(self._ticket.versions, seen):
                raise UserError(f"--scheduler {self._address}: worker {worker} has {wrong}")
        threads = client.nthreads().values()
        if not threads:
            print(f"{self._address}: no worker yet; cells wait for one", file=sys.stderr)
        elif max(threads) > 1:
            why = "Dask workers with several threads have one cell at a time, too"
            print(f"{why}: better start as many with --nthreads 1", file=sys.stderr)
        return client

    @property
    def window(self) -> int:
        """How many cells the workers want; they may come and go."""
        if time.monotonic() - self._counted_at > KNOWN_S and not self._stopped:
            workers = len(self._client.nthreads()) or OFFERED
            self._window = AHEAD * min(workers, self._jobs or workers)
            self._counted_at = time.monotonic()
        return self._window

    def submit(self, function: Callable[..., Any], /, *args: Any, **limit: Any) -> Future[Any]:
        outer: Future[Any] = Future()
        self._given.add(outer)
        self._hand_out(outer, (function, *args), limit.get("timeout"))
        return outer

    def _hand_out(self, outer: Future[Any], of: tuple[Any, ...], limit: float | None) -> None:
        task: Task = of[-1]
        held, pieces = contextlib.ExitStack(), None
        if self._apart:
            if other := held.enter_context(self._store.alone(task.spec)):
                held.close()
                outer.set_result(other)
                return
            pieces = dict(_pieces(self._store, task))
        inner = self._client.submit(
            in_worker, *of, self._ticket, limit, pieces,
            key=f"{task.spec.name}-{uuid4().hex[:8]}", pure=False,
        )  # fmt: skip

        def ended(inner: Any) -> None:
            with held:
                try:
                    if not self._pass_on(inner, outer, task):
                        self._apart = True
                        self._hand_out(outer, of, limit)
                except Exception as error:
                    outer.set_exception(error)

        inner.add_done_callback(ended)
        weakref.finalize(outer, inner.release)

    def _pass_on(self, inner: Any, outer: Future[Any], task: Task) -> bool:
        """Give the caller what came of a task, or False: the worker does not see the store.

        Raises what is wrong with it.
        """
        if outer.done() or self._stopped:
            return True
        try:
            found = inner.result()  # computed again where a worker died before it was fetched
        except CancelledError:
            raise UserError("the Dask scheduler is gone; what was finished is kept") from None
        except KilledWorker as error:
            times = error.allowed_failures + 1
            raise WorkerDiedError(f"the Dask worker died, {times} times") from None
        if isinstance(found, Apart):
            _commit(self._store, task, found.files)
            found = found.took
        if found is not None:
            outer.set_result(found)
        return found is not None

    def stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        for future in list(self._given):
            if future.cancel():
                future.set_running_or_notify_cancel()
        self._ends.close()

    def __exit__(self, *error: object) -> None:
        self.stop()


def _keep(cluster: Any, workers: int) -> None:
    """Start workers anew that have ended for good, as where one dies just as it starts."""
    for name, nanny in list(cluster.workers.items()):
        if nanny.status in (Status.closed, Status.failed):
            del cluster.workers[name]
    cluster.scale(workers)


def _close(cluster: Any) -> None:
    """End a cluster of this process and what its workers are at; nothing waits for them."""
    for nanny in cluster.workers.values():
        nanny.auto_restart = False
        with contextlib.suppress(OSError, TypeError):  # it has ended, or never began
            os.kill(nanny.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        cluster.close(timeout=CLOSE_S)


def _differing(here: dict[str, str], there: dict[str, str]) -> str:
    """ "torch 2.4.0 (here 2.5.1)", for what another machine has in another version."""
    wrong = [
        f"{n} {there.get(n, 'missing')} (here {v})" for n, v in here.items() if there.get(n) != v
    ]
    return ", ".join(wrong)


def _pieces(store: Store, task: Task) -> Iterator[tuple[str, bytes]]:
    """The files that a cell goes on from: its commits, and the first GAN of its data set."""
    folders = []
    if store.is_trained(task.spec):
        folders.append(store.train_folder(task.spec))
        if store.is_evaluated(task.spec):
            folders.append(store.eval_folder(task.spec))
    if task.sheet_gan and task.sheet_gan != task.spec and store.is_trained(task.sheet_gan):
        folders.append(store.train_folder(task.sheet_gan))
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        if path.is_file():
            yield path.relative_to(store.root).as_posix(), path.read_bytes()


def _commit(store: Store, task: Task, files: dict[str, bytes]) -> None:
    """Commit what a worker away from the store has made: whole folders, each with its commit."""
    folders: dict[str, dict[str, bytes]] = {}
    for name, data in files.items():
        _, _, folder, rest = name.split("/", 3)  # the cell's own may have another name there
        if folder.partition("-")[0] in KINDS:
            folders.setdefault(folder, {})[rest] = data
    for folder in sorted(folders, key=lambda name: KINDS.index(name.partition("-")[0])):
        kind = folder.partition("-")[0]
        attempt = store.begin(task.spec, kind, anew=True)
        for name, data in folders[folder].items():
            atomic.mkdir((attempt.folder / name).parent)
            atomic.write_bytes(attempt.folder / name, data)
        if wrong := damage(attempt.folder, deep=True):
            raise WorkerDiedError(f"what the Dask worker sent is damaged: {wrong}")
        if kind == "failed":
            said = read_json(attempt.folder / ERROR)
            store.fail(attempt, task.spec, said["stage"], said["error"], said["traceback"])
        else:
            store.commit(attempt, task.spec, kind, task.sheet_gan)
