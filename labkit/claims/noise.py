"""How far a comparison would move if the same cells were trained with other seeds.

Noise belongs to a contrast. Cells of one seed whose networks are alike start from the same
weights and see the same images in the same order, so a factor that leaves the networks alone
(the loss) is compared far more precisely than one that changes them (z). Each factor is
therefore held against its own mean square with the seeds, pooled over data sets, from three
seeds on; :mod:`labkit.claims.reference` may stand in for fewer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from labkit.claims.cell import Level
from labkit.claims.finding import Noise, Source
from labkit.claims.statistics import FLOAT_NOISE, fmean, variance

if TYPE_CHECKING:
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
    total, df, size = 0.0, 0, 0.0
    squares: dict[Level, float] = defaultdict(float)
    counts: dict[Level, int] = defaultdict(int)
    for pairs in comparisons:
        n, k = len(pairs.seeds), len(pairs.levels)
        if n < 2:
            continue
        means = [[row[v] for v in pairs.levels] for row in pairs.by_seed.values()]
        left = _interaction(means)
        for level, column in zip(pairs.levels, zip(*left, strict=True), strict=True):
            for value in column:
                squares[level] += value**2 * k / (k - 1)
            counts[level] += n - 1
        total += sum(value**2 for row in left for value in row)
        df += (k - 1) * (n - 1)
        size = max(size, *(abs(value) for row in means for value in row))
    if not df or total <= (FLOAT_NOISE * size) ** 2:
        return None
    return Spread(total / df, df, {level: squares[level] / counts[level] for level in squares})


def own(comparisons: Sequence[Pairs]) -> Spread | None:
    """The same from the data sets with three seeds or more; None if there is none."""
    return spread([pairs for pairs in comparisons if len(pairs.seeds) >= MIN_SEEDS])


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
        # A row a seed, of levels and their blocks.
        rows = [[table[b, s][v] for v in pairs.levels for b in pairs.blocks] for s in seeds]
        means, width = [fmean(column) for column in zip(*rows, strict=True)], len(pairs.blocks)
        for row in rows:
            centred = [value - mean for value, mean in zip(row, means, strict=True)]
            grid = [centred[i : i + width] for i in range(0, len(centred), width)]
            total += sum(value**2 for line in _interaction(grid) for value in line)
        df += (len(pairs.levels) - 1) * (width - 1) * (len(seeds) - 1)
    return (total / df, df) if df else (0.0, 0)


def single_cell(comparisons: Sequence[Pairs]) -> tuple[float, int]:
    """Variance of one training over seeds, its setting held fixed, and its degrees of freedom."""
    total, df = 0.0, 0
    for pairs in comparisons:
        for block in pairs.blocks:
            rows = pairs.rows(block=block)
            if len(rows) > 1:
                total += sum(variance([r[v] for r in rows]) * (len(rows) - 1) for v in pairs.levels)
                df += (len(rows) - 1) * len(pairs.levels)
    return (total / df, df) if df else (0.0, 0)


def interaction(pairs: Pairs) -> dict[tuple[Level, object], float]:
    """How far each level and block departs from the sum of their effects, mean over seeds."""
    rows = {block: pairs.rows(block=block) for block in pairs.blocks}
    grid = [[fmean([row[v] for row in rows[block]]) for block in rows] for v in pairs.levels]
    places = [(level, block) for level in pairs.levels for block in rows]
    return dict(zip(places, chain.from_iterable(_interaction(grid)), strict=True))


def _interaction(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """A table without its rows', its columns' and its grand mean."""
    across = [fmean(row) for row in rows]
    down = [fmean(column) for column in zip(*rows, strict=True)]
    grand = fmean(across)
    return [
        [value - across[i] - down[j] + grand for j, value in enumerate(row)]
        for i, row in enumerate(rows)
    ]
