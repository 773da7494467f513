"""Whole settings against each other, where more than one thing may differ: no cause is named."""

from dataclasses import dataclass
from functools import partial

from labkit.claims.cell import Cell, Measured
from labkit.claims.cells import Cells
from labkit.claims.finding import Finding, Missing
from labkit.claims.findings import by_setting, measured, only
from labkit.claims.measure import Measure, unfinished
from labkit.claims.statistics import FLOAT_NOISE, fmean


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
    family, dataset = only(cells.families), only(cells.datasets)
    found = partial(Configurations, family=family, dataset=dataset, metric=measure.name)
    known = measured(cells, measure)
    if not known:
        reason = f"{unfinished(cells) or 'metric_absent'}_for"
        return found(missing=Missing(reason, found.keywords), cells=cells.rows)
    towards = 1 if measure.better == "higher" else -1
    groups = [measured(group, measure) for group in by_setting(c for c, _ in known)]
    means = [(fmean([m.value for _, m in group]), [c for c, _ in group]) for group in groups]
    means.sort(key=lambda each: (-towards * each[0], each[1][0].order))
    values = tuple(value for value, _ in means)
    drawn = measure.resolution(dataset)
    rounding = 2 * max(m.half for _, m in known)
    slack = max(rounding, drawn / min(map(len, groups)) ** 0.5) + FLOAT_NOISE * abs(values[0])
    behind = [abs(value - values[0]) for value in values]
    seeds = {c.seed for c, _ in known}
    return found(
        cells=tuple(c for _, group in means for c in group), n_seeds=len(seeds),
        n_blocks=1, order=tuple(group[0] for _, group in means), values=values,
        tied=sum(each <= slack for each in behind),
        led=sum(_leads(means[0][1], known, seed, towards) for seed in seeds),
        here="tie" if len(means) > 1 and behind[1] <= slack else "yes",
        estimate=behind[1] if len(means) > 1 else None, resolution=drawn,
    )  # fmt: skip


def _leads(group: list[Cell], known: list[tuple[Cell, Measured]], seed: int, towards: int) -> bool:
    """Whether a setting is strictly ahead of all others in one seed."""
    mine = [m.value for c, m in known if c.seed == seed and c in group]
    rest = [m.value for c, m in known if c.seed == seed and c not in group]
    return bool(mine) and all(towards * (mine[0] - value) > 0 for value in rest)
