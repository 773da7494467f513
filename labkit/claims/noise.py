"""How much a comparison would move if the same cells were trained with other seeds.

Noise belongs to a contrast. Cells of one seed whose networks are alike start from the same
weights and see the same images in the same order, so a factor that leaves the networks alone
(the loss) is compared far more precisely than one that changes them (z). Each factor is
therefore held against its own mean square with the seeds, pooled over data sets; a residual
pooled over factors would call the one too often and the other too seldom.

Three seeds of one's own are the least (:func:`own`). With fewer, repeated trainings of the
very same kind that come with labkit can stand in (:mod:`labkit.claims.reference`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.claims.finding import Noise, Source
from labkit.claims.statistics import FLOAT_NOISE, fmean, variance

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.pairs import Pairs

#: Fewest seeds from which a table's own noise is read.
MIN_SEEDS = 3


@dataclass(frozen=True)
class Spread:
    """How far a factor's level means (over blocks, in one seed) wander from seed to seed.

    What all levels share in a seed is not counted: it does not touch their difference.
    """

    variance: float
    """Of one level's mean in one seed, pooled over levels and data sets."""
    df: int
    by_level: Mapping[Level, float]
    """The same of each level by itself, pooled over data sets."""
    source: Source = "own"
    name: str = ""

    def of(self, a: Level, b: Level, seeds: int) -> Noise | None:
        """The noise of the difference of two levels over some seeds.

        The larger of the pooled value and that of the noisier level: levels need not be
        equally noisy, and a collapse-prone one must not hide behind a steady one.
        """
        found = max([self.variance, *(self.by_level.get(v, 0.0) for v in (a, b))])
        if found <= 0:
            return None
        return Noise((2 * found / seeds) ** 0.5, self.df, self.source, self.name)


def spread(comparisons: Sequence[Pairs]) -> Spread | None:
    """The spread of one factor's levels over seeds, pooled over data sets.

    ``(levels - 1)(seeds - 1)`` degrees of freedom a data set; None without two seeds, or
    if seeds change nothing (then they say nothing about noise).
    """
    total, df = 0.0, 0
    squares: dict[Level, float] = {}
    counts: dict[Level, float] = {}
    size = 0.0
    for pairs in comparisons:
        n, k = len(pairs.seeds), len(pairs.levels)
        if n < 2:
            continue
        left = _interaction([[row[v] for v in pairs.levels] for row in pairs.by_seed.values()])
        for row in left:
            for level, value in zip(pairs.levels, row, strict=True):
                squares[level] = squares.get(level, 0.0) + value**2 * k / (k - 1)
        for level in pairs.levels:
            counts[level] = counts.get(level, 0.0) + n - 1
        total += sum(value**2 for row in left for value in row)
        df += (k - 1) * (n - 1)
        size = max(size, *(abs(v) for row in pairs.by_seed.values() for v in row.values()))
    if not df or total <= (FLOAT_NOISE * size) ** 2:
        return None
    by_level = {level: squares[level] / counts[level] for level in squares}
    return Spread(total / df, df, by_level)


def own(comparisons: Sequence[Pairs]) -> Spread | None:
    """The same from the data sets with three seeds or more; None if there is none."""
    enough = [p for p in comparisons if len(p.seeds) >= MIN_SEEDS]
    return spread(enough)


def rest(comparisons: Sequence[Pairs]) -> tuple[float, int]:
    """Mean square of what neither factor nor blocks nor seeds explain, and its degrees of freedom.

    The part of the noise that is a single cell's own: (0, 0) with one block or one seed.
    """
    total, df = 0.0, 0
    for pairs in comparisons:
        table = {(g.block, g.seed): v for g, v in zip(pairs.groups, pairs.values, strict=True)}
        seeds = [s for s in pairs.seeds if all((b, s) in table for b in pairs.blocks)]
        if len(seeds) < 2 or len(pairs.blocks) < 2:
            continue
        rows = [
            [table[b, s][v] for v in pairs.levels for b in pairs.blocks] for s in seeds
        ]  # a row a seed: level by block
        centred = [
            [
                value - fmean(column)
                for value, column in zip(row, zip(*rows, strict=True), strict=True)
            ]
            for row in rows
        ]
        width = len(pairs.blocks)
        for row in centred:
            grid = [row[i : i + width] for i in range(0, len(row), width)]
            total += sum(value**2 for line in _interaction(grid) for value in line)
        df += (len(pairs.levels) - 1) * (width - 1) * (len(seeds) - 1)
    return (total / df, df) if df else (0.0, 0)


def single_cell(comparisons: Sequence[Pairs]) -> tuple[float, int]:
    """Variance of one training over seeds, its setting held fixed, and its degrees of freedom."""
    total, df = 0.0, 0
    for pairs in comparisons:
        for block in pairs.blocks:
            rows = [v for g, v in zip(pairs.groups, pairs.values, strict=True) if g.block == block]
            if len(rows) > 1:
                total += sum(variance([r[v] for r in rows]) * (len(rows) - 1) for v in pairs.levels)
                df += (len(rows) - 1) * len(pairs.levels)
    return (total / df, df) if df else (0.0, 0)


def interaction(pairs: Pairs) -> dict[tuple[Level, object], float]:
    """How far each level and block departs from the sum of their effects, mean over seeds."""
    blocks = pairs.blocks
    grid = []
    for level in pairs.levels:
        line = []
        for block in blocks:
            rows = [v for g, v in zip(pairs.groups, pairs.values, strict=True) if g.block == block]
            line.append(fmean([row[level] for row in rows]))
        grid.append(line)
    left = _interaction(grid)
    return {
        (level, block): left[i][j]
        for i, level in enumerate(pairs.levels)
        for j, block in enumerate(blocks)
    }


def _interaction(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """A table without its rows', its columns' and its grand mean."""
    across = [fmean(row) for row in rows]
    down = [fmean(column) for column in zip(*rows, strict=True)]
    grand = fmean(across)
    return [
        [value - across[i] - down[j] + grand for j, value in enumerate(row)]
        for i, row in enumerate(rows)
    ]
