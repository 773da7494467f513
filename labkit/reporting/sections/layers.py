"""The layers of networks in words, from what was recorded when they were trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labkit.catalog import FAMILIES, RECONSTRUCTIONS
from labkit.experiment.spec import CellSpec
from labkit.reporting.blocks import Column, Table
from labkit.reporting.entries import table
from labkit.store.layer_table import Layer, Network, Shape
from labkit.text.language import N_, _

#: What networks are called, and what goes into them.
_PARTS = {
    "generator": (N_("Generator"), N_("noise z ~ N(0, I)")),
    "discriminator": (N_("Discriminator"), N_("input")),
    "critic": (N_("Critic"), N_("input")),
    "encoder": (N_("Encoder"), N_("image")),
    "decoder": (N_("Decoder"), N_("latent z = μ + σ·ε, ε ~ N(0, I)")),
}
#: PyTorch's classes in words; what is not here has its own name.
_WORDS = {
    "Linear": N_("linear"),
    "Conv2d": N_("convolution"),
    "ConvTranspose2d": N_("transposed convolution"),
    "BatchNorm1d": N_("batch norm"),
    "BatchNorm2d": N_("batch norm"),
    "GroupNorm": N_("group norm"),
    "LayerNorm": N_("layer norm"),
    "ReLU": N_("ReLU"),
    "LeakyReLU": N_("leaky ReLU"),
    "Tanh": N_("tanh"),
    "Sigmoid": N_("sigmoid"),
    "Dropout": N_("dropout"),
    "Dropout2d": N_("dropout"),
    "SpectralNorm": N_("spectral norm"),
}
#: Layers that stand in the row of the one before them.
_FOLLOWING = {
    "BatchNorm1d", "BatchNorm2d", "GroupNorm", "LayerNorm", "InstanceNorm2d", "RMSNorm",
    "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish",
    "Tanh", "Hardtanh", "Sigmoid", "Softplus", "Dropout", "Dropout2d", "Unflatten",
}  # fmt: skip
#: Layers that only change how numbers are arranged.
_SILENT = {"Flatten", "Unflatten", "Identity"}
#: The last two layers of an encoder of labkit's.
_HEADS = ("mean", "log_variance")


@dataclass
class _Line:
    """A row being built: a layer and those written into the same row."""

    words: list[str]
    output: str
    parameters: int


def signature(network: Network) -> tuple[Any, ...]:
    """Return a key that is equal for networks that differ in sizes only."""
    layers = ((each.kind, tuple(sorted(each.settings.items()))) for each in network.layers)
    return network.name, *layers


def layer_table(network: Network, spec: CellSpec) -> Table:
    """A recorded network's layers, with the shape of what each makes and its weights."""
    name, given = network.name.replace("_", " ").capitalize(), _("input")
    if network.name in _PARTS:
        name, given = map(_, _PARTS[network.name])
    if FAMILIES[spec.family].conditional:
        given = _("{input}, with its class", input=given)
    lines = [_Line([given], _size(network.input), 0), *_lines(network.layers)]
    networks = FAMILIES[spec.family].params.get("networks")
    if network.name == "decoder" and networks and networks.choices == "vae_networks":
        # A VAE's reconstruction loss says how its pixels are squashed.
        kind = RECONSTRUCTIONS.get(spec.params.get("reconstruction", ""))
        lines[-1].words.append(_("sigmoid") if kind and kind.pixels == "[0, 1]" else _("tanh"))
    rest = network.parameters - sum(line.parameters for line in lines)
    if rest > 0:
        lines.append(_Line([_("outside of these layers")], "", rest))
    rows = []
    for line in lines:
        said = "; ".join(filter(None, (line.words[0], ", ".join(line.words[1:]))))
        rows.append((said, line.output, f"{line.parameters:,}" if line.parameters else ""))
    columns = (_("Layer"), Column(_("Output"), True), Column(_("Parameters"), True))
    caption = _("{network}: {n} parameters", network=name, n=f"{network.parameters:,}")
    return table(caption, columns, rows)


def _lines(layers: Sequence[Layer]) -> list[_Line]:
    """A line for each layer that stands for itself, with what follows it."""
    heads = layers[-2:] if tuple(layer.name for layer in layers[-2:]) == _HEADS else ()
    lines: list[_Line] = []
    for layer in layers[: len(layers) - len(heads)]:
        words = [] if layer.kind in _SILENT else _words(layer)
        if layer.kind in _FOLLOWING and lines:
            lines[-1].words += [" ".join(words)] if words else []
            lines[-1].output = _size(layer.output)
            lines[-1].parameters += layer.parameters
        elif words:
            lines.append(_Line([", ".join(words)], _size(layer.output), layer.parameters))
        if words and (weight := layer.settings.get("weight")):
            lines[-1].words.append(_(_WORDS.get(str(weight), str(weight))))
    if heads:
        said = _("two linear heads: mean μ and log-variance log σ²")
        sizes = " + ".join(_size(head.output) for head in heads)
        lines.append(_Line([said], sizes, sum(head.parameters for head in heads)))
    return lines


def _words(layer: Layer) -> list[str]:
    """A layer and its settings that are not torch's defaults."""
    settings, said = layer.settings, _(_WORDS.get(layer.kind, layer.kind))
    if layer.kind == "GroupNorm" and settings.get("num_groups") == 1:
        said = _("layer norm")  # over one image, whatever torch calls it
    if layer.kind == "LeakyReLU" or layer.kind.startswith("Dropout"):
        return [said, str(settings.get("negative_slope", settings.get("p", "")))]
    found = [said]
    if "kernel_size" in settings:
        found = [f"{said} {_times(settings['kernel_size'], both=True)}"]
        if (stride := _times(settings.get("stride", 1))) != "1":
            found.append(_("stride {n}", n=stride))
        if (padding := _times(settings.get("padding", 0))) != "0":
            found.append(_("padding {n}", n=padding))
    return [*found, *([_("no bias")] if settings.get("bias") is False else [])]


def _times(value: Any, both: bool = False) -> str:
    """A size each way, "4×4"; one number where both are equal, unless `both`."""
    sizes = value if isinstance(value, tuple) else (value, value)
    return "×".join(map(str, sizes if both or len(set(sizes)) > 1 else sizes[:1]))


def _size(shape: Shape) -> str:
    return " × ".join(map(str, shape))
