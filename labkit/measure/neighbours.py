"""Nearest neighbours by exhaustive search in blocks, with float64 distances.

For 10,000 points in 64 dimensions no index is needed: a block of 500 rows is one matrix product,
and takes less than 100 MB. The rest is done by the few rows that fit into a processor's cache.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.measure import on_device

Matrix = NDArray[np.float64]

#: Images are near-copies if their features are nearer than this: among the 20,000 bundled
#: images of each data set there is at most one such pair.
COPY_DISTANCE = 0.2
_BLOCK, _ROWS = 500, 16
#: Points of a group, of which only the nearest is looked at first.
_GROUP = 100


def distance_blocks(a: Matrix, b: Matrix) -> Iterator[tuple[slice, Matrix]]:
    """Yield row slices of a (N, D) with their squared Euclidean distances (rows, M) to b (M, D)."""
    b_squares = (b * b).sum(axis=1)
    for start in range(0, len(a), _BLOCK):
        part = a[start : start + _BLOCK]
        products, a_squares = (-2 * part) @ b.T, (part * part).sum(axis=1)
        for row in range(0, len(part), _ROWS):
            squares = products[row : row + _ROWS]
            squares += a_squares[row : row + _ROWS, None]
            squares += b_squares
            first = start + row
            yield slice(first, first + len(squares)), squares.clip(min=0, out=squares)


@dataclass(frozen=True)
class Neighbours:
    """Neighbours of N points among themselves."""

    radius_squared: Matrix
    """(N,) squared distance to the k-th nearest other point."""
    copies: NDArray[np.int64]
    """(N,) number of other points nearer than `COPY_DISTANCE`."""
    nearest_squared: Matrix
    """(N,) squared distance to the nearest other point."""


def within(points: Matrix, k: int, device: torch.device | None = None) -> Neighbours:
    """Find the neighbours of points (N, D) among the other N - 1; needs N > k."""
    if device is not None:
        return Neighbours(*on_device.within(points, k, COPY_DISTANCE**2, device))
    count = len(points)
    radius_squared, copies, nearest = np.empty(count), np.empty(count, np.int64), np.empty(count)
    for rows, squares in distance_blocks(points, points):
        own = np.arange(rows.start, rows.stop)
        squares[own - rows.start, own] = np.inf
        copies[rows] = (squares < COPY_DISTANCE**2).sum(axis=1)
        nearest[rows] = squares.min(axis=1)
        radius_squared[rows] = _smallest(squares, k)
    return Neighbours(radius_squared, copies, nearest)


def _smallest(values: Matrix, k: int) -> Matrix:
    """The k-th smallest value of each row of (R, M), M >= k.

    It lies in one of the k groups of columns with the smallest minima, or in those left over.
    """
    groups = values.shape[1] // _GROUP
    if groups > k:
        grouped = values[:, : groups * _GROUP].reshape(len(values), groups, _GROUP)
        nearest = np.argpartition(grouped.min(axis=2), k - 1, axis=1)[:, :k, None]
        chosen = np.take_along_axis(grouped, nearest, axis=1).reshape(len(values), -1)
        values = np.concatenate([chosen, values[:, groups * _GROUP :]], axis=1)
    smallest: Matrix = np.partition(values, k - 1, axis=1)[:, k - 1]
    return smallest


def others_balls(
    points: Matrix, radius_squared: Matrix, device: torch.device | None = None
) -> NDArray[np.int64]:
    """(N,) number of the others' balls, edges included, that each of points (N, D) lies in.

    A ball is around a point, its squared radius in `radius_squared` (N,). Distances are those of
    :func:`within` to the bit, so a ball up to the k-th neighbour holds k points.
    """
    if device is not None:
        return on_device.others_balls(points, radius_squared, device)
    found = np.zeros(len(points), np.int64)
    for rows, squares in distance_blocks(points, points):
        own = np.arange(rows.start, rows.stop)
        squares[own - rows.start, own] = np.inf
        found += (squares <= radius_squared[rows, None]).sum(axis=0)
    return found


def nearest_squared(
    a: Matrix, b: Matrix, device: torch.device | None = None
) -> tuple[Matrix, Matrix]:
    """Squared distances (N,) from a (N, D) to the nearest of b (M, D), and (M,) the reverse."""
    if device is not None:
        return on_device.nearest_squared(a, b, device)
    from_a, from_b = np.empty(len(a)), np.full(len(b), np.inf)
    for rows, squares in distance_blocks(a, b):
        from_a[rows] = squares.min(axis=1)
        np.minimum(from_b, squares.min(axis=0), out=from_b)
    return from_a, from_b
