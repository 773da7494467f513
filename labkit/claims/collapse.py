"""The mode-collapse verdict of a cell as a value, read once from the words it is stored in.

A result and a table keep the verdict as one line (:attr:`labkit.measure.modes.Modes.verdict`),
and so does a student's own table, in whatever words. Nothing outside this module reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

State = Literal["absent", "present", "unknown"]

_COUNT = re.compile(r"\bN=([\d,]*\d)|\b([\d,]*\d) samples\b")
_MISSING = "classes missing: "


@dataclass(frozen=True)
class Collapse:
    """What was said of a cell's samples."""

    state: State
    """Whether a rule fired; *unknown* where that could not be measured."""
    classes: tuple[str, ...] = ()
    """Names of the classes that are missing altogether."""
    n: int | None = None
    """Number of samples it was judged by; None where it does not say."""
    reasons: tuple[str, ...] = ()
    """What was found, a rule each; of *unknown*, why it could not be measured."""
    text: str = ""
    """The verdict as it is stored, to be quoted."""


def read(text: str | None) -> Collapse | None:
    """A stored verdict as a value; None where there is none.

    >>> read("classes missing: 4, 9; under-represented: 1 (0.9 %)").classes
    ('4', '9')
    >>> read("none detected at N=10,000").n
    10000
    """
    text = (text or "").strip()
    if not text:
        return None
    plain = text.lower()
    found = _COUNT.search(text)
    n = int((found[1] or found[2]).replace(",", "")) if found else None
    if plain.startswith(("not measur", "unknown")):
        return Collapse("unknown", (), n, _parts(text.partition(": ")[2]), text)
    if plain == "no" or plain.startswith(("none", "no ")):
        return Collapse("absent", (), n, (), text)
    reasons = _parts(text)
    missing = next((r.removeprefix(_MISSING) for r in reasons if r.startswith(_MISSING)), "")
    return Collapse("present", tuple(missing.split(", ")) if missing else (), n, reasons, text)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("; ") if part)
