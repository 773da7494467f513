"""Section 9: models, losses and settings in words and formulas, all read from the specs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labkit.catalog import CONSTRAINTS, FAMILIES, LOSSES, METRICS, RECONSTRUCTIONS
from labkit.catalog.rules import idle
from labkit.experiment.spec import OWN_CODE
from labkit.reporting.blocks import Block, Facts, Figure, Fold, Listing, Paragraph, Section
from labkit.reporting.entries import table
from labkit.reporting.plots.chart import Box, Diagram
from labkit.reporting.plots.style import TRAINING, level_of, setting_name
from labkit.reporting.sections import opening, over_seeds
from labkit.reporting.sections.layers import layer_table, signature
from labkit.reporting.view import View, plain_level
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


def method(view: View) -> Section:
    """The models and what was not varied or measured."""
    families = (_family(view, family) for family in view.families)
    limits = Section("limitations", _("What was not varied or measured"), (_limits(view),))
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
    inner = (_data(view), *families, limits)
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


def _data(view: View) -> Section:
    kinds = [s.params["reconstruction"] for s in view.plan.cells if "reconstruction" in s.params]
    scales = dict.fromkeys(("[-1, 1]", *(RECONSTRUCTIONS[kind].pixels for kind in kinds)))
    text = _(
        "{data}: grey, 28 × 28 pixels, ten classes, pixels scaled to {scale}. The 10,000 test "
        "images were used for measuring only.",
        data=opening.data(view),
        scale=listing(scales).replace("-", "−"),
    )
    return Section("method-data", _("Data"), (Paragraph(text),))


def _family(view: View, family: str) -> Section:
    about = FAMILIES[family]
    rows = []
    for name in _applying(view, family):
        found = levels(level_of(c.spec, name) for c in view.of(family))
        said = ", ".join(plain_level(value, family, name) for value in found)
        if len(found) > 1:
            said = _("{levels} (varied)", levels=said)
        rows.append((setting_name(family, name), said))
    rows.append((_("Precision"), listing(levels(c.spec.precision for c in view.of(family)))))
    blocks = (
        Paragraph(f"{_(about.label)}: {_(about.about)}."),
        *_losses(view, family),
        Facts(tuple(rows)),
        *_networks(view, family),
    )
    return Section(f"method-{family}", _(about.label), blocks)


def _networks(view: View, family: str) -> list[Block]:
    """The layers of every kind of networks, as they were recorded in training."""
    results = ((c.spec, c.result.networks) for c in view.of(family) if c.result)
    trained = [(spec, networks) for spec, networks in results if spec.code != OWN_CODE]
    params = FAMILIES[family].params
    chosen = [name for name, param in params.items() if param.choices.endswith("_networks")]
    folds: dict[tuple[Any, ...], Fold] = {}
    for spec, networks in trained:
        kind = (*(spec.params.get(name) for name in chosen), *map(signature, networks))
        if networks and kind not in folds:
            title = _("Layers of {cell}", cell=view.style.label(spec))
            folds[kind] = Fold(title, tuple(layer_table(each, spec) for each in networks))
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
    measured = over_seeds.measured(view, applying)
    if missing := [_(METRICS[name].label) for name in applying if name not in measured]:
        found.append(_("Not measured: {metrics}.", metrics=listing(missing)))
    return Listing((*found, *map(_, _NEVER)))
