"""Count the floating-point operations of a training step, and of a sample."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from labkit.train.models.base import Context, Family


class Arithmetic(TorchDispatchMode):
    """Context that counts floating-point operations by PyTorch's own formulas.

    Counts matrix products and convolutions, forward and backward, a multiply-add as two
    operations; element-wise operations are not counted. PyTorch's ``FlopCounterMode`` also
    tracks modules and fails on gradients taken inside a step, as a gradient penalty does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func.overloadpacket)
        if formula:
            self.total += formula(*args, **(kwargs or {}), out_val=out)
        return out


def flops_per_image(family: Family, batch: Tensor, context: Context) -> float:
    """Mean floating-point operations of a training step per image of the batch.

    Runs real steps, which change the weights; with ``n_critic`` > 1 as many as it takes for
    the generator to learn once.

    Args:
        family: a model in training mode.
        batch: (N, 1, 28, 28) in [-1, 1].
        context: for the steps; its ``step`` and ``steps`` are replaced.
    """
    steps: int = getattr(family, "n_critic", 1)
    with Arithmetic() as counter:
        for i in range(steps):
            family.step(batch, replace(context, step=i, steps=steps))
    return float(counter.total / (steps * len(batch)))


def flops_per_sample(family: Family, n: int = 10) -> float:
    """Floating-point operations of drawing a sample, all passes of all networks; mean of `n`."""
    with Arithmetic() as counter:
        family.sample(n, torch.Generator())
    return counter.total / n
