"""Interrupt a run: stop the workers, say how to go on, exit."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from typing import Any, NoReturn

from labkit.cli.options import say

#: Seconds that an interrupted run may take to stop its workers.
GRACE_S = 3.0


def on_signals() -> None:
    """Let Ctrl-C and SIGTERM stop a run in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: Any) -> NoReturn:
    """Stop the workers in order; exit at once at a second signal or after `GRACE_S` seconds."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: interrupted())
    patience = threading.Timer(GRACE_S, interrupted)
    patience.daemon = True
    patience.start()
    raise KeyboardInterrupt


def interrupted() -> NoReturn:
    """Say how to go on, and exit with status 130."""
    again = shlex.join(["labkit", *sys.argv[1:]])
    say(f"interrupted; what was finished is kept. To go on: {again}")
    at_once(130)


def at_once(code: int) -> NoReturn:
    """Exit without waiting for worker processes or threads; the store is always consistent."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
