"""Attempts: folders to work in, which nobody takes for results.

An attempt says by its name whose it is and by its heartbeat that somebody is at it, so
that a later run can tell the abandoned from the busy. Here is also what training and
measuring have in common, free of torch: work in an attempt, with a heartbeat and a log,
and commit it or its failure.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.errors import one_line
from labkit.experiment.spec import CellSpec
from labkit.store import atomic
from labkit.store.commits import StoreError, read_json
from labkit.store.file_names import HEARTBEAT, HISTORY, LOG

if TYPE_CHECKING:
    from labkit.store.store import Store

BEAT_EVERY_S = 2.0
#: An attempt whose worker has not been heard of for this long may be taken over.
STALE_AFTER_S = 60.0


@dataclass(frozen=True)
class Attempt:
    """Work in progress: a folder with a heartbeat."""

    folder: Path

    @property
    def history_path(self) -> Path:
        return self.folder / HISTORY

    def log(self, line: str) -> None:
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def beat(self, **progress: Any) -> None:
        """Say that the worker is alive, and how far it is. A hint, so not flushed."""
        beat = {"pid": os.getpid(), "host": host(), "at": time.time(), **progress}
        path = self.folder / HEARTBEAT
        temporary = path.with_suffix(".tmp")
        # The folder may just have been committed; a missed beat harms nothing.
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(beat), "utf-8")
            temporary.replace(path)

    def progress(self) -> dict[str, Any] | None:
        """The last heartbeat, or None."""
        with contextlib.suppress(OSError, StoreError):
            beat: dict[str, Any] = read_json(self.folder / HEARTBEAT)
            return beat
        return None


def is_abandoned(attempt: Path) -> bool:
    """Whether nobody is working on an attempt: its process is gone, or silent for long."""
    of, pid = owner(attempt)
    if of == host() and pid.isdigit() and not process_lives(int(pid)):
        return True
    try:
        beat = Attempt(attempt).progress() or {"at": attempt.stat().st_mtime}
        return bool(time.time() - beat["at"] > STALE_AFTER_S)
    except (OSError, KeyError, TypeError):
        return False


def owner(attempt: Path) -> tuple[str, str]:
    """Host and process of an attempt, by its folder's name: ``attempt-<kind>-<host>.<pid>...``."""
    of, _, rest = attempt.name.rpartition("-")[2].partition(".")
    return of, rest.partition(".")[0]


def process_lives(pid: int) -> bool:
    """Whether a process of this machine is there; True where that cannot be asked."""
    if os.name == "nt":  # os.kill would end it; rely on the heartbeat
        return True
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True


def left_behind(folder: Path, name: str = "") -> Iterator[Path]:
    """What ended processes left half written in a folder: ``.<name>...<process>.tmp``."""
    for left in folder.glob(f".{name}*{atomic.TEMPORARY}"):
        owner = left.name.split(".")[-2]
        if owner.isdigit() and not process_lives(int(owner)):
            yield left


def host() -> str:
    """A hash that tells machines apart without naming them."""
    import platform

    return hashlib.sha256(platform.node().encode()).hexdigest()[:12]


def attempt_and_commit(
    work: Callable[[Attempt, dict[str, Any]], None],
    kind: str,
    spec: CellSpec,
    store: Store,
    sheet_gan: CellSpec | None = None,
) -> bool:
    """Whether `work` went well; either way the store says what came of it.

    It fills the attempt's folder; what it puts into the dictionary is shown as progress. OSError
    where the store cannot be written, not even to note the failure.
    """
    attempt = store.begin(spec, kind)
    try:
        with (
            _heartbeat(attempt) as progress,
            (attempt.folder / LOG).open("a", encoding="utf-8") as log,
            # What libraries print goes to the cell's log, not to the terminal.
            contextlib.redirect_stdout(log),
            contextlib.redirect_stderr(log),
        ):
            work(attempt, progress)
        store.commit(attempt, spec, kind, sheet_gan)
    except Exception as error:
        store.fail(attempt, spec, kind, one_line(error), traceback.format_exc())
        return False
    return True


@contextlib.contextmanager
def _heartbeat(attempt: Attempt) -> Iterator[dict[str, Any]]:
    """Keep saying that this worker lives; end the process if its parent is gone.

    That is for a process that labkit started; one of the user's ends when it likes.
    """
    progress: dict[str, Any] = {}
    stop = threading.Event()
    parent, ours = os.getppid(), multiprocessing.parent_process() is not None

    def beat() -> None:
        while not stop.wait(BEAT_EVERY_S):
            attempt.beat(**progress)
            if ours and os.getppid() != parent:
                os._exit(1)  # an orphan would only race the run that resumes it

    attempt.beat()
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        stop.set()
        thread.join()
