"""One family of models against another, each with all its cells on a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from labkit.claims.cell import Cell, Measured
from labkit.claims.cells import Cells
from labkit.claims.finding import Comparison, Missing, Noise
from labkit.claims.findings import by_setting, measured
from labkit.claims.findings.levels import margin, resolution
from labkit.claims.measure import Measure, unfinished
from labkit.claims.noise import MIN_SEEDS, single_cell
from labkit.claims.pairs import pair_up
from labkit.claims.statistics import FLOAT_NOISE, fmean, variance
from labkit.claims.table import Table


@dataclass(frozen=True, kw_only=True)
class Families(Comparison[str]):
    """Two families, each with all its cells on one data set."""

    kind: str = "families"
    n_a: int = 0
    """Settings of the first family that were measured."""
    n_b: int = 0


@dataclass(frozen=True)
class _Side:
    """A family's measured cells on one data set."""

    cells: tuple[Cell, ...]
    by_seed: dict[int, float]
    """Seed to mean over settings, on the scale compared."""
    slack: float

    @property
    def mean(self) -> float:
        return fmean(list(self.by_seed.values()))


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
    estimate, slack = x.mean - y.mean, x.slack + y.slack
    level = measure.back((x.mean + y.mean) / 2, logs)
    tie = abs(estimate) <= slack + FLOAT_NOISE * (1.0 if logs else abs(level))
    return found(
        cells=(*x.cells, *y.cells), n_seeds=len(_apart(x, y)), n_blocks=1, log=logs,
        mean_a=measure.back(x.mean, logs), mean_b=measure.back(y.mean, logs),
        estimate=estimate, slack=slack, noise=noise,
        towards=1 if measure.better == "higher" else -1, margin=margin(measure, level, logs),
        resolution=resolution(measure, dataset, min(len(x.cells), len(y.cells)), level, logs),
        here="tie" if tie else "yes",
        n_a=len(by_setting(x.cells)), n_b=len(by_setting(y.cells)),
    )  # fmt: skip


def typical(cells: Cells, measure: Measure) -> float | None:
    """Mean of one family's cells on one data set, taken as two families' means are."""
    known = measured(cells, measure)
    logs = measure.log and all(m.value + measure.offset > 0 for _, m in known)
    return measure.back(_side(known, measure, logs).mean, logs) if known else None


def _side(known: Sequence[tuple[Cell, Measured]], measure: Measure, logs: bool) -> _Side:
    by_seed: dict[int, list[float]] = {}
    for cell, found in known:
        by_seed.setdefault(cell.seed, []).append(measure.scaled(found.value, logs))
    halves = [m.half / (m.value + measure.offset if logs else 1.0) for _, m in known]
    means = {seed: fmean(values) for seed, values in by_seed.items()}
    return _Side(tuple(cell for cell, _ in known), means, fmean(halves))


def _apart(x: _Side, y: _Side) -> list[float]:
    """How far apart two families are in each seed that both have."""
    return [x.by_seed[seed] - y.by_seed[seed] for seed in sorted(x.by_seed.keys() & y.by_seed)]


def _borrowed(cells: Cells, a: str, b: str, measure: Measure, table: Table) -> Noise | None:
    """The noise of a single training of each family, from repeated trainings."""
    total, fewest, names = 0.0, [], []
    for family in (a, b):
        found = table.reference(family)
        if found is None or any(c.collapsed == "present" for c in cells.of(family)):
            return None
        factor = next(iter(found.factors))
        known = [
            pair_up(found.cells.of(dataset=d), factor, measure) for d in cells.of(family).datasets
        ]
        single, df = single_cell(known)
        if not df:
            return None
        total += single
        fewest += [df, found.fewest_seeds - 1]
        names.append(found.name)
    return Noise(total**0.5, min(fewest), "reference", " and ".join(dict.fromkeys(names)))
