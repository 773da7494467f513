"""Section 9: models, losses and settings in words and formulas, all read from the specs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labkit.catalog import CONSTRAINTS, DATASETS, FAMILIES, LOSSES, METRICS, RECONSTRUCTIONS
from labkit.catalog.rules import idle
from labkit.experiment.spec import OWN_CODE
from labkit.reporting.blocks import (
    Block,
    Column,
    Entry,
    Facts,
    Figure,
    Fold,
    Listing,
    Paragraph,
    Row,
    Section,
    Table,
)
from labkit.reporting.plots.chart import Box, Diagram
from labkit.reporting.plots.style import (
    TRAINING,
    level_label,
    level_of,
    setting_name,
)
from labkit.reporting.sections.layers import layer_table, signature
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import levels, listing, setting, show

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
    cells = view.of(family)
    rows = []
    applying = _applying(view, family)
    for name, param in about.params.items():
        if name not in applying:
            continue
        found = levels(level_of(c.spec, name) for c in cells)
        said = ", ".join(_said(family, name, v) for v in found)
        if len(found) > 1:
            said = _("{levels} (varied)", levels=said)
        rows.append((_(param.label), said))
    for name in TRAINING:
        found = levels(level_of(c.spec, name) for c in cells)
        said = ", ".join(map(show, found))
        if len(found) > 1:
            said = _("{levels} (varied)", levels=said)
        rows.append((setting_name(family, name), said))
    rows.append((_("Precision"), listing(levels(c.spec.precision for c in cells))))
    blocks: list[Block] = [Paragraph(f"{_(about.label)}: {_(about.about)}.")]
    blocks += _losses(view, family)
    blocks.append(Facts(tuple(rows)))
    blocks += _networks(view, family)
    return Section(f"method-{family}", _(about.label), tuple(blocks))


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


def _applying(view: View, family: str) -> set[str]:
    """The settings that have an effect in some cell of a family."""
    params = FAMILIES[family].params
    return {n for cell in view.of(family) for n in set(params) - idle(params, cell.spec.params)}


def _losses(view: View, family: str) -> list[Block]:
    """The formulas of the losses that were used."""
    cells = view.of(family)
    found: list[Block] = []
    kinds = levels(c.spec.params["loss"] for c in cells if "loss" in c.spec.params)
    if kinds:
        columns = (
            Column(_("Loss")), Column(_("Discriminator minimises")),
            Column(_("Generator minimises")), Column(_("Source")),
        )  # fmt: skip
        rows = tuple(
            Row(
                (
                    Entry(_(LOSSES[kind].label)),
                    Entry(_(LOSSES[kind].discriminator)),
                    Entry(_(LOSSES[kind].generator)),
                    Entry(_(LOSSES[kind].source)),
                )
            )
            for kind in kinds
        )
        found.append(Table(_("Adversarial losses"), columns, rows))
    kinds = levels(c.spec.params.get("constraint") for c in cells)
    if set(kinds) & set(CONSTRAINTS) - {"none"}:
        columns = (
            Column(_("Constraint")), Column(_("Formula")), Column(_("In words")),
            Column(_("Source")),
        )  # fmt: skip
        rows = tuple(
            Row(tuple(Entry(_(text)) for text in (c.label, c.formula, c.about, c.source)))
            for c in (CONSTRAINTS[kind] for kind in kinds if kind in CONSTRAINTS)
        )
        found.append(Table(_("What keeps the discriminator smooth"), columns, rows))
    kinds = levels(
        c.spec.params["reconstruction"] for c in cells if "reconstruction" in c.spec.params
    )
    if kinds:
        columns = (
            Column(_("Reconstruction")),
            Column(_("Formula")),
            Column(_("Pixels")),
            Column(_("In words")),
        )
        rows = tuple(
            Row(
                (
                    Entry(_(RECONSTRUCTIONS[kind].label)),
                    Entry(_(RECONSTRUCTIONS[kind].formula)),
                    Entry(RECONSTRUCTIONS[kind].pixels.replace("-", "−")),
                    Entry(_(RECONSTRUCTIONS[kind].about)),
                )
            )
            for kind in kinds
        )
        found.append(Table(_("Reconstruction losses"), columns, rows))
        found.append(
            Paragraph(
                _(
                    "Total loss = reconstruction + KL, mean over images. "
                    "KL(q(z|x) ‖ N(0, I)) = −½ Σ (1 + log σ² − μ² − σ²), summed over dimensions "
                    "(Kingma & Welling 2014, arXiv:1312.6114)."
                )
            )
        )
    if FAMILIES[family].objective:
        found.append(Paragraph(_(FAMILIES[family].objective)))
    return found


def _limits(view: View) -> tuple[Block, ...]:
    """What these runs cannot say, from what their specs hold constant."""
    found = []
    if not view.several_seeds:
        found.append(
            _(
                "One seed ({seed}): differences between cells may be run-to-run noise.",
                seed=view.plan.seeds[0],
            )
        )
    for family in view.families:
        about = FAMILIES[family]
        fixed = [
            f"{_(param.label)} {_said(family, name, level_of(view.of(family)[0].spec, name))}"
            for name, param in about.params.items()
            if name in _applying(view, family)
            and len({level_of(cell.spec, name) for cell in view.of(family)}) == 1
        ]
        along = [
            setting_name(family, name)
            for name in (*about.params, *TRAINING)
            if name in {*_applying(view, family), *TRAINING}
            and name not in view.style.factors(family)
            and len({level_of(cell.spec, name) for cell in view.of(family)}) > 1
        ]
        if along:
            told = listing(setting_name(family, name) for name in view.style.factors(family))
            found.append(
                _(
                    "{family}: varied together with {told}, so their effects cannot be told "
                    "apart: {settings}.",
                    family=_(about.label),
                    told=told,
                    settings=listing(along),
                )
            )
        if fixed:
            found.append(
                _(
                    "{family}: held constant and so untested: {settings}.",
                    family=_(about.label),
                    settings=listing(fixed),
                )
            )
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
        if (not metric.families or set(metric.families) & set(view.families))
        and not any(c.metric(name) is not None for c in view.cells)
    ]
    if unmeasured:
        found.append(_("Not measured: {metrics}.", metrics=listing(unmeasured)))
    if view.trouble:
        found.append(_("Not all cells are in: {cells}.", cells=view.trouble))
    return (Listing((*found, *map(_, _NEVER))),)


def _said(family: str, name: str, value: Any) -> str:
    if value == "none":
        return setting(None)
    return level_label(family, name, value) if isinstance(value, str) else setting(value)
