"""What a table shows, in numbers alone: one module a kind of finding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from labkit.claims.cell import Cell, Measured
from labkit.claims.statistics import FLOAT_NOISE, fmean

if TYPE_CHECKING:
    from labkit.claims.measure import Measure


def only(names: Sequence[str]) -> str:
    """The one name there is; empty where there are several, or none."""
    return names[0] if len(names) == 1 else ""


def measured(cells: Iterable[Cell], measure: Measure) -> list[tuple[Cell, Measured]]:
    """Those of some cells that were measured, with their values."""
    return [(cell, found) for cell in cells if (found := measure.of(cell)) is not None]


def by_setting(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Cells that differ in their seed alone, together."""
    groups: dict[object, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.where[:-1], []).append(cell)
    return list(groups.values())


def by_seed(values: Sequence[tuple[Cell, float]]) -> dict[int, float]:
    """Seed to the mean of its cells' values, in order."""
    seeds = sorted({cell.seed for cell, _ in values})
    return {seed: fmean([value for c, value in values if c.seed == seed]) for seed in seeds}


def difference(
    a: float, b: float, slack: float, measure: Measure, log: bool, dataset: str, cells: int
) -> dict[str, Any]:
    """What a comparison says of two means on the scale compared, each of so many cells."""
    size = 1.0 if log else (abs(a) + abs(b)) / 2
    level = measure.back((a + b) / 2, log)
    share = measure.share * (1.0 if measure.target is not None else abs(level))
    drawn = measure.resolution(dataset) / math.sqrt(cells)
    tie = abs(a - b) <= slack * (1 + 1e-9) + FLOAT_NOISE * size
    return {
        "estimate": a - b, "slack": slack, "log": log, "here": "tie" if tie else "yes",
        "mean_a": measure.back(a, log), "mean_b": measure.back(b, log),
        "margin": math.log1p(measure.share) if log else share,
        "resolution": drawn / (level + measure.offset) if log else drawn,
    }  # fmt: skip
