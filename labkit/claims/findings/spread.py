"""How a measure's spread over a grid divides among settings, their combinations and noise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from labkit.claims.cell import Level
from labkit.claims.cells import Cells
from labkit.claims.finding import Finding, Missing
from labkit.claims.findings import measured, only
from labkit.claims.measure import Measure
from labkit.claims.statistics import FLOAT_NOISE

#: More settings than that are not divided up.
MOST = 4
Grid = NDArray[np.float64]
"""Values of one seed, an axis a setting."""


@dataclass(frozen=True, kw_only=True)
class Spread(Finding):
    """Shares of the sum of squares on one data set, over settings and seeds; they add up to 1.

    What all settings share in a seed is not counted. Each share is what is left of a sum of
    squares once its degrees of freedom have got what the seeds alone would give them, so on a
    grid of noise the spread is put down to noise.
    """

    kind: str = "spread"
    shares: Mapping[str, float] = field(default_factory=dict)
    """Setting to share, the largest first."""
    combination: float = 0.0
    """What only several settings together tell; with one seed noise is in it, too."""
    rest: float | None = None
    """Noise: what is left; None with one seed, which cannot tell it apart."""


def spread(cells: Cells, measure: Measure) -> Spread:
    """Divide the spread of one family's full grid on one data set: of logarithms, for ratios."""
    found = partial(
        Spread, family=cells.families[0], dataset=only(cells.datasets), metric=measure.name
    )
    factors = [f for f in cells.factors if f not in measure.within][:MOST]
    used = cells.filter(lambda c: measure.of(c) is not None)
    levels = {s: [used.of(seed=s).levels.get(f, ()) for f in factors] for s in used.seeds}
    full: dict[int, Grid] = {}
    for seed, each in levels.items():
        grid = _grid(used.of(seed=seed), dict(zip(factors, each, strict=True)), measure)
        # Only grids of the same levels can be laid upon each other.
        if grid is not None and each == levels[next(iter(full), seed)]:
            full[seed] = grid
    if len(factors) < 2 or not full:
        reason = "incomplete_grid" if len(used) else "metric_absent"
        reason = "few_factors" if len(factors) < 2 else reason
        return found(missing=Missing(reason, {"metric": measure.name}), cells=cells.rows)
    shares, combination, rest = _divide(np.stack(list(full.values())), factors)
    order = sorted(shares, key=lambda f: -round(shares[f], 12))
    ahead = shares[order[0]] - shares[order[1]]
    return found(
        factor=order[0], cells=tuple(c for c in used if c.seed in full), n_seeds=len(full),
        n_blocks=1, shares={f: shares[f] for f in order}, combination=combination, rest=rest,
        estimate=ahead, here="tie" if shares[order[0]] <= 0 or ahead < 1e-9 else "yes",
    )  # fmt: skip


def _grid(cells: Cells, levels: Mapping[str, tuple[Level, ...]], measure: Measure) -> Grid | None:
    """One seed's values by their levels' places; None unless every combination is there once."""
    found = np.full([len(each) for each in levels.values()], np.nan)
    for cell, value in measured(cells, measure):
        place = tuple(each.index(cell.settings[f]) for f, each in levels.items())
        if not np.isnan(found[place]) or (measure.log and value.value + measure.offset <= 0):
            return None
        found[place] = measure.scaled(value.value, measure.log)
    whole = not np.isnan(found).any() and all(n > 1 for n in found.shape)
    return found if whole else None


def _divide(grids: Grid, factors: list[str]) -> tuple[dict[str, float], float, float | None]:
    """Shares of the factors, of their combinations, and of noise; the first axis are seeds."""

    def along(grid: Grid, axis: int) -> Grid:
        others = tuple(i for i in range(1, grid.ndim) if i != axis)
        return np.broadcast_to(grid.mean(axis=others, keepdims=True), grid.shape)

    n = len(grids)
    centred = grids - grids.mean(axis=tuple(range(1, grids.ndim)), keepdims=True)
    left = mean = centred.mean(axis=0, keepdims=True)
    noise = centred - mean
    total = float((centred**2).sum())

    def squares(shared: Grid, own: Grid) -> float:
        # Of all seeds, less what the seeds alone would give it.
        return float(n * (shared**2).sum() - (own**2).sum() / max(1, n - 1))

    shares = {}
    for axis, factor in enumerate(factors, 1):
        main, own = along(mean, axis), along(noise, axis)
        shares[factor] = squares(main, own)
        left, noise = left - main, noise - own
    if total <= grids.size * (FLOAT_NOISE * abs(grids).max()) ** 2:
        return dict.fromkeys(factors, 0.0), 0.0, None if n == 1 else 0.0
    shares = {f: max(0.0, value / total) for f, value in shares.items()}
    together = max(0.0, squares(left, noise) / total)
    return shares, together, None if n == 1 else max(0.0, 1 - sum(shares.values()) - together)
