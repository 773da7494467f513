"""The variational autoencoder: compress, add noise, rebuild, and pay for every nat.

The encoder turns an image x into a Gaussian q(z|x); the decoder rebuilds x from a
draw of it. Two costs are added: how badly the image is rebuilt, and how much q(z|x)
tells beyond the prior N(0, I). With a proper likelihood, their sum is the negative
ELBO. New images are decoded from the prior. Kingma & Welling 2014, arXiv:1312.6114.

With β other than 1 the second cost is weighted (β-VAE, Higgins et al. 2017). The total
loss on record is the unweighted sum all the same, so that all β are on one scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from labkit.catalog import RECONSTRUCTIONS, resolve
from labkit.train.losses import kl_to_standard_normal, weighted_kl
from labkit.train.models import networks
from labkit.train.models.base import Autoencoder, Context, in_parts
from labkit.train.optimisers import make_optimiser


class VAE(Autoencoder):
    """A VAE of any networks and reconstruction of the catalog."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.latent_dim = params["latent_dim"]
        self.noise_dim = self.latent_dim + self.classes
        self.beta, self.kl_warmup = params["beta"], params["kl_warmup"]
        self.free_bits = params["free_bits"]
        self.reconstruction = resolve(RECONSTRUCTIONS[params["reconstruction"]].target)()
        name, options = params["networks"], {k: params[k] for k in ("norm", "dropout")}
        self.encoder = networks.encoder(name, self.latent_dim, 1 + self.classes, **options)
        self.decoder = networks.decoder(name, self.noise_dim, options["norm"])
        self.networks = {"encoder": self.encoder, "decoder": self.decoder}
        # One objective, so one optimiser over both networks.
        both = torch.nn.ModuleList(self.networks.values())
        self.optimisers = {"both": make_optimiser(both, params)}

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        mean, log_variance = self._encode(batch, context.labels)
        z = self._draw(mean, log_variance, context.noise)
        recon = self._distance(z, batch, context.labels).mean()
        divergence = kl_to_standard_normal(mean, log_variance)
        objective = recon + weighted_kl(divergence, self._beta_now(context), self.free_bits)

        self.optimisers["both"].zero_grad(set_to_none=True)
        objective.backward()
        self.optimisers["both"].step()
        return self._losses(recon, divergence)

    @staticmethod
    def _losses(recon: Tensor, divergence: Tensor) -> dict[str, Tensor]:
        """The losses on record: detached scalars, the KL unweighted."""
        recon, kl = recon.detach(), divergence.detach().sum(1).mean()
        return {"total_loss": recon + kl, "recon_loss": recon, "kl_loss": kl}

    def _beta_now(self, context: Context) -> float:
        """β, on its way up from 0 during the warm-up (Bowman et al. 2016, arXiv:1511.06349)."""
        if context.epochs_done >= self.kl_warmup:
            return self.beta
        return self.beta * context.epochs_done / self.kl_warmup

    def _encode(self, images: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, each (N, latent_dim), in whatever mode the networks are."""
        return self.encoder(images)

    def _draw(self, mean: Tensor, log_variance: Tensor, rng: torch.Generator) -> Tensor:
        """z ~ N(mean, exp(log_variance)), written so that gradients reach both (section 2.4)."""
        epsilon = torch.randn(mean.shape, generator=rng, device=rng.device).to(mean.device)
        return mean + torch.exp(0.5 * log_variance) * epsilon

    def _decode(self, z: Tensor) -> Tensor:
        return self.reconstruction.image(self.decoder(z))

    @torch.no_grad()
    def encode(self, images: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.train(False)
        parts = [self._encode(*part) for part in in_parts(images, labels)]
        self.train()
        means, log_variances = zip(*parts, strict=True)
        return torch.cat(means).float(), torch.cat(log_variances).float()

    @torch.no_grad()
    def test_losses(
        self, images: Tensor, rng: torch.Generator, labels: Tensor | None = None
    ) -> dict[str, float]:
        """The training losses per image on other images, one draw of z each, no learning."""
        self.train(False)
        recon, kl = 0.0, 0.0
        for part, known in in_parts(images, labels):
            mean, log_variance = self._encode(part, known)
            z = self._draw(mean, log_variance, rng)
            recon += self._distance(z, part, known).double().sum().item()
            kl += kl_to_standard_normal(mean, log_variance).double().sum().item()
        self.train()
        n = len(images)
        return {
            "test_total_loss": (recon + kl) / n,
            "test_recon_loss": recon / n,
            "test_kl_loss": kl / n,
        }

    def _distance(self, z: Tensor, images: Tensor, labels: Tensor | None) -> Tensor:
        """Reconstruction loss (N,) of latents against the images they stand for."""
        return self.reconstruction.loss(self.decoder(self._with_class(z, labels)), images)
