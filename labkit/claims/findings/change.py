"""What a loss did between the first epoch and the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from labkit.claims.cell import ENDED_BADLY, Cell
from labkit.claims.finding import Finding, Missing, Noise, dotted
from labkit.claims.measure import Measure
from labkit.claims.noise import MIN_SEEDS
from labkit.claims.statistics import FLOAT_NOISE, fmean, variance


@dataclass(frozen=True, kw_only=True)
class Change(Finding):
    """The first and the last epoch of one setting's trainings, means over seeds."""

    kind: str = "change"
    label: str = ""
    """What tells the setting from the others, as part of an id."""
    first: float = 0.0
    last: float = 0.0

    @property
    def id(self) -> str:
        return dotted(super().id, self.label)

    @property
    def went(self) -> int:
        """1 where it rose, -1 where it fell; 0 where rounding does not tell."""
        return 0 if self.here == "tie" else 1 if self.last > self.first else -1

    @property
    def percent(self) -> float | None:
        """The change in percent of the first value's size; None where the sign changes."""
        if self.first * self.last <= 0:
            return None
        return 100 * (self.last - self.first) / abs(self.first)


def change(cells: Sequence[Cell], measure: Measure, label: str = "") -> Change:
    """Compare a loss's means over the first and the last epoch of one setting's trainings."""
    name = measure.name
    found = partial(
        Change, family=cells[0].family, dataset=cells[0].dataset, metric=name, label=label
    )
    finished = (c for c in cells if c.status not in ENDED_BADLY)
    used = tuple(c for c in finished if name in c.first and name in c.last)
    if not used:
        return found(missing=Missing("no_first", {"metric": name}), cells=tuple(cells))
    ends = [(c.first[name], c.last[name]) for c in used]
    slack = fmean([a.half + b.half for a, b in ends])
    first, last = fmean([a.value for a, _ in ends]), fmean([b.value for _, b in ends])
    still = abs(last - first) <= slack + FLOAT_NOISE * max(abs(first), abs(last))
    return found(
        cells=used, n_seeds=len({c.seed for c in used}), n_blocks=1, unit=measure.unit,
        first=first, last=last, estimate=last - first, slack=slack,
        noise=noise_of_mean([b.value - a.value for a, b in ends]),
        margin=measure.share * abs(first), here="tie" if still else "yes",
    )  # fmt: skip


def noise_of_mean(values: Sequence[float]) -> Noise | None:
    """The noise of a mean over seeds; None with too few of them, or where they change nothing."""
    if len(values) < MIN_SEEDS or not (spread := variance(values)):
        return None
    return Noise((spread / len(values)) ** 0.5, len(values) - 1, "own")
