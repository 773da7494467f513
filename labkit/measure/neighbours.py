"""Nearest neighbours by exhaustive search in blocks, with float64 distances.

For 10,000 points in 64 dimensions no index is needed: a block of 500 rows is one matrix product
and a partial sort, and takes less than 100 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

#: Images are near-copies if their features are nearer than this: among the 20,000 bundled
#: images of each data set there is at most one such pair.
COPY_DISTANCE = 0.2
_BLOCK = 500


def distance_blocks(a: Matrix, b: Matrix) -> Iterator[tuple[slice, Matrix]]:
    """Yield row slices of a (N, D) with their squared Euclidean distances (rows, M) to b (M, D)."""
    b_squares = (b * b).sum(axis=1)
    for start in range(0, len(a), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(a)))
        part = a[rows]
        squares = part @ b.T
        squares *= -2
        squares += (part * part).sum(axis=1)[:, None]
        squares += b_squares
        yield rows, squares.clip(min=0, out=squares)


@dataclass(frozen=True)
class Neighbours:
    """Neighbours of N points among themselves."""

    radius_squared: Matrix
    """(N,) squared distance to the k-th nearest other point."""
    copies: NDArray[np.int64]
    """(N,) number of other points nearer than `COPY_DISTANCE`."""


def within(points: Matrix, k: int) -> Neighbours:
    """Find the neighbours of points (N, D) among the other N - 1; needs N > k."""
    count = len(points)
    radius_squared, copies = np.empty(count), np.empty(count, np.int64)
    for rows, squares in distance_blocks(points, points):
        own = np.arange(rows.start, rows.stop)
        squares[own - rows.start, own] = np.inf
        copies[rows] = (squares < COPY_DISTANCE**2).sum(axis=1)
        radius_squared[rows] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    return Neighbours(radius_squared, copies)


def nearest_squared(a: Matrix, b: Matrix) -> tuple[Matrix, Matrix]:
    """Squared distances (N,) from a (N, D) to the nearest of b (M, D), and (M,) the reverse."""
    from_a, from_b = np.empty(len(a)), np.full(len(b), np.inf)
    for rows, squares in distance_blocks(a, b):
        from_a[rows] = squares.min(axis=1)
        np.minimum(from_b, squares.min(axis=0), out=from_b)
    return from_a, from_b
