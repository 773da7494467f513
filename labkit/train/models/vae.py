"""The variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114).

The encoder maps an image x to a Gaussian q(z|x) = N(μ, σ²) over latent codes; the decoder
reconstructs x from a code z drawn from it. Training minimises the sum of two terms:

* the reconstruction loss between x and its reconstruction;
* KL(q(z|x) || N(0, I)), which keeps the codes close to the prior, so that decoding codes drawn
  from the prior gives new images.

If the reconstruction loss is -log p(x|z) of a normalised likelihood, the sum is the negative
ELBO, an upper bound on -log p(x). None of the losses here is one for grey images, so their
values are comparable only within one kind of loss.

A β-VAE (Higgins et al. 2017) weights the KL by β. The recorded total loss is unweighted, so
that cells with different β are on one scale.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import torch
from torch import Tensor

from labkit.catalog import RECONSTRUCTIONS, resolve
from labkit.train.losses import kl_to_standard_normal, weighted_kl
from labkit.train.models import networks
from labkit.train.models.base import Autoencoder, Context, in_parts, widest
from labkit.train.optimisers import make_optimiser


class VAE(Autoencoder):
    """A VAE with networks and reconstruction loss from the catalog; `params` are its settings."""

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
        # One objective, so one optimiser for both networks.
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

    def branch(self, context: Context) -> Hashable:
        return "vae" if context.epochs_done >= self.kl_warmup else None  # β is another each step

    @staticmethod
    def _losses(recon: Tensor, divergence: Tensor) -> dict[str, Tensor]:
        """Recorded losses, detached: `divergence` (N, d) is summed over d, without β."""
        recon, kl = recon.detach(), divergence.detach().sum(1).mean()
        return {"total_loss": recon + kl, "recon_loss": recon, "kl_loss": kl}

    def _beta_now(self, context: Context) -> float:
        """β, rising linearly from 0 in the warm-up (Bowman et al. 2016, arXiv:1511.06349)."""
        if context.epochs_done >= self.kl_warmup:
            return self.beta
        return self.beta * context.epochs_done / self.kl_warmup

    def _encode(self, images: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, each (N, latent_dim), in the networks' current mode."""
        return self.encoder(images)

    def _draw(self, mean: Tensor, log_variance: Tensor, rng: torch.Generator) -> Tensor:
        """Draw z = μ + σ ε with ε ~ N(0, I), the reparameterisation trick (section 2.4).

        The noise does not depend on the weights, so gradients reach μ and σ.
        """
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
        """Losses per image on held-out images, one draw of z each; see the base class."""
        self.train(False)
        wide = widest(images.device)
        sums = torch.zeros(2, dtype=wide, device=images.device)
        for part, known in in_parts(images, labels):
            mean, log_variance = self._encode(part, known)
            recon_losses = self._distance(self._draw(mean, log_variance, rng), part, known)
            kl_losses = kl_to_standard_normal(mean, log_variance)
            sums += torch.stack([recon_losses.to(wide).sum(), kl_losses.to(wide).sum()])
        self.train()
        n, (recon, kl) = len(images), sums.tolist()  # read once, not once a part
        return {
            "test_total_loss": (recon + kl) / n,
            "test_recon_loss": recon / n,
            "test_kl_loss": kl / n,
        }

    def _distance(self, z: Tensor, images: Tensor, labels: Tensor | None) -> Tensor:
        """Reconstruction loss (N,) between the images and what codes z decode to."""
        return self.reconstruction.loss(self.decoder(self._with_class(z, labels)), images)
