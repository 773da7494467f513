"""What a family needs to resume training, as one safetensors file. No pickle.

The file holds each network's weights and buffers and each optimiser's moments under
``network/<name>/...`` and ``optimiser/<name>/<parameter>/<moment>``; learning rates
and the like are rebuilt from the spec. What networks or layers share is there once.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load as read
from safetensors.torch import save
from torch import Tensor

from labkit.train.models.base import Family


def dump(family: Family, *, optimisers: bool = True, **facts: Any) -> bytes:
    """Return the bytes of a checkpoint; `facts` (JSON values) are stored in its header."""
    state = _state(family)
    tensors = {key: state[key] for key in dict.fromkeys(_first(state).values())}
    if optimisers:
        for name, optimiser in family.optimisers.items():
            for number, moments in optimiser.state_dict()["state"].items():
                for key, value in moments.items():
                    tensors[f"optimiser/{name}/{number}/{key}"] = value
    # safetensors needs contiguous tensors, and sorts them; copies are small. It refuses views of
    # one tensor, which share its memory.
    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    owners = Counter(value.untyped_storage().data_ptr() for value in plain.values())
    for key, value in plain.items():
        if owners[value.untyped_storage().data_ptr()] > 1:
            plain[key] = value.clone()
    return save(plain, metadata={"facts": json.dumps(facts, sort_keys=True)})


def read_facts(path: Path) -> dict[str, Any]:
    """The `facts` given to `dump`; only the file's header is read."""
    with safe_open(path, framework="pt") as file:
        facts: dict[str, Any] = json.loads(file.metadata()["facts"])
    return facts


def load(family: Family, path: Path) -> None:
    """Load a checkpoint file into a family built from the same spec.

    Raises:
        SafetensorError: the file is not a safetensors file.
        KeyError, RuntimeError: it belongs to another model.
    """
    restore(family, path.read_bytes())


def restore(family: Family, data: bytes) -> None:
    """Load the bytes returned by `dump`, in place; raises the same errors as `load`."""
    tensors = read(data)
    for key, first in _first(_state(family)).items():
        if first in tensors:
            tensors.setdefault(key, tensors[first])
    for name, network in family.networks.items():
        network.load_state_dict(_below(tensors, f"network/{name}/"))
    if any(key.startswith("optimiser/") for key in tensors):
        for name, optimiser in family.optimisers.items():
            _load_optimiser(optimiser, _below(tensors, f"optimiser/{name}/"))


def _state(family: Family) -> dict[str, Tensor]:
    """Each network's weights and buffers, by their names in the file."""
    return {
        f"network/{name}/{key}": value
        for name, network in family.networks.items()
        for key, value in network.state_dict().items()
    }


def _first(state: dict[str, Tensor]) -> dict[str, str]:
    """For each tensor the name by which the same one is there first: mostly its own."""
    known: dict[tuple[Any, ...], str] = {}
    return {
        key: known.setdefault((t.data_ptr(), t.shape, t.stride(), t.dtype), key)
        for key, t in state.items()
    }


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key[len(prefix) :]: t for key, t in tensors.items() if key.startswith(prefix)}


def _load_optimiser(optimiser: torch.optim.Optimizer, moments: dict[str, Tensor]) -> None:
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in moments.items():
        number, moment = key.split("/")
        parameter = parameters[int(number)]
        if value.shape == parameter.shape:
            # Fused kernels need moments in the memory layout of their parameter.
            value = torch.empty_like(parameter).copy_(value)
        state.setdefault(int(number), {})[moment] = value
    before = {parameter: dict(held) for parameter, held in optimiser.state.items()}
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    # A recorded step finds its moments where they were; those the file lacks are 0, as new ones.
    for parameter, held in before.items():
        loaded = optimiser.state[parameter]
        for key, value in held.items():
            loaded[key] = value.copy_(loaded[key]) if key in loaded else value.zero_()
