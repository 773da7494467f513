"""The first screen: title, who, what to know before reading, one table, the best grids."""

from __future__ import annotations

from datetime import datetime

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.experiment.spec import UNSTATED
from labkit.reporting.blocks import (
    Block,
    Column,
    Entry,
    Gallery,
    Headline,
    Paragraph,
    Picture,
    Row,
    Table,
)
from labkit.reporting.cell import Cell, all_done, anchor
from labkit.reporting.grids import best_samples
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import duration, listing, lowest, show

_MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"),
    N_("August"), N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip


def byline(view: View) -> tuple[tuple[str, str], ...]:
    """Who, when and on what: only what is known."""
    author = view.plan.author
    who = [
        (_("Author"), author.get("name", "")),
        (_("ID"), author.get("id", "")),
        (_("Group"), author.get("group", "")),
        (_("Course"), author.get("course", "")),
    ]
    return tuple(
        (label, text)
        for label, text in (
            *who,
            (_("Results of"), _day(view.committed)),
            (_("Data"), _data(view)),
            (_("Cells"), all_done(view.cells)),
        )
        if text
    )


def _data(view: View) -> str:
    """What the cells were trained on."""
    names, source = listing(_(DATASETS[d].label) for d in view.datasets), view.plan.data_source
    limits = {spec.data["limit"] for spec in view.plan.cells}
    if limits != {None}:
        return _(
            "{datasets}, the first {n} training images ({source} set)",
            datasets=names,
            n=listing(sorted(f"{limit:,}" for limit in limits if limit is not None)),
            source=source,
        )
    several = len(view.datasets) > 1
    if source == "full" and several:
        return _("{datasets}, all 60,000 training images each", datasets=names)
    if source == "full":
        return _("{datasets}, all 60,000 training images", datasets=names)
    if source == "bundled" and several:
        return _("{datasets}, the bundled 10,000 training images each", datasets=names)
    if source == "bundled":
        return _("{datasets}, the bundled 10,000 training images", datasets=names)
    return f"{names}, {source}"


def _bundled(view: View) -> str:
    """What it means that not all images were used."""
    limits = {spec.data["limit"] for spec in view.plan.cells}
    if limits == {None}:
        return _(
            "Trained on the bundled subset: the first 10,000 of 60,000 training images of "
            "each data set. Evaluation uses the complete test sets. With all training "
            "images, results are expected to be different."
        )
    return _(
        "Trained on a part of the bundled subset: the first {n} of 60,000 training images of "
        "each data set. Evaluation uses the complete test sets. With all training "
        "images, results are expected to be different.",
        n=listing(sorted(f"{limit or 10_000:,}" for limit in limits)),
    )


def notices(view: View) -> tuple[Paragraph, ...]:
    """What changes how the numbers are to be read; said before the first of them."""
    found = []
    if view.plan.data_source == "bundled":
        found.append(Paragraph(_bundled(view), "warning"))
    if view.plan.profile:
        found.append(
            Paragraph(
                _(
                    "This is the profile “{profile}” of the experiment, not the full experiment.",
                    profile=view.plan.profile,
                ),
                "warning",
            )
        )
    if view.trouble:
        found.append(
            Paragraph(
                _(
                    "Incomplete: {cells}. Every comparison below is about the cells that are done.",
                    cells=all_done(view.cells),
                ),
                "warning",
            )
        )
    if sum(UNSTATED not in text for text in view.environments) > 1:
        found.append(
            Paragraph(
                _(
                    "The cells were trained in more than one numeric environment (see “How these "
                    "numbers were made”): small differences between them may come from that."
                ),
                "warning",
            )
        )
    if not view.several_seeds:
        found.append(
            Paragraph(
                _(
                    "Every cell was trained with one seed ({seed}): run-to-run noise is not known.",
                    seed=view.plan.seeds[0],
                ),
                "note",
            )
        )
    return tuple(found)


def headline(view: View) -> tuple[Headline, ...]:
    """One line: the lowest proxy FID on each data set, ties named together."""
    said = []
    for dataset in view.datasets:
        cells = [c for c in view.of(None, dataset) if c.metric("proxy_fid") is not None]
        named = [(f"{_model(c)} {view.title(c)}", c.metric("proxy_fid") or 0.0) for c in cells]
        best = lowest(named, METRICS["proxy_fid"].digits)
        label = _(DATASETS[dataset].label)
        if best is None:
            said.append(_("not measured on {dataset}", dataset=label))
        else:
            said.append(f"{label} {show(best[1])} ({listing(best[0])})")
    found = _("Lowest proxy FID in these runs: {found}.", found="; ".join(said))
    return (Headline(found, "#scores"),)


def _model(cell: Cell) -> str:
    return _(FAMILIES[cell.spec.family].label)


def glance(view: View) -> tuple[Block, ...]:
    """One table and one row of grids: the best cell of each family on each data set."""
    judged = any(cell.detail("verdict") for cell in view.cells)
    columns = [
        Column(_("Data set")),
        Column(_("Model")),
        Column(_("Best cell by proxy FID")),
        Column(_("Best epoch"), numeric=True),
        Column(_("Proxy FID"), numeric=True, about=_(METRICS["proxy_fid"].about)),
        Column(_("Of real images"), True, _("the proxy FID of real images: the floor")),
        *([Column(_("Mode collapse"))] if judged else []),
        Column(_("Training time"), numeric=True),
    ]
    rows: list[Row] = []
    pictures: list[Picture] = []
    for dataset in view.datasets:
        for family in view.families:
            cells = view.of(family, dataset)
            if not cells:
                continue
            label, cell = _(FAMILIES[family].label), view.best(family, dataset)
            head = (Entry(dataset), Entry(label))
            if cell is None:
                untouched = all(c.outcome is None for c in cells)
                why = Entry(cells[0].absence if untouched else show(None), tone="missing")
                gaps = [Entry("—", tone="missing")] * len(columns[3:])
                rows.append(Row((*head, why, *gaps)))
                continue
            floor, seconds = view.fid_scale(dataset).floor, cell.metric("seconds")
            entries = (
                Entry(view.title(cell), href=f"#{anchor(cell.spec.name)}"),
                Entry(show(cell.best_epoch)),
                Entry(show(cell.metric("proxy_fid")), cell.metric("proxy_fid")),
                Entry(show(floor), floor),
                *([Entry(cell.collapse)] if judged else []),
                Entry(duration(seconds) if seconds is not None else show(None), seconds),
            )
            rows.append(Row((*head, *entries), run=cell.spec.name))
            pictures += best_samples(view, cell)
    caption = _("The best cell of each model by proxy FID; {seeds}.", seeds=view.seeds_said)
    table = Table(caption, tuple(columns), tuple(rows))
    return (table, Gallery(tuple(pictures))) if pictures else (table,)


def _day(time: str) -> str:
    """2025-11-21T22:21:00+00:00 as "21 November 2025, 22:21 UTC"."""
    if not time:
        return ""
    at = datetime.fromisoformat(time)
    return _(
        "{day} {month} {year}, {time} UTC",
        day=at.day,
        month=_(_MONTHS[at.month - 1]),
        year=at.year,
        time=f"{at:%H:%M}",
    )
