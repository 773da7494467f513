"""Nearest neighbours by brute force, in blocks, with exact float64 distances.

Ten thousand points in 64 dimensions need no index: one block of 500 rows is a matrix
product and a partial sort, and memory stays below 100 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

#: Features nearer than this are all but equal: among the 20,000 bundled images of each set
#: there is at most one such pair.
COPY_DISTANCE = 0.2
_BLOCK = 500


def distance_blocks(a: Matrix, b: Matrix) -> Iterator[tuple[slice, Matrix]]:
    """Squared Euclidean distances from a (N, D) to b (M, D), a block of rows at a time."""
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
    """Each point's neighbours within its own set."""

    radius_squared: Matrix
    """(N,) squared distance to the k-th nearest other point."""
    copies: NDArray[np.int64]
    """(N,) other points nearer than `COPY_DISTANCE`."""


def within(points: Matrix, k: int) -> Neighbours:
    """Neighbours of points (N, D) among themselves, a point not counting as its own.

    Needs N greater than k.
    """
    count = len(points)
    radius_squared, copies = np.empty(count), np.empty(count, np.int64)
    for rows, squares in distance_blocks(points, points):
        own = np.arange(rows.start, rows.stop)
        squares[own - rows.start, own] = np.inf
        copies[rows] = (squares < COPY_DISTANCE**2).sum(axis=1)
        radius_squared[rows] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    return Neighbours(radius_squared, copies)


def nearest_squared(a: Matrix, b: Matrix) -> tuple[Matrix, Matrix]:
    """Squared distance from each of a (N, D) to its nearest in b (M, D), and the reverse."""
    from_a, from_b = np.empty(len(a)), np.full(len(b), np.inf)
    for rows, squares in distance_blocks(a, b):
        from_a[rows] = squares.min(axis=1)
        np.minimum(from_b, squares.min(axis=0), out=from_b)
    return from_a, from_b
