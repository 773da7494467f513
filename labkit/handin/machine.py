"""What the grader's machine lacks: no failing of a hand-in."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from labkit.errors import FULL, REASONS, DataError, LabkitError, UserError, reason

#: What the system is short of, whoever asks for it.
_SHORT = {*FULL, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EROFS, errno.EIO}
#: How a failure in a worker, which is known by its words alone, begins: the types of `lacking`.
_WORDS = (
    "DataError: ", "MemoryError", "OutOfMemoryError: ", "FeatureError: ",
    "the worker process died", "took longer than its limit",
)  # fmt: skip


def lacking(error: BaseException) -> str:
    """What this machine lacks, if that is what an error says; else an empty string."""
    for each in _chain(error):
        name = type(each).__name__
        if isinstance(each, DataError):
            return data(str(each))
        if isinstance(each, ImportError):
            return f"a library that is not installed here: {each}"
        # torch's allocator on the CPU raises no type for that alone.
        no_memory = isinstance(each, RuntimeError) and "can't allocate memory" in str(each)
        if isinstance(each, MemoryError) or name == "OutOfMemoryError" or no_memory:
            return f"more memory: {str(each).splitlines()[0] if str(each) else name}"
        if isinstance(each, OSError) and each.errno in _SHORT:
            said = f"{each.filename}: {reason(each)}" if each.filename else reason(each)
            if each.errno not in FULL:
                return said
            place = tempfile.gettempdir()
            return f"{said}; temporary files go to {place}: set TMPDIR to a folder with more room"
        if name == "FeatureError":
            return f"a file of labkit's own: {each}"
    return ""


def lacking_in(failure: str) -> str:
    """The same of a cell's failure in a worker, of which only a line is known."""
    if failure.startswith("DataError: "):
        return data(failure.removeprefix("DataError: "))
    if failure.startswith("OSError: "):
        return failure if failure.endswith(tuple(REASONS[number] for number in _SHORT)) else ""
    words = "ModuleNotFoundError: ", "ImportError: ", "can't allocate memory"
    found = failure.startswith(_WORDS) or any(each in failure for each in words)
    return failure if found else ""


def data(why: str) -> str:
    """What to do about a data set that is not there."""
    return f"{why}; give --data-root DIR, or fetch it with `labkit data fetch`"


@contextmanager
def needing_room() -> Iterator[None]:
    """Work on temporary files; UserError where the disk is full, which says where they go."""
    try:
        yield
    except (OSError, LabkitError) as error:
        for each in _chain(error):
            if isinstance(each, OSError) and each.errno in FULL:
                raise UserError(lacking(each)) from error
        raise


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
