"""Sharpness as a number, so that "sharp" and "blurry" are measured, not said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def gradient_energy(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean squared difference of neighbouring pixels of each image (N, 28, 28), in 0..1.

    Horizontal and vertical neighbours count alike. Blur lowers it, noise and hard edges
    raise it; so does more ink.

    Returns:
        (N,)
    """
    energies = np.empty(len(images))
    for start in range(0, len(images), 1000):
        pixels = images[start : start + 1000].astype(np.float32) / 255
        across = np.square(np.diff(pixels, axis=2)).sum(axis=(1, 2), dtype=np.float64)
        down = np.square(np.diff(pixels, axis=1)).sum(axis=(1, 2), dtype=np.float64)
        energies[start : start + 1000] = (across + down) / (2 * 28 * 27)
    return energies


def relative_sharpness(images: NDArray[np.uint8], real: NDArray[np.uint8]) -> float:
    """Gradient energy of images over that of the real ones they stand for: 1 is as sharp.

    Args:
        images: uint8 (N, 28, 28), e.g. reconstructions.
        real: uint8 (M, 28, 28), e.g. what they reconstruct; not all blank.
    """
    return float(gradient_energy(images).mean() / gradient_energy(real).mean())
