"""A GAN in a VAE's latent space, after two-stage VAEs (Dai & Wipf 2019, arXiv:1903.05789).

A VAE decodes its samples from the prior N(0, I), but the codes of real images need not fill the
prior, and elsewhere the decoder is untrained. So training has two stages: first the VAE; then,
with the VAE frozen, a small GAN that learns the distribution of its codes. Samples are codes
from the GAN, decoded by the VAE.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from labkit.train.adversary import Adversary
from labkit.train.models.base import Context, gradient_norm
from labkit.train.models.vae import VAE
from labkit.train.optimisers import make_optimiser

HIDDEN = 256


class LatentGAN(VAE):
    """A VAE for the first ``vae_share`` of the epochs, then a GAN of its codes."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.noise_dim = params["z_dim"]
        self.share = params["vae_share"]
        gan = {**params, "lr": params["gan_lr"], "betas": (0.5, 0.999)}
        self.G = perceptron(self.noise_dim, self.latent_dim)
        self.adversary = Adversary(perceptron(self.latent_dim, 1), gan)
        self.networks |= {"generator": self.G, "discriminator": self.adversary.network}
        self.optimisers |= {
            "generator": make_optimiser(self.G, gan),
            "discriminator": self.adversary.optimiser,
        }

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        if self._trains_vae(context):
            return super().step(batch, context)
        noise = context.noise
        with torch.no_grad():
            codes = self._draw(*self._encode(batch, context.labels), noise)
            fake = self.G(self.random_noise(len(batch), noise))
        stats = self.adversary.learn(codes, fake, noise)
        with self.adversary.frozen():
            made = self.G(self.random_noise(len(batch), noise))
            loss = self.adversary.loss.generator(self.adversary.network(made))
            self.optimisers["generator"].zero_grad(set_to_none=True)
            loss.backward()
            self.optimisers["generator"].step()
        return stats | {"g_loss": loss.detach(), "g_grad_norm": gradient_norm(self.G)}

    def branch(self, context: Context) -> Hashable:
        return super().branch(context) if self._trains_vae(context) else "gan"

    def _trains_vae(self, context: Context) -> bool:
        return context.epochs_done < self.share * context.epochs

    def _decode(self, z: Tensor) -> Tensor:
        return self._decode_code(self.G(z))

    def _decode_code(self, z: Tensor) -> Tensor:
        return super()._decode(z)


def perceptron(inputs: int, outputs: int) -> nn.Sequential:
    """(N, inputs) -> (N, outputs) through two hidden layers of 256 units, without norm."""
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN),
        nn.LeakyReLU(0.2),
        nn.Linear(HIDDEN, HIDDEN),
        nn.LeakyReLU(0.2),
        nn.Linear(HIDDEN, outputs),
    )
