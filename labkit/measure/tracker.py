"""Proxy FID during training, once per epoch: for curves and the best epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labkit.measure.features import extract
from labkit.measure.frechet import Gaussian, frechet_distance
from labkit.measure.reference import real_features


class Tracker:
    """Proxy FID against the first 10,000 training images of a data set.

    The best epoch is chosen against training images; its value is then measured against test
    images, so that the choice does not bias it.
    """

    def __init__(self, dataset: str) -> None:
        self._dataset = dataset
        self._reference = Gaussian.of(real_features(dataset, "train").features)

    def proxy_fid(self, samples: NDArray[np.uint8]) -> float:
        """Proxy FID of samples, uint8 (N, 28, 28); comparable only for equal N."""
        features = extract(samples, self._dataset).features
        return frechet_distance(Gaussian.of(features), self._reference)
