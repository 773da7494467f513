"""The variational autoencoder: compress, add noise, rebuild, and pay for every nat.

The encoder turns an image x into a Gaussian q(z|x); the decoder rebuilds x from a
draw of it. Two costs are added: how badly the image is rebuilt, and how much q(z|x)
tells beyond the prior N(0, I). With a proper likelihood, their sum is the negative
ELBO. New images are decoded from the prior. Kingma & Welling 2014, arXiv:1312.6114.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from labkit.catalog import RECONSTRUCTIONS, resolve
from labkit.train.losses import kl_to_standard_normal
from labkit.train.models import lab1
from labkit.train.models.base import EVAL_BATCH, Autoencoder, adam


class VAE(Autoencoder):
    """A VAE of Lab 1's networks with any reconstruction of the catalog."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.noise_dim = params["latent_dim"]
        self.reconstruction = resolve(RECONSTRUCTIONS[params["reconstruction"]].target)()
        self.encoder = lab1.Encoder(self.noise_dim)
        self.decoder = lab1.decoder(self.noise_dim)
        self.networks = {"encoder": self.encoder, "decoder": self.decoder}
        # One objective, so one optimiser over both networks.
        self.optimisers = {"both": adam(torch.nn.ModuleList(self.networks.values()), params)}

    def step(self, batch: Tensor, i: int) -> dict[str, Tensor]:
        mean, log_variance = self.encoder(batch)
        z = self._draw(mean, log_variance)
        recon = self.reconstruction.loss(self.decoder(z), batch).mean()
        kl = kl_to_standard_normal(mean, log_variance).sum(1).mean()
        total = recon + kl

        self.optimisers["both"].zero_grad(set_to_none=True)
        total.backward()
        self.optimisers["both"].step()
        return {
            "total_loss": total.detach(),
            "recon_loss": recon.detach(),
            "kl_loss": kl.detach(),
        }

    def _draw(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """z ~ N(mean, exp(log_variance)), written so that gradients reach both (section 2.4)."""
        epsilon = self.random_noise(len(mean), self.noise)
        return mean + torch.exp(0.5 * log_variance) * epsilon

    def _decode(self, z: Tensor) -> Tensor:
        return self.reconstruction.image(self.decoder(z))

    @torch.no_grad()
    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        self.train(False)
        parts = [self.encoder(part) for part in images.split(EVAL_BATCH)]
        self.train()
        means, log_variances = zip(*parts, strict=True)
        return torch.cat(means).float(), torch.cat(log_variances).float()

    @torch.no_grad()
    def test_losses(self, images: Tensor, rng: torch.Generator) -> dict[str, float]:
        """The training losses per image on other images, one draw of z each, no learning."""
        self.train(False)
        recon, kl = 0.0, 0.0
        for part in images.split(EVAL_BATCH):
            mean, log_variance = self.encoder(part)
            z = mean + torch.exp(0.5 * log_variance) * self.random_noise(len(part), rng)
            recon += self.reconstruction.loss(self.decoder(z), part).double().sum().item()
            kl += kl_to_standard_normal(mean, log_variance).double().sum().item()
        self.train()
        n = len(images)
        return {
            "test_total_loss": (recon + kl) / n,
            "test_recon_loss": recon / n,
            "test_kl_loss": kl / n,
        }
