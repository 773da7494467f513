"""Distances between the distributions of two feature sets: Fréchet distance, FID∞, KID.

Computed in float64. Since features are standardised over the training set, a shift of one of
the 64 features by its standard deviation adds 1 to the Fréchet distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.measure import on_device

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
        """Fit to features (N, D), N >= 2."""
        mean = features.mean(axis=0)
        centred = features - mean
        return cls(mean, centred.T @ centred / (len(features) - 1))


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Squared 2-Wasserstein distance of two Gaussians, never negative.

    ``|μa - μb|² + tr Σa + tr Σb - 2 tr (Σa^½ Σb Σa^½)^½`` (Dowson & Landau 1982; for
    generative models Heusel et al. 2017, arXiv:1706.08500). The product is symmetric, so its
    eigenvalues are real; those that rounding makes negative are clipped at 0.
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
    """Fréchet distance extrapolated to infinitely many samples (FID∞).

    Its bias falls like 1/N. The distances of random subsets of 15 sizes n from N/5 to N are
    fitted by a line in 1/n, whose value at 0 is returned (Chong & Forsyth 2020,
    arXiv:1911.07023). The bias from the finite reference stays; the estimate may be slightly
    negative.

    Args:
        features: (N, D).
        reference: (M, D).
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


def kid(samples: Moments, real: Moments) -> float:
    """Kernel distance (KID) of two sets of features; unbiased, so it may be negative.

    Squared maximum mean discrepancy with ``k(x, y) = (x·y / D + 1)³`` (Bińkowski et al. 2018,
    arXiv:1801.01401), as the U-statistic over all pairs, not over random subsets. Unlike the
    Fréchet distance, its mean does not depend on N.
    """
    return samples.mean_kernel_within() + real.mean_kernel_within() - 2 * samples.mean_kernel(real)


@dataclass(frozen=True)
class Moments:
    """The first three moments of a set of points, all that a cubic kernel's mean depends on.

    ``Σ Σ (x·y / D + 1)³`` expands into inner products of the two sets' moments, so the sum over
    all pairs takes one pass over each set.
    """

    count: int
    first: Matrix
    second: Matrix
    third: Matrix
    diagonal: float
    """Sum of ``k(x, x)``."""

    @classmethod
    def of(cls, points: Matrix, device: torch.device | None = None) -> Moments:
        """Of points (N, D), computed on a device or by NumPy."""
        scaled = points / np.sqrt(points.shape[1])
        third = _third(scaled) if device is None else on_device.third_moment(scaled, device)
        diagonal = float((((scaled * scaled).sum(axis=1) + 1) ** 3).sum())
        return cls(len(points), scaled.sum(axis=0), scaled.T @ scaled, third, diagonal)

    def kernel_sum(self, other: Moments) -> float:
        """``k`` summed over all pairs of the two sets."""
        cubic = np.vdot(self.third, other.third)
        square = np.vdot(self.second, other.second)
        linear = np.vdot(self.first, other.first)
        return float(cubic + 3 * square + 3 * linear) + self.count * other.count

    def mean_kernel(self, other: Moments) -> float:
        return self.kernel_sum(other) / (self.count * other.count)

    def mean_kernel_within(self) -> float:
        """The mean over pairs of different points."""
        pairs = self.count * (self.count - 1)
        return (self.kernel_sum(self) - self.diagonal) / pairs


def _third(points: Matrix) -> Matrix:
    """Sum over points (N, D) of ``x ⊗ x ⊗ x``, as (D, D²)."""
    dimension = points.shape[1]
    third = np.zeros((dimension, dimension * dimension))
    for start in range(0, len(points), _KID_BLOCK):
        block = points[start : start + _KID_BLOCK]
        third += block.T @ (block[:, :, None] * block[:, None, :]).reshape(len(block), -1)
    return third


def lab_sheet_fid(features_real: Matrix, features_fake: Matrix) -> float:
    """The lab sheet's "proxy FID-like" number, for continuity with earlier hand-ins.

    The Fréchet distance of a GAN discriminator's features, (M, 128) and (N, 128): its last
    convolution averaged over space. Its scale is arbitrary and changes with the
    discriminator's training, so values are comparable within one discriminator only.
    """
    return fid(np.asarray(features_fake, np.float64), np.asarray(features_real, np.float64))
