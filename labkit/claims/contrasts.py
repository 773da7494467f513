"""Comparisons of cells that differ in one factor only.

A *group* is a set of cells with one seed and equal settings but for the factor at
hand. Only within a group is a difference the factor's doing; a difference between
cells that also differ in their learning rate is nobody's. A group in which a cell
failed or lacks the metric is left out whole, so that every level is judged on the
same blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt
from statistics import median

from labkit.claims.cell import Block, Cell, Level, Measured
from labkit.claims.cells import CONDITIONS, Cells
from labkit.claims.measure import Measure, unfinished
from labkit.claims.statistics import (
    FLOAT_NOISE,
    fmean,
    p_beyond,
    standard_error,
    t_interval,
)


@dataclass(frozen=True)
class Contrast:
    """A difference a − b, one number a seed."""

    per_seed: tuple[float, ...]
    slack: float
    """How far the rounding of the values may have moved the mean difference."""
    size: float
    """Mean absolute value of what is compared, for relative margins."""

    @property
    def n(self) -> int:
        return len(self.per_seed)

    @property
    def mean(self) -> float:
        return fmean(self.per_seed)

    @property
    def sign(self) -> int:
        """−1, 0 or 1; 0 if the rounding intervals of the two sides touch."""
        if abs(self.mean) <= self.slack * (1 + 1e-9) + FLOAT_NOISE * self.size:
            return 0
        return 1 if self.mean > 0 else -1

    @property
    def interval(self) -> tuple[float, float] | None:
        return t_interval(self.per_seed, self.slack)

    def p(self, sign: int, margin: float) -> float | None:
        """p-value that the difference, seen in direction `sign`, does not exceed the margin."""
        return p_beyond([sign * d for d in self.per_seed], margin, self.slack)

    @property
    def deviation(self) -> float | None:
        """Standard deviation over seeds; None below two."""
        if self.n < 2:
            return None
        return standard_error(self.per_seed) * sqrt(self.n)

    @property
    def identical(self) -> bool:
        """Whether several seeds gave the very same difference: then they say nothing of noise."""
        spread = max(self.per_seed) - min(self.per_seed)
        return self.n > 1 and self.slack == 0 and spread <= FLOAT_NOISE * self.size


@dataclass(frozen=True)
class Group:
    """Cells of one seed and one block, by the level of the factor."""

    seed: int
    block: Block
    cells: Mapping[Level, Cell]


@dataclass(frozen=True)
class Comparison:
    """All complete groups of some cells for one factor and one measure."""

    factor: str
    measure: Measure
    levels: tuple[Level, ...]
    """Levels that can be compared, in order."""
    groups: tuple[Group, ...]
    planned: int
    """Cells the comparison would rest on if all had been measured."""
    used: int
    """Cells it rests on."""
    missing: tuple[tuple[str, Mapping[str, object]], ...] = ()
    """Why nothing can be compared: message keys with their fields."""
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
    def dataset(self) -> str:
        """The one data set compared, or ""."""
        found = {cell.dataset for cell in self.cells}
        return found.pop() if len(found) == 1 else ""

    @property
    def balanced(self) -> bool:
        """Whether every block was run with every seed."""
        return len(self.groups) == len(self.seeds) * len(self.blocks)

    def mean(self, level: Level) -> float:
        """Mean of a level: over blocks within a seed, then over seeds."""
        values = [m.value for m in self._measured[level]]
        return fmean(self.over_seeds(range(len(self.groups)), values))

    def values(self, level: Level, block: Block) -> list[float]:
        """The values of a level in one block, seed by seed."""
        return [self._measured[level][i].value for i in self._by_block[block]]

    def contrast(self, a: Level, b: Level, block: Block | None = None) -> Contrast:
        """The difference a − b, over all blocks or within one."""
        key = (a, b, block)
        if key not in self._contrasts:
            self._contrasts[key] = self._contrast(*key)
        return self._contrasts[key]

    def _contrast(self, a: Level, b: Level, block: Block | None) -> Contrast:
        places = range(len(self.groups)) if block is None else self._by_block[block]
        xs, ys = self._measured[a], self._measured[b]
        pairs = {i: (xs[i], ys[i]) for i in places}
        return Contrast(
            per_seed=tuple(
                self.over_seeds(places, {i: x.value - y.value for i, (x, y) in pairs.items()})
            ),
            slack=fmean(
                self.over_seeds(places, {i: x.half + y.half for i, (x, y) in pairs.items()})
            ),
            size=fmean(
                self.over_seeds(
                    places, {i: (abs(x.value) + abs(y.value)) / 2 for i, (x, y) in pairs.items()}
                )
            ),
        )

    def distances(self, level: Level) -> list[float]:
        """How far each value of a level lies from the median over seeds of its block.

        One number a group, in the groups' order.
        """
        medians = {b: median(self.values(level, b)) for b in self.blocks}
        return [
            abs(m.value - medians[g.block])
            for g, m in zip(self.groups, self._measured[level], strict=True)
        ]

    @cached_property
    def _contrasts(self) -> dict[tuple[Level, Level, Block | None], Contrast]:
        return {}

    @cached_property
    def _by_block(self) -> dict[Block, list[int]]:
        """Places of each block's groups."""
        found: dict[Block, list[int]] = {}
        for i, group in enumerate(self.groups):
            found.setdefault(group.block, []).append(i)
        return found

    @cached_property
    def _measured(self) -> dict[Level, list[Measured]]:
        """The measured values of each level, group by group; complete by construction."""
        return {
            level: [m for g in self.groups if (m := self.measure.of(g.cells[level])) is not None]
            for level in self.levels
        }

    def over_seeds(
        self, places: Sequence[int], values: Sequence[float] | Mapping[int, float]
    ) -> list[float]:
        """Means over blocks within each seed, seeds in order."""
        by_seed: dict[int, list[float]] = {}
        for i in places:
            by_seed.setdefault(self.groups[i].seed, []).append(values[i])
        return [fmean(by_seed[seed]) for seed in sorted(by_seed)]

    @property
    def decimals(self) -> int | None:
        """Fewest decimals among typed values; None if all are exact doubles."""
        typed = [
            m.decimals for found in self._measured.values() for m in found if m.decimals is not None
        ]
        return min(typed) if typed else None

    @property
    def varied(self) -> tuple[str, ...]:
        """Settings in which the blocks differ: what the contrast is averaged over."""
        names = dict.fromkeys(name for block in self.blocks for name, _ in block)
        return tuple(n for n in names if len({dict(b).get(n) for b in self.blocks}) > 1)


def compare(cells: Cells, factor: str, measure: Measure) -> Comparison:
    """Pair up the cells of one family and data set that differ in one factor only.

    Args:
        cells: of one family; several data sets become blocks.
        factor: name of a setting.
        measure: what is compared. If its values are only comparable where the factor
            agrees (loss values across loss kinds), nothing is compared.
    """
    everything = cells.groups(factor)
    concerned = [cell for group in everything.values() for cell in group.values()]
    levels = cells.levels.get(factor, ())
    empty = Comparison(factor, measure, levels, (), len(concerned), 0)
    if len(levels) == 0:
        return _because(empty, "factor_absent", factor=factor)
    if len(levels) == 1:
        return _because(empty, "factor_constant", factor=factor, level=levels[0])
    if factor in measure.within:
        return _because(empty, "not_comparable", factor=factor, metric=measure.name)
    groups = {
        key: {level: cell for level, cell in group.items() if measure.of(cell) is not None}
        for key, group in everything.items()
    }
    known = [cell for group in groups.values() for cell in group.values()]
    missing: list[tuple[str, Mapping[str, object]]] = []
    if all(len(group) < 2 for group in everything.values()):
        others = _aliases(concerned[:150], factor)
        missing.append(("confounded", {"factor": factor, "others": others}))
    if not known:
        missing.append((unfinished(concerned) or "metric_absent", {"metric": measure.name}))
    if missing:
        return replace(empty, missing=tuple(missing))
    kept = [level for level in levels if any(level in g for g in groups.values())]
    if len(kept) == 1:
        return _because(empty, "one_level", factor=factor, level=kept[0], metric=measure.name)
    complete = _complete(groups, kept)
    while not complete and len(kept) > 2:
        rarest = min(kept, key=lambda lv: sum(lv in g and len(g) > 1 for g in groups.values()))
        kept.remove(rarest)
        complete = _complete(groups, kept)
    if not complete:
        others = _aliases(known[:150], factor)
        if not others:  # it was varied, but not between the same levels everywhere
            return _because(empty, "no_shared_levels")
        return _because(empty, "confounded", factor=factor, others=others)
    return Comparison(
        factor,
        measure,
        tuple(kept),
        tuple(complete),
        planned=len(concerned),
        used=len(complete) * len(kept),
        left_out=tuple(level for level in levels if level not in kept),
    )


def _because(empty: Comparison, reason: str, **fields: object) -> Comparison:
    return replace(empty, missing=((reason, fields),))


def _complete(
    groups: Mapping[tuple[int, Block], Mapping[Level, Cell]], levels: Sequence[Level]
) -> list[Group]:
    found = [
        Group(seed, block, {level: cells[level] for level in levels})
        for (seed, block), cells in groups.items()
        if all(level in cells for level in levels)
    ]
    return sorted(found, key=lambda g: (str(g.block), g.seed))


def _aliases(cells: Sequence[Cell], factor: str) -> tuple[str, ...]:
    """Settings that change whenever the factor does, from the two cells that differ least."""
    best: tuple[str, ...] | None = None
    for i, a in enumerate(cells):
        for b in cells[i + 1 :]:
            if a.settings[factor] == b.settings[factor]:
                continue
            names = sorted(a.settings.keys() | b.settings.keys())
            differ = [n for n in names if a.settings.get(n) != b.settings.get(n) and n != factor]
            if a.dataset != b.dataset:
                differ.append("dataset")
            if a.seed != b.seed:
                differ.append("seed")
            if best is None or len(differ) < len(best):
                best = tuple(n for n in differ if n not in CONDITIONS) or tuple(differ)
    return best or ()
