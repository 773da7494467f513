"""The yardstick of training: proxy FID once an epoch, for curves and the best epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labkit.measure.features import extract
from labkit.measure.frechet import Gaussian, frechet_distance
from labkit.measure.reference import real_features


class Tracker:
    """Proxy FID against the first 10,000 training images of a data set.

    The best epoch is chosen against training images and reported against test images,
    so that the choice does not flatter the reported value.
    """

    def __init__(self, dataset: str) -> None:
        self._dataset = dataset
        self._reference = Gaussian.of(real_features(dataset, "train").features)

    def proxy_fid(self, samples: NDArray[np.uint8]) -> float:
        """Fréchet distance of samples, uint8 (N, 28, 28); comparable only at one N."""
        features = extract(samples, self._dataset).features
        return frechet_distance(Gaussian.of(features), self._reference)
