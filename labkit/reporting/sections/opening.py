"""The first screen: title, who, what to know before reading, one table, the best grids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
)
from labkit.reporting.cell import Cell, all_done
from labkit.reporting.entries import GAP, Columns, link, measure, number, row, table
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
    facts = (
        (_("Author"), author.get("name")),
        (_("ID"), author.get("id")),
        (_("Group"), author.get("group")),
        (_("Course"), author.get("course")),
        (_("Results of"), _day(view.committed)),
        (_("Data"), _data(view)),
        (_("Cells"), all_done(view.cells)),
    )
    return tuple((label, text) for label, text in facts if text)


def _data(view: View) -> str:
    """What the cells were trained on."""
    names, source = listing(_(DATASETS[d].label) for d in view.datasets), view.plan.data_source
    if limits := _limits(view):
        return _(
            "{datasets}, the first {n} training images ({source} set)",
            datasets=names,
            n=listing(sorted(f"{limit:,}" for limit in limits)),
            source=source,
        )
    said = {
        ("full", True): N_("{datasets}, all 60,000 training images each"),
        ("full", False): N_("{datasets}, all 60,000 training images"),
        ("bundled", True): N_("{datasets}, the bundled 10,000 training images each"),
        ("bundled", False): N_("{datasets}, the bundled 10,000 training images"),
    }.get((source, len(view.datasets) > 1))
    return _(said, datasets=names) if said else f"{names}, {source}"


def _limits(view: View) -> set[int]:
    """Return the numbers of images that training data was cut to, if it was."""
    return {limit for spec in view.plan.cells if (limit := spec.data["limit"]) is not None}


def _bundled(view: View) -> str:
    """Warn that not all images were used."""
    if not _limits(view):
        return _(
            "Trained on the bundled subset: the first 10,000 of 60,000 training images of "
            "each data set. Evaluation uses the complete test sets. With all training "
            "images, results are expected to be different."
        )
    limits = {spec.data["limit"] or 10_000 for spec in view.plan.cells}
    return _(
        "Trained on a part of the bundled subset: the first {n} of 60,000 training images of "
        "each data set. Evaluation uses the complete test sets. With all training "
        "images, results are expected to be different.",
        n=listing(sorted(f"{limit:,}" for limit in limits)),
    )


def notices(view: View) -> tuple[Paragraph, ...]:
    """Return warnings that a reader needs before the first number."""
    warnings = []
    if view.plan.data_source == "bundled":
        warnings.append(_bundled(view))
    if view.plan.profile:
        text = _(
            "This is the profile “{profile}” of the experiment, not the full experiment.",
            profile=view.plan.profile,
        )
        warnings.append(text)
    if view.trouble:
        text = _(
            "Incomplete: {cells}. Every comparison below is about the cells that are done.",
            cells=all_done(view.cells),
        )
        warnings.append(text)
    if sum(UNSTATED not in text for text in view.environments) > 1:
        text = _(
            "The cells were trained in more than one numeric environment (see “How these "
            "numbers were made”): small differences between them may come from that."
        )
        warnings.append(text)
    found = [Paragraph(text, "warning") for text in warnings]
    if not view.several_seeds:
        text = _(
            "Every cell was trained with one seed ({seed}): run-to-run noise is not known.",
            seed=view.plan.seeds[0],
        )
        found.append(Paragraph(text, "note"))
    return tuple(found)


def headline(view: View) -> tuple[Headline, ...]:
    """One line: the lowest proxy FID on each data set, ties named together."""

    def best_on(dataset: str) -> str:
        cells = [c for c in view.of(None, dataset) if c.metric("proxy_fid") is not None]
        named = [(f"{_model(c)} {view.title(c)}", c.metric("proxy_fid") or 0.0) for c in cells]
        best = lowest(named, METRICS["proxy_fid"].digits)
        return f"{show(best[1])} ({listing(best[0])})" if best else ""

    found = on_each_dataset(view, best_on)
    return (Headline(_("Lowest proxy FID in these runs: {found}.", found=found), "#scores"),)


def on_each_dataset(view: View, best_on: Callable[[str], str]) -> str:
    """What was best on each data set: "MNIST 12.3 (GAN Hinge z 64); …"."""
    said = []
    for dataset in view.datasets:
        label, best = _(DATASETS[dataset].label), best_on(dataset)
        said.append(f"{label} {best}" if best else _("not measured on {dataset}", dataset=label))
    return "; ".join(said)


def _model(cell: Cell) -> str:
    return _(FAMILIES[cell.spec.family].label)


def glance(view: View) -> tuple[Block, ...]:
    """One table and one row of grids: the best cell of each family on each data set."""
    judged = any(cell.detail("verdict") for cell in view.cells)
    columns: Columns = (
        _("Best cell by proxy FID"),
        Column(_("Best epoch"), numeric=True),
        measure("proxy_fid", _("Proxy FID")),
        Column(_("Of real images"), True, _("the proxy FID of real images: the floor")),
        *([_("Mode collapse")] if judged else []),
        Column(_("Training time"), numeric=True),
    )

    def best_of(family: str, dataset: str) -> tuple[Cell | None, Sequence[Entry | str]]:
        cell = view.best(family, dataset)
        if cell is None:
            cells = view.of(family, dataset)
            untouched = all(c.outcome is None for c in cells)
            return None, [cells[0].absence if untouched else show(None)]
        seconds = cell.metric("seconds")
        return cell, (
            link(cell, view.title(cell)),
            show(cell.best_epoch),
            number(cell.metric("proxy_fid")),
            number(view.fid_scale(dataset).floor),
            *([cell.collapse] if judged else []),
            Entry(duration(seconds) if seconds is not None else show(None), seconds),
        )

    caption = _("The best cell of each model by proxy FID; {seeds}.", seeds=view.seeds_said)
    return first_table(view, caption, columns, best_of)


def first_table(
    view: View,
    caption: str,
    columns: Columns,
    best_of: Callable[[str, str], tuple[Cell | None, Sequence[Entry | str]]],
) -> tuple[Block, ...]:
    """The first screen's table, a row for each family and data set, and its row of grids.

    Args:
        view: the report's material.
        caption: of the table.
        columns: those after data set and model.
        best_of: of a family and a data set, the cell to show and the entries of the columns;
            None and why there is none.
    """
    rows: list[Row] = []
    pictures: list[Picture] = []
    for dataset in view.datasets:
        for family in view.families:
            if not view.of(family, dataset):
                continue
            cell, entries = best_of(family, dataset)
            head = (dataset, _(FAMILIES[family].label))
            if cell is None:
                why = Entry(str(entries[0]), tone="missing")
                rows.append(row(*head, why, *[GAP] * len(columns[1:])))
                continue
            rows.append(row(*head, *entries, run=cell.name))
            pictures += best_samples(view, cell)
    found = table(caption, (_("Data set"), _("Model"), *columns), rows)
    return (found, Gallery(tuple(pictures))) if pictures else (found,)


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
