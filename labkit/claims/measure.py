"""What is compared: a catalog metric with its direction, digits, margin and conditions."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from labkit import calibration
from labkit.catalog.entries import Direction
from labkit.catalog.metrics import METRICS
from labkit.claims.cell import ENDED_BADLY, Cell, Measured
from labkit.text.language import _

#: Measures whose best value is a point, not an end: real images have sharpness 1.
TARGETS = {"sharpness": 1.0, "recon_sharpness": 1.0}
#: Measures in units of proxy FID, and which samples stand behind them.
FIDS = {
    "proxy_fid": "evaluation", "recon_proxy_fid": "evaluation", "fid_final_excess": "selection",
    "fid_drawdown": "selection", "fid_tail_spread": "selection", "fid_oscillation": "selection",
}  # fmt: skip
#: What stability within a training is read from, the first that was measured.
STABILITY = ("fid_drawdown", "fid_final_excess", "fid_tail_spread", "fid_oscillation")
#: What is compared between the first and the last epoch of a training.
LOSSES = ("d_loss", "g_loss", "total_loss", "recon_loss", "kl_loss")


@dataclass(frozen=True)
class Samples:
    """How many samples labkit measured with, of the best epoch and of every epoch."""

    evaluation: int = 10_000
    selection: int = 5_000


@dataclass(frozen=True)
class Measure:
    """A catalog metric as claims compare it."""

    name: str
    better: Direction
    unit: str = ""
    share: float = 0.0
    """Smallest difference worth calling one, as a share of the values compared."""
    log: bool = False
    """Whether values are compared by their ratios."""
    offset: float = 0.0
    """Added before their logarithm is taken."""
    within: tuple[str, ...] = ()
    """Settings that must agree before two values may be compared."""
    target: float | None = None
    """If given, the quantity is the distance from this value, and less is better."""
    samples: int | None = None
    """Samples behind a proxy FID that labkit measured itself, so that its resolution is known."""

    def of(self, cell: Cell) -> Measured | None:
        """The cell's value, or None where it was not measured (a failed cell never was)."""
        found = cell.metrics.get(self.name) if cell.status not in ENDED_BADLY else None
        if found is None or self.target is None:
            return found
        return Measured(abs(found.value - self.target), found.half, found.decimals)

    def scaled(self, value: float, log: bool) -> float:
        """A value on the scale of comparison."""
        return math.log(value + self.offset) if log else value

    def back(self, value: float, log: bool) -> float:
        """A value of the scale of comparison in the measure's own unit."""
        return math.exp(value) - self.offset if log else value

    def resolution(self, dataset: str) -> float:
        """What other samples of the same weights could change between two cells; 0: unknown."""
        if not self.samples or self.target is not None:
            return 0.0
        try:
            return calibration.margin(dataset, self.samples)
        except (KeyError, OSError):  # a data set that is not calibrated
            return 0.0


def measure(name: str, to_target: bool = False, samples: Samples | None = None) -> Measure:
    """The measure of a metric; one the catalog lacks has no direction and no margin.

    `to_target` compares distances from its ideal value (see `TARGETS`); `samples` are those labkit
    measured with, None if it did not measure the values.
    """
    metric = METRICS.get(name)
    if metric is None:
        return Measure(name, "")
    target = TARGETS.get(name) if to_target else None
    log = metric.log and target is None
    return Measure(
        name, "lower" if target is not None else metric.better, _(metric.unit),
        metric.margin, log, metric.offset if log else 0.0, metric.within, target,
        getattr(samples, FIDS[name]) if samples and name in FIDS else None,
    )  # fmt: skip


def unfinished(cells: Iterable[Cell]) -> str:
    """``not_run`` or ``not_finished`` if none of some cells could be measured yet, else ""."""
    states = {cell.status for cell in cells}
    if states == {"missing"}:
        return "not_run"
    return "not_finished" if states and states <= set(ENDED_BADLY) else ""


def first_measured(names: Iterable[str], cells: Iterable[Cell]) -> str | None:
    """The first of some metrics that any of the cells has."""
    found = {name for cell in cells for name in cell.metrics}
    return next((name for name in names if name in found), None)
