"""How a measure goes along an ordered factor, from level to level."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from labkit.claims.verdict import FIRM

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.findings.levels import Contrast, Levels
    from labkit.claims.verdict import Strength

Shape = Literal["flat", "falls", "rises", "valley", "hill", "mixed"]


@dataclass(frozen=True)
class Course:
    """The steps between neighbouring levels of one factor on one data set."""

    found: Levels
    steps: tuple[int, ...]
    """-1, 0 or 1 a step; 0 where nothing worth calling a difference is seen."""

    @property
    def shape(self) -> Shape:
        """In a word, steps of 0 left out."""
        seen = [s for s in self.steps if s]
        if not seen:
            return "flat"
        turns = sum(a != b for a, b in pairwise(seen))
        if turns == 0:
            return "rises" if seen[0] > 0 else "falls"
        if turns == 1:
            return "hill" if seen[0] > 0 else "valley"
        return "mixed"

    @property
    def levels(self) -> tuple[Level, ...]:
        return tuple(self.found.means)

    @property
    def early(self) -> float:
        """Share of the whole change that the first step brings; 0 where nothing changes."""
        values = list(self.found.means.values())
        whole = values[-1] - values[0]
        return (values[1] - values[0]) / whole if whole else 0.0

    @property
    def settled(self) -> int:
        """Place of the level after which nothing more is seen to change."""
        moved = [i for i, step in enumerate(self.steps) if step]
        return moved[-1] + 1 if moved else 0


def course(found: Levels, strengths: dict[str, Strength]) -> Course:
    """The course of a finding whose factor's levels are numbers in order."""
    order = list(found.means)
    steps = [_step(found.between(a, b), a, strengths) for a, b in pairwise(order)]
    return Course(found, tuple(steps))


def _step(contrast: Contrast, first: Level, strengths: dict[str, Strength]) -> int:
    """The direction from one level to the next; 0 below rounding, margin or resolution.

    A difference beyond the noise is one, however small.
    """
    size, strength = contrast.estimate or 0.0, strengths.get(contrast.id)
    small = contrast.unresolved or abs(size) <= contrast.margin
    if contrast.here == "tie" or strength == "level" or (small and strength not in FIRM):
        return 0
    rising = size < 0 if contrast.a == first else size > 0
    return 1 if rising else -1
