"""Which settings gave the best samples? Asked of every table, and quoted by other answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.finding import known
from labkit.claims.findings.levels import Contrast, Levels, levels, pairs_of_levels
from labkit.claims.sentences import voice
from labkit.claims.table import Table
from labkit.claims.verdict import Strength, judge

#: At most so many varied settings are compared.
MAX_FACTORS = 5


@dataclass(frozen=True)
class Quality:
    """What each setting of a family did to one measure, judged together."""

    by_factor: Mapping[str, tuple[Levels, ...]] = field(default_factory=dict)

    @cached_property
    def contrasts(self) -> list[Contrast]:
        """Every pair that was tested."""
        return pairs_of_levels(chain.from_iterable(self.by_factor.values()))

    @cached_property
    def strengths(self) -> dict[str, Strength]:
        """Every pair's strength, by its id."""
        return judge(self.contrasts)

    @property
    def largest_first(self) -> list[str]:
        """Factors by the largest difference of theirs, measured ones only."""
        measured = {name: known(found) for name, found in self.by_factor.items()}
        sizes = {name: max(f.largest for f in found) for name, found in measured.items() if found}
        return sorted(sizes, key=lambda name: -sizes[name])

    def told(
        self, strengths: dict[str, Strength] | None = None, most: int = MAX_FACTORS
    ) -> list[Sentence]:
        """Which level of each setting was best, in sentences, the largest effects first."""
        say = voice().levels
        return [
            sentence
            for factor in self.largest_first[:most]
            for sentence in say.best(self.by_factor[factor], strengths or self.strengths)
        ]


def quality(cells: Cells, table: Table, metric: str = "proxy_fid") -> Quality:
    """Every varied setting of one family against itself, by one measure."""
    measure, factors = table.measure(metric), list(cells.factors)[:MAX_FACTORS]
    return Quality({factor: levels(cells, factor, measure, table) for factor in factors})
