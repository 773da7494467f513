"""Loss functions: adversarial losses, reconstruction losses, the KL divergence.

Pure functions of tensors. An adversarial loss is a pair of functions of logits, one for the
discriminator and one for the generator; a reconstruction loss compares a decoder's raw output
with the image. To add one, write the function here and its entry in `labkit.catalog`.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Adversarial(NamedTuple):
    """The two sides of an adversarial loss; arguments are logits (no sigmoid) of any shape."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    """(logits of real images, logits of generated images) -> scalar."""
    generator: Callable[[Tensor], Tensor]
    """(logits of generated images) -> scalar."""


def hinge() -> Adversarial:
    """Hinge loss (Lim & Ye 2017, arXiv:1705.02894, eq. 6).

    The discriminator minimises mean max(0, 1 - real) + mean max(0, 1 + fake): an input that
    is beyond the margin of 1 on the right side gives no gradient. The generator minimises
    -mean fake.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()

    def generator(fake: Tensor) -> Tensor:
        return -fake.mean()

    return Adversarial(discriminator, generator)


def bce() -> Adversarial:
    """Binary cross-entropy on logits (Goodfellow et al. 2014, arXiv:1406.2661, eq. 1).

    The generator's loss is the non-saturating one (section 3): it minimises -log D(G(z)), not
    log(1 - D(G(z))), whose gradient vanishes while D tells G(z) apart easily. With
    D = sigmoid(a), -log D = softplus(-a), which does not overflow.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def generator(fake: Tensor) -> Tensor:
        return F.softplus(-fake).mean()

    return Adversarial(discriminator, generator)


def wasserstein() -> Adversarial:
    """Wasserstein loss (Arjovsky et al. 2017, arXiv:1701.07875, eq. 2-3).

    The critic minimises mean fake - mean real. For a 1-Lipschitz critic the negative of its
    minimum is the Wasserstein distance between the two distributions, so this loss needs a
    constraint (:mod:`labkit.train.constraints`). A score of 0 has no meaning of its own.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return fake.mean() - real.mean()

    def generator(fake: Tensor) -> Tensor:
        return -fake.mean()

    return Adversarial(discriminator, generator)


def one_sided_smoothing(real: Tensor, smoothing: float) -> Tensor:
    """Return the term that label smoothing adds to the discriminator's cross-entropy.

    The target of real images becomes t = 1 - `smoothing`; that of generated images stays 0
    (Salimans et al. 2016, arXiv:1606.03498, section 3.4). Cross-entropy with target t is
    t softplus(-a) + (1 - t) softplus(a) = softplus(-a) + (1 - t) a.

    Args:
        real: logits of real images, any shape.
        smoothing: 0 to 0.5; 0 gives 0.
    """
    return smoothing * real.mean()


class Reconstruction(NamedTuple):
    """A reconstruction loss and the output activation that goes with it."""

    loss: Callable[[Tensor, Tensor], Tensor]
    """(decoder's raw output, image in [-1, 1]), both (N, 1, 28, 28) -> (N,), sums over pixels."""
    image: Callable[[Tensor], Tensor]
    """Decoder's raw output -> image in [-1, 1], same shape."""


def l1() -> Reconstruction:
    """Sum over pixels of |x̂ - x| in [-1, 1], with a tanh output."""

    def loss(raw: Tensor, x: Tensor) -> Tensor:
        return (raw.tanh() - x).abs().flatten(1).sum(1)

    return Reconstruction(loss, torch.tanh)


def mse() -> Reconstruction:
    """Sum over pixels of (x̂ - x)² in [-1, 1], with a tanh output."""

    def loss(raw: Tensor, x: Tensor) -> Tensor:
        return (raw.tanh() - x).square().flatten(1).sum(1)

    return Reconstruction(loss, torch.tanh)


def bernoulli() -> Reconstruction:
    """Sum over pixels of the binary cross-entropy in [0, 1] (Kingma & Welling 2014, C.1).

    The decoder's output is the logit of a pixel being white, with a sigmoid output. For black
    and white images this is the negative log-likelihood in nats; for grey pixels it is a
    cross-entropy only, not the likelihood of any distribution over grey values.
    """

    def loss(raw: Tensor, x: Tensor) -> Tensor:
        target = (x + 1) / 2
        return F.binary_cross_entropy_with_logits(raw, target, reduction="none").flatten(1).sum(1)

    def image(raw: Tensor) -> Tensor:
        return 2 * raw.sigmoid() - 1

    return Reconstruction(loss, image)


def weighted_kl(kl: Tensor, beta: float, free_bits: float) -> Tensor:
    """Return the KL term of a VAE's objective: `beta` times the mean over images, a scalar.

    Args:
        kl: (N, d) KL divergence per image and dimension, in nats.
        beta: weight (β-VAE, Higgins et al. 2017, eq. 4).
        free_bits: nats; a dimension whose mean over the batch is below this counts as this
            much and gets no gradient (Kingma et al. 2016, arXiv:1606.04934, appendix C.8).
    """
    if free_bits > 0:
        return beta * kl.mean(0).clamp(min=free_bits).sum()
    return beta * kl.sum(1).mean()


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of each image and dimension, in nats.

    ``(μ² + σ² - 1 - log σ²) / 2`` (Kingma & Welling 2014, arXiv:1312.6114, appendix B).
    Shapes (N, d), (N, d) -> (N, d); the divergence of an image is the sum over dimensions.
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
