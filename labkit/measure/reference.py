"""Real images that samples are measured against; computed once per process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labkit.data import load
from labkit.measure.features import Features, extract
from labkit.measure.modes import Reference
from labkit.measure.neighbours import nearest_squared
from labkit.measure.sharpness import gradient_energy

#: A sample counts as memorised if it is nearer to a training image than this quantile of the
#: test images' distances to theirs.
COPY_QUANTILE = 0.01


@lru_cache(maxsize=4)
def real_features(dataset: str, split: str) -> Features:
    """Features of the bundled images: of ``test`` all 10,000, of ``train`` the first 10,000.

    They are part of the package, so values do not depend on whether the full set is present.
    """
    return extract(load(dataset, split, "bundled").images, dataset)


@dataclass(frozen=True)
class RealSet:
    """The test images as reference, and their distances to training images."""

    reference: Reference
    training: NDArray[np.float64]
    """(10,000, 64) features of the first 10,000 training images."""
    to_training_squared: NDArray[np.float64]
    """(10,000,) squared distance from each test image to its nearest training image."""

    @property
    def copy_squared(self) -> float:
        """Squared distance to the nearest training image; 1 % of test images are below it."""
        return float(np.quantile(self.to_training_squared, COPY_QUANTILE))


@lru_cache(maxsize=2)
def real_set(dataset: str) -> RealSet:
    """Compute the reference of a data set from its 10,000 test images."""
    found, training = real_features(dataset, "test"), real_features(dataset, "train").features
    _, from_test = nearest_squared(training, found.features)
    test = load(dataset, "test", "bundled")
    reference = Reference(
        found.features, found.probabilities, test.labels, gradient_energy(test.images)
    )
    return RealSet(reference, training, from_test)
