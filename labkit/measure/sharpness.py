"""Sharpness of images, as the energy of their gradients."""

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.measure import on_device


def gradient_energy(
    images: NDArray[np.uint8], device: torch.device | None = None
) -> NDArray[np.float64]:
    """Images, uint8 (N, 28, 28) -> (N,) mean squared differences of adjacent pixels, 0..1.

    Over horizontal and vertical pairs. Blur lowers it; noise, sharp edges and more strokes
    raise it.
    """
    if device is not None:
        return on_device.gradient_energy(images, device)
    energies = np.empty(len(images))
    for start in range(0, len(images), 1000):
        pixels = images[start : start + 1000].astype(np.float32) / 255
        across = np.square(np.diff(pixels, axis=2)).sum(axis=(1, 2), dtype=np.float64)
        down = np.square(np.diff(pixels, axis=1)).sum(axis=(1, 2), dtype=np.float64)
        energies[start : start + 1000] = (across + down) / (2 * 28 * 27)
    return energies


def relative_sharpness(
    images: NDArray[np.uint8], real: NDArray[np.uint8], device: torch.device | None = None
) -> float:
    """Mean gradient energy of images over that of real ones: 1 is as sharp, below 1 blurred.

    Args:
        images: uint8 (N, 28, 28), e.g. reconstructions.
        real: uint8 (M, 28, 28), e.g. their originals; not all blank.
        device: where to compute; None for NumPy.
    """
    return float(gradient_energy(images, device).mean() / gradient_energy(real, device).mean())
