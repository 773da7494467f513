"""Which settings gave the best samples? Asked of every table, and quoted by other answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.claims.findings.levels import Contrast, Levels, levels, pairs_of_levels
from labkit.claims.sentences import voice
from labkit.claims.verdict import Strength, judge

if TYPE_CHECKING:
    from labkit.claims.cells import Cells
    from labkit.claims.claim import Sentence
    from labkit.claims.table import Table

#: At most so many varied settings are compared.
MAX_FACTORS = 5


@dataclass(frozen=True)
class Quality:
    """What each setting of a family did to one measure, judged together."""

    by_factor: dict[str, tuple[Levels, ...]]
    strengths: dict[str, Strength]

    @property
    def contrasts(self) -> list[Contrast]:
        """Every pair that was tested."""
        return pairs_of_levels([each for found in self.by_factor.values() for each in found])

    @property
    def quoted(self) -> tuple[tuple[Contrast, Strength], ...]:
        """The contrasts with their strengths, for another question's evidence."""
        return tuple((c, self.strengths[c.id]) for c in self.contrasts)

    @property
    def largest_first(self) -> list[str]:
        """Factors by the largest difference of theirs, measured ones only."""
        sizes = {
            factor: max((f.largest for f in found if f.missing is None), default=-1.0)
            for factor, found in self.by_factor.items()
        }
        return sorted((f for f in sizes if sizes[f] >= 0), key=lambda f: -sizes[f])

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
    """Every varied setting of one family against itself, by one measure.

    Args:
        cells: of one family.
        table: where noise comes from.
        metric: catalog key of the measure.
    """
    measure = table.measure(metric)
    found = {
        factor: levels(cells, factor, measure, table)
        for factor in list(cells.factors)[:MAX_FACTORS]
    }
    tests = pairs_of_levels([each for several in found.values() for each in several])
    return Quality(found, judge(tests))
