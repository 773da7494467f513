"""Record what layers a cell's networks have, by watching one small training step.

The networks watched are built for this alone, on the CPU, so that training is not disturbed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from labkit.execution.sampling import build, learning_context
from labkit.experiment import fingerprint
from labkit.experiment.spec import CellSpec
from labkit.plugins import registry as own_code
from labkit.store.layer_table import MOST_LAYERS, MOST_LETTERS, Layer, Network
from labkit.train.models.base import Family
from labkit.train.rng import stream

#: Images of the step; batch norm needs two.
_N = 4
#: Torch's own modules that are made of others and compute nothing themselves.
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
#: What of a layer's attributes is written down, where it has them.
_SETTINGS = (
    "kernel_size", "stride", "padding", "output_padding", "dilation", "groups", "num_groups",
    "negative_slope", "p", "num_heads", "num_layers", "scale_factor",
)  # fmt: skip


def trace(spec: CellSpec) -> tuple[Network, ...]:
    """Return the networks of a cell with the layers that a training step calls, in order.

    A layer is a module of torch's or one without modules below; what else a network
    computes is not seen. A network no step calls is left out.

    Raises:
        Exception: whatever an author's own networks raise.
    """
    try:
        with torch.random.fork_rng(devices=[]):
            return _watched(build(spec, torch.device("cpu")), spec.seed)
    finally:
        if fingerprint.own_files(spec):
            own_code.run_again()  # the training begins with its author's file as it is written


def _watched(family: Family, seed: int) -> tuple[Network, ...]:
    recorders = {name: _Recorder(network) for name, network in family.networks.items()}
    family.train()
    noise = stream(seed, "layers")
    for epoch in (1, 2):  # the second is past all phases of a training of one epoch
        if not all(recorder.calls for recorder in recorders.values()):
            context = learning_context(family, noise, _N, epoch)
            family.step(torch.zeros(_N, 1, 28, 28), context)
    return tuple(
        Network(name, recorder.input, recorder.parameters, tuple(recorder.calls))
        for name, recorder in recorders.items()
        if recorder.calls
    )


class _Recorder:
    """The layers of a network, in the order of one pass through it.

    Where nobody passes through the whole network, only through parts of it, they stand in
    the order in which each was called first.
    """

    def __init__(self, network: nn.Module) -> None:
        self.input: tuple[int, ...] = ()
        self._whole: list[Layer] = []
        self._parts: dict[str, Layer] = {}
        self._depth, self._done = 0, False
        self.parameters = _weights(network)
        # The hooks of a network that is one layer itself are called in this order.
        network.register_forward_pre_hook(self._enter)
        for name, layer in _layers(network, "", set()):
            layer.register_forward_hook(self._noting(name, _weights(layer)))
        network.register_forward_hook(self._leave)

    @property
    def calls(self) -> list[Layer]:
        return self._whole if self._done else list(self._parts.values())

    def _enter(self, network: nn.Module, given: tuple[Any, ...]) -> None:
        self._depth += 1
        if not self.input:
            self.input = _shape(given)

    def _leave(self, network: nn.Module, given: Any, output: Any) -> None:
        self._depth -= 1
        self._done = self._done or not self._depth

    def _noting(self, name: str, parameters: int) -> Any:
        def note(layer: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            if self._done:
                return
            if not self.input:
                self.input = _shape(given)
            again = name in {each.name for each in self._whole}
            found = _described(name, layer, _shape(output), 0 if again else parameters)
            self._parts.setdefault(name, found)
            if self._depth and len(self._whole) < MOST_LAYERS:
                self._whole.append(found)

        return note


def _layers(module: nn.Module, name: str, seen: set[nn.Module]) -> Iterator[tuple[str, nn.Module]]:
    """Yield the layers of a network by name, each once."""
    parts = [(key, part) for key, part in module.named_children() if key != "parametrizations"]
    torchs = _kind(module).__module__.startswith("torch.nn.modules.")
    if isinstance(module, _CONTAINERS) or (parts and not torchs):
        for key, part in parts:
            yield from _layers(part, f"{name}.{key}".lstrip("."), seen)
    elif module not in seen:
        seen.add(module)
        yield name, module


def _kind(module: nn.Module) -> type[nn.Module]:
    """A layer's class: torch's where it is derived from one, else the author's own."""
    own = parametrize.type_before_parametrizations(module)
    torchs = (c for c in own.__mro__ if c.__module__.startswith("torch.nn.modules."))
    found = next(torchs, nn.Module)
    return own if found is nn.Module else found


def _described(name: str, layer: nn.Module, output: tuple[int, ...], parameters: int) -> Layer:
    values = {key: _plain(getattr(layer, key, None)) for key in _SETTINGS}
    settings = {key: value for key, value in values.items() if value is not None}
    if layer._parameters.get("bias", torch.empty(0)) is None:
        settings["bias"] = False
    if parametrize.is_parametrized(layer):
        parts = getattr(layer.parametrizations, "weight", ())
        settings["weight"] = ", ".join(type(p).__name__.strip("_") for p in parts)[:MOST_LETTERS]
    kind = _kind(layer).__name__[:MOST_LETTERS]
    return Layer(name[:MOST_LETTERS], kind, output, parameters, settings)


def _plain(value: Any) -> Any:
    """A setting as JSON has it, or None where it is nothing of that kind."""
    if isinstance(value, tuple | list) and all(isinstance(each, int) for each in value):
        return list(value)
    return value if isinstance(value, int | float) or value in ("same", "valid") else None


def _shape(value: Any) -> tuple[int, ...]:
    """The shape, for one image, of the first tensor in what a module takes or gives."""
    if isinstance(value, Tensor):
        return tuple(value.shape[1:])
    parts = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(parts, list | tuple):
        return ()
    return next((found for part in parts if (found := _shape(part))), ())


def _weights(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
