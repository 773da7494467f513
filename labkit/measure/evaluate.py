"""From samples, reconstructions or a history to the numbers of a results table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.data import load
from labkit.measure.features import extract, real_features
from labkit.measure.frechet import fid, fid_infinity, kid
from labkit.measure.sharpness import relative_sharpness

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Measures:
    """What was measured; what could not be is None, with its reason in the details."""

    metrics: Mapping[str, float | None]
    """Keys of :data:`labkit.catalog.METRICS`."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able: lists, intervals, verdicts, reasons."""


def measure_samples(samples: Images, dataset: str) -> Measures:
    """Everything that can be said about a set of samples on its own.

    Args:
        samples: uint8 (N, 28, 28), 0 is background; N at least 2.
        dataset: the data set they imitate, a key of :data:`labkit.catalog.DATASETS`.

    Returns:
        Measures against the 10,000 real test images.
    """
    found, real = extract(samples, dataset), real_features(dataset, "test")
    return Measures(
        {
            "proxy_fid": fid(found.features, real.features),
            "proxy_fid_infinity": fid_infinity(found.features, real.features),
            "kid": kid(found.features, real.features),
            "sharpness": relative_sharpness(samples, load(dataset, "test", "bundled").images),
        },
        {"samples": len(samples)},
    )
