"""The layers of a cell's networks, as they were when it was trained: ``networks.json``.

A record and no part of a cell's identity: a cell without one is whole.
:mod:`labkit.execution.tracing` makes it, reports read it. A hand-in's is a stranger's file, so it
is read with care.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FILE = "networks.json"
#: More networks, or layers of one, are no table; longer names no names.
MOST_NETWORKS, MOST_LAYERS, MOST_LETTERS = 16, 500, 100

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One layer as it was called."""

    name: str
    """Where it is in its network: ``features.0``."""
    kind: str
    """PyTorch's class, or the author's own: ``Conv2d``."""
    output: Shape
    """Shape for one image."""
    parameters: int
    """Trainable weights; 0 where the layer was called before."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Numbers that make it what it is: ``kernel_size``, ``stride``, ..."""


@dataclass(frozen=True)
class Network:
    """A network of a family."""

    name: str
    """As the family calls it: ``generator``."""
    input: Shape
    """Shape of what it is given for one image."""
    parameters: int
    """All its trainable weights; more than its layers' if some are in no layer."""
    layers: tuple[Layer, ...]
    """In the order of their calls."""


def to_json(networks: Iterable[Network]) -> dict[str, Any]:
    """What ``networks.json`` holds."""
    return {"networks": [asdict(network) for network in networks]}


def from_json(value: Any) -> tuple[Network, ...]:
    """The networks of a ``networks.json``; none where it is not what `to_json` writes."""
    try:
        given = value["networks"]
        networks = tuple(map(_network, given)) if len(given) <= MOST_NETWORKS else ()
    except (KeyError, TypeError, AttributeError, ValueError):
        return ()
    return networks


def _network(value: Mapping[str, Any]) -> Network:
    if len(value["layers"]) > MOST_LAYERS:
        raise ValueError("too many layers")
    layers = tuple(
        Layer(
            _text(each["name"]),
            _text(each["kind"]),
            _shape(each["output"]),
            _count(each["parameters"]),
            {_text(key): _setting(number) for key, number in each["settings"].items()},
        )
        for each in value["layers"]
    )
    name, size = _text(value["name"]), _count(value["parameters"])
    return Network(name, _shape(value["input"]), size, layers)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        raise ValueError("no name")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError("no count")
    return value


def _shape(value: Any) -> Shape:
    if len(value) > 8:
        raise ValueError("no shape")
    return tuple(map(_count, value))


def _setting(value: Any) -> Any:
    """A number, a word or a short row of numbers."""
    if isinstance(value, list):
        return tuple(map(_count, value[:8]))
    if not isinstance(value, bool | int | float):
        return _text(value)
    return value
