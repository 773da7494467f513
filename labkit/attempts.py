"""Do one kind of work on a cell in an attempt folder, and commit it or its failure.

What training and measuring have in common, free of torch: a heartbeat for those who
watch, the log, and that every error ends up in the store.
"""

from __future__ import annotations

import contextlib
import os
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from labkit.spec import CellSpec
from labkit.store import Attempt, Store

BEAT_EVERY_S = 2.0


def attempt_and_commit(
    work: Callable[[Attempt, dict[str, Any]], None],
    kind: str,
    spec: CellSpec,
    store: Store,
    yardstick: CellSpec | None = None,
) -> bool:
    """Whether `work` went well; either way the store says what came of it.

    Args:
        work: fills the attempt's folder; what it puts into the dictionary is shown as
            progress.
        kind: ``train``, ``eval`` or ``sheet``.
        spec: the cell.
        store: where it is committed.
        yardstick: the other cell a ``sheet`` needs.

    Raises:
        OSError: the store cannot be written, not even to note the failure.
    """
    attempt = store.begin(spec, kind)
    try:
        with _heartbeat(attempt) as progress, _logged(attempt):
            work(attempt, progress)
        store.commit(attempt, spec, kind, yardstick)
    except Exception as error:
        line = f"{type(error).__name__}: {error}".splitlines()[0]
        store.fail(attempt, spec, kind, line, traceback.format_exc())
        return False
    return True


@contextlib.contextmanager
def _heartbeat(attempt: Attempt) -> Iterator[dict[str, Any]]:
    """Keep saying that this worker lives; end the process if its parent is gone."""
    progress: dict[str, Any] = {}
    stop = threading.Event()
    parent = os.getppid()

    def beat() -> None:
        while not stop.wait(BEAT_EVERY_S):
            attempt.beat(**progress)
            if os.getppid() != parent:
                os._exit(1)  # an orphan would only race the run that resumes it

    attempt.beat()
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def _logged(attempt: Attempt) -> Iterator[None]:
    """Send what libraries print to the cell's log, not through the live view."""
    with (
        (attempt.folder / "log.txt").open("a", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        yield
