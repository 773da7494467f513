"""Section 9: models, losses and settings in words and formulas, all read from the specs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labkit.catalog import CONSTRAINTS, DATASETS, FAMILIES, LOSSES, METRICS, RECONSTRUCTIONS
from labkit.catalog.rules import idle
from labkit.experiment.spec import OWN_CODE
from labkit.reporting.blocks import (
    Block,
    Facts,
    Figure,
    Fold,
    Listing,
    Paragraph,
    Section,
    Table,
)
from labkit.reporting.entries import Columns, table
from labkit.reporting.plots.chart import Box, Diagram
from labkit.reporting.plots.style import (
    TRAINING,
    level_of,
    setting_name,
)
from labkit.reporting.sections.layers import layer_table, signature
from labkit.reporting.view import View, plain_level
from labkit.text.language import N_, _
from labkit.text.numbers import levels, listing, setting

#: Claims about families that a reader may look for and these measures do not cover.
_NEVER = (
    N_("Human judgement of the images was not collected."),
    N_("The proxy FID sees what a small digit or clothes classifier sees, and nothing else."),
)


def method(view: View) -> Section:
    """The models and what was not varied or measured."""
    sections = [_data(view)]
    sections += [_family(view, family) for family in view.families]
    sections.append(Section("limitations", _("What was not varied or measured"), _limits(view)))
    chains = [chain for family in view.families for chain in _chains(view, family)]
    blocks: tuple[Block, ...] = ()
    if chains:
        names = listing(_(FAMILIES[f].label) for f in view.families)
        said = "; ".join(f"{title}: {', '.join(b.text for b in boxes)}" for title, boxes in chains)
        blocks = (
            Figure(
                "models", _("The models"), Diagram(tuple(chains)),
                _("Boxes with a coloured edge are networks that learn; the others are values."),
                "", _("Diagram of {families}. {chains}.", families=names, chains=said),
                "plots/models.png",
            ),
        )  # fmt: skip
    return Section("method", _("Method and limitations"), blocks, tuple(sections))


def _chains(view: View, family: str) -> Iterator[tuple[str, tuple[Box, ...]]]:
    """The diagram of a family, if labkit trained it."""
    about = FAMILIES[family]
    if all(cell.spec.code == OWN_CODE for cell in view.of(family)):
        return
    titles = _(about.label), _("{family}: a sample", family=_(about.label))
    for title, steps in zip(titles, (about.flow, about.sampling), strict=True):
        if steps:
            colours = [f"{family}-1" if step.learns else "" for step in steps]
            boxes = (
                Box(_(step.text), _(step.under), c) for step, c in zip(steps, colours, strict=True)
            )
            yield title, tuple(boxes)


def _data(view: View) -> Section:
    names = listing(DATASETS[d].label for d in view.datasets)
    full = view.plan.data_source == "full"
    size = "60,000" if full else _("10,000 (bundled subset)")
    limits = [limit for s in view.plan.cells if (limit := s.data["limit"]) is not None]
    if limits:
        size = _("the first {n:,}", n=max(limits))
    kinds = levels(
        RECONSTRUCTIONS[s.params["reconstruction"]].pixels
        for s in view.plan.cells
        if "reconstruction" in s.params
    )
    scale = listing(dict.fromkeys(["[-1, 1]", *kinds])).replace("-", "−")
    text = _(
        "{datasets}: grey images of 28 × 28 pixels in ten classes, pixels scaled to {scale}. "
        "Training images: {size}. Test images: 10,000, used for measuring only.",
        datasets=names,
        scale=scale,
        size=size,
    )
    if view.own_loops:
        text += " " + _(
            "What the author's own training loop was trained on is known from its statement alone."
        )
    return Section("method-data", _("Data"), (Paragraph(text),))


def _family(view: View, family: str) -> Section:
    about = FAMILIES[family]
    rows = [
        (setting_name(family, name), _levels(view, family, name))
        for name in (*_applying(view, family), *TRAINING)
    ]
    rows.append((_("Precision"), listing(levels(c.spec.precision for c in view.of(family)))))
    blocks = (
        Paragraph(f"{_(about.label)}: {_(about.about)}."),
        *_losses(view, family),
        Facts(tuple(rows)),
        *_networks(view, family),
    )
    return Section(f"method-{family}", _(about.label), blocks)


def _levels(view: View, family: str, name: str) -> str:
    """A setting's levels, and whether there are several."""
    found = levels(level_of(c.spec, name) for c in view.of(family))
    said = ", ".join(plain_level(value, family, name) for value in found)
    return _("{levels} (varied)", levels=said) if len(found) > 1 else said


def _networks(view: View, family: str) -> list[Block]:
    """The layers of every kind of networks, as they were recorded in training."""
    trained = [c for c in view.of(family) if c.result and c.spec.code != OWN_CODE]
    params = FAMILIES[family].params
    chosen = [name for name, param in params.items() if param.choices.endswith("_networks")]
    shown: set[tuple[Any, ...]] = set()
    blocks: list[Block] = []
    for cell in trained:
        networks = cell.result.networks if cell.result else ()
        kind = (*(cell.spec.params.get(name) for name in chosen), *map(signature, networks))
        if networks and kind not in shown:
            shown.add(kind)
            title = _("Layers of {cell}", cell=view.style.label(cell.spec))
            blocks.append(Fold(title, tuple(layer_table(each, cell.spec) for each in networks)))
    unknown = [c for c in trained if c.result and not c.result.networks]
    if unknown:
        said = _("The layers of these networks were not recorded when they were trained.")
        if len(unknown) < len(trained):
            cells = listing(map(view.title, unknown))
            said = _("Layers were not recorded when these were trained: {cells}.", cells=cells)
        blocks.append(Paragraph(said))
    return blocks


def _applying(view: View, family: str) -> list[str]:
    """The settings that have an effect in some cell of a family, in the catalog's order."""
    params = FAMILIES[family].params
    without = [idle(params, cell.spec.params) for cell in view.of(family)]
    return [name for name in params if any(name not in some for some in without)]


def _losses(view: View, family: str) -> list[Block]:
    """The formulas of the losses that were used."""

    def used(name: str, registry: Mapping[str, Any]) -> list[Any]:
        """The catalog's entries that some cell has, in the order of its levels."""
        kinds = levels(c.spec.params.get(name) for c in view.of(family))
        return [registry[kind] for kind in kinds if kind in registry]

    found: list[Block] = []
    if losses := used("loss", LOSSES):
        columns = (_("Loss"), _("Discriminator minimises"), _("Generator minimises"), _("Source"))
        rows = ((e.label, e.discriminator, e.generator, e.source) for e in losses)
        found.append(_formulas(_("Adversarial losses"), columns, rows))
    constraints = used("constraint", CONSTRAINTS)
    if any(each is not CONSTRAINTS["none"] for each in constraints):
        columns = (_("Constraint"), _("Formula"), _("In words"), _("Source"))
        rows = ((e.label, e.formula, e.about, e.source) for e in constraints)
        found.append(_formulas(_("What keeps the discriminator smooth"), columns, rows))
    if reconstructions := used("reconstruction", RECONSTRUCTIONS):
        columns = (_("Reconstruction"), _("Formula"), _("Pixels"), _("In words"))
        rows = (
            (_(e.label), _(e.formula), e.pixels.replace("-", "−"), _(e.about))
            for e in reconstructions
        )
        found.append(table(_("Reconstruction losses"), columns, rows))
        total = _(
            "Total loss = reconstruction + KL, mean over images. "
            "KL(q(z|x) ‖ N(0, I)) = −½ Σ (1 + log σ² − μ² − σ²), summed over dimensions "
            "(Kingma & Welling 2014, arXiv:1312.6114)."
        )
        found.append(Paragraph(total))
    if FAMILIES[family].objective:
        found.append(Paragraph(_(FAMILIES[family].objective)))
    return found


def _formulas(caption: str, columns: Columns, rows: Iterable[Iterable[str]]) -> Table:
    """A table of the catalog's own words."""
    return table(caption, columns, (map(_, each) for each in rows))


def _limits(view: View) -> tuple[Block, ...]:
    """What these runs cannot say, from what their specs hold constant."""
    found = []
    if not view.several_seeds:
        seed = view.plan.seeds[0]
        found.append(
            _("One seed ({seed}): differences between cells may be run-to-run noise.", seed=seed)
        )
    for family in view.families:
        found += _untold(view, family)
    constant = [
        f"{word} {setting(next(iter(values)))}"
        for word, key in ((_("epochs"), "epochs"), (_("batch size"), "batch_size"))
        if len(values := {s.training[key] for s in view.plan.cells}) == 1
    ]
    if constant:
        found.append(_("Held constant for all cells: {settings}.", settings=listing(constant)))
    unmeasured = [
        _(metric.label)
        for name, metric in METRICS.items()
        if any(metric.applies(family) for family in view.families)
        and not any(c.metric(name) is not None for c in view.cells)
    ]
    if unmeasured:
        found.append(_("Not measured: {metrics}.", metrics=listing(unmeasured)))
    if view.trouble:
        found.append(_("Not all cells are in: {cells}.", cells=view.trouble))
    return (Listing((*found, *map(_, _NEVER))),)


def _untold(view: View, family: str) -> Iterator[str]:
    """The settings of a family whose effect these runs cannot show: held constant, or mixed."""
    label, factors = _(FAMILIES[family].label), view.style.factors(family)
    fixed, along = [], []
    for name in (*_applying(view, family), *TRAINING):
        found = list({level_of(cell.spec, name) for cell in view.of(family)})
        if len(found) > 1 and name not in factors:
            along.append(setting_name(family, name))
        elif len(found) == 1 and name not in TRAINING:
            fixed.append(f"{setting_name(family, name)} {plain_level(found[0], family, name)}")
    if along:
        yield _(
            "{family}: varied together with {told}, so their effects cannot be told "
            "apart: {settings}.",
            family=label,
            told=listing(setting_name(family, name) for name in factors),
            settings=listing(along),
        )
    if fixed:
        yield _(
            "{family}: held constant and so untested: {settings}.",
            family=label,
            settings=listing(fixed),
        )
