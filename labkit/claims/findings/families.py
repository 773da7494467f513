"""One family of models against another, each with all its cells on a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from labkit.claims.cell import Cell, Measured
from labkit.claims.cells import Cells
from labkit.claims.finding import Comparison, Missing, Noise
from labkit.claims.findings import by_seed, by_setting, difference, measured
from labkit.claims.measure import Measure, unfinished
from labkit.claims.noise import MIN_SEEDS, single_cell
from labkit.claims.pairs import pair_up
from labkit.claims.statistics import fmean, variance

if TYPE_CHECKING:
    from labkit.claims.table import Table


@dataclass(frozen=True, kw_only=True)
class Families(Comparison[str]):
    """Two families, each with all its cells on one data set."""

    kind: str = "families"
    n_a: int = 0
    """Settings of the first family that were measured."""
    n_b: int = 0
    every: bool = False
    """Whether each cell of the family that is ahead is ahead of each of the other's."""


class _Side(NamedTuple):
    """A family's measured cells on one data set."""

    cells: tuple[Cell, ...]
    by_seed: dict[int, float]
    """Seed to mean over settings, on the scale compared."""
    mean: float
    slack: float
    ends: tuple[float, float]
    """Lowest and highest value, by which rounding could have made them."""


def families(cells: Cells, a: str, b: str, measure: Measure, table: Table) -> tuple[Families, ...]:
    """Compare two families by one measure, data set by data set.

    Families differ in more than one setting: that is said of them, and no cause is named.
    Their noise is that of the seeds' own differences with three seeds, pooled over data sets;
    else that of a single training of each from repeated trainings, whatever the number of cells.
    """
    both = {d: [measured(cells.of(f, d), measure) for f in (a, b)] for d in cells.datasets}
    used = {d: each for d, each in both.items() if all(each)}
    logs = measure.log and all(
        m.value + measure.offset > 0 for each in used.values() for side in each for _, m in side
    )
    sides = {d: (_side(x, measure, logs), _side(y, measure, logs)) for d, (x, y) in used.items()}
    enough = {d: each for d, (x, y) in sides.items() if len(each := _apart(x, y)) >= MIN_SEEDS}
    noises: dict[str, Noise | None] = {}
    if not enough:
        noises = dict.fromkeys(sides, _borrowed(cells, a, b, measure, table))
    elif squares := sum(variance(each) * (len(each) - 1) for each in enough.values()):
        df = sum(len(each) - 1 for each in enough.values())
        noises = {d: Noise((squares / df / len(enough[d])) ** 0.5, df, "own") for d in enough}
    return tuple(
        _families(cells.of(dataset=d), a, b, sides.get(d), measure, logs, noises.get(d))
        for d in cells.datasets
    )


def _families(
    cells: Cells, a: str, b: str, sides: tuple[_Side, _Side] | None, measure: Measure,
    logs: bool, noise: Noise | None,
) -> Families:  # fmt: skip
    dataset = cells.datasets[0]
    found = partial(Families, metric=measure.name, dataset=dataset, a=a, b=b, target=measure.target)
    if sides is None:
        lacking = next(f for f in (a, b) if not measured(cells.of(f), measure))
        reason = unfinished(cells.of(lacking)) or "metric_absent"
        about = {"metric": measure.name, "family": lacking}
        return found(missing=Missing(f"{reason}_for", about), cells=cells.rows)
    x, y = sides
    fewest = min(len(x.cells), len(y.cells))
    return found(
        cells=(*x.cells, *y.cells), n_seeds=len(_apart(x, y)), n_blocks=1, noise=noise,
        towards=1 if measure.better == "higher" else -1,
        n_a=len(by_setting(x.cells)), n_b=len(by_setting(y.cells)),
        every=x.ends[1] < y.ends[0] or y.ends[1] < x.ends[0],
        **difference(x.mean, y.mean, x.slack + y.slack, measure, logs, dataset, fewest),
    )  # fmt: skip


def typical(cells: Cells, measure: Measure) -> float | None:
    """Mean of one family's cells on one data set, taken as two families' means are."""
    known = measured(cells, measure)
    logs = measure.log and all(m.value + measure.offset > 0 for _, m in known)
    return measure.back(_side(known, measure, logs).mean, logs) if known else None


def _side(known: Sequence[tuple[Cell, Measured]], measure: Measure, logs: bool) -> _Side:
    seeds = by_seed([(cell, measure.scaled(m.value, logs)) for cell, m in known])
    slack = fmean([m.half / (m.value + measure.offset if logs else 1.0) for _, m in known])
    ends = min(m.value - m.half for _, m in known), max(m.value + m.half for _, m in known)
    return _Side(tuple(cell for cell, _ in known), seeds, fmean(list(seeds.values())), slack, ends)


def _apart(x: _Side, y: _Side) -> list[float]:
    """How far apart two families are in each seed that both have."""
    return [value - y.by_seed[seed] for seed, value in x.by_seed.items() if seed in y.by_seed]


def _borrowed(cells: Cells, a: str, b: str, measure: Measure, table: Table) -> Noise | None:
    """The noise of a single training of each family, from repeated trainings."""
    squares, fewest, names = 0.0, list[int](), list[str]()
    for family in (a, b):
        found, mine = table.reference(family), cells.of(family)
        if found is None or any(c.collapsed == "present" for c in mine):
            return None
        factor = next(iter(found.factors))
        parts = [found.cells.of(dataset=d) for d in mine.datasets]
        single, df = single_cell([pair_up(part, factor, measure) for part in parts])
        squares += single
        fewest += [df, found.fewest_seeds - 1]
        names.append(found.name)
    if not all(fewest):
        return None
    return Noise(squares**0.5, min(fewest), "reference", " and ".join(dict.fromkeys(names)))
