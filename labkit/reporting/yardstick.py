"""What the proxy FID reads on real images and on nonsense: the ends of its scale.

The one place where the report reads the measures' calibration. What was not calibrated
is absent, and nothing is drawn for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from labkit import calibration


@dataclass(frozen=True)
class Yardstick:
    """Proxy FID of real images (floor) and of nonsense (ceiling), at one number of samples."""

    floor: float | None = None
    ceiling: float | None = None
    ceiling_of: str = ""
    """What reads that high, e.g. ``noise``."""


@lru_cache(maxsize=16)
def yardstick(dataset: str, samples: int = 10_000) -> Yardstick:
    """The calibration of a data set's proxy FID; empty where there is none."""
    return Yardstick()


def feature_facts(dataset: str) -> dict[str, Any]:
    """What is known of the pinned feature network; empty where there is none."""
    try:
        return calibration.feature_network(dataset)
    except (OSError, KeyError, ValueError):
        return {}
