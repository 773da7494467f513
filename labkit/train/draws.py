"""Random draws outside training that give the same values on every device.

Samples, pictures and latent codes have to be reproducible on a machine without a GPU. So their
noise is drawn by the CPU's generator and then moved to the networks' device, and so is the
noise of layers that draw random numbers themselves (dropout), in blocks of
:data:`labkit.train.models.base.EVAL_BATCH` images.
"""

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
    """Open a block in which `family` draws; yields the random stream for its noise, on the CPU.

    The global generators used by random layers are seeded too, and the family's buffers are
    restored at the end, so one block affects neither another block nor the training.

    Args:
        family: the networks that draw.
        seed: the cell's seed.
        purpose: name of the stream, e.g. ``"samples"``.
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
    """Run every random operation of torch on the CPU and move its result to its device."""

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
    """Call a random operation of torch on the CPU; return its result on the asked device.

    Raises:
        NotImplementedError: the operation does not exist for the CPU.
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
