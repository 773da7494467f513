"""Precision, recall, density, coverage: quality and diversity of samples, separately.

The manifold of real images is approximated by balls around each of them, in feature space, with
the distance to its k-th nearest real neighbour (k = 5) as radius; that of samples likewise.

* Kynkäänniemi et al. 2019, arXiv:1904.06991: precision (quality) and recall (diversity).
* Naeem et al. 2020, arXiv:2002.09797: density and coverage, their robust counterparts.
* Salvy et al. 2026, arXiv:2507.01761: clipped density and coverage. No ball and no sample counts
  for more than its share, and a value says to what share of good samples the samples amount.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

from labkit.measure import on_device
from labkit.measure.neighbours import Neighbours, distance_blocks, others_balls

K = 5

Matrix = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Manifold:
    """Which of N samples and M real images lie in each other's balls, and how near they are."""

    balls: Counts
    """(N,) number of real balls each sample lies in."""
    recalled: NDArray[np.bool_]
    """(M,) whether each real image lies in any sample's ball."""
    held: Counts
    """(M,) number of samples in each real image's ball."""
    clipped_balls: Counts
    """(N,) number of real balls each sample lies in, none of them larger than the median ball."""
    to_real: Matrix
    """(N,) squared distance to the nearest real image."""
    to_sample: Matrix
    """(M,) squared distance to the nearest sample."""

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
    def covered(self) -> NDArray[np.bool_]:
        """(M,) whether each real image's ball contains a sample."""
        return self.held > 0

    @property
    def coverage(self) -> float:
        """Share of real images whose ball contains a sample, 0..1; lower with fewer samples."""
        return float(self.covered.mean())

    def clipped_density(self, real_density: float) -> float:
        """Share of good samples, 0..1, to which the samples amount in quality.

        `real_density`: what the real images read among themselves, :func:`real_clipped_density`.
        """
        return min(float(_filled(self.clipped_balls).mean()) / real_density, 1.0)

    @property
    def clipped_coverage(self) -> float:
        """Share of good samples, 0..1, that would fill the real balls as the samples do."""
        expected = expected_filling(len(self.balls), len(self.held))
        filling = _filled(self.held).mean()
        return float(np.interp(filling, expected, np.linspace(0, 1, len(expected))))


def clipped_radii(neighbours: Neighbours) -> Matrix:
    """(M,) squared radii of real balls, none above their median: an outlier's ball is huge."""
    radii = neighbours.radius_squared
    clipped: Matrix = np.minimum(radii, np.median(radii))
    return clipped


def real_clipped_density(
    real: Matrix, neighbours: Neighbours, device: torch.device | None = None
) -> float:
    """Mean over real images (M, D) of how full the clipped balls of the others are of them, 0..1.

    About 1/2, since half of the balls are clipped; clipped densities are in units of it.
    """
    return float(_filled(others_balls(real, clipped_radii(neighbours), device)).mean())


def expected_filling(samples: int, real: int) -> Matrix:
    """Mean share to which a real ball is filled if m = 0..N of N samples are good: (N + 1,), 0..1.

    A ball up to the k-th of M - 1 neighbours holds a probability of Beta(k, M - k), so the good
    samples in it are beta-binomial; k of them fill it. It rises with m.
    """
    good, filling = np.arange(samples + 1.0), np.ones(samples + 1)
    for j in range(K):
        least = np.maximum(good, j)
        log_chance = gammaln(least + 1) - gammaln(j + 1) - gammaln(least - j + 1)
        log_chance += betaln(j + K, least - j + real - K) - betaln(K, real - K)
        filling -= (K - j) / K * np.where(good >= j, np.exp(log_chance), 0)
    return filling


def _filled(counts: Counts) -> Matrix:
    """Counts as shares of k, none above 1."""
    shares: Matrix = np.minimum(counts / K, 1)
    return shares


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
    clipped = clipped_radii(real_neighbours)
    if device is not None:
        return Manifold(*on_device.compare(samples, radii[0], real, radii[1], clipped, device))
    balls, near, to_real = (np.empty(len(samples), kind) for kind in (np.int64, np.int64, float))
    recalled, held = np.zeros(len(real), np.bool_), np.zeros(len(real), np.int64)
    to_sample = np.full(len(real), np.inf)
    for rows, squares in distance_blocks(samples, real):
        inside = squares < radii[1]
        balls[rows] = inside.sum(axis=1)
        held += inside.sum(axis=0, dtype=np.uint8)  # a block has few rows
        near[rows] = (squares <= clipped).sum(axis=1)
        recalled |= (squares < radii[0][rows, None]).any(axis=0)
        to_real[rows] = squares.min(axis=1)
        np.minimum(to_sample, squares.min(axis=0), out=to_sample)
    return Manifold(balls, recalled, held, near, to_real, to_sample)
