"""Hand-ins opened in processes of their own, with an end to the time and memory each may take.

Whatever a hostile archive does, it does to a worker: killed, out of memory or of time, it leaves
a row that says so, and the next hand-in gets a new worker.
"""

import math
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from typing import Any

from labkit.catalog import resolve
from labkit.execution.executors import LocalProcesses, WorkerDiedError
from labkit.grade.found import Found
from labkit.grade.record import HandIn

#: Opens a hand-in; see :mod:`labkit.grade.opening`.
OPENED = "labkit.grade.opening:opened"
#: Seconds of work and bytes of memory for rungs 1 and 2 of one hand-in.
SECONDS, MEMORY = 20.0, 4 << 30
#: Work is counted, not waiting, so that a busy machine judges as an idle one; but waiting for a
#: disk that never answers ends too.
PATIENCE = 900.0


@dataclass(frozen=True)
class Limits:
    """What a hand-in may take."""

    seconds: float = SECONDS
    memory: int = MEMORY  # 0: as much as there is, as torch needs for its own
    patience: float = PATIENCE  # seconds from beginning to end

    def set_here(self) -> None:
        """Put an end to this process where it goes on beyond them; as far as the system can."""
        if sys.platform == "win32":
            return
        import resource

        if self.memory:
            _lower(resource.RLIMIT_AS, self.memory)
        _lower(resource.RLIMIT_CPU, math.ceil(time.process_time() + self.seconds))


def _lower(what: int, to: int) -> None:
    import resource

    _soft, hard = resource.getrlimit(what)
    most = to if hard == resource.RLIM_INFINITY else min(to, hard)
    try:
        resource.setrlimit(what, (most, hard))
    except (OSError, ValueError):  # macOS has no limit of address space
        return


def each_opened(
    founds: Sequence[Found],
    jobs: int,
    limits: Limits,
    look: str = OPENED,
    **asked: Any,
) -> Iterator[tuple[Found, HandIn]]:
    """Open hand-ins side by side; yield each with its record as it is done.

    `look` is ``module:function(found, **asked) -> HandIn``: workers load it, this process does not.
    """
    if not founds:
        return
    with LocalProcesses(jobs) as pool:
        futures: dict[Future[HandIn], Found] = {
            pool.submit(_within, limits, look, each, asked, timeout=limits.patience): each
            for each in founds
        }
        for future in as_completed(futures):
            found = futures[future]
            yield found, _result(future, found, limits)


def _within(limits: Limits, look: str, found: Found, asked: dict[str, Any]) -> HandIn:
    limits.set_here()
    record: HandIn = resolve(look)(found, **asked)
    return record


def _result(future: Future[HandIn], found: Found, limits: Limits) -> HandIn:
    memory = f"it needs more than {limits.memory / 2**30:g} GiB of memory"
    try:
        return future.result()
    except MemoryError:
        why = memory
    except WorkerDiedError as error:
        out_of_time = "SIGXCPU" in str(error)
        why = f"it takes more than {limits.seconds:g} s of work" if out_of_time else str(error)
    except Exception as error:  # of a stranger's file nothing can be foreseen
        why = f"{type(error).__name__}: {error}"
    return HandIn(
        found.file, found.student, found.identifier, problem=f"given up: {why}", gave_up=True
    )
