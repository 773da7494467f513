"""The discriminator's half of adversarial training, shared by GANs and the hybrids.

A discriminator assigns a logit to each input, high for real and low for generated ones; with
a Wasserstein loss it is called a critic. Here it takes one optimiser step on a batch of each.
The generator's half is in the families: :mod:`labkit.train.models.gan` shows it first.
"""

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
    """A discriminator, inputs (N, ...) -> logits (N, 1), with loss, constraint and optimiser."""

    def __init__(self, network: nn.Module, params: Mapping[str, Any]) -> None:
        kind = LOSSES[params["loss"]]
        self.loss = _loss(kind.target)
        self.threshold = kind.threshold
        # Label smoothing changes the target of cross-entropy; no other loss has a target.
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
        """Take one optimiser step that raises the logits of `real` and lowers those of `fake`.

        Args:
            real, fake: inputs of one shape (N, ...); `fake` is detached from the generator.
            rng: random stream on their device, for the penalty.
            judge: inputs -> logits (N, 1), where the network needs more than the input, such
                as its class; default: the network.

        Returns:
            Detached scalars: ``d_loss`` (penalty included), ``d_penalty`` if there is one,
            the accuracies (0..1) if the loss has a threshold, ``d_grad_norm``.
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
        """Leave the discriminator's weights without gradient while a generator learns.

        The generator's gradient still passes through the network.
        """
        self.network.requires_grad_(False)
        yield
        self.network.requires_grad_(True)


def _loss(target: str) -> Adversarial:
    """The loss of a catalog target; a user's file defines it as two functions."""
    if target.startswith(PREFIX):
        other = target.replace("discriminator_loss", "generator_loss")
        return Adversarial(resolve(target), resolve(other))
    made: Adversarial = resolve(target)()
    return made


def _accuracy(real_logits: Tensor, fake_logits: Tensor) -> dict[str, Tensor]:
    """Shares of the batch classified correctly, with a logit of 0 as the threshold."""
    right_on_real = (real_logits > 0).float().mean()
    right_on_fake = (fake_logits < 0).float().mean()
    accuracy = (right_on_real + right_on_fake) / 2
    return {
        "d_accuracy_real": right_on_real,
        "d_accuracy_fake": right_on_fake,
        "d_accuracy": accuracy,
        "d_dominance": (accuracy > DOMINANT).float(),
    }
