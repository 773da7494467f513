"""How a measure's spread over a grid divides among settings, their combinations and noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from labkit.claims.finding import Finding, Missing
from labkit.claims.statistics import fmean

if TYPE_CHECKING:
    from labkit.claims.cells import Cells
    from labkit.claims.measure import Measure

#: More settings than that are not divided up.
MOST = 4


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
    """Divide the spread of a full grid on one data set.

    Args:
        cells: of one family and data set.
        measure: what is spread; by its logarithm where ratios are compared.
    """
    dataset = cells.datasets[0] if len(cells.datasets) == 1 else ""
    common = {"family": cells.families[0], "dataset": dataset, "metric": measure.name}
    factors = [f for f in cells.factors if f not in measure.within][:MOST]
    used = cells.filter(lambda c: measure.of(c) is not None)
    reason = ""
    if len(factors) < 2:
        reason = "few_factors"
    elif not len(used):
        reason = "metric_absent"
    grids = {seed: _grid(used.of(seed=seed), factors, measure) for seed in used.seeds}
    full = {seed: grid for seed, grid in grids.items() if grid is not None}
    if not reason and not full:
        reason = "incomplete_grid"
    if reason:
        missing = Missing(reason, {"metric": measure.name})
        return Spread(**common, missing=missing, cells=cells.rows)  # type: ignore[arg-type]
    kept = used.filter(lambda c: c.seed in full)
    shares, combination, rest = _divide(list(full.values()), factors)
    order = sorted(shares, key=lambda f: -shares[f])
    tie = shares[order[0]] <= 0 or shares[order[0]] - shares[order[1]] < 1e-9
    return Spread(
        **common,  # type: ignore[arg-type]
        factor=order[0], cells=tuple(kept), n_seeds=len(full), n_blocks=1,
        shares={f: shares[f] for f in order}, combination=combination, rest=rest,
        estimate=shares[order[0]] - shares[order[1]], here="tie" if tie else "yes",
    )  # fmt: skip


Grid = dict[tuple[int, ...], float]
"""Places of the levels of each factor to the value there."""


def _grid(cells: Cells, factors: list[str], measure: Measure) -> Grid | None:
    """One seed's values by their levels' places; None unless every combination is there once."""
    levels = {f: list(cells.levels.get(f, ())) for f in factors}
    found: Grid = {}
    for cell in cells:
        value = measure.of(cell)
        if value is None or (measure.log and value.value + measure.offset <= 0):
            return None
        place = tuple(levels[f].index(cell.settings[f]) for f in factors)
        if place in found:
            return None
        found[place] = measure.scaled(value.value, measure.log)
    whole = prod(len(each) for each in levels.values())
    return found if len(found) == whole and all(len(v) > 1 for v in levels.values()) else None


def _divide(seeds: list[Grid], factors: list[str]) -> tuple[dict[str, float], float, float | None]:
    """Shares of the factors, of their combinations, and of noise."""
    places = sorted(seeds[0])
    centred = [_less(grid, dict.fromkeys(places, fmean(list(grid.values())))) for grid in seeds]
    mean = {p: fmean([grid[p] for grid in centred]) for p in places}
    n = len(seeds)
    squares: dict[str, float] = {}
    total = sum(v**2 for grid in centred for v in grid.values())
    left = mean
    noise_left = [_less(grid, mean) for grid in centred]
    for i, factor in enumerate(factors):
        main = _along(mean, i)
        squares[factor] = n * sum(v**2 for v in main.values())
        if n > 1:  # less what this factor's own play with the seeds would give it
            own = [_along(grid, i) for grid in noise_left]
            squares[factor] -= sum(v**2 for grid in own for v in grid.values()) / (n - 1)
            noise_left = [_less(grid, each) for grid, each in zip(noise_left, own, strict=True)]
        left = _less(left, main)
    combination = n * sum(v**2 for v in left.values())
    if total <= 0:
        return dict.fromkeys(factors, 0.0), 0.0, None if n == 1 else 0.0
    if n > 1:
        combination -= sum(v**2 for grid in noise_left for v in grid.values()) / (n - 1)
    shares = {f: max(0.0, value / total) for f, value in squares.items()}
    together = max(0.0, combination / total)
    return shares, together, None if n == 1 else max(0.0, 1 - sum(shares.values()) - together)


def _along(grid: Grid, axis: int) -> Grid:
    """The mean over all other factors, at every place."""
    by_level: dict[int, list[float]] = {}
    for place, value in grid.items():
        by_level.setdefault(place[axis], []).append(value)
    means = {level: fmean(values) for level, values in by_level.items()}
    return {place: means[place[axis]] for place in grid}


def _less(a: Grid, b: Grid) -> Grid:
    return {place: a[place] - b[place] for place in a}
