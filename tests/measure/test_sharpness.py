"""Sharpness: exact on edges, monotone in blur, blind to position."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from labkit.data import load
from labkit.measure.sharpness import gradient_energy, relative_sharpness


def test_one_edge_has_the_energy_of_one_edge():
    images = np.zeros((3, 28, 28), np.uint8)
    images[:, :, 14:] = 255  # one full step in each of 28 rows
    assert gradient_energy(images) == pytest.approx([28 / (2 * 28 * 27)] * 3)
    assert gradient_energy(images.transpose(0, 2, 1)) == pytest.approx([28 / (2 * 28 * 27)] * 3)


@pytest.mark.parametrize("dataset", ["MNIST", "FashionMNIST"])
def test_blur_lowers_it_step_by_step_and_noise_raises_it(dataset):
    real = load(dataset, "test", "bundled", 500).images
    values = [
        relative_sharpness(ndimage.gaussian_filter(real, (0, sigma, sigma)), real)
        for sigma in (0, 0.5, 1, 2)
    ]
    assert values[0] == 1
    assert values == sorted(values, reverse=True)
    assert values[2] < 0.6
    noisy = np.clip(real + np.random.default_rng(0).normal(0, 40, real.shape), 0, 255)
    assert relative_sharpness(noisy.astype(np.uint8), real) > 1.1
