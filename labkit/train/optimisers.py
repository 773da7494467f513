"""The optimisers, made from a cell's settings."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from labkit.catalog import OPTIMISERS, resolve


def make_optimiser(network: nn.Module, params: Mapping[str, Any]) -> Optimizer:
    """Make the optimiser named by ``params["optimiser"]`` for a network's parameters."""
    made: Optimizer = resolve(OPTIMISERS[params["optimiser"]].target)(network, params)
    return made


def adam(network: nn.Module, params: Mapping[str, Any]) -> Optimizer:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980) with ``lr`` and ``betas``; fused kernel."""
    return torch.optim.Adam(
        network.parameters(), lr=params["lr"], betas=tuple(params["betas"]), fused=True
    )


def rmsprop(network: nn.Module, params: Mapping[str, Any]) -> Optimizer:
    """RMSprop (Tieleman & Hinton 2012) with ``lr`` and PyTorch's decay of 0.99, no momentum.

    Recommended for weight-clipped critics: their objective changes with every step of the
    generator, and a momentum-based optimiser was less stable (Arjovsky et al. 2017, section 4).
    """
    return torch.optim.RMSprop(network.parameters(), lr=params["lr"])
