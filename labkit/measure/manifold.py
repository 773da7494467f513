"""Precision, recall, density, coverage: quality and diversity of samples, separately.

The manifold of real images is approximated by balls around each of them, in feature space, with
the distance to its k-th nearest real neighbour (k = 5) as radius; that of samples likewise.

* Kynkäänniemi et al. 2019, arXiv:1904.06991: precision (quality) and recall (diversity).
* Naeem et al. 2020, arXiv:2002.09797: density and coverage, their robust counterparts.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.measure import on_device
from labkit.measure.neighbours import Neighbours, distance_blocks

K = 5

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Manifold:
    """Which of N samples and M real images lie in each other's balls."""

    balls: NDArray[np.int64]
    """(N,) number of real balls each sample lies in."""
    recalled: NDArray[np.bool_]
    """(M,) whether each real image lies in any sample's ball."""
    covered: NDArray[np.bool_]
    """(M,) whether each real image's ball contains a sample."""

    @property
    def precision(self) -> float:
        """Share of samples in at least one real ball, 0..1."""
        return float((self.balls > 0).mean())

    @property
    def density(self) -> float:
        """Mean number of real balls a sample lies in, divided by k; may exceed 1."""
        return float(self.balls.mean() / K)

    @property
    def recall(self) -> float:
        """Share of real images in at least one sample's ball, 0..1."""
        return float(self.recalled.mean())

    @property
    def coverage(self) -> float:
        """Share of real images whose ball contains a sample, 0..1; lower with fewer samples."""
        return float(self.covered.mean())


def compare(
    samples: Matrix,
    sample_neighbours: Neighbours,
    real: Matrix,
    real_neighbours: Neighbours,
    device: torch.device | None = None,
) -> Manifold:
    """Find which samples and real images lie in each other's balls.

    Args:
        samples, real: features (N, D) and (M, D).
        sample_neighbours, real_neighbours: of each set among itself, with k = `K`.
        device: where to compute; None for NumPy.
    """
    radii = sample_neighbours.radius_squared, real_neighbours.radius_squared
    if device is not None:
        return Manifold(*on_device.compare(samples, radii[0], real, radii[1], device))
    balls = np.empty(len(samples), np.int64)
    recalled = np.zeros(len(real), np.bool_)
    covered = np.zeros(len(real), np.bool_)
    for rows, squares in distance_blocks(samples, real):
        inside = squares < radii[1]
        balls[rows] = inside.sum(axis=1)
        covered |= inside.any(axis=0)
        recalled |= (squares < radii[0][rows, None]).any(axis=0)
    return Manifold(balls, recalled, covered)
