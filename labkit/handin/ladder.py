"""What `labkit verify` says: rungs, each with a verdict and findings. Plain values.

What the grader's machine lacks is no failing of a hand-in.
"""

import errno
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from labkit.errors import FULL, REASONS, DataError, LabkitError, UserError, reason
from labkit.experiment.spec import CellSpec

Verdict = Literal["passed", "failed", "not checkable", "not asked for"]

#: Prints a line of progress.
Say = Callable[[str], None]

UNTRUSTED = "not checkable without --trust-code"

#: What each rung can find; the output says it, so that nobody reads more into a pass.
TITLES = {
    1: "container and manifest",
    2: "report and tables follow from the committed cells",
    3: "measures follow from the stored weights and samples",
    4: "cells trained again",
}
LIMITS = (
    "Rungs 1 to 3 find mistakes and tampering. Only rung 4 finds fabrication. "
    "Seconds, speed and memory are as recorded; nothing can check them afterwards."
)


@dataclass(frozen=True)
class Asked:
    """What the grader asks of rungs 3 and 4, as :func:`labkit.handin.verify.verify` has it."""

    rerun: int = 0
    cells: str | None = None
    data_root: Path | None = None
    trust: bool = False
    say: Say = lambda line: None
    sample: int | None = None
    chance: random.Random = field(default_factory=random.SystemRandom)

    def some_of(self, specs: list[CellSpec]) -> list[CellSpec]:
        """Those to measure again, in their order: all, or `sample` of them by `chance`."""
        if self.sample is None or self.sample >= len(specs):
            return specs
        chosen = self.chance.sample(range(len(specs)), self.sample)
        return [specs[i] for i in sorted(chosen)]


@dataclass
class Rung:
    """One rung of the ladder."""

    number: int
    verdict: Verdict = "passed"
    found: list[str] = field(default_factory=list)  # what did not hold, a line each
    notes: list[str] = field(default_factory=list)  # what was checked and how, or why it was not
    here: list[str] = field(default_factory=list)  # what the machine that checks lacked: no fault

    def fail(self, line: str) -> None:
        self.verdict = "failed"
        self.found.append(printable(line))

    def note(self, line: str) -> None:
        self.notes.append(printable(line))

    def give_up(self, line: str) -> None:
        """Nothing was found wrong so far, but this could not be looked at."""
        if self.verdict != "failed":
            self.verdict = "not checkable"
        self.note(line)

    def lack(self, what: str, who: str = "") -> None:
        """This could not be looked at for want of something on the machine that checks."""
        self.here.append(printable(what))
        self.give_up(f"{f'{who}: ' if who else ''}not checkable here: {what}")


@dataclass(frozen=True)
class Ladder:
    """The whole verdict on a hand-in."""

    name: str
    author: dict[str, str]
    rungs: list[Rung]
    differences: tuple[str, ...] | None = None  # from the lab sheet; None where there was none

    @property
    def holds(self) -> bool:
        """Whether no check failed; what could not be checked does not count."""
        return all(rung.verdict != "failed" for rung in self.rungs)

    @property
    def complete(self) -> bool:
        """Whether all that was asked for could be checked."""
        return all(rung.verdict != "not checkable" for rung in self.rungs)

    @property
    def summary(self) -> str:
        """What came of it, in one line."""
        also = "; differs from the lab sheet, see there" if self.differences else ""
        return self._of_rungs() + also

    def _of_rungs(self) -> str:
        failed, unseen = (
            ", ".join(str(rung.number) for rung in self.rungs if rung.verdict == verdict)
            for verdict in ("failed", "not checkable")
        )
        if failed:
            return f"DOES NOT HOLD: rung {failed}"
        here = list(dict.fromkeys(line for rung in self.rungs for line in rung.here))
        if here:
            return f"nothing failed, but rung {unseen} lacks something on this machine: {here[0]}"
        if unseen:
            return f"nothing failed; rung {unseen} not checkable, see there"
        return "all that was asked for holds"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "author": self.author,
            "holds": self.holds,
            "complete": self.complete,
            "summary": printable(self.summary),
            "rungs": [{"title": TITLES[rung.number], **asdict(rung)} for rung in self.rungs],
            "sheet": self.differences,
            "limits": LIMITS,
        }

    def lines(self, most: int = 20) -> list[str]:
        """For a terminal; of each rung at most `most` findings."""
        who = ", ".join(value for value in self.author.values() if value)
        lines = [printable(f"{self.name or 'hand-in'}{f' by {who}' if who else ''}")]
        for rung in self.rungs:
            lines.append(f"{rung.number}. {TITLES[rung.number]}: {rung.verdict.upper()}")
            lines += [f"   - {line}" for line in rung.found[:most]]
            if len(rung.found) > most:
                lines.append(f"   - and {len(rung.found) - most} more")
            lines += [f"   {line}" for line in rung.notes]
        if self.differences is not None:
            lines.append(f"Lab sheet: {'DIFFERS' if self.differences else 'as it says'}")
            lines += [printable(f"   - {line}") for line in self.differences]
        return [*lines, printable(self.summary), LIMITS]


def printable(text: str, most: int = 300) -> str:
    """One line that cannot steer a terminal: what a stranger wrote may be in it."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return line if len(line) <= most else line[: most - 1] + "…"


def first(names: Sequence[str], most: int) -> str:
    """At most so many names, and how many more there are: ``a, b and 2 more``."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


# --------------------------------------------------------------------- the grader's machine

#: System errors that mean a shortage on this machine: disk, file handles, memory, writing.
_SHORT = {*FULL, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EROFS, errno.EIO}
#: How a failure in a worker, which is known by its words alone, begins.
_BEGIN = (
    "MemoryError", "OutOfMemoryError: ", "FeatureError: ", "the worker process died",
    "took longer than its limit",
)  # fmt: skip


def lacking(error: BaseException) -> str:
    """What this machine lacks, if that is what an error says; else an empty string."""
    for each in _chain(error):
        name = type(each).__name__
        if isinstance(each, DataError):
            return lacking_data(str(each))
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
        return lacking_data(failure.removeprefix("DataError: "))
    if failure.startswith("OSError: "):
        return failure if failure.endswith(tuple(REASONS[number] for number in _SHORT)) else ""
    words = "ModuleNotFoundError: ", "ImportError: ", "can't allocate memory"
    return failure if failure.startswith(_BEGIN) or any(w in failure for w in words) else ""


def lacking_data(why: str) -> str:
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
