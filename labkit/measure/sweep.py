"""Few samples measured quickly: one point of a sweep over a setting of sampling."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.measure.features import extract
from labkit.measure.frechet import fid
from labkit.measure.manifold import K, compare
from labkit.measure.neighbours import within
from labkit.measure.reference import real_set

#: Samples of a point. Fewer than those of the evaluation, so its proxy FID lies higher.
SAMPLES = 500
#: A proxy FID within this share of the best of a sweep is as good as it.
WITHIN = 0.10


def measure_point(
    samples: NDArray[np.uint8], dataset: str, device: torch.device | None = None
) -> dict[str, float]:
    """``proxy_fid``, ``precision`` and ``recall`` of samples, uint8 (N, 28, 28) with N > 5.

    Comparable only among points of as many samples. Computed on `device`, or on the CPU.
    """
    found, real = extract(samples, dataset, device).features, real_set(dataset, device).reference
    manifold = compare(found, within(found, K, device), real.features, real.neighbours, device)
    return {
        "proxy_fid": fid(found, real.features),
        "precision": manifold.precision,
        "recall": manifold.recall,
    }


def enough(points: Sequence[Mapping[str, float]]) -> float:
    """The lowest ``value`` whose ``proxy_fid`` is within 10 % of the best of all points."""
    best = min(point["proxy_fid"] for point in points)
    good = (p["value"] for p in points if p["proxy_fid"] <= (1 + WITHIN) * best)
    return float(min(good))
