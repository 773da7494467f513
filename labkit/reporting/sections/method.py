"""Section 9: models, losses and settings in words and formulas, all read from the specs.

The layers of networks are read from what was recorded when they were trained.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labkit.catalog import CONSTRAINTS, FAMILIES, LOSSES, METRICS, RECONSTRUCTIONS
from labkit.catalog.rules import idle
from labkit.experiment.precision import REASONS
from labkit.experiment.spec import OWN_CODE, UNSTATED, CellSpec
from labkit.reporting import blocks as say
from labkit.reporting.blocks import Block, Column, Facts, Figure, Fold, Listing, Paragraph, Section
from labkit.reporting.entries import table
from labkit.reporting.plots.chart import Box, Diagram
from labkit.reporting.plots.fonts import labels
from labkit.reporting.plots.style import TRAINING, level_of, setting_name
from labkit.reporting.sections import opening
from labkit.reporting.view import View, plain_level
from labkit.store.layer_table import Layer, Network, Shape
from labkit.text.language import N_, _
from labkit.text.numbers import levels, listing

#: Claims about families that a reader may look for and these measures do not cover.
_NEVER = (
    N_("Human judgement of the images was not collected."),
    N_("The proxy FID sees what a small digit or clothes classifier sees, and nothing else."),
)
_BOUND = N_(
    "Total loss = reconstruction + KL, mean over images. KL(q(z|x) ‖ N(0, I)) = "
    "−½ Σ (1 + log σ² − μ² − σ²), summed over dimensions (Kingma & Welling 2014, arXiv:1312.6114)."
)
#: What networks are called, and what goes into them.
_PARTS = {
    "generator": (N_("Generator"), N_("noise z ~ N(0, I)")),
    "discriminator": (N_("Discriminator"), N_("input")),
    "critic": (N_("Critic"), N_("input")),
    "encoder": (N_("Encoder"), N_("image")),
    "recognition": (N_("Recognition"), N_("features of D")),
    "velocity": (N_("Velocity"), N_("image between noise and data, time")),
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
    "ReLU": "ReLU",
    "LeakyReLU": N_("leaky ReLU"),
    "Tanh": "tanh",
    "SiLU": "SiLU",
    "PixelUnshuffle": N_("pixels to channels"),
    "PixelShuffle": N_("channels to pixels"),
    "Sigmoid": N_("sigmoid"),
    "Dropout": N_("dropout"),
    "Dropout2d": N_("dropout"),
    "SpectralNorm": N_("spectral norm"),
    "Equalised": N_("equalised"),
    "PixelNorm": N_("pixel norm"),
    "Deviation": N_("spread of the batch"),
    "Constant": N_("learnt constant"),
    "Noise": N_("noise and bias"),
}
#: Layers that stand in the row of the one before them.
_FOLLOWING = {
    "BatchNorm1d", "BatchNorm2d", "GroupNorm", "LayerNorm", "InstanceNorm2d", "RMSNorm",
    "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish",
    "Tanh", "Hardtanh", "Sigmoid", "Softplus", "Dropout", "Dropout2d", "Unflatten", "PixelNorm",
    "Noise",
}  # fmt: skip
#: Layers that only change how numbers are arranged.
_SILENT = {"Flatten", "Unflatten", "Identity"}
#: The last two layers of an encoder of labkit's.
_HEADS = ("mean", "log_variance")


def method(view: View) -> Section:
    """The models and what was not varied or measured."""
    families = (_family(view, family) for family in view.families)
    limits = Section("limitations", _("What was not varied or measured"), (_limits(view),))
    with labels():
        chains = [chain for family in view.families for chain in _chains(view, family)]
    blocks: tuple[Block, ...] = ()
    if chains:
        names = listing(_(FAMILIES[f].label) for f in view.families)
        said = "; ".join(f"{title}: {', '.join(b.text for b in boxes)}" for title, boxes in chains)
        blocks = (
            Figure(
                "models", Diagram(tuple(chains)),
                _("Boxes with a coloured edge are networks that learn; the others are values."),
                _("Diagram of {families}. {chains}.", families=names, chains=said),
                "plots/models.png",
            ),
        )  # fmt: skip
    kinds = [s.params["reconstruction"] for s in view.plan.cells if "reconstruction" in s.params]
    scales = dict.fromkeys(("[-1, 1]", *(RECONSTRUCTIONS[kind].pixels for kind in kinds)))
    text = _(
        "{data}: grey, 28 × 28 pixels, ten classes, pixels scaled to {scale}. The 10,000 test "
        "images were used for measuring only.",
        data=opening.data(view),
        scale=listing(scales).replace("-", "−"),
    )
    inner = (Section("method-data", _("Data"), (Paragraph(text),)), *families, limits)
    return Section("method", _("Method and limitations"), blocks, inner)


def _chains(view: View, family: str) -> Iterator[tuple[str, tuple[Box, ...]]]:
    """The diagram of a family, if labkit trained it."""
    about = FAMILIES[family]
    if all(cell.spec.code == OWN_CODE for cell in view.of(family)):
        return
    sample = _("{family}: a sample", family=_(about.label))
    colour = f"{family}-1"
    for title, steps in ((_(about.label), about.flow), (sample, about.sampling)):
        boxes = (Box(_(s.text), _(s.under), colour if s.learns else "") for s in steps)
        if steps:
            yield title, tuple(boxes)


def _family(view: View, family: str) -> Section:
    about = FAMILIES[family]
    rows = []
    for name in _applying(view, family):
        found = levels(level_of(c.spec, name) for c in view.of(family))
        said = _(", ").join(plain_level(value, family, name) for value in found)
        if len(found) > 1:
            said = _("{levels} (varied)", levels=said)
        rows.append((setting_name(family, name), said))
    rows.append((_("Arithmetic"), _precision(view, family)))
    intro, facts = Paragraph(f"{_(about.label)}: {_(about.about)}{_('.')}"), Facts(tuple(rows))
    blocks = (intro, *_losses(view, family), facts, *_networks(view, family))
    return Section(f"method-{family}", _(about.label), blocks)


def _precision(view: View, family: str) -> str:
    """The arithmetic of a family's training; if labkit chose it, why."""
    found = levels(c.spec.precision for c in view.of(family))
    why = REASONS.get(str(view.plan.settings.get("precision_reason")))
    if why is None or found[0] == UNSTATED:
        return listing(found)
    return _("{precision} (auto: {why})", precision=listing(found), why=_(why))


def _networks(view: View, family: str) -> list[Block]:
    """The layers of every kind of networks, as they were recorded in training."""
    results = ((c.spec, c.result.networks) for c in view.of(family) if c.result)
    trained = [(spec, networks) for spec, networks in results if spec.code != OWN_CODE]
    params = FAMILIES[family].params
    chosen = [name for name, param in params.items() if param.choices.endswith("_networks")]
    folds: dict[str, Fold] = {}
    for spec, networks in trained:
        # Equal for networks that differ in sizes only.
        every = [(network.name, each) for network in networks for each in network.layers]
        layers = [(name, each.kind, sorted(each.settings.items())) for name, each in every]
        kind = str(([spec.params.get(name) for name in chosen], layers))
        if networks and kind not in folds:
            title = _("Layers of {cell}", cell=view.style.label(spec))
            folds[kind] = Fold(title, tuple(_layer_table(each, spec) for each in networks))
    if all(networks for _spec, networks in trained):
        return [*folds.values()]
    text = _("The layers of some networks were not recorded when they were trained.")
    return [*folds.values(), Paragraph(text)]


def _applying(view: View, family: str) -> list[str]:
    """The settings that have an effect in some cell of a family, in the catalog's order."""
    params = FAMILIES[family].params
    without = [idle(params, cell.spec.params) for cell in view.of(family)]
    return [*(name for name in params if any(name not in some for some in without)), *TRAINING]


def _losses(view: View, family: str) -> list[Block]:
    """The formulas of the losses that were used, in the catalog's words."""
    loss, formula, source = _("Loss"), _("Formula"), _("Source")
    asked: tuple[tuple[str, Mapping[str, Any], str, dict[str, str]], ...] = (
        ("loss", LOSSES, _("Adversarial losses"),
         {"label": loss, "discriminator": _("Discriminator minimises"),
          "generator": _("Generator minimises"), "source": source}),
        ("constraint", CONSTRAINTS, _("What keeps the discriminator smooth"),
         {"label": _("Constraint"), "formula": formula, "about": _("In words"), "source": source}),
        ("reconstruction", RECONSTRUCTIONS, _("Reconstruction losses"),
         {"label": loss, "formula": formula, "pixels": _("Pixels")}),
    )  # fmt: skip
    found: list[Block] = []
    for name, registry, caption, columns in asked:
        kinds = levels(cell.spec.params.get(name) for cell in view.of(family))
        rows = [[_(getattr(registry[kind], each)).replace("[-", "[−") for each in columns]
                for kind in kinds if kind in registry]  # fmt: skip
        if rows and kinds != ["none"]:
            found.append(table(caption, tuple(columns.values()), rows))
        if rows and registry is RECONSTRUCTIONS:
            found.append(Paragraph(_(_BOUND)))
    if FAMILIES[family].objective:
        found.append(Paragraph(_(FAMILIES[family].objective)))
    return found


def _limits(view: View) -> Listing:
    """What these runs cannot say, from what their specs hold constant."""
    found = [_("A setting above without “(varied)” was held constant, so its effect is untested.")]
    if not view.several_seeds:
        found.append(_("One seed ({seed}): chance is not told apart.", seed=view.plan.seeds[0]))
    for family in view.families:
        factors, names = view.style.factors(family), _applying(view, family)
        varied = [n for n in names if len({level_of(c.spec, n) for c in view.of(family)}) > 1]
        if along := [setting_name(family, name) for name in varied if name not in factors]:
            said = _(
                "{family}: varied together with {told}, so their effects cannot be told apart: "
                "{settings}.",
                family=_(FAMILIES[family].label),
                told=listing(setting_name(family, name) for name in factors),
                settings=listing(along),
            )
            found.append(said)
    applying = [n for n, m in METRICS.items() if any(map(m.applies, view.families))]
    measured = opening.measured(view, applying)
    if missing := [_(METRICS[name].label) for name in applying if name not in measured]:
        found.append(_("Not measured: {metrics}.", metrics=listing(missing)))
    return Listing((*found, *map(_, _NEVER)))


def _layer_table(network: Network, spec: CellSpec) -> say.Table:
    """A recorded network's layers, with the shape of what each makes and its weights."""
    name, given = network.name.replace("_", " ").capitalize(), _("input")
    if network.name in _PARTS:
        name, given = map(_, _PARTS[network.name])
    if FAMILIES[spec.family].conditional:
        given = _("{input}, with its class", input=given)
    lines = [([given], _size(network.input), 0), *_lines(network.layers)]
    networks = FAMILIES[spec.family].params.get("networks")
    if network.name == "decoder" and networks and networks.choices == "vae_networks":
        # A VAE's reconstruction loss says how its pixels are squashed.
        kind = RECONSTRUCTIONS.get(spec.params.get("reconstruction", ""))
        lines[-1][0].append(_("sigmoid") if kind and kind.pixels == "[0, 1]" else _("tanh"))
    rest = network.parameters - sum(n for _words, _output, n in lines)
    if rest > 0:
        lines.append(([_("outside of these layers")], "", rest))
    rows = []
    for (first, *more), output, n in lines:
        said = f"{first}; {', '.join(more)}" if more else first
        rows.append((said, output, f"{n:,}" if n else ""))
    columns = (_("Layer"), Column(_("Output"), True), Column(_("Parameters"), True))
    caption = _("{network}: {n} parameters", network=name, n=f"{network.parameters:,}")
    return table(caption, columns, rows)


def _lines(layers: Sequence[Layer]) -> list[tuple[list[str], str, int]]:
    """A line for each layer that stands for itself, with what follows it: words, output, weights.

    The first of the words are the layer's, the others of those written into the same row.
    """
    heads = layers[-2:] if tuple(layer.name for layer in layers[-2:]) == _HEADS else ()
    lines: list[tuple[list[str], str, int]] = []
    for layer in layers[: len(layers) - len(heads)]:
        words = [] if layer.kind in _SILENT else _words(layer)
        if layer.kind in _FOLLOWING and lines:
            said, _output, n = lines[-1]
            said += [" ".join(words)] if words else []
            lines[-1] = said, _size(layer.output), n + layer.parameters
        elif words:
            lines.append(([", ".join(words)], _size(layer.output), layer.parameters))
        if words and (weight := layer.settings.get("weight")):
            lines[-1][0].append(_(_WORDS.get(str(weight), str(weight))))
    if heads:
        said = [_("two linear heads: mean μ and log-variance log σ²")]
        sizes = " + ".join(_size(head.output) for head in heads)
        lines.append((said, sizes, sum(head.parameters for head in heads)))
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
