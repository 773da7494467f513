"""What a loss did between the first epoch and the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.claims.cell import ENDED_BADLY, Cell
from labkit.claims.finding import Finding, Missing, Noise
from labkit.claims.noise import MIN_SEEDS
from labkit.claims.statistics import FLOAT_NOISE, fmean, variance

if TYPE_CHECKING:
    from labkit.claims.measure import Measure


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
        return ".".join(p for p in (super().id, self.label) if p)

    @property
    def percent(self) -> float | None:
        """The change in percent of the first value's size; None where that tells nothing.

        A negative quantity that goes from -0.13 to -0.02 rises, whatever its size does; of one
        that changes sign no percentage is given.
        """
        if self.first * self.last <= 0:
            return None
        return 100 * (self.last - self.first) / abs(self.first)


def change(cells: Sequence[Cell], measure: Measure, label: str = "") -> Change:
    """Compare the first with the last epoch of trainings that differ in their seed alone.

    Args:
        cells: of one setting.
        measure: a loss, as the mean over each epoch.
        label: what tells the setting from others.
    """
    used = [
        c
        for c in cells
        if measure.name in c.first and measure.name in c.last and c.status not in ENDED_BADLY
    ]
    first_cell = next(iter(used), cells[0])
    common = {
        "family": first_cell.family, "dataset": first_cell.dataset, "metric": measure.name,
        "label": label,
    }  # fmt: skip
    if not used:
        missing = Missing("no_first", {"metric": measure.name})
        return Change(**common, missing=missing, cells=tuple(cells))  # type: ignore[arg-type]
    ends = [(c.first[measure.name], c.last[measure.name]) for c in used]
    moved = [b.value - a.value for a, b in ends]
    slack = fmean([a.half + b.half for a, b in ends])
    first, last = fmean([a.value for a, _ in ends]), fmean([b.value for _, b in ends])
    noise = None
    if len(used) >= MIN_SEEDS and (spread := variance(moved)) > 0:
        noise = Noise((spread / len(used)) ** 0.5, len(used) - 1, "own")
    still = abs(last - first) <= slack + FLOAT_NOISE * max(abs(first), abs(last))
    return Change(
        **common,  # type: ignore[arg-type]
        cells=tuple(used), n_seeds=len({c.seed for c in used}), n_blocks=1, unit=measure.unit,
        first=first, last=last, estimate=last - first, slack=slack, noise=noise,
        margin=measure.share * abs(first), here="tie" if still else "yes",
    )  # fmt: skip
