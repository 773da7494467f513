"""Words and numbers for one text: what is printed is written down as it is printed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from labkit.reporting.claims.cells import Level
from labkit.reporting.claims.texts import Words


class Writer:
    """Formats the numbers of one claim and remembers every one of them."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.numbers: dict[str, float] = {}
        self.shown: dict[str, str] = {}

    def number(self, name: str, value: float, decimals: int) -> str:
        """A number as text, kept under a name."""
        text = fixed(value, decimals)
        self.numbers[name] = float(value)
        self.shown[name] = text
        return text

    def keep(self, numbers: Mapping[str, float]) -> None:
        """Numbers the statement rests on though its text does not print them."""
        self.numbers.update(numbers)

    def count(self, name: str, n: int) -> str:
        """A count: a word up to twelve, digits from there on."""
        self.numbers[name] = float(n)
        self.shown[name] = self.words.count(n)
        return self.shown[name]

    def digits(self, name: str, n: int) -> str:
        """A count in digits, as in "5 of 6 cells"."""
        return self.number(name, n, 0)

    def level(self, factor: str, level: Level) -> str:
        """A level in words: "hinge", "z 64", "latent 16"."""
        for i, part in enumerate(level if isinstance(level, tuple) else (level,)):
            if isinstance(part, (int, float)) and not isinstance(part, bool):
                name = f"{factor} {level}" if not i else f"{factor} {level} ({i + 1})"
                self.numbers[name] = float(part)
                self.shown[name] = str(part)
        return self.words.level(factor, level)

    def levels(self, factor: str, levels: Iterable[Level]) -> str:
        """ "hinge and BCE"; numbers of one factor share their noun: "z 32, 64 and 128"."""
        found = list(levels)
        for level in found:
            self.level(factor, level)
        return self.words.levels(factor, found)


def fixed(value: float, decimals: int) -> str:
    """Fixed-point text with a true minus sign, and no negative zero."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def decimals_for(values: Iterable[float], digits: int, typed: int | None = None) -> int:
    """Decimals with which values stand side by side.

    The largest shows `digits` significant digits; values that differ are printed
    differently if three more decimals can do it; no more decimals than were typed.

    Args:
        values: finite numbers.
        digits: significant digits of the largest.
        typed: decimals the values were given with; None for exact doubles.
    """
    found = list(values)
    largest = max((abs(v) for v in found), default=0.0)
    start = 0 if largest == 0 else max(0, digits - 1 - math.floor(math.log10(largest)))
    if largest and all(float(v).is_integer() for v in found):
        start = 0
    distinct = len(set(found))
    chosen = next(
        (d for d in range(start, start + 4) if len({fixed(v, d) for v in found}) == distinct),
        start,
    )
    return chosen if typed is None else min(chosen, typed)
