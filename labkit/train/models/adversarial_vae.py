"""Two ways to give a VAE a critic, so that its samples need not be blurred.

A VAE is blurry because of how it compares images: where it is not sure of an edge's
place, the mean of all edges costs least. A critic does not forgive a mean. `AdversarialVAE`
keeps the comparison by pixels and adds a critic of the samples; `VAEGAN` also lets the
critic's own features do the comparing (Larsen et al. 2016, arXiv:1512.09300).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from labkit.train.adversary import Adversary
from labkit.train.losses import kl_to_standard_normal, weighted_kl
from labkit.train.models import networks
from labkit.train.models.base import Context, gradient_norm
from labkit.train.models.vae import VAE


class AdversarialVAE(VAE):
    """A VAE that also pays when a critic tells its samples from real images."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.weight = params["adversarial_weight"]
        critic = networks.discriminator(params["critic"], params["d_norm"])
        self.adversary = Adversary(critic, params)
        self.networks["critic"] = self.adversary.network
        self.optimisers["critic"] = self.adversary.optimiser

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        mean, log_variance = self._encode(batch, context.labels)
        raw = self.decoder(self._draw(mean, log_variance, context.noise))
        samples = self._decode(self.random_noise(len(batch), context.noise))
        stats = self.adversary.learn(batch, samples.detach(), context.noise)

        with self.adversary.frozen():
            recon = self.reconstruction.loss(raw, batch).mean()
            divergence = kl_to_standard_normal(mean, log_variance)
            g_loss = self.adversary.loss.generator(self.adversary.network(samples))
            kl = weighted_kl(divergence, self._beta_now(context), self.free_bits)
            self.optimisers["both"].zero_grad(set_to_none=True)
            (recon + kl + self.weight * g_loss).backward()
            self.optimisers["both"].step()
        return self._record(recon, divergence, g_loss) | stats

    def _record(self, recon: Tensor, divergence: Tensor, g_loss: Tensor) -> dict[str, Tensor]:
        adversarial = {"g_loss": g_loss.detach(), "g_grad_norm": gradient_norm(self.decoder)}
        return self._losses(recon, divergence) | adversarial


class VAEGAN(AdversarialVAE):
    """Images are compared by what a layer of the critic sees in them.

    The encoder minimises the distance of features plus KL; the decoder a share of that
    distance (γ) plus the adversarial loss; the critic tells real images from samples and
    reconstructions (Larsen et al. 2016, algorithm 1). Its last two layers are left out of
    the features.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__({**params, "reconstruction": "l1", "adversarial_weight": 1.0})
        self.gamma = params["gamma"]

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        n = len(batch)
        mean, log_variance = self._encode(batch, context.labels)
        rebuilt = self._decode(self._draw(mean, log_variance, context.noise))
        samples = self._decode(self.random_noise(n, context.noise))
        fake = torch.cat([rebuilt[: n // 2], samples[n // 2 :]])
        stats = self.adversary.learn(batch, fake.detach(), context.noise)

        with self.adversary.frozen():
            distance = self._feature_distance(rebuilt, batch).mean()
            divergence = kl_to_standard_normal(mean, log_variance)
            g_loss = self.adversary.loss.generator(self.adversary.network(fake))
            kl = weighted_kl(divergence, self._beta_now(context), self.free_bits)
            _set_gradients(self.encoder, distance + kl, keep=True)
            _set_gradients(self.decoder, self.gamma * distance + g_loss)
            self.optimisers["both"].step()
        return self._record(distance, divergence, g_loss) | stats

    def _distance(self, z: Tensor, images: Tensor, labels: Tensor | None) -> Tensor:
        return self._feature_distance(self._decode(z), images)

    def _feature_distance(self, a: Tensor, b: Tensor) -> Tensor:
        """(N,) half the squared distance of features: a Gaussian of variance 1 (eq. 7)."""
        network = self.adversary.network
        assert isinstance(network, nn.Sequential)
        features = network[:-2]
        return 0.5 * (features(a) - features(b)).square().flatten(1).sum(1)


def _set_gradients(network: nn.Module, loss: Tensor, keep: bool = False) -> None:
    """The gradient of a loss for one network's weights alone."""
    weights = list(network.parameters())
    gradients = torch.autograd.grad(loss, weights, retain_graph=keep)
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
