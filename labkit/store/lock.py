"""One at a time: locks that the system takes back when the process that holds them ends.

A lock is the kernel's, on an open file. A process that was killed, or whose machine lost power,
leaves the file behind and nothing locked. What stands in the file only tells people whose the
lock is. Each cell has one, in ``.locks``; readers never ask for it, nor does a run with nothing
to do.
"""

import contextlib
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from labkit.errors import reason
from labkit.store import attempts

#: On Windows nobody else can read a locked byte, so the first one says nothing.
_UNREAD = b"\n"
_MOST_BYTES = 200
#: How long to wait for what is held for moments only.
PATIENCE_S = 30.0


@contextlib.contextmanager
def only_one(path: Path, folder: Path) -> Iterator[str]:
    """Hold the lock `path` of a cell, whose folder is `folder`, unless somebody is at work on it.

    Yields who is, for people, or nothing once it is held. Locks of one machine are not everywhere
    seen by another, nor has every network folder any: there the heartbeats of attempts tell.
    """
    with contextlib.closing(Lock(path)) as lock:
        held, who = False, ""
        # Not flushed: after a power cut nobody holds anything.
        with contextlib.suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            held = lock.take()
            who = "" if held else _owner(path) or "another run"
            if held:
                lock.sign()
        try:
            yield who or _busy(folder, held)
        finally:
            if held:
                with contextlib.suppress(OSError):  # Windows keeps what is open
                    path.unlink()


def lacking(folder: Path) -> str:
    """What to say where no lock can be had in a folder, as in some network folders, or nothing."""
    try:
        folder.mkdir(exist_ok=True)
        with contextlib.closing(Lock(folder / ".any")) as lock:
            lock.take()
    except OSError as error:
        return (
            f"{folder.parent}: no lock can be had there ({reason(error)}); see to it that no "
            "other labkit run is at work in it"
        )
    return ""


class Lock:
    """A lock of this process on a file, held until it is closed or the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Lock the file; False if another process holds it, OSError if it cannot be locked."""
        from filelock import lock_descriptor

        while self._handle is None:
            with contextlib.ExitStack() as stack:
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
                stack.callback(os.close, handle)
                if not lock_descriptor(handle, blocking=False):
                    return False
                # Whoever held it may have removed the file after it was opened here.
                with contextlib.suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(handle), self.path.stat()):
                        self._handle = handle
                        stack.pop_all()  # closing it would unlock it
        return True

    def sign(self) -> None:
        """Write whose the held lock is: a hint, so not flushed, and not worth a failure."""
        assert self._handle is not None
        owner = {"pid": os.getpid(), "host": attempts.host(), "since": time.time()}
        with contextlib.suppress(OSError):
            os.ftruncate(self._handle, 0)
            os.write(self._handle, _UNREAD + json.dumps(owner).encode())

    def close(self) -> None:
        """Let others have it."""
        if self._handle is not None:
            os.close(self._handle)  # which unlocks it
            self._handle = None


@contextlib.contextmanager
def briefly(path: Path) -> Iterator[None]:
    """Hold a lock for a moment, and wait for it that long.

    Where there are no locks, and where somebody holds it for longer than `PATIENCE_S`, the
    block goes on without: what it guards must bear that.
    """
    until = time.monotonic() + PATIENCE_S
    with contextlib.closing(Lock(path)) as lock:
        # Waits of random length, so that many do not meet again.
        with contextlib.suppress(OSError):
            while not lock.take() and time.monotonic() < until:
                time.sleep(random.uniform(0.005, 0.05))
        yield


def _owner(path: Path) -> str:
    """Who holds a lock and since when; empty where that cannot be read."""
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(len(_UNREAD))
            owner = json.loads(file.read(_MOST_BYTES))
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(owner["since"]))
        where = "" if owner["host"] == attempts.host() else " of another machine"
        return f"process {int(owner['pid'])}{where}, since {since}"
    except (OSError, ValueError, OverflowError, LookupError, TypeError):
        return ""


def _busy(folder: Path, held: bool) -> str:
    """Who is at work on a cell, going by its attempts; of this machine's a held lock knows all."""
    for attempt in folder.glob("attempt-*"):
        host, pid = attempts.owner(attempt)
        here = host == attempts.host()
        if here and (held or pid == str(os.getpid())):
            continue
        if not attempts.is_abandoned(attempt):
            return f"process {pid}{'' if here else ' of another machine'}"
    return ""
