"""The networks in words: what the report's method section says of each family.

The code that trains is in ``labkit.train.models``; the report must not import it, since
that would bring in torch. A test builds the networks and compares them with these lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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


def lab1_gan(params: Mapping[str, Any]) -> Architecture:
    """Generator and discriminator of Lab 1."""
    z = params["z_dim"]
    generator = Network(
        "Generator",
        (
            ("noise z ~ N(0, I)", f"{z}"),
            ("linear, batch norm, ReLU", "128 × 7 × 7"),
            ("transposed convolution 4×4, stride 2, padding 1; batch norm, ReLU", "64 × 14 × 14"),
            ("transposed convolution 4×4, stride 2, padding 1; batch norm, ReLU", "32 × 28 × 28"),
            ("convolution 3×3, padding 1; tanh", "1 × 28 × 28"),
        ),
    )
    discriminator = Network(
        "Discriminator",
        (
            ("image in [−1, 1]", "1 × 28 × 28"),
            ("convolution 4×4, stride 2, padding 1; leaky ReLU 0.2", "32 × 14 × 14"),
            ("convolution 4×4, stride 2, padding 1; batch norm, leaky ReLU 0.2", "64 × 7 × 7"),
            ("convolution 3×3, stride 2, padding 1; leaky ReLU 0.2", "128 × 4 × 4"),
            ("linear: one logit", "1"),
        ),
    )
    chains = (
        (
            "GAN",
            (
                Box("z", "noise, N(0, I)"),
                Box("Generator G", "makes", "gan-1"),
                Box("G(z)", "fake image"),
                Box("Discriminator D", "judges G(z) and real x", "gan-1"),
                Box("D(·)", "logit"),
                Box("loss", "one for D, one for G"),
            ),
        ),
    )
    return Architecture((generator, discriminator), chains)


def lab1_vae(params: Mapping[str, Any]) -> Architecture:
    """Encoder and decoder of Lab 1."""
    n = params["latent_dim"]
    squash = "sigmoid" if params["reconstruction"] == "bernoulli" else "tanh"
    encoder = Network(
        "Encoder",
        (
            ("image", "1 × 28 × 28"),
            ("convolution 4×4, stride 2, padding 1; ReLU", "32 × 14 × 14"),
            ("convolution 4×4, stride 2, padding 1; ReLU", "64 × 7 × 7"),
            ("two linear heads: mean μ and log-variance log σ²", f"{n} + {n}"),
        ),
    )
    decoder = Network(
        "Decoder",
        (
            ("latent z = μ + σ·ε, ε ~ N(0, I)", f"{n}"),
            ("linear, ReLU", "64 × 7 × 7"),
            ("transposed convolution 4×4, stride 2, padding 1; ReLU", "32 × 14 × 14"),
            ("transposed convolution 4×4, stride 2, padding 1; ReLU", "16 × 28 × 28"),
            (f"convolution 3×3, padding 1; {squash}", "1 × 28 × 28"),
        ),
    )
    chains = (
        (
            "VAE",
            (
                Box("x", "image"),
                Box("Encoder", "q(z|x)", "vae-1"),
                Box("μ, σ²", "KL to N(0, I)"),
                Box("z = μ + σ·ε", "ε ~ N(0, I)"),
                Box("Decoder", "p(x|z)", "vae-1"),
                Box("x̂", "compared with x"),
            ),
        ),
    )
    return Architecture((encoder, decoder), chains)


#: A family's description; a family without one is described by its settings alone.
ARCHITECTURES: dict[str, Callable[[Mapping[str, Any]], Architecture]] = {
    "gan": lab1_gan,
    "vae": lab1_vae,
}
