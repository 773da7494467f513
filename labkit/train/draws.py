"""Drawings that a grader repeats: samples, pictures, codes, whatever the device.

Their noise comes from the CPU's generator and then moves to where the networks are, so that
what was drawn on a GPU can be drawn again without one. That goes for layers that draw by
themselves as well, in blocks of :data:`labkit.train.models.base.EVAL_BATCH` images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from labkit.train.models.base import Family
from labkit.train.rng import seed_all, stream


@contextmanager
def drawing(family: Family, seed: int, purpose: str) -> Iterator[torch.Generator]:
    """A drawing of its own: the stream for its noise, on the CPU.

    Within it the generators that layers may use by themselves are seeded too, and after it
    the family's buffers are as they were before: no drawing changes another, or the training.

    Args:
        family: what is drawn with.
        seed: the cell's.
        purpose: what is drawn.
    """
    buffers = [b for network in family.networks.values() for b in network.buffers()]
    before = [buffer.clone() for buffer in buffers]
    seed_all(seed, f"by itself/{purpose}")
    with nullcontext() if family.device.type == "cpu" else OnTheCPU():
        yield stream(seed, purpose)
    with torch.no_grad():
        for buffer, value in zip(buffers, before, strict=True):
            buffer.copy_(value)


class OnTheCPU(TorchDispatchMode):
    """Whatever draws random numbers does so on the CPU; its result goes where it is wanted."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **kwargs)
        try:
            return drawn_on_cpu(func, args, kwargs)
        except NotImplementedError:  # made for one kind of device only
            return func(*args, **kwargs)


def drawn_on_cpu(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What an operation of torch gives that draws random numbers, drawn on the CPU.

    Raises:
        NotImplementedError: the CPU does not have it.
    """
    leaves = tree_leaves((args, dict(kwargs)))
    wanted = next((leaf for leaf in leaves if isinstance(leaf, torch.device)), None)
    device = wanted or next((leaf.device for leaf in leaves if isinstance(leaf, Tensor)), None)
    own = any(isinstance(leaf, torch.Generator) and leaf.device.type != "cpu" for leaf in leaves)
    if device is None or device.type == "cpu" or own:
        return func(*args, **kwargs)
    moved_args, moved = tree_map(_to_cpu, (args, dict(kwargs)))
    result = func(*moved_args, **moved)
    written: dict[int, Tensor] = {}
    for i, argument in enumerate(func._schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            given, copy = (
                values[i] if i < len(values) else named[argument.name]
                for values, named in ((args, kwargs), (moved_args, moved))
            )
            written[id(copy)] = given.copy_(copy)
    return tree_map(
        lambda leaf: written.get(id(leaf), leaf.to(device)) if isinstance(leaf, Tensor) else leaf,
        result,
    )


def _to_cpu(leaf: Any) -> Any:
    if isinstance(leaf, torch.device):
        return torch.device("cpu")
    return leaf.cpu() if isinstance(leaf, Tensor) else leaf
