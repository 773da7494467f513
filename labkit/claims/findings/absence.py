"""How many trainings something happened to: a failure, a rise of the FID, mode collapse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.claims.cells import Cells
from labkit.claims.finding import Finding, Missing
from labkit.claims.statistics import proportion_interval

if TYPE_CHECKING:
    from labkit.claims.cell import Cell, State
    from labkit.claims.measure import Measure


@dataclass(frozen=True, kw_only=True)
class Absence(Finding):
    """Whether something happened to none of some trainings; one is enough to refute it."""

    kind: str = "absence"
    what: str = ""
    """finished, collapse or unsteady."""
    hit: tuple[Cell, ...] = ()
    """The trainings it happened to."""
    asked: tuple[Cell, ...] = ()
    """All trainings asked about; those of which it is not known are no evidence."""
    rate: tuple[float, float] = (0.0, 1.0)
    """Exact 95 % interval of how often it happens."""

    @property
    def id(self) -> str:
        parts = (self.kind, self.what, self.family, self.dataset or "all")
        return ".".join(part for part in parts if part)

    @property
    def n(self) -> int:
        """Trainings of which it is known."""
        return len(self.cells)


def finished(cells: Cells) -> Absence:
    """How many planned trainings ended in an error; those never run are counted apart."""

    def state(cell: Cell) -> State:
        if cell.status == "failed":
            return "present"
        return "absent" if cell.status in ("done", "trained") else "unknown"

    return _absence("finished", cells, state)


def collapse(cells: Cells) -> Absence:
    """How many generators collapsed, by the measure's verdict."""
    return _absence("collapse", cells, lambda cell: cell.collapsed)


def unsteady(cells: Cells, measure: Measure) -> Absence:
    """How many trainings' FID rose again by more than other samples could have made it.

    Args:
        cells: of one family.
        measure: the drawdown.
    """

    def state(cell: Cell) -> State:
        found = measure.of(cell)
        if found is None:
            return "unknown"
        rose = found.value - found.half > measure.resolution(cell.dataset)
        return "present" if rose else "absent"

    return _absence("unsteady", cells, state, measure.name)


def _absence(what: str, cells: Cells, state: Callable[[Cell], State], metric: str = "") -> Absence:
    states = [(cell, state(cell)) for cell in cells]
    known = [cell for cell, found in states if found != "unknown"]
    hit = tuple(cell for cell, found in states if found == "present")
    family = cells.families[0] if len(cells.families) == 1 else ""
    dataset = cells.datasets[0] if len(cells.datasets) == 1 else ""
    if not known:
        return Absence(
            what=what, metric=metric, family=family, dataset=dataset, asked=cells.rows,
            missing=Missing(what if what != "unsteady" else "metric_absent", {"metric": metric}),
        )  # fmt: skip
    low, high = proportion_interval(len(hit), len(known))
    return Absence(
        what=what, metric=metric, family=family, dataset=dataset,
        cells=tuple(known), hit=hit, asked=cells.rows,
        n_seeds=len({c.seed for c in known}), n_blocks=len({c.where[:-1] for c in known}),
        here="no" if hit else "yes", estimate=len(hit) / len(known), rate=(low, high),
        counterexamples=tuple(c.run for c in hit),
    )  # fmt: skip


def by_level(found: Absence, factor: str) -> dict[object, tuple[int, int]]:
    """Level to how many of its cells were hit, and of how many, other factors pooled."""
    counts: dict[object, tuple[int, int]] = {}
    for cell in found.cells:
        if factor in cell.settings:
            hits, n = counts.get(cell.settings[factor], (0, 0))
            counts[cell.settings[factor]] = (hits + (cell in found.hit), n + 1)
    return counts


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
        if not held or len({n for _, n in counts.values()}) != 1 or len(counts) < 2:
            continue
        shares = [hits / n for hits, n in counts.values()]
        if max(shares) - min(shares) > widest:
            best, widest = factor, max(shares) - min(shares)
    return best
