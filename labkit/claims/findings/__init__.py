"""What a table shows, in numbers alone: one module a kind of finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from labkit.claims.cell import Cell, Measured
from labkit.claims.finding import Noise
from labkit.claims.measure import Measure
from labkit.claims.noise import MIN_SEEDS
from labkit.claims.statistics import variance


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


def noise_of_mean(values: Sequence[float]) -> Noise | None:
    """The noise of a mean over seeds; None with too few of them, or where they change nothing."""
    if len(values) < MIN_SEEDS or not (spread := variance(values)):
        return None
    return Noise((spread / len(values)) ** 0.5, len(values) - 1, "own")
