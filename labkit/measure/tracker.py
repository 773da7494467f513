"""Proxy FID during training, once per epoch: for curves and the best epoch."""

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.measure.features import extract
from labkit.measure.frechet import Gaussian, frechet_distance
from labkit.measure.reference import real_features


class Tracker:
    """Proxy FID against the first 10,000 training images of a data set.

    The best epoch is chosen against training images; its value is then measured against test
    images, so that the choice does not bias it. Features are computed on `device`, see
    :func:`labkit.measure.features.extract`.
    """

    def __init__(self, dataset: str, device: torch.device | None = None) -> None:
        self._dataset, self._device = dataset, device
        self._reference = Gaussian.of(real_features(dataset, "train", device).features)

    def proxy_fid(self, samples: NDArray[np.uint8]) -> float:
        """Proxy FID of samples, uint8 (N, 28, 28); comparable only for equal N."""
        features = extract(samples, self._dataset, self._device).features
        return frechet_distance(Gaussian.of(features), self._reference)
