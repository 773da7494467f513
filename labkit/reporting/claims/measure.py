"""What is compared: a catalog metric with its direction, digits, margin and conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labkit.catalog import METRICS, Direction
from labkit.reporting.claims.cells import Cell, Measured

#: What a cell of these states reports was not measured on a finished training.
ENDED_BADLY = ("failed", "missing")
#: Measures whose best value is a point, not an end: real images have sharpness 1.
TARGETS = {"sharpness": 1.0, "recon_sharpness": 1.0}
#: Measures in units of proxy FID: the real-vs-real floor's spread bounds what they resolve.
FID_UNITS = (
    "proxy_fid", "recon_proxy_fid", "fid_final_excess", "fid_drawdown", "fid_tail_spread",
    "fid_oscillation",
)  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """A quantity of a cell that claims compare."""

    name: str
    """Catalog key."""
    better: Direction
    digits: int = 3
    unit: str = ""
    share: float = 0.0
    """Preset margin, as a share of the values compared."""
    within: tuple[str, ...] = ()
    """Settings that must agree before two values may be compared."""
    target: float | None = None
    """If given, the quantity is the distance from this value, and less is better."""

    def of(self, cell: Cell) -> Measured | None:
        """The cell's value, or None where it was not measured (a failed cell never was)."""
        found = cell.metrics.get(self.name) if cell.status not in ENDED_BADLY else None
        if found is None or self.target is None:
            return found
        return Measured(abs(found.value - self.target), found.half, found.decimals)

    def margin(self, level: float, dataset: str) -> float:
        """The smallest difference worth calling one, in the measure's unit.

        A share of the values compared, preset in the catalog; for a quantity in units of
        proxy FID at least the spread of the real-vs-real floor, below which two perfect
        generators would differ by chance.

        Args:
            level: mean size of the values compared.
            dataset: the data set, whose floor counts; "" where several are pooled.
        """
        own = self.share * (1.0 if self.target is not None else abs(level))
        floor = floor_spread(dataset) if self.name in FID_UNITS else None
        return max(own, floor or 0.0)


def measure(name: str, to_target: bool = False) -> Measure:
    """The measure of a catalog metric; one the catalog lacks has no direction and no margin.

    Args:
        name: catalog key.
        to_target: compare distances from the metric's ideal value (see `TARGETS`).
    """
    metric = METRICS.get(name)
    if metric is None:
        return Measure(name, "")
    target = TARGETS.get(name) if to_target else None
    better: Direction = "lower" if target is not None else metric.better
    return Measure(name, better, metric.digits, metric.unit, metric.margin, metric.within, target)


def first_measured(names: Iterable[str], cells: Iterable[Cell]) -> str | None:
    """The first of some metrics that any of the cells has."""
    found = list(cells)
    for name in names:
        if any(name in cell.metrics for cell in found):
            return name
    return None


def floor_spread(dataset: str) -> float | None:
    """Spread of the proxy FID between disjoint halves of real images; None if not calibrated."""
    try:
        from labkit import calibration
    except ImportError:
        return None
    read = getattr(calibration, "floor_spread", None)
    if read is None or not dataset:
        return None
    try:
        spread: float = read(dataset)
    except (KeyError, OSError):
        return None
    return spread
