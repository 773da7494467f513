"""What a family needs to resume training, as one safetensors file. No pickle.

The file holds each network's weights and buffers and each optimiser's moments under
``network/<name>/...`` and ``optimiser/<name>/<parameter>/<moment>``; learning rates
and the like are rebuilt from the spec.
"""

from __future__ import annotations

import json
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
    tensors: dict[str, Tensor] = {}
    for name, network in family.networks.items():
        for key, value in network.state_dict().items():
            tensors[f"network/{name}/{key}"] = value
    if optimisers:
        for name, optimiser in family.optimisers.items():
            for number, moments in optimiser.state_dict()["state"].items():
                for key, value in moments.items():
                    tensors[f"optimiser/{name}/{number}/{key}"] = value
    # safetensors needs contiguous tensors, and sorts them; copies are small.
    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
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
    """Load the bytes returned by `dump`; raises the same errors as `load`."""
    tensors = read(data)
    for name, network in family.networks.items():
        network.load_state_dict(_below(tensors, f"network/{name}/"))
    for name, optimiser in family.optimisers.items():
        moments = _below(tensors, f"optimiser/{name}/")
        if moments:
            _load_optimiser(optimiser, moments)


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
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
