"""Lipschitz constraints on a critic: weight clipping, gradient penalty, spectral norm.

The Wasserstein loss needs a critic D that is 1-Lipschitz: |D(x) - D(y)| <= |x - y|. Without
that bound its scores can grow without end, and their gradient does not tell a generator how
far its images are from real ones. Each constraint overrides one of three hooks: `wrap` changes
the network, `penalty` adds to the loss, `after_step` changes the weights.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from labkit.catalog import CONSTRAINTS, resolve


class Constraint:
    """No constraint, and the base of the others: none of the hooks does anything."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params

    def wrap(self, critic: nn.Module) -> nn.Module:
        """Return the critic to train; called once, before its optimiser is made."""
        return critic

    def penalty(
        self, critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> Tensor | None:
        """Return a scalar to add to the critic's loss, or None.

        Args:
            critic: inputs (N, ...) -> scores (N, 1).
            real, fake: inputs of one shape (N, ...).
            rng: random stream on their device.
        """
        return None

    def after_step(self, critic: nn.Module) -> None:
        """Change the weights in place after each step of the critic's optimiser."""


class Clip(Constraint):
    """Clip each weight to [-c, c] (Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1).

    Bounded weights bound the gradient, by a constant that depends on the network. The authors
    call it "a clearly terrible way" to enforce the constraint; it works well enough.
    """

    @torch.no_grad()
    def after_step(self, critic: nn.Module) -> None:
        c = self.params["clip"]
        for weight in critic.parameters():
            weight.clamp_(-c, c)


class GradientPenalty(Constraint):
    """Penalise gradient norms other than 1 (Gulrajani et al. 2017, arXiv:1704.00028, eq. 3).

    Adds λ (|∇D(x)| - 1)², averaged over points x drawn uniformly from the lines between real
    and generated images. The norm is that of each image's gradient, so the critic must not
    mix the images of a batch: no batch norm (section 4).
    """

    def penalty(
        self, critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> Tensor:
        t = torch.rand(len(real), *[1] * (real.dim() - 1), generator=rng, device=real.device)
        between = torch.lerp(fake.to(real.dtype), real, t).requires_grad_()
        score = critic(between).sum()  # a score depends on its own image alone
        (slope,) = torch.autograd.grad(score, between, create_graph=True)
        return self.params["gp_weight"] * (slope.flatten(1).norm(dim=1) - 1).square().mean()


class SpectralNorm(Constraint):
    """Divide weights by their largest singular value (Miyato et al. 2018, arXiv:1802.05957).

    That value is the most a linear layer can stretch a vector, so each layer is 1-Lipschitz,
    and so is the network. It is estimated by power iteration, one step per forward pass.
    """

    def wrap(self, critic: nn.Module) -> nn.Module:
        for module in list(critic.modules()):
            if isinstance(module, nn.Linear | nn.Conv2d):
                spectral_norm(module)
        return critic


def make_constraint(params: Mapping[str, Any]) -> Constraint:
    """Make the constraint named by ``params["constraint"]``."""
    made: Constraint = resolve(CONSTRAINTS[params["constraint"]].target)(params)
    return made
