"""What is minimised: adversarial losses, reconstruction losses, the KL divergence.

Short pure functions. An adversarial loss is one function that returns the
discriminator's and the generator's loss as a pair of functions of logits; a
reconstruction loss scores a decoder's raw output against its input. To add one,
write the function here and its line in `labkit.catalog`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Adversarial(NamedTuple):
    """The two sides of an adversarial loss; all arguments are raw logits, any shape."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    """(logits of real images, logits of generated images) -> scalar."""
    generator: Callable[[Tensor], Tensor]
    """(logits of generated images) -> scalar."""


def hinge() -> Adversarial:
    """Hinge loss (Lim & Ye 2017, arXiv:1705.02894, eq. 6): nothing to gain beyond the margin."""

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()

    def generator(fake: Tensor) -> Tensor:
        return -fake.mean()

    return Adversarial(discriminator, generator)


def bce() -> Adversarial:
    """Binary cross-entropy on logits (Goodfellow et al. 2014, arXiv:1406.2661, eq. 1).

    The generator's loss is the non-saturating one (section 3): it maximises log D(G(z))
    instead of minimising log(1 - D(G(z))), whose gradient vanishes while D is winning.
    softplus(-a) = -log sigmoid(a), without overflow.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def generator(fake: Tensor) -> Tensor:
        return F.softplus(-fake).mean()

    return Adversarial(discriminator, generator)


def wasserstein() -> Adversarial:
    """Wasserstein loss (Arjovsky et al. 2017, arXiv:1701.07875, eq. 2-3).

    The critic's scores have no zero and no scale: the difference of their means is a
    distance between images only while the critic's slope is bounded by a constraint.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return fake.mean() - real.mean()

    def generator(fake: Tensor) -> Tensor:
        return -fake.mean()

    return Adversarial(discriminator, generator)


def one_sided_smoothing(real: Tensor, smoothing: float) -> Tensor:
    """What a target of 1 - `smoothing` for real images adds to the BCE discriminator's loss.

    Cross-entropy with target t is t softplus(-a) + (1 - t) softplus(a); since
    softplus(a) = softplus(-a) + a, that is softplus(-a) + (1 - t) a. One-sided: the
    target of generated images stays 0 (Salimans et al. 2016, arXiv:1606.03498, 3.4).

    Args:
        real: logits of real images, any shape.
        smoothing: 0 to 0.5.

    Returns:
        A scalar; 0 without smoothing.
    """
    return smoothing * real.mean()


class Reconstruction(NamedTuple):
    """A reconstruction loss and the output layer it goes with."""

    loss: Callable[[Tensor, Tensor], Tensor]
    """(decoder's raw output, input in [-1, 1]), both (N, 1, 28, 28) -> (N,), sum over pixels."""
    image: Callable[[Tensor], Tensor]
    """Decoder's raw output -> image in [-1, 1]."""


def l1() -> Reconstruction:
    """Sum of absolute differences over pixels in [-1, 1]; tanh output."""

    def loss(raw: Tensor, x: Tensor) -> Tensor:
        return (raw.tanh() - x).abs().flatten(1).sum(1)

    return Reconstruction(loss, torch.tanh)


def mse() -> Reconstruction:
    """Sum of squared differences over pixels in [-1, 1]; tanh output."""

    def loss(raw: Tensor, x: Tensor) -> Tensor:
        return (raw.tanh() - x).square().flatten(1).sum(1)

    return Reconstruction(loss, torch.tanh)


def bernoulli() -> Reconstruction:
    """Binary cross-entropy over pixels in [0, 1] (Kingma & Welling 2014, appendix C.1).

    The decoder's output is the logit of a pixel being on. Grey pixels make it a
    cross-entropy, not the log-likelihood of any distribution over greys.
    """

    def loss(raw: Tensor, x: Tensor) -> Tensor:
        target = (x + 1) / 2
        return F.binary_cross_entropy_with_logits(raw, target, reduction="none").flatten(1).sum(1)

    def image(raw: Tensor) -> Tensor:
        return 2 * raw.sigmoid() - 1

    return Reconstruction(loss, image)


def weighted_kl(kl: Tensor, beta: float, free_bits: float) -> Tensor:
    """What the KL costs in the objective.

    Args:
        kl: (N, d) per image and dimension, in nats.
        beta: weight (Higgins et al. 2017, beta-VAE, eq. 4).
        free_bits: nats per dimension, on average over the batch, below which a dimension
            costs a constant and so learns nothing (Kingma et al. 2016, arXiv:1606.04934,
            appendix C.8).

    Returns:
        A scalar: the mean over images of the sum over dimensions, weighted.
    """
    if free_bits > 0:
        return beta * kl.mean(0).clamp(min=free_bits).sum()
    return beta * kl.sum(1).mean()


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, diag exp(log_variance)) || N(0, I)) per dimension, in nats.

    Kingma & Welling 2014, arXiv:1312.6114, appendix B. Shapes (N, d) -> (N, d); the
    divergence of an image is the sum over its d dimensions.
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
