"""How much a training step computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from labkit.train.models.base import Context, Family


class Arithmetic(TorchDispatchMode):
    """Counts floating-point operations by PyTorch's own formulas while it is entered.

    Matrix products and convolutions, forward and backward, a multiply-add as two;
    element-wise work is not counted. PyTorch's ``FlopCounterMode`` also keeps account of
    modules, and that stumbles over a gradient taken inside a step, as a gradient penalty is.
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
    """Floating-point operations of training, per image of a batch.

    Where a generator learns only at every so-many-th step, the mean over that many. The
    steps are really run.

    Args:
        family: a model in training.
        batch: (N, 1, 28, 28) in [-1, 1].
        context: what its steps are told, but for their number.
    """
    steps: int = getattr(family, "n_critic", 1)
    with Arithmetic() as counter:
        for i in range(steps):
            family.step(batch, replace(context, step=i, steps=steps))
    return float(counter.total / (steps * len(batch)))
