"""Distances between two sets of features as distributions: Fréchet, FID∞, KID.

All in float64 and NumPy. With features standardised over the training set the values
are in units of the spread of real images: a shift of one standard deviation in one of
the 64 features adds 1 to the Fréchet distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_INFINITY_POINTS = 15
_KID_BLOCK = 500


@dataclass(frozen=True)
class Gaussian:
    """The mean and covariance of a set of features."""

    mean: Matrix
    """(D,)"""
    covariance: Matrix
    """(D, D), the unbiased estimate (divisor N - 1)."""

    @classmethod
    def of(cls, features: Matrix) -> Gaussian:
        """Fit to features (N, D), N at least 2."""
        mean = features.mean(axis=0)
        centred = features - mean
        return cls(mean, centred.T @ centred / (len(features) - 1))


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Squared 2-Wasserstein distance of two Gaussians, never negative.

    ``|μa - μb|² + tr Σa + tr Σb - 2 tr (Σa^½ Σb Σa^½)^½``  (Dowson & Landau 1982; as
    a measure of generators Heusel et al. 2017, arXiv:1706.08500). The product is kept
    symmetric, so its eigenvalues are real without discarding an imaginary part, and
    those that rounding made negative are clipped at 0.
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ b.covariance @ root)
    overlap = np.sqrt(inner.clip(min=0)).sum()
    shift = a.mean - b.mean
    traces = np.trace(a.covariance) + np.trace(b.covariance)
    return max(0.0, float(shift @ shift + traces - 2 * overlap))


def fid(features: Matrix, reference: Matrix) -> float:
    """Fréchet distance between the Gaussians of two feature sets (N, D) and (M, D)."""
    return frechet_distance(Gaussian.of(features), Gaussian.of(reference))


def fid_infinity(features: Matrix, reference: Matrix) -> float:
    """Fréchet distance extrapolated to infinitely many samples.

    The distance has a bias that falls like 1/N. It is taken at 15 sizes between N/5 and
    N, each a random subset, and a line in 1/n is read off at 0 (Chong & Forsyth 2020,
    arXiv:1911.07023). The reference set stays finite, so real samples do not give
    exactly 0, and an estimate may be slightly negative.
    """
    sizes = np.linspace(len(features) / 5, len(features), _INFINITY_POINTS).astype(int)
    shuffled = np.random.default_rng(0)
    fixed = Gaussian.of(reference)
    distances = [
        frechet_distance(
            Gaussian.of(features[shuffled.choice(len(features), n, replace=False)]), fixed
        )
        for n in sizes
    ]
    _slope, intercept = np.polyfit(1 / sizes, distances, 1)
    return float(intercept)


def kid(features: Matrix, reference: Matrix) -> float:
    """Kernel Inception distance on the same features: unbiased, so it may be negative.

    Squared maximum mean discrepancy with ``k(x, y) = (x·y / D + 1)³``, the U-statistic
    over all pairs rather than over random subsets (Bińkowski et al. 2018,
    arXiv:1801.01401). Unlike the Fréchet distance its mean does not depend on N.
    """
    samples, real = _Moments.of(features), _Moments.of(reference)
    return samples.mean_kernel_within() + real.mean_kernel_within() - 2 * samples.mean_kernel(real)


@dataclass(frozen=True)
class _Moments:
    """What a cubic kernel sees of a set: its first three moments.

    ``Σ Σ (x·y / D + 1)³`` expands into inner products of the moments of the two sets,
    so all N² pairs cost one pass over N points.
    """

    count: int
    first: Matrix
    second: Matrix
    third: Matrix
    diagonal: float
    """Sum of ``k(x, x)``."""

    @classmethod
    def of(cls, points: Matrix) -> _Moments:
        scaled = points / np.sqrt(points.shape[1])
        dimension = points.shape[1]
        third = np.zeros((dimension, dimension * dimension))
        for start in range(0, len(scaled), _KID_BLOCK):
            block = scaled[start : start + _KID_BLOCK]
            third += block.T @ (block[:, :, None] * block[:, None, :]).reshape(len(block), -1)
        diagonal = float((((scaled * scaled).sum(axis=1) + 1) ** 3).sum())
        return cls(len(points), scaled.sum(axis=0), scaled.T @ scaled, third, diagonal)

    def kernel_sum(self, other: _Moments) -> float:
        """``k`` summed over all pairs of the two sets."""
        cubic = np.vdot(self.third, other.third)
        square = np.vdot(self.second, other.second)
        linear = np.vdot(self.first, other.first)
        return float(cubic + 3 * square + 3 * linear) + self.count * other.count

    def mean_kernel(self, other: _Moments) -> float:
        return self.kernel_sum(other) / (self.count * other.count)

    def mean_kernel_within(self) -> float:
        """The mean over pairs of different points."""
        pairs = self.count * (self.count - 1)
        return (self.kernel_sum(self) - self.diagonal) / pairs


def lab_sheet_fid(features_real: Matrix, features_fake: Matrix) -> float:
    """The lab sheet's "proxy FID-like" number, kept for continuity with old hand-ins.

    The same Fréchet distance, on a GAN discriminator's last convolution averaged over
    space, (N, 128) each. The yardstick is whatever that discriminator has learnt: it
    moves with its training, was itself trained against one of the generators it judges,
    and its scale is arbitrary. Comparable only within one run.
    """
    return fid(np.asarray(features_fake, np.float64), np.asarray(features_real, np.float64))
