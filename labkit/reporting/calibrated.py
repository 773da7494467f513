"""The ends of the measures' scales: their values for real images and for noise.

What was not calibrated, or not with the feature network at hand, is absent, and nothing is
drawn for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from labkit import calibration


@dataclass(frozen=True)
class FidScale:
    """Proxy FID of real images (floor) and of noise (ceiling)."""

    floor: float | None = None
    tracking_floor: float | None = None
    """The same against training images, at the number of samples that choose the epoch."""
    ceiling: float | None = None


def fid_scale(dataset: str, features: str, samples: int, tracking: int) -> FidScale:
    """The scale of a data set's proxy FID; empty where this network was not calibrated.

    Args:
        dataset: a key of the catalog's data sets.
        features: hash of the feature network the cells were measured with.
        samples: how many stand behind a reported proxy FID.
        tracking: how many stand behind a tracking FID.
    """
    if not _calibrated(dataset, features):
        return FidScale()
    return FidScale(
        calibration.floor(dataset, samples),
        calibration.floor(dataset, tracking, tracking=True),
        calibration.ceilings(dataset).get("noise"),
    )


def real_value(dataset: str, features: str, samples: int, metric: str) -> float | None:
    """Return a measure's value for `samples` real images, or None if it was not calibrated."""
    if not _calibrated(dataset, features):
        return None
    known = calibration.calibration(dataset)["real"].get(metric, {})
    return calibration.real_value(dataset, metric) if known.get("samples") == samples else None


def _calibrated(dataset: str, features: str) -> bool:
    """Whether a data set's measures were calibrated with this feature network."""
    try:
        return bool(calibration.calibration(dataset)["features"] == features)
    except FileNotFoundError:  # a data set of the user's own
        return False
