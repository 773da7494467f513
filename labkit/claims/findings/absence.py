"""How many trainings something happened to: a failure, a rise of the FID, mode collapse."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from labkit.claims.cell import Cell, Level
from labkit.claims.cells import Cells
from labkit.claims.finding import Finding, Missing, dotted
from labkit.claims.findings import only
from labkit.claims.measure import Measure
from labkit.claims.statistics import proportion_interval

#: Whether a training of a status ended in an error; of any other it is not known.
FAILED = {"failed": "present", "done": "absent", "trained": "absent"}


@dataclass(frozen=True, kw_only=True)
class Absence(Finding):
    """Whether something happened to none of some trainings; one is enough to refute it."""

    kind: str = "absence"
    what: str = ""
    """finished, collapse or unsteady."""
    hit: tuple[Cell, ...] = ()
    asked: tuple[Cell, ...] = ()
    """All trainings asked about; those of which it is not known are no evidence."""
    rate: tuple[float, float] = (0.0, 1.0)
    """Exact 95 % interval of how often it happens."""

    @property
    def id(self) -> str:
        return dotted(self.kind, self.what, self.family, self.dataset or "all")

    @property
    def n(self) -> int:
        """Trainings of which it is known."""
        return len(self.cells)

    @property
    def unknown(self) -> int:
        """Trainings of which it is not known."""
        return len(self.asked) - self.n

    @property
    def every(self) -> bool:
        """Whether it happened to all of which it is known."""
        return len(self.hit) == self.n


def finished(cells: Cells) -> Absence:
    """How many planned trainings ended in an error; those never run are counted apart."""
    return _absence("finished", cells, lambda cell: FAILED.get(cell.status, "unknown"))


def collapse(cells: Cells) -> Absence:
    """How many generators collapsed, by the measure's verdict."""
    return _absence("collapse", cells, lambda cell: cell.collapsed)


def unsteady(cells: Cells, measure: Measure) -> Absence:
    """How many trainings' FID rose again, by a measure of it, beyond what other samples make."""

    def state(cell: Cell) -> str:
        found = measure.of(cell)
        if found is None:
            return "unknown"
        rose = found.value - found.half > measure.resolution(cell.dataset)
        return "present" if rose else "absent"

    return _absence("unsteady", cells, state, measure.name)


def _absence(what: str, cells: Cells, state: Callable[[Cell], str], metric: str = "") -> Absence:
    found = partial(
        Absence, what=what, metric=metric, asked=cells.rows,
        family=only(cells.families), dataset=only(cells.datasets),
    )  # fmt: skip
    states = [(cell, state(cell)) for cell in cells]
    known = tuple(cell for cell, seen in states if seen != "unknown")
    hit = tuple(cell for cell, seen in states if seen == "present")
    if not known:
        return found(missing=Missing("metric_absent" if metric else what, {"metric": metric}))
    return found(
        cells=known, hit=hit, n_seeds=len({c.seed for c in known}),
        n_blocks=len({c.where[:-1] for c in known}), here="no" if hit else "yes",
        estimate=len(hit) / len(known), rate=proportion_interval(len(hit), len(known)),
        counterexamples=tuple(c.run for c in hit),
    )  # fmt: skip


def by_level(found: Absence, factor: str) -> dict[Level, tuple[int, int]]:
    """Level to how many of its cells were hit, and of how many, other factors pooled.

    The level that was hit most often stands first.
    """
    every = Counter(c.settings[factor] for c in found.cells if factor in c.settings)
    hits = Counter(c.settings.get(factor) for c in found.hit)
    order = sorted(every, key=lambda level: -hits[level] / every[level])
    return {level: (hits[level], every[level]) for level in order}


def separating(found: Absence, factors: Sequence[str]) -> str:
    """The factor whose levels differ most in how often they were hit; empty if none differ.

    Only factors that were varied with everything else held fixed, and only where all levels
    have as many cells: else other settings could be behind it.
    """
    best, widest = "", 0.0
    known = Cells(found.cells)
    for factor in factors:
        counts = by_level(found, factor)
        held = any(len(group) == len(counts) for group in known.groups(factor).values())
        if held and len(counts) > 1 and len({n for _, n in counts.values()}) == 1:
            shares = [hits / n for hits, n in counts.values()]
            if max(shares) - min(shares) > widest:
                best, widest = factor, max(shares) - min(shares)
    return best
