"""A table with all that is known about how it was measured: what findings are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit import calibration
from labkit.claims import noise, reference
from labkit.claims.cells import Cells
from labkit.claims.claim import Published
from labkit.claims.measure import Measure, Samples, measure
from labkit.claims.pairs import Pairs, pair_up
from labkit.claims.reference import Borrowed, Reference

#: Makes the command that gives some runs (names without seeds) a number of seeds.
Resume = Callable[[Sequence[str], int], str]


@dataclass(frozen=True)
class Table:
    """Cells, and what they may be judged by."""

    cells: Cells
    samples: Samples | None = None
    """How many samples labkit measured with; None where it did not measure the values."""
    borrow: bool = True
    """Whether noise may come from repeated trainings that labkit brings along."""
    published: tuple[Published, ...] = ()
    resume: Resume | None = None
    """None: ``labkit run``."""
    stated: tuple[float, ...] = ()
    """Numbers of the experiment file and what it resolved to: no measured values."""
    _known: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def measure(self, name: str, to_target: bool = False) -> Measure:
        """The measure of a catalog metric, for this table."""
        return measure(name, to_target, self.samples)

    def real(self, name: str, dataset: str) -> float | None:
        """What 10,000 real images score; None where samples were not measured as they were."""
        if self.samples != Samples():
            return None
        try:
            return calibration.real_value(dataset, name)
        except (KeyError, OSError):  # a data set that is not calibrated
            return None

    def reference(self, family: str) -> Reference | None:
        """Repeated trainings of the same kind as a family's cells, if noise may be borrowed."""
        if self.borrow and family not in self._known:
            self._known[family] = reference.find(self.cells.of(family), self.samples)
        return self._known.get(family)

    def pairs(self, cells: Cells, factor: str, of: Measure) -> list[Pairs]:
        """What can be compared of some cells of one family, data set by data set."""
        return [pair_up(cells.of(dataset=d), factor, of) for d in cells.datasets]

    def spread(self, family: str, pairs: Sequence[Pairs]) -> Borrowed:
        """The noise of one factor's levels: the table's own, else a reference's, else none.

        Pairs are of one factor, measure and family: those data sets that can be compared.
        """
        if any(len(p.seeds) >= noise.MIN_SEEDS for p in pairs):
            return Borrowed(noise.own(pairs))
        found = self.reference(family) if pairs else None
        return reference.borrow(pairs, found) if found else Borrowed(None)
