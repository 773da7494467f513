"""Cells that differ in one factor only, and so can be compared.

A *group* is a set of cells with one seed and equal settings but for the factor at hand: only
within it is a difference the factor's doing. A group in which a cell failed or lacks the metric
is left out whole, so that every level is judged on the same blocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from labkit.claims.cell import Block, Cell, Level, Measured
from labkit.claims.cells import CONDITIONS, Cells, Groups
from labkit.claims.finding import Missing
from labkit.claims.measure import Measure, unfinished
from labkit.claims.statistics import fmean


@dataclass(frozen=True)
class Group:
    """Cells of one seed and one block, by the level of the factor: one each."""

    seed: int
    block: Block
    cells: Mapping[Level, Cell]


@dataclass(frozen=True)
class Pairs:
    """All complete groups of some cells for one factor and one measure, on one data set."""

    factor: str
    measure: Measure
    levels: tuple[Level, ...]
    groups: tuple[Group, ...]
    planned: int
    """Cells the comparison would rest on if all had been measured."""
    dataset: str = ""
    missing: Missing | None = None
    """Why nothing can be compared."""
    left_out: tuple[Level, ...] = ()
    """Levels without a measured cell, or never run with the rest held fixed."""

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted({g.seed for g in self.groups}))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(dict.fromkeys(g.block for g in self.groups))

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        found = [c for g in self.groups for c in g.cells.values()]
        return tuple(sorted(found, key=lambda c: c.order))

    @cached_property
    def log(self) -> bool:
        """Whether values are compared by their logarithms: the measure's scale, if all are > 0."""
        every = (m for g in self.groups for m in self.measured(g).values())
        return self.measure.log and all(m.value - m.half + self.measure.offset > 0 for m in every)

    def measured(self, group: Group) -> dict[Level, Measured]:
        """The measured values of a group; complete by construction."""
        cells = group.cells
        return {v: m for v in self.levels if (m := self.measure.of(cells[v])) is not None}

    @cached_property
    def values(self) -> tuple[dict[Level, float], ...]:
        """Level to value on the scale of comparison, a dictionary a group."""
        return tuple(
            {v: self.measure.scaled(m.value, self.log) for v, m in self.measured(g).items()}
            for g in self.groups
        )

    def rows(self, seed: int | None = None, block: Block | None = None) -> list[dict[Level, float]]:
        """The values of the groups of a seed, or of a block."""
        each = zip(self.groups, self.values, strict=True)
        return [row for group, row in each if seed == group.seed or block == group.block]

    @cached_property
    def slack(self) -> dict[Level, float]:
        """How far rounding may have moved each level's mean, on the scale of comparison."""
        rows, shift = [self.measured(group) for group in self.groups], self.measure.offset
        each = {level: [row[level] for row in rows] for level in self.levels}
        return {
            level: fmean([m.half / (m.value + shift if self.log else 1) for m in found])
            for level, found in each.items()
        }

    @cached_property
    def by_seed(self) -> dict[int, dict[Level, float]]:
        """Seed to level to mean over the blocks run with that seed."""
        rows = {seed: self.rows(seed=seed) for seed in self.seeds}
        return {s: {v: fmean([row[v] for row in rows[s]]) for v in self.levels} for s in rows}

    def mean(self, level: Level) -> float:
        """Mean of a level: over blocks within a seed, then over seeds; on the scale compared."""
        return fmean([means[level] for means in self.by_seed.values()])

    def back(self, value: float) -> float:
        """A value of the scale of comparison in the measure's own unit."""
        return self.measure.back(value, self.log)


def pair_up(cells: Cells, factor: str, measure: Measure) -> Pairs:
    """Group the cells of one family and one data set that differ in one factor only.

    Where the measure's values are only comparable if the factor agrees (loss values across
    loss kinds), nothing is compared.
    """
    everything = cells.groups(factor)
    concerned = [cell for group in everything.values() for cell in group.values()]
    levels = cells.levels.get(factor, ())
    dataset = cells.datasets[0] if len(cells.datasets) == 1 else ""
    empty = Pairs(factor, measure, levels, (), len(concerned), dataset)

    def because(reason: str, **about: object) -> Pairs:
        return replace(empty, missing=Missing(reason, {"factor": factor, **about}))

    if not levels:
        return because("factor_absent")
    if len(levels) == 1:
        return because("factor_constant", level=levels[0])
    if factor in measure.within:
        return because("not_comparable", metric=measure.name)
    groups = {
        key: {level: cell for level, cell in group.items() if measure.of(cell) is not None}
        for key, group in everything.items()
    }
    known = [cell for group in groups.values() for cell in group.values()]
    if not known:
        return because(unfinished(concerned) or "metric_absent", metric=measure.name)
    if all(len(group) < 2 for group in everything.values()):
        return because("confounded", others=_aliases(concerned[:150], factor))
    kept = [level for level in levels if any(level in g for g in groups.values())]
    if len(kept) == 1:
        return because("one_level", level=kept[0], metric=measure.name)
    complete = _complete(groups, kept)
    while not complete and len(kept) > 2:
        rarest = min(kept, key=lambda lv: sum(lv in g and len(g) > 1 for g in groups.values()))
        kept.remove(rarest)
        complete = _complete(groups, kept)
    if not complete:
        others = _aliases(known[:150], factor)
        # Without others it was varied, but not between the same levels everywhere.
        return because("confounded", others=others) if others else because("no_shared_levels")
    left_out = tuple(level for level in levels if level not in kept)
    return replace(empty, levels=tuple(kept), groups=tuple(complete), left_out=left_out)


def _complete(groups: Groups, levels: Sequence[Level]) -> list[Group]:
    found = [
        Group(seed, block, {level: cells[level] for level in levels})
        for (seed, block), cells in groups.items()
        if all(level in cells for level in levels)
    ]
    return sorted(found, key=lambda g: (str(g.block), g.seed))


def _aliases(cells: Sequence[Cell], factor: str) -> tuple[str, ...]:
    """Settings that change whenever the factor does, from the two cells that differ least."""
    best: tuple[str, ...] | None = None
    for a, b in combinations(cells, 2):
        if a.settings[factor] == b.settings[factor]:
            continue
        names = sorted((a.settings.keys() | b.settings.keys()) - {factor})
        differ = [n for n in names if a.settings.get(n) != b.settings.get(n)]
        differ += [n for n in ("dataset", "seed") if getattr(a, n) != getattr(b, n)]
        if best is None or len(differ) < len(best):
            best = tuple(n for n in differ if n not in CONDITIONS) or tuple(differ)
    return best or ()
