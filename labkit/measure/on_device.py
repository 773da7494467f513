"""The measures that take long, on a graphics card: NumPy's formulas in torch.

The modules of these measures compute with NumPy unless they are given a device, and then call
their counterparts here: arrays in, arrays out, in float64 and in blocks that fit beside the
cells at work. Both sum in their own order, so values agree to about twelve digits and not to
the bit. What is small (64 x 64 matrices, shares of ten classes) stays with NumPy.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Matrix = NDArray[np.float64]

_BLOCK = 500


def measured_on(device: torch.device) -> torch.device | None:
    """Where a cell of `device` is measured: on a CUDA card, else by NumPy (None).

    Apple's MPS has no float64.
    """
    return device if device.type == "cuda" else None


def within(
    points: Matrix, k: int, near_squared: float, device: torch.device
) -> tuple[Matrix, NDArray[np.int64], Matrix]:
    """:func:`labkit.measure.neighbours.within`, with the distance of a copy."""
    found = []
    for rows, squares in _distances(points, points, device):
        squares.diagonal(rows.start).fill_(torch.inf)  # a point is not its own neighbour
        first = squares.topk(k, largest=False).values
        copies = (squares < near_squared).sum(dim=1)
        found.append((first.amax(dim=1), copies, first.amin(dim=1)))
    radii, number, nearest = (_array(torch.cat(each)) for each in zip(*found, strict=True))
    return radii, number, nearest


def others_balls(points: Matrix, radius_squared: Matrix, device: torch.device) -> NDArray[np.int64]:
    """:func:`labkit.measure.neighbours.others_balls`."""
    radii, found = _tensor(radius_squared, device), []
    for rows, squares in _distances(points, points, device):
        squares.diagonal(rows.start).fill_(torch.inf)
        found.append((squares <= radii[rows, None]).sum(dim=0))
    return _array(torch.stack(found).sum(dim=0))


def nearest_squared(a: Matrix, b: Matrix, device: torch.device) -> tuple[Matrix, Matrix]:
    """:func:`labkit.measure.neighbours.nearest_squared`."""
    blocks = [(each.amin(dim=1), each.amin(dim=0)) for _, each in _distances(a, b, device)]
    from_a, from_b = zip(*blocks, strict=True)
    return _array(torch.cat(from_a)), _array(torch.stack(from_b).amin(dim=0))


def compare(
    samples: Matrix,
    own_squared: Matrix,
    real: Matrix,
    real_squared: Matrix,
    clipped_squared: Matrix,
    device: torch.device,
) -> tuple[NDArray[Any], ...]:
    """:func:`labkit.measure.manifold.compare`, of squared radii: the fields of its result."""
    own, others = _tensor(own_squared, device), _tensor(real_squared, device)
    clipped, of_samples, of_real = _tensor(clipped_squared, device), [], []
    for rows, squares in _distances(samples, real, device):
        inside = squares < others
        near = (squares <= clipped).sum(dim=1)
        of_samples.append((inside.sum(dim=1), near, squares.amin(dim=1)))
        recalled = (squares < own[rows, None]).any(dim=0)
        of_real.append((recalled, inside.sum(dim=0), squares.amin(dim=0)))
    balls, near, to_real = (torch.cat(each) for each in zip(*of_samples, strict=True))
    recalled, held, to_sample = (torch.stack(each) for each in zip(*of_real, strict=True))
    found = (balls, recalled.any(dim=0), held.sum(dim=0), near, to_real, to_sample.amin(dim=0))
    return tuple(map(_array, found))


def third_moment(points: Matrix, device: torch.device) -> Matrix:
    """Sum over points (N, D) of ``x ⊗ x ⊗ x``, as (D, D²)."""
    dimension = points.shape[1]
    total = torch.zeros(dimension, dimension**2, dtype=torch.float64, device=device)
    for block in torch.split(_tensor(points, device), _BLOCK):
        total += block.T @ (block[:, :, None] * block[:, None, :]).flatten(1)
    return _array(total)


def kernel_sum(codes: Matrix, device: torch.device) -> float:
    """Sum over all pairs of codes (N, d) of ``exp(-|z - z'|² / 2d)``."""
    total = torch.zeros((), dtype=torch.float64, device=device)
    for _, squares in _distances(codes, codes, device):
        total += squares.div_(-2 * codes.shape[1]).exp_().sum()
    return float(total)


def gradient_energy(images: NDArray[np.uint8], device: torch.device) -> Matrix:
    """:func:`labkit.measure.sharpness.gradient_energy`."""
    energies = []
    for part in torch.split(_tensor(images, device), _BLOCK):
        pixels = part.double() / 255
        across, down = (pixels.diff(dim=dim).square().sum(dim=(1, 2)) for dim in (2, 1))
        energies.append((across + down) / (2 * 28 * 27))
    return _array(torch.cat(energies))


def _distances(a: Matrix, b: Matrix, device: torch.device) -> Iterator[tuple[slice, Tensor]]:
    """Row slices of a (N, D), their squared distances to b (M, D); the receiver may write there."""
    ours, theirs = _tensor(a, device), _tensor(b, device)
    norms = theirs.square().sum(dim=1)
    for start in range(0, len(ours), _BLOCK):
        part = ours[start : start + _BLOCK]
        squares = torch.addmm(norms, part, theirs.T, alpha=-2) + part.square().sum(1, keepdim=True)
        yield slice(start, start + len(part)), squares.clamp_(min=0)


def _tensor(array: NDArray[Any], device: torch.device) -> Tensor:
    return torch.from_numpy(np.array(array)).to(device)


def _array(values: Tensor) -> NDArray[Any]:
    array: NDArray[Any] = values.cpu().numpy()
    return array
