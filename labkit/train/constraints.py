"""What keeps a critic smooth, so that its scores can be trusted as a direction.

A Wasserstein critic must not change faster than the images it judges do (1-Lipschitz).
Three ways to see to it: cut the weights, fine the slope, or divide each layer by its
largest stretch. Each acts in one of three places - `wrap` the network, add a `penalty`
to the loss, or repair the weights `after_step` - and leaves the other two alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from labkit.catalog import CONSTRAINTS, resolve


class Constraint:
    """Nothing in any of the three places; subclasses override one."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params

    def wrap(self, critic: nn.Module) -> nn.Module:
        """The critic to train; called once, before its optimiser is made."""
        return critic

    def penalty(
        self, critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> Tensor | None:
        """What is added to the critic's loss, a scalar, or None.

        Args:
            critic: inputs (N, ...) -> scores (N, 1).
            real, fake: images, or whatever the critic takes, of one shape (N, ...).
            rng: a stream on their device.
        """
        return None

    def after_step(self, critic: nn.Module) -> None:
        """Called after each step of the critic's optimiser."""


class Clip(Constraint):
    """Each weight into [-c, c] (Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1).

    Bounded weights make a bounded slope. How large the bound is depends on the network;
    the authors call it "a clearly terrible way" that works.
    """

    @torch.no_grad()
    def after_step(self, critic: nn.Module) -> None:
        c = self.params["clip"]
        for weight in critic.parameters():
            weight.clamp_(-c, c)


class GradientPenalty(Constraint):
    """The slope shall be 1 between real and generated images.

    Gulrajani et al. 2017, arXiv:1704.00028, eq. 3: at a random point of the line from a
    real to a generated image, λ (|grad D| - 1)² is added to the loss. The gradient is one
    image's own, so nothing in the critic may mix images: no batch norm (section 4).
    """

    def penalty(
        self, critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> Tensor:
        t = torch.rand(len(real), *[1] * (real.dim() - 1), generator=rng, device=real.device)
        between = torch.lerp(fake, real, t).requires_grad_()
        score = critic(between).sum()  # one image's score depends on that image alone
        (slope,) = torch.autograd.grad(score, between, create_graph=True)
        return self.params["gp_weight"] * (slope.flatten(1).norm(dim=1) - 1).square().mean()


class SpectralNorm(Constraint):
    """Each weight matrix divided by its largest singular value.

    Miyato et al. 2018, arXiv:1802.05957: a layer then stretches nothing by more than 1,
    and so neither do all layers together. The singular value comes from one step of power
    iteration per pass, which goes on from the last pass's vectors.
    """

    def wrap(self, critic: nn.Module) -> nn.Module:
        for module in list(critic.modules()):
            if isinstance(module, nn.Linear | nn.Conv2d):
                spectral_norm(module)
        return critic


def make_constraint(params: Mapping[str, Any]) -> Constraint:
    """The constraint that ``params["constraint"]`` names."""
    made: Constraint = resolve(CONSTRAINTS[params["constraint"]].target)(params)
    return made
