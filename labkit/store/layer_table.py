"""The layers of a cell's networks, as they were when it was trained: ``networks.json``.

A record and no part of a cell's identity: a cell without one is whole.
:mod:`labkit.execution.trials` makes it, reports read it. A hand-in's is a stranger's file, so it
is read with care.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

#: More networks, or layers of one, are no table; longer names no names.
MOST_NETWORKS, MOST_LAYERS, MOST_LETTERS, MOST_WEIGHTS = 16, 500, 100, 2**53 - 1

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One layer as it was called."""

    name: str  # Where it is in its network: ``features.0``
    kind: str  # PyTorch's class, or the author's own: ``Conv2d``
    output: Shape  # For one image
    parameters: int  # Trainable weights; 0 where the layer was called before
    settings: Mapping[str, Any] = field(default_factory=dict)  # ``kernel_size``, ``stride``, ...


@dataclass(frozen=True)
class Network:
    """A network of a family."""

    name: str  # As the family calls it: ``generator``
    input: Shape  # Of what it is given for one image
    parameters: int  # All its trainable weights; more than its layers' if some are in no layer
    layers: tuple[Layer, ...]  # In the order of their calls


def to_json(networks: Iterable[Network]) -> dict[str, Any]:
    """What ``networks.json`` holds."""
    return {"networks": [asdict(network) for network in networks]}


def from_json(value: Any) -> tuple[Network, ...]:
    """The networks of a ``networks.json``; none where it is not what `to_json` writes."""
    try:
        return tuple(map(_network, _checked(value["networks"], list, MOST_NETWORKS)))
    except (KeyError, TypeError, AttributeError, ValueError):
        return ()


def _network(value: Mapping[str, Any]) -> Network:
    layers = _checked(value["layers"], list, MOST_LAYERS)
    made = tuple(map(_layer, layers))
    return Network(_word(value["name"]), _shape(value["input"]), _count(value["parameters"]), made)


def _layer(value: Mapping[str, Any]) -> Layer:
    return Layer(
        name=_word(value["name"]),
        kind=_word(value["kind"]),
        output=_shape(value["output"]),
        parameters=_count(value["parameters"]),
        settings={_word(key): _setting(each) for key, each in value["settings"].items()},
    )


def _checked(value: Any, kind: type[Any], most: int) -> Any:
    """The value; ValueError where it is not of this type, or larger or longer than `most`."""
    if type(value) is not kind or not 0 <= (value if kind is int else len(value)) <= most:
        raise ValueError("no part of a table of layers")
    return value


_word = partial(_checked, kind=str, most=MOST_LETTERS)
_count = partial(_checked, kind=int, most=MOST_WEIGHTS)


def _shape(value: Any) -> Shape:
    return tuple(map(_count, _checked(value, list, 8)))


def _setting(value: Any) -> Any:
    """A number, a word or a short row of numbers."""
    if isinstance(value, list):
        return _shape(value[:8])
    return value if isinstance(value, bool | int | float) else _word(value)
