"""The levels of a factor against each other, everything else held fixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby, pairwise
from typing import TYPE_CHECKING, Any

from labkit.claims.cell import Cell, Level
from labkit.claims.cells import Cells
from labkit.claims.finding import Comparison, Finding, known
from labkit.claims.findings import difference
from labkit.claims.measure import Measure
from labkit.claims.noise import MIN_SEEDS, Spread
from labkit.claims.statistics import FLOAT_NOISE
from labkit.claims.verdict import FIRM, Strength

if TYPE_CHECKING:
    from labkit.claims.pairs import Pairs
    from labkit.claims.reference import Borrowed
    from labkit.claims.table import Table

#: The signs of the steps, those of 0 and repeated ones left out, to their shape.
SHAPES = {(): "flat", (-1,): "falls", (1,): "rises", (-1, 1): "valley", (1, -1): "hill"}


@dataclass(frozen=True, kw_only=True)
class Contrast(Comparison[Level]):
    """Two levels of a factor, with everything else held fixed."""

    kind: str = "contrast"
    wins: int = 0
    """Pairs of cells in which the one that is ahead on average is ahead, beyond rounding."""
    pairs: int = 0


@dataclass(frozen=True, kw_only=True)
class Levels(Finding):
    """All levels of a factor on one data set, each against each."""

    kind: str = "levels"
    means: Mapping[Level, float] = field(default_factory=dict)
    """Level to mean, in the levels' own order."""
    contrasts: tuple[Contrast, ...] = ()
    towards: int = -1
    odd: Cell | None = None
    """The cell that departs so far from the reference that its noise was not used."""

    @property
    def order(self) -> tuple[Level, ...]:
        """Levels from best to worst."""
        return tuple(sorted(self.means, key=lambda v: -self.towards * self.means[v]))

    @property
    def largest(self) -> float:
        """Size of the largest difference, on the contrasts' scale."""
        return max((abs(c.estimate or 0.0) for c in self.contrasts), default=0.0)

    def between(self, a: Level, b: Level) -> Contrast:
        """The contrast of two levels, whichever of them stands first."""
        return next(c for c in self.contrasts if {c.a, c.b} == {a, b})

    @property
    def best(self) -> tuple[Level, ...]:
        """The best level, and those that rounding does not tell from it."""
        first = self.order[0]
        tied = (v for v in self.order[1:] if self.between(first, v).here == "tie")
        return first, *tied

    @property
    def rivals(self) -> tuple[Contrast, ...]:
        """The best level against every other."""
        return tuple(c for c in self.contrasts if self.order[0] in (c.a, c.b))


def levels(
    cells: Cells, factor: str, measure: Measure, table: Table, towards: int | None = None
) -> tuple[Levels, ...]:
    """Compare all levels of a factor in the cells of one family, a finding a data set.

    Their noise is pooled, so all data sets that are to be judged together must be given together.
    ``towards`` is 1 if higher is ahead, -1 if lower; None: as the measure says.
    """
    sign = towards or (1 if measure.better == "higher" else -1)
    if not len(cells):
        return ()
    found = table.pairs(cells, factor, measure)
    borrowed = table.spread(cells.families[0], [p for p in found if p.groups])
    return tuple(_levels(pairs, cells, sign, borrowed) for pairs in found)


def _levels(pairs: Pairs, cells: Cells, towards: int, borrowed: Borrowed) -> Levels:
    shared: dict[str, Any] = {
        "family": cells.families[0], "factor": pairs.factor, "metric": pairs.measure.name,
        "dataset": pairs.dataset, "towards": towards, "target": pairs.measure.target,
        "n_seeds": len(pairs.seeds), "n_blocks": len(pairs.blocks),
    }  # fmt: skip
    if pairs.missing:
        return Levels(missing=pairs.missing, cells=cells.of(dataset=pairs.dataset).rows, **shared)
    spread = borrowed.spread
    if spread and spread.source == "own" and len(pairs.seeds) < MIN_SEEDS:
        spread = None
    contrasts = [_contrast(pairs, a, b, spread, shared) for a, b in combinations(pairs.levels, 2)]
    return Levels(
        cells=pairs.cells, means={v: pairs.back(pairs.mean(v)) for v in pairs.levels},
        contrasts=tuple(contrasts), odd=borrowed.odd, log=pairs.log,
        resolution=contrasts[0].resolution, margin=contrasts[0].margin,
        here="tie" if all(c.here == "tie" for c in contrasts) else "yes", **shared,
    )  # fmt: skip


def _contrast(
    pairs: Pairs, a: Level, b: Level, spread: Spread | None, shared: Mapping[str, Any]
) -> Contrast:
    mean_a, mean_b, n = pairs.mean(a), pairs.mean(b), len(pairs.groups)
    slack = pairs.slack[a] + pairs.slack[b]
    return Contrast(
        a=a, b=b, cells=tuple(g.cells[v] for g in pairs.groups for v in (a, b)),
        noise=spread.of(a, b, len(pairs.seeds)) if spread else None,
        wins=_wins(pairs, a, b, 1 if mean_a > mean_b else -1), pairs=n, **shared,
        **difference(mean_a, mean_b, slack, pairs.measure, pairs.log, pairs.dataset, n),
    )  # fmt: skip


def _wins(pairs: Pairs, a: Level, b: Level, sign: int) -> int:
    """Pairs of cells whose difference has a sign beyond their rounding."""
    won = 0
    for group, values in zip(pairs.groups, pairs.values, strict=True):
        halves = sum(pairs.measured(group)[v].half for v in (a, b))
        size = 1.0 if pairs.log else (abs(values[a]) + abs(values[b])) / 2
        ratio = pairs.back((values[a] + values[b]) / 2) + pairs.measure.offset
        slack = halves / ratio if pairs.log else halves
        won += sign * (values[a] - values[b]) > slack + FLOAT_NOISE * size
    return won


def pairs_of_levels(found: Iterable[Levels]) -> list[Contrast]:
    """Every contrast of some findings: a question's family of tests."""
    return [contrast for each in found for contrast in each.contrasts]


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


def turned_round(found: Sequence[Levels], beside: Sequence[Levels]) -> list[Levels]:
    """Those of another measure by which the best level is last, in every pair with their best."""
    first = {(f.factor, f.dataset): f.order[0] for f in known(found)}
    return [f for f in known(beside) if _last(f, first.get((f.factor, f.dataset)))]


def _last(found: Levels, level: Level | None) -> bool:
    ends = found.between(found.order[0], found.order[-1])
    behind = ends.wins == ends.pairs and abs(ends.estimate or 0.0) > ends.margin
    return found.order[-1] == level and behind
