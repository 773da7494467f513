"""The generative adversarial network: two networks, each the other's teacher.

The discriminator D learns to give real images high logits and generated ones low.
The generator G turns noise into images and learns, through D's gradient alone, to
make them score high. Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from labkit.catalog import LOSSES, resolve
from labkit.train.models import lab1
from labkit.train.models.base import EVAL_BATCH, Family, adam, gradient_norm

#: A discriminator right on more than this share of a batch dominates the step.
DOMINANT = 0.95


class GAN(Family):
    """A GAN of Lab 1's networks with any loss of the catalog."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.noise_dim = params["z_dim"]
        self.n_critic = params["n_critic"]
        self.loss = resolve(LOSSES[params["loss"]].target)()
        self.G = lab1.generator(self.noise_dim)
        self.D = lab1.discriminator()
        self.networks = {"generator": self.G, "discriminator": self.D}
        self.optimisers = {name: adam(net, params) for name, net in self.networks.items()}

    def step(self, batch: Tensor, i: int) -> dict[str, Tensor]:
        stats = self._discriminator_step(batch)
        if (i + 1) % self.n_critic == 0:
            stats |= self._generator_step(len(batch))
        return stats

    def _discriminator_step(self, real: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():  # D's step asks nothing of G
            fake = self.G(self.random_noise(len(real), self.noise))
        # Separate passes: batch norm must not mix the statistics of real and fake.
        real_logits, fake_logits = self.D(real), self.D(fake)
        loss = self.loss.discriminator(real_logits, fake_logits)
        self._minimise(loss, "discriminator")

        right_on_real = (real_logits.detach() > 0).float().mean()
        right_on_fake = (fake_logits.detach() < 0).float().mean()
        accuracy = (right_on_real + right_on_fake) / 2
        return {
            "d_loss": loss.detach(),
            "d_accuracy_real": right_on_real,
            "d_accuracy_fake": right_on_fake,
            "d_accuracy": accuracy,
            "d_dominance": (accuracy > DOMINANT).float(),
            "d_grad_norm": gradient_norm(self.D),
        }

    def _generator_step(self, n: int) -> dict[str, Tensor]:
        self.D.requires_grad_(False)  # the gradient passes through D, not into it
        loss = self.loss.generator(self.D(self.G(self.random_noise(n, self.noise))))
        self._minimise(loss, "generator")
        self.D.requires_grad_(True)
        return {"g_loss": loss.detach(), "g_grad_norm": gradient_norm(self.G)}

    def _minimise(self, loss: Tensor, name: str) -> None:
        self.optimisers[name].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers[name].step()

    def _decode(self, z: Tensor) -> Tensor:
        return self.G(z)

    @torch.no_grad()
    def discriminator_features(self, images: Tensor) -> Tensor:
        """The last convolution's output averaged over space: (N, 1, 28, 28) -> (N, 128).

        The lab sheet's own yardstick; networks in evaluation mode.
        """
        trunk = self.D[:-2]  # all but flatten and the last linear layer
        self.train(False)
        parts = [trunk(part).float().mean((2, 3)) for part in images.split(EVAL_BATCH)]
        self.train()
        return torch.cat(parts)
