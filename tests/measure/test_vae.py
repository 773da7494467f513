"""VAE measures on latent spaces whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labkit import catalog
from labkit.data import load
from labkit.measure.evaluate import measure_vae
from labkit.measure.vae import active_dimensions, kl_per_dimension, mmd_to_prior

LOSSES = {"test_total_loss": 100.0, "test_recon_loss": 90.0, "test_kl_loss": 10.0}


def test_kl_matches_torchs_own():
    import torch
    from torch.distributions import Normal, kl_divergence

    rng = np.random.default_rng(0)
    mean, log_variance = rng.normal(size=(50, 4)), rng.normal(size=(50, 4))
    posterior = Normal(torch.tensor(mean), torch.tensor(log_variance).mul(0.5).exp())
    theirs = kl_divergence(posterior, Normal(0.0, 1.0)).mean(0).numpy()
    np.testing.assert_allclose(kl_per_dimension(mean, log_variance), theirs, rtol=1e-9)


def test_a_posterior_equal_to_the_prior_has_no_kl_and_no_active_unit():
    nothing = np.zeros((100, 8))
    assert kl_per_dimension(nothing, nothing).tolist() == [0] * 8
    assert not active_dimensions(nothing).any()


@pytest.mark.parametrize(("spread", "active"), [(0.09, False), (0.11, True)])
def test_a_unit_is_active_above_a_variance_of_a_hundredth(spread, active):
    mean = np.tile([[-spread], [spread]], (500, 1))  # standard deviation = spread
    assert active_dimensions(mean).tolist() == [active]


def test_codes_that_follow_the_prior_are_at_distance_zero_and_others_are_not():
    rng = np.random.default_rng(1)
    for d in (2, 32):
        # Aggregated: half the variance in the means, half in the posteriors.
        mean = rng.normal(0, math.sqrt(0.5), (3000, d))
        matching = mmd_to_prior(mean, np.full((3000, d), math.log(0.5)))
        assert abs(matching) < 2e-4
        too_narrow = mmd_to_prior(mean, np.full((3000, d), math.log(0.01)))
        shifted = mmd_to_prior(mean + 0.5, np.full((3000, d), math.log(0.5)))
        assert min(too_narrow, shifted) > 10 * abs(matching)
        assert min(too_narrow, shifted) > 2e-3


def test_all_of_it_on_real_images():
    images = load("MNIST", "test", "bundled", 300).images
    rng = np.random.default_rng(0)
    mean = rng.normal(size=(300, 4)).astype(np.float32) * [1, 1, 1, 0]
    blurred = ((images.astype(int) + np.roll(images, 1, 2) + np.roll(images, 1, 1)) // 3).astype(
        np.uint8
    )
    found = measure_vae(blurred, images, mean, np.zeros((300, 4)), LOSSES, "MNIST")
    assert found.metrics["active_units"] == 3
    assert found.metrics["posterior_collapse"] == 0
    assert found.metrics["test_kl_loss"] == 10
    assert 0.1 < found.metrics["recon_sharpness"] < 0.8
    assert found.metrics["recon_proxy_fid"] > 1
    assert found.details["active_dimensions"] == [True, True, True, False]
    assert len(found.details["kl_per_dimension"]) == 4
    collapsed = measure_vae(blurred, images, mean * 0, np.zeros((300, 4)), LOSSES)
    assert collapsed.metrics["posterior_collapse"] == 1
    assert set(found.metrics) | set(collapsed.metrics) <= set(catalog.METRICS)
