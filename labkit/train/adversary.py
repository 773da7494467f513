"""A discriminator and how it learns: what a GAN and every hybrid with a critic share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from labkit.catalog import LOSSES, resolve
from labkit.plugins.registry import PREFIX
from labkit.train.constraints import make_constraint
from labkit.train.losses import Adversarial, one_sided_smoothing
from labkit.train.models.base import gradient_norm
from labkit.train.optimisers import make_optimiser

#: A discriminator right on more than this share of a batch dominates the step.
DOMINANT = 0.95


class Adversary:
    """A discriminator with its loss, its constraint and its optimiser."""

    def __init__(self, network: nn.Module, params: Mapping[str, Any]) -> None:
        kind = LOSSES[params["loss"]]
        self.loss = _loss(kind.target)
        self.threshold = kind.threshold
        # Smoothing moves the target of cross-entropy; no other loss has one.
        self.smoothing = params.get("label_smoothing", 0.0) if params["loss"] == "bce" else 0.0
        self.constraint = make_constraint(params)
        self.network = self.constraint.wrap(network)
        self.optimiser = make_optimiser(self.network, params)

    def learn(
        self,
        real: Tensor,
        fake: Tensor,
        rng: torch.Generator,
        judge: Callable[[Tensor], Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """One step: real high, fake low.

        Args:
            real, fake: what the network judges, of one shape (N, ...); fake without gradient.
            rng: a stream on their device.
            judge: how to ask the network, where it wants more than its input.

        Returns:
            Scalars by name, ``d_loss`` (with its penalty) first.
        """
        judge = judge or self.network
        # Separate passes: batch norm must not mix the statistics of real and fake.
        real_logits, fake_logits = judge(real), judge(fake)
        loss = self.loss.discriminator(real_logits, fake_logits)
        if self.smoothing:
            loss = loss + one_sided_smoothing(real_logits, self.smoothing)
        penalty = self.constraint.penalty(judge, real, fake, rng)
        if penalty is not None:
            loss = loss + penalty

        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.constraint.after_step(self.network)

        stats = {"d_loss": loss.detach()}
        if penalty is not None:
            stats["d_penalty"] = penalty.detach()
        if self.threshold:
            stats |= _accuracy(real_logits.detach(), fake_logits.detach())
        return stats | {"d_grad_norm": gradient_norm(self.network)}

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """While a generator learns: its gradient passes through the network, not into it."""
        self.network.requires_grad_(False)
        yield
        self.network.requires_grad_(True)


def _loss(target: str) -> Adversarial:
    """The loss a catalog line names; a user's own is two functions in a file."""
    if target.startswith(PREFIX):
        other = target.replace("discriminator_loss", "generator_loss")
        return Adversarial(resolve(target), resolve(other))
    made: Adversarial = resolve(target)()
    return made


def _accuracy(real_logits: Tensor, fake_logits: Tensor) -> dict[str, Tensor]:
    """How often the discriminator was right, with 0 as the line between real and fake."""
    right_on_real = (real_logits > 0).float().mean()
    right_on_fake = (fake_logits < 0).float().mean()
    accuracy = (right_on_real + right_on_fake) / 2
    return {
        "d_accuracy_real": right_on_real,
        "d_accuracy_fake": right_on_fake,
        "d_accuracy": accuracy,
        "d_dominance": (accuracy > DOMINANT).float(),
    }
