"""Sharpness as a number, so that "sharp" and "blurry" are measured, not said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def gradient_energy(images: NDArray[np.uint8]) -> float:
    """Mean squared difference of neighbouring pixels, over images (N, 28, 28) in 0..1.

    Horizontal and vertical neighbours count alike. Blur lowers it, noise and hard edges
    raise it; so does more ink.
    """
    total = 0.0
    for start in range(0, len(images), 1000):
        pixels = images[start : start + 1000].astype(np.float32) / 255
        across = np.square(np.diff(pixels, axis=2)).sum(dtype=np.float64)
        down = np.square(np.diff(pixels, axis=1)).sum(dtype=np.float64)
        total += float(across + down)
    return total / (len(images) * 2 * 28 * 27)


def relative_sharpness(images: NDArray[np.uint8], real: NDArray[np.uint8]) -> float:
    """Gradient energy of images over that of real ones: 1 is as sharp as real.

    Args:
        images: uint8 (N, 28, 28).
        real: uint8 (M, 28, 28), not all blank.
    """
    return gradient_energy(images) / gradient_energy(real)
