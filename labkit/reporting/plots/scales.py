"""Axes in numbers: limits, ticks, and labels moved apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from labkit.text.numbers import show


@dataclass(frozen=True)
class Scale:
    """From values to inches."""

    low: float
    high: float
    start: float
    """Where `low` lies."""
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value; values outside lie outside."""
        return self.start + self.share(value) * (self.end - self.start)

    def share(self, value: float) -> float:
        """0 at `low`, 1 at `high`."""
        low, high = self._unit(self.low), self._unit(self.high)
        return (self._unit(value) - low) / (high - low)

    def _unit(self, value: float) -> float:
        return math.log(value) if self.log else value

    def ticks(self, most: int, whole: bool = False) -> list[tuple[float, str]]:
        """Round values within the limits, and how they are written.

        Args:
            most: about how many.
            whole: whether the values count something.
        """
        decades = self._log_ticks(most) if self.log else []
        if len(decades) > 2 or (decades and self.high > 10 * self.low):
            return [(v, show(v, 1)) for v in decades]
        found = self._round_ticks(most, whole)
        slack = 1e-6 * min((b - a for a, b in pairwise(found)), default=1.0)
        decimals = next(
            (d for d in range(12) if all(abs(round(v, d) - v) <= slack for v in found)), 12
        )
        return [(v, _written(v, decimals)) for v in found]

    def _round_ticks(self, most: int, whole: bool) -> list[float]:
        """Multiples of 1, 2 or 5 times a power of ten, at most `most` of them."""
        span = self.high - self.low
        power = 10.0 ** math.floor(math.log10(span / most))
        step = next(s * power for s in (1, 2, 5, 10, 20) if span / (s * power) <= most)
        if whole:
            step = max(1.0, round(step))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [k * step for k in range(first, last + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        """1, 2 and 5 times powers of ten, or fewer of these, so that there are about `most`."""
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in ((1, 2, 5), (1, 3), (1,)):
            ticks = [s * 10.0**d for d in decades for s in steps]
            inside = [v for v in ticks if self.low <= v <= self.high]
            if len(inside) <= most + 1:
                return inside
        return inside[:: -(-len(inside) // most)]


def _written(value: float, decimals: int) -> str:
    return show(round(value)) if decimals == 0 else f"{value:.{decimals}f}".replace("-", "−")


def limits(values: Sequence[float], log: bool, floor: float | None = None) -> tuple[float, float]:
    """The ends of an axis: the data and a little room.

    Args:
        values: what must be seen; not finite, or not positive on a log axis, is ignored.
        log: whether the axis is logarithmic.
        floor: a fixed lower end.
    """
    known = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    if not known:
        return (1.0, 10.0) if log else (0.0, 1.0)
    low, high = min(known), max(known)
    if log:
        room = max((high / low) ** 0.07, 1.05)
        return low / room, high * room
    room = 0.07 * (high - low) or 0.1 * abs(high) or 1.0
    return (low - room if floor is None else floor), high + room


def spread(at: Sequence[float], gap: float) -> list[float]:
    """Places as near to those given as can be with `gap` between neighbours, within [0, 1].

    Neighbours that are too near form a block around their mean (pooling adjacent
    violators); their order is kept.
    """
    order = sorted(range(len(at)), key=lambda i: at[i])
    blocks: list[tuple[float, int]] = []  # centre, size
    for i in order:
        blocks.append((at[i], 1))
        while len(blocks) > 1:
            (a, n), (b, m) = blocks[-2:]
            if b - a >= gap * (n + m) / 2:
                break
            blocks[-2:] = [((a * n + b * m) / (n + m), n + m)]
    places = [centre + gap * (j - (n - 1) / 2) for centre, n in blocks for j in range(n)]
    low = 0.0
    for k, place in enumerate(places):  # up from the lower end ...
        places[k] = low = max(place, low)
        low += gap
    high = 1.0
    for k in reversed(range(len(places))):  # ... and down from the upper
        places[k] = high = min(places[k], high)
        high -= gap
    out = [0.0] * len(at)
    for i, place in zip(order, places, strict=True):
        out[i] = place
    return out
