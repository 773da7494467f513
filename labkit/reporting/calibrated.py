"""The ends of the measures' scales: their values for real images and for noise.

What was not calibrated, or not with the feature network at hand, is absent, and nothing is
drawn for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from labkit import calibration
from labkit.text.language import N_

#: What is shown as the upper end of the scale.
CEILING = N_("noise")


@dataclass(frozen=True)
class FidScale:
    """Proxy FID of real images (floor) and of noise (ceiling)."""

    floor: float | None = None
    tracking_floor: float | None = None
    """The same against training images, at the number of samples that choose the epoch."""
    ceiling: float | None = None
    ceiling_of: str = ""
    """What reads that high, in English."""


def fid_scale(dataset: str, features: str, samples: int, tracking: int) -> FidScale:
    """The scale of a data set's proxy FID.

    Args:
        dataset: a key of the catalog's data sets.
        features: hash of the feature network the cells were measured with.
        samples: how many stand behind a reported proxy FID.
        tracking: how many stand behind a tracking FID.

    Returns:
        What was calibrated with this very network; empty where nothing was.
    """
    if not _calibrated(dataset, features):
        return FidScale()
    ceiling = calibration.ceilings(dataset).get(CEILING)
    return FidScale(
        calibration.floor(dataset, samples),
        calibration.floor(dataset, tracking, tracking=True),
        ceiling,
        CEILING if ceiling is not None else "",
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
