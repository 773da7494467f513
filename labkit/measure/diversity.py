"""Diversity: the Vendi score, and the effective number of distinct samples."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def squared_distances(points: Matrix) -> Matrix:
    """All squared Euclidean distances (N, N) of points (N, D)."""
    squares = (points * points).sum(axis=1)
    distances = squares[:, None] + squares - 2 * (points @ points.T)
    result: Matrix = distances.clip(min=0)
    return result


def half_median_distance(points: Matrix) -> float:
    """Half the median Euclidean distance between points (N, D), for `vendi_score`'s length."""
    pairs = np.triu_indices(len(points), 1)
    return float(np.sqrt(np.median(squared_distances(points)[pairs])) / 2)


def vendi_score(points: Matrix, length: float) -> float:
    """Effective number of different points, from 1 (all equal) to N.

    ``exp(-Σ λ log λ)`` over the eigenvalues of ``K / N`` with the Gaussian kernel
    ``K = exp(-|x - y|² / 2 length²)`` (Friedman & Dieng 2023, arXiv:2210.02410). It
    grows with N: compare only scores of equally many points.

    Args:
        points: (N, D).
        length: the kernel's length scale.
    """
    kernel = np.exp(squared_distances(points) / (-2 * length**2)) / len(points)
    values = np.linalg.eigvalsh(kernel)
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))


def effective_distinct(copies: NDArray[np.int64]) -> float:
    """Effective number of distinct samples, from 1 to N.

    ``N / (1 + mean c)`` with ``c_i`` near-copies of sample i: N without any, k for k images
    repeated equally often. After the birthday paradox test (Arora & Zhang 2017,
    arXiv:1706.08224), on all pairs instead of one batch.

    Args:
        copies: (N,) number of other samples nearly equal to each.
    """
    return len(copies) / (1.0 + float(copies.mean()))
