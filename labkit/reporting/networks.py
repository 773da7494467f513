"""The networks in words: what the report's method section says of each family.

The code that trains is in ``labkit.train.models``; the report must not import it, since
that would bring in torch. A test builds the networks and compares them with these lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.catalog import FAMILIES, GAN_NETWORKS
from labkit.reporting.language import N_, _
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


#: What a norm adds before an activation.
_NORMS = {"batch": N_("batch norm, "), "layer": N_("layer norm, "), "none": ""}

#: The layers of each generator of the catalog, after the noise.
GENERATORS: dict[str, Layers] = {
    "lab1": (
        (N_("linear, batch norm, ReLU"), "128 × 7 × 7"),
        (
            N_("transposed convolution 4×4, stride 2, padding 1; batch norm, ReLU"),
            "64 × 14 × 14",
        ),
        (
            N_("transposed convolution 4×4, stride 2, padding 1; batch norm, ReLU"),
            "32 × 28 × 28",
        ),
        (N_("convolution 3×3, padding 1; tanh"), "1 × 28 × 28"),
    ),
    "dcgan": (
        (N_("transposed convolution 7×7; batch norm, ReLU"), "128 × 7 × 7"),
        (
            N_("transposed convolution 4×4, stride 2, padding 1; batch norm, ReLU"),
            "64 × 14 × 14",
        ),
        (N_("transposed convolution 4×4, stride 2, padding 1; tanh"), "1 × 28 × 28"),
    ),
    "tf_dcgan": (
        (N_("linear, no bias; batch norm, leaky ReLU 0.3"), "256 × 7 × 7"),
        (
            N_("transposed convolution 5×5, no bias; batch norm, leaky ReLU 0.3"),
            "128 × 7 × 7",
        ),
        (
            N_("transposed convolution 5×5, stride 2, no bias; batch norm, leaky ReLU 0.3"),
            "64 × 14 × 14",
        ),
        (N_("transposed convolution 5×5, stride 2, no bias; tanh"), "1 × 28 × 28"),
    ),
    "dense": (
        (N_("linear, leaky ReLU 0.2"), "256"),
        (N_("linear, leaky ReLU 0.2"), "512"),
        (N_("linear, leaky ReLU 0.2"), "1024"),
        (N_("linear; tanh"), "1 × 28 × 28"),
    ),
}

#: The layers of each discriminator.
DISCRIMINATORS: dict[str, Layers] = {
    "lab1": (
        (N_("convolution 4×4, stride 2, padding 1; leaky ReLU 0.2"), "32 × 14 × 14"),
        (N_("convolution 4×4, stride 2, padding 1; {norm}leaky ReLU 0.2"), "64 × 7 × 7"),
        (N_("convolution 3×3, stride 2, padding 1; leaky ReLU 0.2"), "128 × 4 × 4"),
        (N_("linear"), "1"),
    ),
    "dcgan": (
        (N_("convolution 4×4, stride 2, padding 1; leaky ReLU 0.2"), "64 × 14 × 14"),
        (N_("convolution 4×4, stride 2, padding 1; {norm}leaky ReLU 0.2"), "128 × 7 × 7"),
        (N_("convolution 7×7"), "1"),
    ),
    "tf_dcgan": (
        (N_("convolution 5×5, stride 2; leaky ReLU 0.3, dropout 0.3"), "64 × 14 × 14"),
        (N_("convolution 5×5, stride 2; {norm}leaky ReLU 0.3, dropout 0.3"), "128 × 7 × 7"),
        (N_("linear"), "1"),
    ),
    "dense": (
        (N_("linear, leaky ReLU 0.2"), "512"),
        (N_("linear, {norm}leaky ReLU 0.2"), "256"),
        (N_("linear"), "1"),
    ),
}

_CONV_ENCODER: Layers = (
    (N_("convolution 4×4, stride 2, padding 1; ReLU"), "32 × 14 × 14"),
    (N_("convolution 4×4, stride 2, padding 1; ReLU"), "64 × 7 × 7"),
)

#: The hidden layers of each encoder and all of each decoder but its last activation.
ENCODERS: dict[str, Layers] = {
    "lab1": _CONV_ENCODER,
    "conv": _CONV_ENCODER,
    "dense256": ((N_("linear, ReLU"), "256"),),
    "dense512": (
        (N_("linear, {norm}leaky ReLU 0.2{drop}"), "512"),
        (N_("linear, {norm}leaky ReLU 0.2{drop}"), "256"),
    ),
}
DECODERS: dict[str, Layers] = {
    "lab1": (
        (N_("linear"), "64 × 7 × 7"),
        (N_("transposed convolution 4×4, stride 2, padding 1; ReLU"), "32 × 14 × 14"),
        (N_("transposed convolution 4×4, stride 2, padding 1; ReLU"), "16 × 28 × 28"),
        (N_("convolution 3×3, padding 1; {last}"), "1 × 28 × 28"),
    ),
    "conv": (
        (N_("linear, ReLU"), "64 × 7 × 7"),
        (N_("transposed convolution 4×4, stride 2, padding 1; ReLU"), "32 × 14 × 14"),
        (N_("transposed convolution 4×4, stride 2, padding 1; {last}"), "1 × 28 × 28"),
    ),
    "dense256": (
        (N_("linear, ReLU"), "256"),
        (N_("linear, {last}"), "1 × 28 × 28"),
    ),
    "dense512": (
        (N_("linear, {norm}leaky ReLU 0.2"), "256"),
        (N_("linear, {norm}leaky ReLU 0.2"), "512"),
        (N_("linear, {last}"), "1 × 28 × 28"),
    ),
}


def architecture(family: str, params: Mapping[str, Any]) -> Architecture | None:
    """What a cell consists of; None where that is the author's own or not told."""
    about = FAMILIES[family]
    told = about.conditional
    name = params.get("networks")
    chains: tuple[tuple[str, tuple[Box, ...]], ...]
    if about.reconstructs:
        if name not in ENCODERS:
            return None
        networks = [_encoder(name, params, told), _decoder(name, params, told)]
        if "critic" in params:
            if params["critic"] not in DISCRIMINATORS:
                return None
            networks.append(_discriminator(params["critic"], params, False))
        if family == "latent_gan":
            z, n = params["z_dim"], params["latent_dim"]
            networks += [_perceptron(_("Generator"), z, n), _perceptron(_("Discriminator"), n, 1)]
        chains = ((_(about.label), _vae_chain(family)),)
        if family == "latent_gan":
            chains += ((_("{family}: a sample", family=_(about.label)), _code_chain(family)),)
    elif name in GENERATORS:
        z = params["z_dim"]
        noise = _("noise z ~ N(0, I), class") if told else _("noise z ~ N(0, I)")
        layers = [(_(layer), shape) for layer, shape in GENERATORS[name]]
        networks = [
            Network(_("Generator"), ((noise, _size(z, told)), *layers)),
            _discriminator(name, params, told),
        ]
        chains = ((_(about.label), _gan_chain(family, told)),)
    else:
        return None
    return Architecture(tuple(networks), chains)


def _size(n: int, told: bool) -> str:
    return f"{n} + 10" if told else str(n)


def _channels(told: bool) -> str:
    return "11 × 28 × 28" if told else "1 × 28 × 28"


def _discriminator(name: str, params: Mapping[str, Any], told: bool) -> Network:
    norm = params["d_norm"] if params["d_norm"] != "own" else GAN_NETWORKS[name].norm
    layers = [(_(layer, norm=_(_NORMS[norm])), shape) for layer, shape in DISCRIMINATORS[name]]
    if params["constraint"] == "spectral_norm":
        layers = [(_("{layer}; spectral norm", layer=layer), shape) for layer, shape in layers]
    first = _("class, image in [−1, 1]") if told else _("image in [−1, 1]")
    return Network(_("Discriminator"), ((first, _channels(told)), *layers))


def _encoder(name: str, params: Mapping[str, Any], told: bool) -> Network:
    n, drop = params["latent_dim"], params["dropout"]
    words = {
        "norm": _(_NORMS[params["norm"]]),
        "drop": _(", dropout {share}", share=drop) if drop else "",
    }
    layers = [(_(layer, **words), shape) for layer, shape in ENCODERS[name]]
    first = _("class, image") if told else _("image")
    heads = _("two linear heads: mean μ and log-variance log σ²")
    return Network(_("Encoder"), ((first, _channels(told)), *layers, (heads, f"{n} + {n}")))


def _decoder(name: str, params: Mapping[str, Any], told: bool) -> Network:
    bernoulli = params.get("reconstruction") == "bernoulli"
    words = {
        "norm": _(_NORMS[params["norm"]]),
        "last": _("sigmoid") if bernoulli else _("tanh"),
    }
    layers = [(_(layer, **words), shape) for layer, shape in DECODERS[name]]
    code = _("latent z = μ + σ·ε, ε ~ N(0, I)")
    if told:
        code = _("class, latent z = μ + σ·ε, ε ~ N(0, I)")
    return Network(_("Decoder"), ((code, _size(params["latent_dim"], told)), *layers))


def _perceptron(name: str, inputs: int, outputs: int) -> Network:
    hidden = (_("linear, leaky ReLU 0.2"), "256")
    ends = (_("vector"), str(inputs)), (_("linear"), str(outputs))
    return Network(name, (ends[0], hidden, hidden, ends[1]))


def _gan_chain(family: str, told: bool) -> tuple[Box, ...]:
    noise, judged = _("noise, N(0, I)"), _("fake or real?")
    if told:
        noise, judged = _("class, noise, N(0, I)"), _("class, fake or real?")
    return (
        Box("z", noise),
        Box(_("Generator G"), _("makes"), f"{family}-1"),
        Box("G(z)", _("fake image")),
        Box(_("Discriminator D"), judged, f"{family}-1"),
        Box("D(·)", _("logit")),
        Box(_("loss"), _("one for D, one for G")),
    )


def _vae_chain(family: str) -> tuple[Box, ...]:
    ends = {
        "adversarial_vae": (
            Box("x̂", _("compared with x")),
            Box(_("Critic"), _("judges samples"), f"{family}-1"),
        ),
        "vae_gan": (Box(_("Critic"), _("compares, judges"), f"{family}-1"),),
    }
    return (
        Box("x", _("image")),
        Box(_("Encoder"), "q(z|x)", f"{family}-1"),
        Box("μ, σ²", _("KL to N(0, I)")),
        Box("z = μ + σ·ε", "ε ~ N(0, I)"),
        Box(_("Decoder"), "p(x|z)", f"{family}-1"),
        *ends.get(family, (Box("x̂", _("compared with x")),)),
    )


def _code_chain(family: str) -> tuple[Box, ...]:
    """How a latent GAN samples: its generator makes a code, the VAE's decoder paints it."""
    return (
        Box(_("noise"), "N(0, I)"),
        Box(_("Generator G"), _("makes codes"), f"{family}-1"),
        Box(_("code"), _("D: fake or real?")),
        Box(_("Decoder"), "p(x|z)", f"{family}-1"),
        Box("x̂", _("image")),
    )
