"""Whole settings against each other, where more than one thing may differ: no cause is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.claims.finding import Finding, Missing
from labkit.claims.measure import Measure, unfinished
from labkit.claims.statistics import FLOAT_NOISE, fmean

if TYPE_CHECKING:
    from labkit.claims.cell import Cell
    from labkit.claims.cells import Cells


@dataclass(frozen=True, kw_only=True)
class Configurations(Finding):
    """The settings of one family on one data set, from best to worst by their mean over seeds."""

    kind: str = "configurations"
    order: tuple[Cell, ...] = ()
    """One cell of each setting, the best first."""
    values: tuple[float, ...] = ()
    """Their means over seeds, in the measure's unit."""
    tied: int = 1
    """How many settings nothing tells from the best: neither rounding nor other samples."""
    led: int = 0
    """Seeds in which the best was ahead of all others."""

    @property
    def best(self) -> Cell:
        """A cell of the best setting."""
        return self.order[0]


def configurations(cells: Cells, measure: Measure) -> Configurations:
    """Order the settings of one family on one data set.

    The winner of many is flattered by its luck: it is told in how many seeds it led, and its
    value is never called more than the best of these runs.
    """
    family = cells.families[0] if len(cells.families) == 1 else ""
    dataset = cells.datasets[0] if len(cells.datasets) == 1 else ""
    common = {"family": family, "dataset": dataset, "metric": measure.name}
    groups: dict[object, list[Cell]] = {}
    for cell in cells:
        if measure.of(cell) is not None:
            groups.setdefault(cell.where[:-1], []).append(cell)
    if not groups:
        reason = f"{unfinished(cells) or 'metric_absent'}_for"
        return Configurations(missing=Missing(reason, common), cells=cells.rows, **common)  # type: ignore[arg-type]
    towards = 1 if measure.better == "higher" else -1
    measured = [(group, [measure.of(c) for c in group]) for group in groups.values()]
    means = [(group, fmean([m.value for m in found if m])) for group, found in measured]
    means.sort(key=lambda each: (-towards * each[1], each[0][0].order))
    half = max(m.half for _, found in measured for m in found if m)
    best = means[0][1]
    seeds_each = min(len(group) for group, _ in means)
    drawn = measure.resolution(dataset) / seeds_each**0.5
    slack = max(2 * half, drawn) + FLOAT_NOISE * abs(best)
    used = tuple(c for group, _ in means for c in group)
    seeds = {c.seed for c in used}
    return Configurations(
        **common,  # type: ignore[arg-type]
        cells=used, n_seeds=len(seeds), n_blocks=1,
        order=tuple(group[0] for group, _ in means), values=tuple(value for _, value in means),
        tied=sum(abs(value - best) <= slack for _, value in means),
        led=sum(_leads(means[0][0], used, seed, measure, towards) for seed in seeds),
        here="tie" if len(means) > 1 and abs(means[1][1] - best) <= slack else "yes",
        estimate=abs(means[1][1] - best) if len(means) > 1 else None,
        resolution=measure.resolution(dataset),
    )  # fmt: skip


def _leads(
    group: list[Cell], cells: tuple[Cell, ...], seed: int, measure: Measure, towards: int
) -> bool:
    """Whether a setting is strictly ahead of all others in one seed."""
    mine = [m.value for c in group if c.seed == seed and (m := measure.of(c))]
    rest = [m.value for c in cells if c.seed == seed and c not in group and (m := measure.of(c))]
    return bool(mine) and all(towards * (mine[0] - value) > 0 for value in rest)
