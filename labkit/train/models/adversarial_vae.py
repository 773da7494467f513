"""Two hybrids of VAE and GAN: a VAE with a discriminator, for sharper samples.

A pixel-wise reconstruction loss is lowest for the average of all images that fit a code, so a
VAE that is unsure where an edge lies blurs it. A discriminator rejects blurred images.
`AdversarialVAE` keeps the pixel-wise loss and adds an adversarial one on samples; `VAEGAN`
compares images by the discriminator's features (Larsen et al. 2016, arXiv:1512.09300).
"""

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
    """A VAE whose decoder also learns to make samples that a discriminator takes for real.

    Encoder and decoder minimise reconstruction + β KL + ``adversarial_weight`` times the
    generator's loss on samples from the prior.
    """

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
    """A VAE that compares images by a discriminator's features (Larsen et al. 2016, alg. 1).

    The encoder minimises the feature distance plus KL, the decoder γ times the feature distance
    plus the adversarial loss; the discriminator separates real images from fakes, of which half
    are reconstructions and half samples. Features are its output without its last two layers.
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
        """(N,) half the squared feature distance: a Gaussian's of variance 1 (eq. 7)."""
        network = self.adversary.network
        assert isinstance(network, nn.Sequential)
        features = network[:-2]
        return 0.5 * (features(a) - features(b)).square().flatten(1).sum(1)


def _set_gradients(network: nn.Module, loss: Tensor, keep: bool = False) -> None:
    """Set one network's gradients to those of a loss; `keep` the graph for another call."""
    weights = list(network.parameters())
    gradients = torch.autograd.grad(loss, weights, retain_graph=keep)
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
