"""The classifier two-sample test: how often samples and real images are told apart.

A classifier that guesses is right in half of the cases, so 0.5 says that samples cannot be told
from real images (Lopez-Paz & Oquab 2017, arXiv:1610.06545). The classifier here is the nearest
neighbour: an image is taken for what the image nearest to it is, of all others, as many samples as
real ones. It needs no training and no setting, and Xu et al. 2018 (arXiv:1806.07755) found that it
and the kernel MMD have most of the properties one wants, in a suitable feature space. Its votes see
repetition and missing modes too, which a linear classifier on the same features hardly does.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.measure.manifold import K, Manifold
from labkit.measure.modes import spread_indices
from labkit.measure.neighbours import Neighbours, nearest_squared, within

Matrix = NDArray[np.float64]

#: Standard errors on either side of a 95 % interval.
_SIDE = 1.96


@dataclass(frozen=True)
class Votes:
    """Which of n samples and n real images their nearest neighbour recognises."""

    samples: NDArray[np.bool_]
    """(n,) whether the nearest of all others is a sample, too."""
    real: NDArray[np.bool_]
    """(n,) whether the nearest of all others is a real image, too."""

    @property
    def accuracy(self) -> float:
        """Share of right votes, 0..1."""
        return float((self.samples.mean() + self.real.mean()) / 2)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy (Wilson), as of n independent votes.

        There are 2n, but two points that are each other's nearest vote alike: under equality the
        variance is at most twice that of independent votes (Schilling 1986).
        ``scripts/judge_measures.py`` counts how often the interval holds.
        """
        n, share = len(self.samples), self.accuracy
        spread = _SIDE**2 / n
        middle = (share + spread / 2) / (1 + spread)
        half = np.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
        return float(middle - half), float(middle + half)


def two_sample(
    samples: Matrix,
    sample_neighbours: Neighbours,
    real: Matrix,
    real_neighbours: Neighbours,
    manifold: Manifold,
    device: torch.device | None = None,
) -> Votes:
    """Let every image's nearest neighbour say what it is.

    Args:
        samples, real: features (N, D) and (M, D); of the larger set an evenly spaced part counts.
        sample_neighbours, real_neighbours: of each set among itself.
        manifold: the two sets compared.
        device: where to compute; None for NumPy.
    """
    n = min(len(samples), len(real))
    own, others = sample_neighbours.nearest_squared, real_neighbours.nearest_squared
    to_real, to_sample = manifold.to_real, manifold.to_sample
    if len(samples) != len(real):
        a, b = (each[spread_indices(len(each), n)] for each in (samples, real))
        own, others = (within(each, K, device).nearest_squared for each in (a, b))
        to_real, to_sample = nearest_squared(a, b, device)
    return Votes(own < to_real, others < to_sample)
