"""One run at a time on one store: a lock that the system takes back when the run's process ends.

The lock is the kernel's, on the open file ``.run.lock``. A run that was killed, or whose
machine lost power, leaves the file behind and nothing locked. What stands in the file only
tells people whose the lock is. Readers never ask for it, nor does a run with nothing to do.
"""

import contextlib
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from labkit.errors import LabkitError, reason
from labkit.store import atomic, attempts

#: On Windows nobody else can read a locked byte, so the first one says nothing.
_UNREAD = b"\n"
_MOST_BYTES = 200
#: How long to wait for what is held for moments only.
PATIENCE_S = 30.0


class BusyError(LabkitError):
    """Another run is at work on the store."""


@contextlib.contextmanager
def only_run(path: Path) -> Iterator[str]:
    """Hold a store's lock, in the file `path`, whose folder is made if need be.

    Yields what to say where there are no locks, as on some network folders; then the run goes on
    without one. Otherwise nothing. BusyError where another run holds it says whose it is, since
    when and what to do.
    """
    atomic.mkdir(path.parent)
    with contextlib.closing(Lock(path)) as lock:
        note = ""
        try:
            if not lock.take():
                raise BusyError(
                    f"{path.parent}: another labkit run is at work there{_owner(path)}; wait "
                    "for it or stop it, then give this command again (nothing was changed)"
                )
            lock.sign()
        except OSError as error:
            note = (
                f"{path.parent}: no lock can be had there ({reason(error)}); see to it that no "
                "other labkit run is at work in it"
            )
        yield note


class Lock:
    """A lock of this process on a file, held until it is closed or the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Lock the file; False if another process holds it, OSError if it cannot be locked."""
        from filelock import lock_descriptor

        with contextlib.ExitStack() as stack:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            stack.callback(os.close, handle)
            if lock_descriptor(handle, blocking=False):
                self._handle = handle
                stack.pop_all()  # closing it would unlock it
        return self._handle is not None

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
    """Who holds a lock and since when, in brackets; empty where that cannot be read."""
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(len(_UNREAD))
            owner = json.loads(file.read(_MOST_BYTES))
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(owner["since"]))
        where = "" if owner["host"] == attempts.host() else " of another machine"
        return f" (process {int(owner['pid'])}{where}, since {since})"
    except (OSError, ValueError, OverflowError, LookupError, TypeError):
        return ""
