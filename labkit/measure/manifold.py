"""Precision, recall, density, coverage: do samples look real, and is all of it there?

The real distribution is drawn as balls around real images, each reaching to its k-th
nearest real neighbour (k = 5), and likewise for samples. One pass over the distances
between samples and real images gives all four, and the values for each image.

* Kynkäänniemi et al. 2019, arXiv:1904.06991: precision and recall.
* Naeem et al. 2020, arXiv:2002.09797: density and coverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.measure.neighbours import Neighbours, distance_blocks

K = 5

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Manifold:
    """How N samples and M real images lie among each other."""

    balls: NDArray[np.int64]
    """(N,) in how many real balls each sample lies."""
    recalled: NDArray[np.bool_]
    """(M,) whether each real image lies in some sample's ball."""
    covered: NDArray[np.bool_]
    """(M,) whether each real image's ball holds a sample."""

    @property
    def precision(self) -> float:
        """Share of samples inside some real ball."""
        return float((self.balls > 0).mean())

    @property
    def density(self) -> float:
        """Mean number of real balls a sample lies in, over k; may exceed 1."""
        return float(self.balls.mean() / K)

    @property
    def recall(self) -> float:
        """Share of real images inside some sample's ball."""
        return float(self.recalled.mean())

    @property
    def coverage(self) -> float:
        """Share of real images whose ball holds a sample; falls with fewer samples."""
        return float(self.covered.mean())


def compare(
    samples: Matrix, sample_neighbours: Neighbours, real: Matrix, real_neighbours: Neighbours
) -> Manifold:
    """Place samples (N, D) among real features (M, D).

    Args:
        sample_neighbours, real_neighbours: of the same features, with k = `K`.
    """
    balls = np.empty(len(samples), np.int64)
    recalled = np.zeros(len(real), np.bool_)
    covered = np.zeros(len(real), np.bool_)
    for rows, squares in distance_blocks(samples, real):
        inside = squares < real_neighbours.radius_squared
        balls[rows] = inside.sum(axis=1)
        covered |= inside.any(axis=0)
        recalled |= (squares < sample_neighbours.radius_squared[rows, None]).any(axis=0)
    return Manifold(balls, recalled, covered)
