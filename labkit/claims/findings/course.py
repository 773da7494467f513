"""How a measure goes along an ordered factor, from level to level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from labkit.claims.cell import Level
from labkit.claims.verdict import FIRM, Strength

if TYPE_CHECKING:
    from labkit.claims.findings.levels import Contrast, Levels

#: The signs of the steps, those of 0 and repeated ones left out, to their shape.
SHAPES = {(): "flat", (-1,): "falls", (1,): "rises", (-1, 1): "valley", (1, -1): "hill"}


@dataclass(frozen=True)
class Course:
    """The steps between neighbouring levels of one factor on one data set."""

    found: Levels
    steps: tuple[int, ...]
    """-1, 0 or 1 a step; 0 where nothing worth calling a difference is seen."""

    @property
    def shape(self) -> str:
        """One of `SHAPES`, else mixed."""
        signs = tuple(sign for sign, _ in groupby(step for step in self.steps if step))
        return SHAPES.get(signs, "mixed")

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
        return max((i for i, step in enumerate(self.steps, 1) if step), default=0)


def course(found: Levels, strengths: Mapping[str, Strength]) -> Course:
    """The course of a finding whose factor's levels are numbers in order."""
    steps = [_step(found.between(a, b), a, strengths) for a, b in pairwise(found.means)]
    return Course(found, tuple(steps))


def _step(contrast: Contrast, first: Level, strengths: Mapping[str, Strength]) -> int:
    """The direction from one level to the next; 0 for a small step that is not beyond the noise."""
    size, strength = contrast.estimate or 0.0, strengths.get(contrast.id)
    small = contrast.unresolved or abs(size) <= contrast.margin
    if contrast.here == "tie" or strength == "level" or (small and strength not in FIRM):
        return 0
    rising = size < 0 if contrast.a == first else size > 0
    return 1 if rising else -1
