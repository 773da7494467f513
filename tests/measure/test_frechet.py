"""Fréchet distance, FID∞ and KID: known values, properties, and other people's code."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.measure.frechet import (
    Gaussian,
    Moments,
    fid,
    fid_infinity,
    frechet_distance,
    lab_sheet_fid,
)
from labkit.measure.frechet import kid as kid_of


def kid(features: np.ndarray, reference: np.ndarray) -> float:
    return kid_of(Moments.of(features), Moments.of(reference))


def clusters(seed: int, count: int, shift: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Correlated points (count, 64), not centred."""
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(64, 64)) / 8
    return rng.normal(size=(count, 64)) @ mix * scale + shift


@given(
    st.lists(st.floats(-5, 5), min_size=3, max_size=3),
    st.lists(st.floats(0.01, 9), min_size=3, max_size=3),
    st.lists(st.floats(0.01, 9), min_size=3, max_size=3),
)
@settings(deadline=None, max_examples=50)
def test_axis_aligned_gaussians_have_a_closed_form(mean, variances, others):
    """For commuting covariances the distance is Σ (μ² + (σa - σb)²)."""
    a = Gaussian(np.zeros(3), np.diag(variances))
    b = Gaussian(np.array(mean), np.diag(others))
    spread = (np.sqrt(variances) - np.sqrt(others)) ** 2
    expected = float(np.square(mean).sum() + spread.sum())
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_set_is_at_distance_zero_from_itself_and_singular_covariances_are_no_trouble():
    points = clusters(0, 30)  # fewer points than dimensions: rank 29
    assert fid(points, points) == pytest.approx(0, abs=1e-5)
    constant = np.ones((30, 64))
    assert fid(constant, constant) == 0
    assert fid(constant, constant + 2) == pytest.approx(64 * 4)


def test_the_distance_is_symmetric():
    a, b = clusters(1, 500), clusters(2, 400, shift=0.3, scale=2)
    assert fid(a, b) == pytest.approx(fid(b, a), rel=1e-9)


def test_extrapolation_removes_most_of_the_bias_of_few_samples():
    reference = clusters(3, 20_000)
    few = clusters(4, 600)
    biased, extrapolated = fid(few, reference), fid_infinity(few, reference)
    assert biased > 0.3
    assert abs(extrapolated) < biased / 4


def test_extrapolation_is_repeatable():
    a, b = clusters(5, 700), clusters(6, 700, shift=0.1)
    assert fid_infinity(a, b) == fid_infinity(a, b)


def test_kid_equals_the_sum_over_all_pairs():
    x, y = clusters(7, 150), clusters(8, 130, shift=0.2)

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / 64 + 1) ** 3

    within_x = (kernel(x, x).sum() - kernel(x, x).trace()) / (150 * 149)
    within_y = (kernel(y, y).sum() - kernel(y, y).trace()) / (130 * 129)
    assert kid(x, y) == pytest.approx(within_x + within_y - 2 * kernel(x, y).mean(), rel=1e-9)


def test_kid_is_zero_on_average_for_equal_distributions_and_not_for_shifted_ones():
    same = [kid(clusters(s, 200), clusters(s + 500, 200)) for s in range(40)]
    error = np.std(same) / np.sqrt(40)
    assert abs(np.mean(same)) < 4 * error
    assert np.mean([kid(clusters(s, 200, 0.3), clusters(s + 500, 200)) for s in range(5)]) > (
        20 * error
    )


def test_the_lab_sheets_number_is_a_plain_frechet_distance_in_float64():
    real = np.random.default_rng(0).normal(size=(500, 128)).astype(np.float32)
    fake = real * np.float32(1.5)
    assert lab_sheet_fid(real, fake) == pytest.approx(
        fid(real.astype(np.float64), fake.astype(np.float64)), rel=1e-12
    )


class _Features(torch.nn.Module):
    """Passes features through, dressed as images of shape (64, 1, 1)."""

    num_features = 64

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, :64].double()


@pytest.mark.slow
def test_fid_and_kid_agree_with_torchmetrics():
    from torchmetrics.image.fid import FrechetInceptionDistance
    from torchmetrics.image.kid import KernelInceptionDistance

    real, fake = clusters(10, 400), clusters(11, 400, shift=0.3, scale=1.4)
    theirs = FrechetInceptionDistance(
        feature=_Features(), normalize=True, input_img_size=(64, 1, 1)
    ).set_dtype(torch.float64)
    kernel = KernelInceptionDistance(
        feature=_Features(), subsets=1, subset_size=400, normalize=True
    )
    for metric in (theirs, kernel):
        for points, is_real in ((real, True), (fake, False)):
            metric.update(torch.from_numpy(points).reshape(-1, 64, 1, 1), real=is_real)
    assert fid(fake, real) == pytest.approx(float(theirs.compute()), rel=1e-6)
    assert kid(fake, real) == pytest.approx(float(kernel.compute()[0]), rel=1e-6)
