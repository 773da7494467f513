"""The generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1).

The generator G maps noise to images. The discriminator D learns to give real images high
logits and generated ones low logits; G learns to make images that D gives high logits. G never
sees a real image: all it learns comes through the gradient of D. The two take turns, D
``n_critic`` steps for each step of G.
"""

from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from labkit.catalog import INITIALISATIONS, resolve
from labkit.train.adversary import Adversary
from labkit.train.models import networks
from labkit.train.models.base import EVAL_BATCH, Context, Family, gradient_norm
from labkit.train.optimisers import make_optimiser
from labkit.train.options import Average

#: A step in which both networks learn.
BOTH = "both"


class GAN(Family):
    """A GAN with networks, loss and constraint from the catalog; `params` are its settings."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.noise_dim = params["z_dim"] + self.classes
        self.n_critic = params["n_critic"]
        self.G, D = self._made(params)
        self.adversary = Adversary(D, params)
        self.D = self.adversary.network
        self.networks = {"generator": self.G, "discriminator": self.D}
        self.optimisers = {
            "generator": make_optimiser(self.G, params),
            "discriminator": self.adversary.optimiser,
        }
        self.average = Average(self.G, params["ema"]) if params["ema"] else None
        if self.average:
            self.networks["average"] = self.average.network

    def _made(self, params: Mapping[str, Any]) -> tuple[nn.Module, nn.Module]:
        """Make generator and discriminator with their initial weights."""
        G = networks.generator(params["networks"], self.noise_dim)
        D = networks.discriminator(params["networks"], params["d_norm"], 1 + self.classes)
        for network in (G, D):
            resolve(INITIALISATIONS[params["init"]].target)(network)
        return G, D

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        stats = self._discriminator_step(batch, context)
        if self._turn(context) == BOTH:
            stats |= self._generator_step(len(batch), context)
        return stats

    def branch(self, context: Context) -> Hashable:
        return self._turn(context)

    def _turn(self, context: Context) -> str:
        return BOTH if (context.step + 1) % self.n_critic == 0 else "discriminator"

    def _discriminator_step(self, real: Tensor, context: Context) -> dict[str, Tensor]:
        with torch.no_grad():  # D's step needs no gradient of G
            fake = self._fake(len(real), context)
        judge = partial(self._judge, labels=context.labels)
        return self.adversary.learn(real, fake, context.noise, judge)

    def _generator_step(self, n: int, context: Context) -> dict[str, Tensor]:
        with self.adversary.frozen():
            fake = self._fake(n, context)
            loss = self.adversary.loss.generator(self._judge(fake, context.labels))
            self.optimisers["generator"].zero_grad(set_to_none=True)
            loss.backward()
            self.optimisers["generator"].step()
        if self.average:
            self.average.update(self.G)
        return {"g_loss": loss.detach(), "g_grad_norm": gradient_norm(self.G)}

    def _fake(self, n: int, context: Context) -> Tensor:
        """Images that G makes in a training step, (n, 1, 28, 28)."""
        images: Tensor = self.G(self._training_noise(n, context))
        return images

    def _training_noise(self, n: int, context: Context) -> Tensor:
        """Draw G's noise (n, noise_dim) for a training step."""
        return self.random_noise(n, context.noise)

    def _judge(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """D's logits (N, 1) of images (N, 1, 28, 28); a conditional D uses the `labels` (N,)."""
        return self.D(images)

    def _decode(self, z: Tensor) -> Tensor:
        return self._trained(z)

    @property
    def _trained(self) -> Any:
        """The generator that makes the samples."""
        return self.average.network if self.average else self.G

    @torch.no_grad()
    def discriminator_features(self, images: Tensor) -> Tensor:
        """D's last convolution averaged over space: (N, 1, 28, 28) -> (N, 128), for Lab 1's D.

        The features of :func:`labkit.measure.frechet.lab_sheet_fid`, in evaluation mode.
        """
        assert isinstance(self.D, nn.Sequential)
        trunk = self.D[:-2]  # all but flatten and the last linear layer
        self.train(False)
        parts = [trunk(part).float().mean((2, 3)) for part in images.split(EVAL_BATCH)]
        self.train()
        return torch.cat(parts)
