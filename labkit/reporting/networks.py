"""The networks in words: what the report's method section says of each family.

The code that trains is in ``labkit.train.models``; the report must not import it, since
that would bring in torch. A test builds the networks and compares them with these lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.catalog import FAMILIES, GAN_NETWORKS
from labkit.reporting.plots.chart import Box

Layers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Network:
    """A network as its layers and the shape after each."""

    name: str
    layers: Layers
    """Layer, and the shape it makes of its input."""


@dataclass(frozen=True)
class Architecture:
    """What a family consists of."""

    networks: tuple[Network, ...]
    chains: tuple[tuple[str, tuple[Box, ...]], ...]
    """The diagram: what flows where."""


_UP = "transposed convolution 4×4, stride 2, padding 1"
_DOWN = "convolution 4×4, stride 2, padding 1"
_UP5 = "transposed convolution 5×5, stride 2, no bias"
_NORMS = {"batch": "batch norm, ", "layer": "layer norm, ", "none": ""}

#: The layers of each generator of the catalog, after the noise.
GENERATORS: dict[str, Layers] = {
    "lab1": (
        ("linear, batch norm, ReLU", "128 × 7 × 7"),
        (f"{_UP}; batch norm, ReLU", "64 × 14 × 14"),
        (f"{_UP}; batch norm, ReLU", "32 × 28 × 28"),
        ("convolution 3×3, padding 1; tanh", "1 × 28 × 28"),
    ),
    "dcgan": (
        ("transposed convolution 7×7; batch norm, ReLU", "128 × 7 × 7"),
        (f"{_UP}; batch norm, ReLU", "64 × 14 × 14"),
        (f"{_UP}; tanh", "1 × 28 × 28"),
    ),
    "tf_dcgan": (
        ("linear, no bias; batch norm, leaky ReLU 0.3", "256 × 7 × 7"),
        ("transposed convolution 5×5, no bias; batch norm, leaky ReLU 0.3", "128 × 7 × 7"),
        (f"{_UP5}; batch norm, leaky ReLU 0.3", "64 × 14 × 14"),
        (f"{_UP5}; tanh", "1 × 28 × 28"),
    ),
    "dense": (
        ("linear, leaky ReLU 0.2", "256"),
        ("linear, leaky ReLU 0.2", "512"),
        ("linear, leaky ReLU 0.2", "1024"),
        ("linear; tanh", "1 × 28 × 28"),
    ),
}

#: The layers of each discriminator; ``{}`` is its norm.
DISCRIMINATORS: dict[str, Layers] = {
    "lab1": (
        (f"{_DOWN}; leaky ReLU 0.2", "32 × 14 × 14"),
        (f"{_DOWN}; {{}}leaky ReLU 0.2", "64 × 7 × 7"),
        ("convolution 3×3, stride 2, padding 1; leaky ReLU 0.2", "128 × 4 × 4"),
        ("linear", "1"),
    ),
    "dcgan": (
        (f"{_DOWN}; leaky ReLU 0.2", "64 × 14 × 14"),
        (f"{_DOWN}; {{}}leaky ReLU 0.2", "128 × 7 × 7"),
        ("convolution 7×7", "1"),
    ),
    "tf_dcgan": (
        ("convolution 5×5, stride 2; leaky ReLU 0.3, dropout 0.3", "64 × 14 × 14"),
        ("convolution 5×5, stride 2; {}leaky ReLU 0.3, dropout 0.3", "128 × 7 × 7"),
        ("linear", "1"),
    ),
    "dense": (
        ("linear, leaky ReLU 0.2", "512"),
        ("linear, {}leaky ReLU 0.2", "256"),
        ("linear", "1"),
    ),
}

_HEADS = "two linear heads: mean μ and log-variance log σ²"
_CONV_ENCODER: Layers = ((f"{_DOWN}; ReLU", "32 × 14 × 14"), (f"{_DOWN}; ReLU", "64 × 7 × 7"))

#: The hidden layers of each encoder and all of each decoder; ``{}`` is norm, ``{drop}`` dropout.
ENCODERS: dict[str, Layers] = {
    "lab1": _CONV_ENCODER,
    "conv": _CONV_ENCODER,
    "dense256": (("linear, ReLU", "256"),),
    "dense512": (
        ("linear, {}leaky ReLU 0.2{drop}", "512"),
        ("linear, {}leaky ReLU 0.2{drop}", "256"),
    ),
}
DECODERS: dict[str, Layers] = {
    "lab1": (
        ("linear", "64 × 7 × 7"),
        (f"{_UP}; ReLU", "32 × 14 × 14"),
        (f"{_UP}; ReLU", "16 × 28 × 28"),
        ("convolution 3×3, padding 1", "1 × 28 × 28"),
    ),
    "conv": (
        ("linear, ReLU", "64 × 7 × 7"),
        (f"{_UP}; ReLU", "32 × 14 × 14"),
        (_UP, "1 × 28 × 28"),
    ),
    "dense256": (("linear, ReLU", "256"), ("linear", "1 × 28 × 28")),
    "dense512": (
        ("linear, {}leaky ReLU 0.2", "256"),
        ("linear, {}leaky ReLU 0.2", "512"),
        ("linear", "1 × 28 × 28"),
    ),
}


def architecture(family: str, params: Mapping[str, Any]) -> Architecture | None:
    """What a cell consists of; None where that is the author's own or not told."""
    about = FAMILIES[family]
    told = "class, " if about.conditional else ""
    name = params.get("networks")
    chains: tuple[tuple[str, tuple[Box, ...]], ...]
    if about.reconstructs:
        if name not in ENCODERS:
            return None
        networks = [_encoder(name, params, told), _decoder(name, params, told)]
        if "critic" in params:
            if params["critic"] not in DISCRIMINATORS:
                return None
            networks.append(_discriminator(params["critic"], params, ""))
        if family == "latent_gan":
            z, n = params["z_dim"], params["latent_dim"]
            networks += [_perceptron("Generator", z, n), _perceptron("Discriminator", n, 1)]
        chains = ((about.label, _vae_chain(family)),)
    elif name in GENERATORS:
        z = params["z_dim"]
        first = (f"noise z ~ N(0, I){', class' * about.conditional}", _size(z, about.conditional))
        networks = [
            Network("Generator", (first, *GENERATORS[name])),
            _discriminator(name, params, told),
        ]
        chains = ((about.label, _gan_chain(family, told)),)
    else:
        return None
    return Architecture(tuple(networks), chains)


def _size(n: int, conditional: bool) -> str:
    return f"{n} + 10" if conditional else str(n)


def _discriminator(name: str, params: Mapping[str, Any], told: str) -> Network:
    norm = params["d_norm"] if params["d_norm"] != "own" else GAN_NETWORKS[name].norm
    layers = [(layer.format(_NORMS[norm]), shape) for layer, shape in DISCRIMINATORS[name]]
    if params["constraint"] == "spectral_norm":
        layers = [(f"{layer}; spectral norm", shape) for layer, shape in layers]
    first = (f"{told}image in [−1, 1]", "11 × 28 × 28" if told else "1 × 28 × 28")
    return Network("Discriminator", (first, *layers))


def _encoder(name: str, params: Mapping[str, Any], told: str) -> Network:
    n, drop = params["latent_dim"], params["dropout"]
    words = {"drop": f", dropout {drop}" if drop else ""}
    layers = [(x.format(_NORMS[params["norm"]], **words), shape) for x, shape in ENCODERS[name]]
    first = (f"{told}image", "11 × 28 × 28" if told else "1 × 28 × 28")
    return Network("Encoder", (first, *layers, (_HEADS, f"{n} + {n}")))


def _decoder(name: str, params: Mapping[str, Any], told: str) -> Network:
    squash = "sigmoid" if params.get("reconstruction") == "bernoulli" else "tanh"
    layers = [(x.format(_NORMS[params["norm"]]), shape) for x, shape in DECODERS[name]]
    *others, (last, shape) = layers
    first = (f"{told}latent z = μ + σ·ε, ε ~ N(0, I)", _size(params["latent_dim"], bool(told)))
    joined = "; " if "," in last else ", " if last == "linear" else "; "
    return Network("Decoder", (first, *others, (f"{last}{joined}{squash}", shape)))


def _perceptron(name: str, inputs: int, outputs: int) -> Network:
    hidden = ("linear, leaky ReLU 0.2", "256")
    return Network(name, (("vector", str(inputs)), hidden, hidden, ("linear", str(outputs))))


def _gan_chain(family: str, told: str) -> tuple[Box, ...]:
    return (
        Box("z", f"{told}noise, N(0, I)"),
        Box("Generator G", "makes", f"{family}-1"),
        Box("G(z)", "fake image"),
        Box("Discriminator D", f"{told}fake or real?", f"{family}-1"),
        Box("D(·)", "logit"),
        Box("loss", "one for D, one for G"),
    )


def _vae_chain(family: str) -> tuple[Box, ...]:
    ends = {
        "adversarial_vae": (
            Box("x̂", "compared with x"),
            Box("Critic", "judges samples", f"{family}-1"),
        ),
        "vae_gan": (Box("Critic", "compares, judges", f"{family}-1"),),
    }
    code = Box("z = μ + σ·ε", "ε ~ N(0, I)")
    if family == "latent_gan":
        code = Box("GAN of z", "makes codes", f"{family}-1")
    return (
        Box("x", "image"),
        Box("Encoder", "q(z|x)", f"{family}-1"),
        Box("μ, σ²", "KL to N(0, I)"),
        code,
        Box("Decoder", "p(x|z)", f"{family}-1"),
        *ends.get(family, (Box("x̂", "compared with x"),)),
    )
