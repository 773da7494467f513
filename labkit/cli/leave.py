"""Being interrupted: end the workers in order, say how to go on, leave."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from typing import Any, NoReturn

from labkit.cli.options import say

#: How long an interrupted run may take to stop its workers.
GRACE_S = 3.0


def on_signals() -> None:
    """Let Ctrl-C and a request to terminate end a run in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: Any) -> NoReturn:
    """Stop the workers in order; a second signal, or `GRACE_S` seconds, end it at once."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: interrupted())
    patience = threading.Timer(GRACE_S, interrupted)
    patience.daemon = True
    patience.start()
    raise KeyboardInterrupt


def interrupted() -> NoReturn:
    """Say how to go on, and leave with status 130."""
    again = shlex.join(["labkit", *sys.argv[1:]])
    say(f"interrupted; what was finished is kept. To go on: {again}")
    at_once(130)


def at_once(code: int) -> NoReturn:
    """End without waiting for worker processes or threads; the store needs no goodbye."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
