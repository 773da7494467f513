"""One family of models against another, each with all its cells on a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.claims import noise
from labkit.claims.finding import Comparison, Missing, Noise
from labkit.claims.findings.levels import margin, resolution
from labkit.claims.measure import Measure, unfinished
from labkit.claims.pairs import pair_up
from labkit.claims.statistics import FLOAT_NOISE, fmean, variance

if TYPE_CHECKING:
    from labkit.claims.cell import Cell
    from labkit.claims.cells import Cells
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


def families(cells: Cells, a: str, b: str, measure: Measure, table: Table) -> tuple[Families, ...]:
    """Compare two families by one measure, data set by data set.

    Families differ in more than one setting: that is said of them, and no cause is named.
    Their noise is that of the seeds' own differences with three seeds, pooled over data sets;
    else that of a single training of each from repeated trainings, whatever the number of cells.
    """
    sides = {d: {f: _side(cells.of(f, d), measure) for f in (a, b)} for d in cells.datasets}
    used = {d: each for d, each in sides.items() if all(side.cells for side in each.values())}
    logs = measure.log and all(
        m.value + measure.offset > 0
        for each in used.values() for side in each.values() for c in side.cells
        if (m := measure.of(c)) is not None
    )  # fmt: skip
    sides = {d: {f: _side(cells.of(f, d), measure, logs) for f in (a, b)} for d in cells.datasets}
    error = _error(cells, a, b, measure, table, [sides[d] for d in used])
    return tuple(
        _families(cells.of(dataset=d), d, a, b, sides[d], measure, logs, error)
        for d in cells.datasets
    )


def _families(
    cells: Cells, dataset: str, a: str, b: str, sides: dict[str, _Side], measure: Measure,
    logs: bool, error: tuple[float, int, str] | None,
) -> Families:  # fmt: skip
    common = {"metric": measure.name, "dataset": dataset, "a": a, "b": b, "target": measure.target}
    for family in (a, b):
        if not sides[family].cells:
            reason = unfinished(cells.of(family)) or "metric_absent"
            about = {"metric": measure.name, "family": family}
            return Families(missing=Missing(f"{reason}_for", about), cells=cells.rows, **common)  # type: ignore[arg-type]
    means = {f: fmean(list(side.by_seed.values())) for f, side in sides.items()}
    seeds = sorted(sides[a].by_seed.keys() & sides[b].by_seed.keys())
    estimate, slack = means[a] - means[b], sides[a].slack + sides[b].slack
    level = measure.back((means[a] + means[b]) / 2, logs)
    towards = 1 if measure.better == "higher" else -1
    fewest = min(len(side.cells) for side in sides.values())
    tie = abs(estimate) <= slack + FLOAT_NOISE * (1.0 if logs else abs(level))
    found: Noise | None = None
    if error is not None and (error[2] or len(seeds) >= noise.MIN_SEEDS):
        size = error[0] if error[2] else (error[0] / len(seeds)) ** 0.5
        found = Noise(size, error[1], "reference" if error[2] else "own", error[2])
    return Families(
        **common,  # type: ignore[arg-type]
        cells=(*sides[a].cells, *sides[b].cells), n_seeds=len(seeds), n_blocks=1, log=logs,
        mean_a=measure.back(means[a], logs), mean_b=measure.back(means[b], logs),
        estimate=estimate, slack=slack, noise=found,
        towards=towards, margin=margin(measure, level, logs),
        resolution=resolution(measure, dataset, fewest, level, logs),
        here="tie" if tie else "yes",
        n_a=len({c.where[:-1] for c in sides[a].cells}),
        n_b=len({c.where[:-1] for c in sides[b].cells}),
    )  # fmt: skip


def typical(cells: Cells, measure: Measure) -> float | None:
    """Mean of one family's cells on one data set, taken as two families' means are."""
    values = [m.value for c in cells if (m := measure.of(c)) is not None]
    logs = measure.log and all(value + measure.offset > 0 for value in values)
    side = _side(cells, measure, logs)
    return measure.back(fmean(list(side.by_seed.values())), logs) if side.cells else None


def _side(cells: Cells, measure: Measure, logs: bool = False) -> _Side:
    kept = tuple(c for c in cells if measure.of(c) is not None)
    by_seed: dict[int, list[float]] = {}
    halves = []
    for cell in kept:
        found = measure.of(cell)
        assert found is not None
        by_seed.setdefault(cell.seed, []).append(measure.scaled(found.value, logs))
        halves.append(found.half / (found.value + measure.offset if logs else 1.0))
    means = {seed: fmean(values) for seed, values in by_seed.items()}
    return _Side(kept, means, fmean(halves) if halves else 0.0)


def _error(
    cells: Cells, a: str, b: str, measure: Measure, table: Table, sides: list[dict[str, _Side]]
) -> tuple[float, int, str] | None:
    """Variance of one seed's difference (own), or standard error (reference), df, name."""
    squares, df = 0.0, 0
    for each in sides:
        seeds = sorted(each[a].by_seed.keys() & each[b].by_seed.keys())
        if len(seeds) >= noise.MIN_SEEDS:
            differences = [each[a].by_seed[s] - each[b].by_seed[s] for s in seeds]
            squares += variance(differences) * (len(seeds) - 1)
            df += len(seeds) - 1
    if df:
        return (squares / df, df, "") if squares > 0 else None
    total, least, names = 0.0, 0, []
    for family in (a, b):
        found = table.reference(family)
        if found is None or any(c.collapsed == "present" for c in cells.of(family)):
            return None
        factor = next(iter(found.factors))
        known = [
            pair_up(found.cells.of(dataset=d), factor, measure) for d in cells.of(family).datasets
        ]
        single, degrees = noise.single_cell(known)
        if not degrees:
            return None
        total += single
        degrees = min(degrees, found.fewest_seeds - 1)
        least = min(least or degrees, degrees)
        names.append(found.name)
    return total**0.5, least, " and ".join(dict.fromkeys(names))
