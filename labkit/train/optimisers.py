"""The two optimisers of the reference labs, with a family's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from labkit.catalog import OPTIMISERS, resolve


def make_optimiser(network: nn.Module, params: Mapping[str, Any]) -> Optimizer:
    """The optimiser that ``params["optimiser"]`` names, over the weights that learn."""
    made: Optimizer = resolve(OPTIMISERS[params["optimiser"]].target)(network, params)
    return made


def adam(network: nn.Module, params: Mapping[str, Any]) -> Optimizer:
    """Adam (Kingma & Ba 2015) with a family's ``lr`` and ``betas``; one fused kernel."""
    return torch.optim.Adam(
        network.parameters(), lr=params["lr"], betas=tuple(params["betas"]), fused=True
    )


def rmsprop(network: nn.Module, params: Mapping[str, Any]) -> Optimizer:
    """RMSprop (Tieleman & Hinton 2012) with a family's ``lr``; PyTorch's decay of 0.99.

    No momentum: with a critic that moves between two steps of the generator, yesterday's
    direction is often wrong (Arjovsky et al. 2017, section 4).
    """
    return torch.optim.RMSprop(network.parameters(), lr=params["lr"])
