"""Do these runs reproduce a published value?"""

from dataclasses import dataclass
from functools import partial

from labkit.claims.claim import Published
from labkit.claims.finding import Finding, Missing
from labkit.claims.findings import by_seed, measured, only
from labkit.claims.findings.change import noise_of_mean
from labkit.claims.statistics import fmean, student_p
from labkit.claims.table import Table


@dataclass(frozen=True, kw_only=True)
class Reproduction(Finding):
    """A published value beside the mean of the cells it speaks of."""

    kind: str = "published"
    number: int = 0
    """Its place among those given, from 1."""
    published: float = 0.0
    tolerance: float = 0.0
    ours: float = 0.0
    source: str = ""
    note: str = ""
    """Why the two cannot be compared, in its giver's words."""

    @property
    def id(self) -> str:
        return f"{super().id}.{self.number}"

    @property
    def p(self) -> float | None:
        """How sure it is that ours lies within the tolerance (or, if it does not, beyond it).

        Closeness has to be shown, not merely not refuted: two one-sided tests (Schuirmann 1987).
        """
        if self.noise is None or self.estimate is None:
            return None
        room = self.tolerance - abs(self.estimate)
        return student_p((abs(room) - self.slack) / self.noise.error, self.noise.df)


def published(number: int, value: Published, table: Table) -> Reproduction:
    """Set one published value, by its place among those given, beside ours."""
    measure = table.measure(value.metric)
    asked = value.where.items()
    # All that a cell is, but for its seed.
    matching = table.cells.filter(
        lambda cell: all(dict(cell.where[:-1]).get(name) == wanted for name, wanted in asked)
    )
    found = partial(
        Reproduction, metric=value.metric, number=number, published=value.value,
        tolerance=value.tolerance, source=value.source, note=value.not_comparable,
        dataset=only(matching.datasets),
    )  # fmt: skip
    if value.not_comparable:
        missing = Missing("said", {"why": value.not_comparable})
        return found(missing=missing, cells=matching.rows)
    used = measured(matching, measure)
    if not used:
        return found(missing=Missing("no_matching_cell", {"metric": value.metric}))
    each = list(by_seed([(c, m.value) for c, m in used]).values())
    slack, ours = fmean([m.half for _, m in used]), fmean(each)
    near = abs(ours - value.value) <= value.tolerance + slack + 1e-12
    return found(
        cells=tuple(c for c, _ in used), n_seeds=len(each), n_blocks=1, ours=ours,
        estimate=ours - value.value, slack=slack, noise=noise_of_mean(each),
        here="yes" if near else "no", unit=measure.unit,
        counterexamples=() if near else tuple(c.run for c, _ in used),
    )  # fmt: skip
