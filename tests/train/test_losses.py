"""Losses against closed forms, on both sides of each tolerance."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from labkit.catalog import LOSSES, RECONSTRUCTIONS, resolve
from labkit.train import losses


def test_hinge_is_zero_beyond_the_margin_and_linear_within() -> None:
    discriminator, generator = losses.hinge()
    assert discriminator(torch.tensor([1.0, 5.0]), torch.tensor([-1.0, -9.0])) == 0
    assert discriminator(torch.tensor([1.0 - 1e-3]), torch.tensor([-1.0])) == pytest.approx(
        1e-3, rel=1e-3
    )
    assert discriminator(torch.tensor([1.0]), torch.tensor([-1.0 + 1e-3])) == pytest.approx(
        1e-3, rel=1e-3
    )
    assert generator(torch.tensor([2.0, -4.0])) == 1.0


def test_bce_is_the_log_loss_and_does_not_overflow() -> None:
    discriminator, generator = losses.bce()
    real, fake = torch.tensor([0.3, -1.2]), torch.tensor([2.0, -0.7])
    expected = (
        -Bernoulli(logits=real).log_prob(torch.ones(2)).mean()
        - Bernoulli(logits=fake).log_prob(torch.zeros(2)).mean()
    )
    assert discriminator(real, fake) == pytest.approx(expected.item(), rel=1e-6)
    assert generator(torch.tensor([0.0])) == pytest.approx(math.log(2))
    assert generator(torch.tensor([-1000.0])) == 1000.0
    assert generator(torch.tensor([1000.0])) == 0.0


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_rewards_the_right_side(name: str) -> None:
    discriminator, generator = resolve(LOSSES[name].target)()
    high, low = torch.full((4, 1), 2.0), torch.full((4, 1), -2.0)
    assert discriminator(high, low) < discriminator(low, high)
    assert generator(high) < generator(low)
    assert discriminator(high, low).shape == generator(high).shape == ()


def test_kl_of_known_gaussians() -> None:
    mean, log_variance = torch.tensor([[0.5, -1.0]]), torch.tensor([[0.2, -0.4]])
    ours = losses.kl_to_standard_normal(mean, log_variance)
    theirs = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-7)
    assert losses.kl_to_standard_normal(torch.zeros(1, 3), torch.zeros(1, 3)).sum() == 0
    assert losses.kl_to_standard_normal(torch.full((1, 1), 1e-2), torch.zeros(1, 1)) > 0


@pytest.mark.parametrize("name", RECONSTRUCTIONS)
def test_every_reconstruction_sums_over_pixels_and_prefers_the_truth(name: str) -> None:
    reconstruction = resolve(RECONSTRUCTIONS[name].target)()
    x = torch.rand(3, 1, 28, 28).round() * 2 - 1
    right, wrong = 4 * x, -4 * x
    good, bad = reconstruction.loss(right, x), reconstruction.loss(wrong, x)
    assert good.shape == (3,)
    assert (good < bad).all()
    image = reconstruction.image(right)
    assert image.abs().max() <= 1
    assert ((image > 0) == (x > 0)).all()


def test_l1_and_mse_by_hand() -> None:
    raw, x = torch.zeros(1, 1, 28, 28), torch.full((1, 1, 28, 28), 0.5)
    assert losses.l1().loss(raw, x).item() == pytest.approx(784 * 0.5)
    assert losses.mse().loss(raw, x).item() == pytest.approx(784 * 0.25)


def test_bernoulli_is_the_negative_log_likelihood_of_binary_images() -> None:
    raw = torch.randn(2, 1, 28, 28)
    x = torch.randint(0, 2, (2, 1, 28, 28)).float()
    theirs = -Independent(Bernoulli(logits=raw), 3).log_prob(x)
    torch.testing.assert_close(losses.bernoulli().loss(raw, 2 * x - 1), theirs)


def test_wasserstein_is_the_difference_of_means() -> None:
    discriminator, generator = losses.wasserstein()
    real, fake = torch.tensor([3.0, 5.0]), torch.tensor([-1.0, 2.0])
    assert discriminator(real, fake) == pytest.approx(0.5 - 4.0)
    assert generator(fake) == pytest.approx(-0.5)
    # Scores have no zero: moving all of them changes nothing for the critic.
    assert discriminator(real + 7, fake + 7) == pytest.approx(-3.5)


@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_smoothing_is_cross_entropy_with_a_smaller_target(smoothing: float) -> None:
    real, fake = torch.tensor([0.3, -1.2, 40.0]), torch.tensor([2.0, -0.7])
    ours = losses.bce().discriminator(real, fake) + losses.one_sided_smoothing(real, smoothing)
    target = torch.full_like(real, 1 - smoothing)
    expected = F.binary_cross_entropy_with_logits(
        real, target
    ) + F.binary_cross_entropy_with_logits(fake, torch.zeros(2))
    torch.testing.assert_close(ours, expected, rtol=1e-6, atol=1e-7)
    assert not torch.isclose(ours, losses.bce().discriminator(real, fake))


def test_free_bits_cost_a_constant_and_teach_nothing() -> None:
    kl = torch.tensor([[0.1, 2.0], [0.3, 4.0]], requires_grad=True)  # means 0.2 and 3
    weighted_kl = losses.weighted_kl
    assert weighted_kl(kl, 1.0, 0.0).item() == pytest.approx(3.2)
    assert weighted_kl(kl, 4.0, 0.0).item() == pytest.approx(12.8)
    price = weighted_kl(kl, 2.0, 0.5)
    assert price.item() == pytest.approx(2 * (0.5 + 3.0))
    price.backward()
    assert kl.grad is not None
    assert kl.grad.tolist() == [[0.0, 1.0], [0.0, 1.0]]
    assert weighted_kl(kl, 1.0, 0.2 - 1e-3).item() == pytest.approx(3.2)
    assert weighted_kl(kl, 1.0, 0.2 + 1e-3).item() == pytest.approx(3.201)
