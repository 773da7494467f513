"""The first screen: title, who, what to know before reading, one table, the best grids."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.reporting.blocks import Block, Column, Entry, Gallery, Headline, Paragraph, Row, Table
from labkit.reporting.grids import has, picture
from labkit.reporting.numbers import duration, listing, lowest, show
from labkit.reporting.sections.experiments import anchor, collapse
from labkit.reporting.view import Cell, View, all_done
from labkit.spec import UNSTATED


def byline(view: View) -> tuple[tuple[str, str], ...]:
    """Who, when and on what: only what is known."""
    author = view.plan.author
    who = [
        ("Author", author.get("name", "")),
        ("ID", author.get("id", "")),
        ("Group", author.get("group", "")),
        ("Course", author.get("course", "")),
    ]
    names = listing(DATASETS[d].label for d in view.datasets)
    sizes = {
        "full": "all 60,000 training images",
        "bundled": "the bundled 10,000 training images",
    }
    size = sizes.get(view.plan.data_source, view.plan.data_source)
    data = f"{names}, {size}" + " each" * (len(view.datasets) > 1)
    limits = {spec.data["limit"] for spec in view.plan.cells}
    if limits != {None}:
        most = listing(sorted(f"{limit:,}" for limit in limits if limit is not None))
        data = f"{names}, the first {most} training images ({view.plan.data_source} set)"
    return tuple(
        (label, text)
        for label, text in (
            *who,
            ("Results of", _day(view.committed)),
            ("Data", data),
            ("Cells", all_done(view)),
        )
        if text
    )


def notices(view: View) -> tuple[Paragraph, ...]:
    """What changes how the numbers are to be read; said before the first of them."""
    found = []
    if view.plan.data_source == "bundled":
        found.append(
            Paragraph(
                "Trained on the bundled subset: the first 10,000 of 60,000 training images of "
                "each data set. Evaluation uses the complete test sets. With all training "
                "images, results are expected to be different.",
                "warning",
            )
        )
    if view.plan.profile:
        found.append(
            Paragraph(
                f"This is the profile “{view.plan.profile}” of the experiment, "
                "not the full experiment.",
                "warning",
            )
        )
    if view.trouble:
        found.append(
            Paragraph(
                f"Incomplete: {all_done(view)}. Every comparison below is about the cells "
                "that are done.",
                "warning",
            )
        )
    if sum(UNSTATED not in text for text in view.environments) > 1:
        found.append(
            Paragraph(
                "The cells were trained in more than one numeric environment (see “How these "
                "numbers were made”): small differences between them may come from that.",
                "warning",
            )
        )
    if not view.several_seeds:
        found.append(
            Paragraph(
                f"Every cell was trained with one seed ({view.plan.seeds[0]}): "
                "run-to-run noise is not known.",
                "note",
            )
        )
    return tuple(found)


def best_cells(view: View) -> tuple[Headline, ...]:
    """One line: the lowest proxy FID on each data set, ties named together."""
    said = []
    for dataset in view.datasets:
        cells = [c for c in view.of(None, dataset) if c.metric("proxy_fid") is not None]
        named = [(f"{_model(c)} {view.title(c)}", c.metric("proxy_fid") or 0.0) for c in cells]
        best = lowest(named, METRICS["proxy_fid"].digits)
        label = DATASETS[dataset].label
        if best is None:
            said.append(f"not measured on {label}")
        else:
            said.append(f"{label} {show(best[1])} ({listing(best[0])})")
    return (Headline(f"Lowest proxy FID in these runs: {'; '.join(said)}.", "#scores"),)


def _model(cell: Cell) -> str:
    return FAMILIES[cell.spec.family].label


def glance(view: View) -> tuple[Block, ...]:
    """One table and one row of grids: the best cell of each family on each data set."""
    judged = any(cell.detail("verdict") for cell in view.cells)
    columns = [
        Column("Data set"),
        Column("Model"),
        Column("Best cell by proxy FID"),
        Column("Best epoch", numeric=True),
        Column("Proxy FID", numeric=True, about=METRICS["proxy_fid"].about),
        Column("Real images read", numeric=True, about="the proxy FID of real images: the floor"),
        *([Column("Mode collapse")] if judged else []),
        Column("Training time", numeric=True),
    ]
    rows, pictures = [], []
    for dataset in view.datasets:
        for family in view.families:
            if not view.of(family, dataset):
                continue
            label, cell = FAMILIES[family].label, view.best(family, dataset)
            head = (Entry(dataset), Entry(label))
            if cell is None:
                rows.append(Row((*head, *(Entry(show(None), tone="missing") for _ in columns[2:]))))
                continue
            floor, seconds = view.yardstick(dataset).floor, cell.metric("seconds")
            entries = (
                Entry(view.title(cell), href=f"#{anchor(cell.spec.name)}"),
                Entry(show(cell.best_epoch)),
                Entry(show(cell.metric("proxy_fid")), cell.metric("proxy_fid")),
                Entry(show(floor), floor),
                *([Entry(collapse(cell))] if judged else []),
                Entry(duration(seconds) if seconds is not None else show(None), seconds),
            )
            rows.append(Row((*head, *entries), run=cell.spec.name))
            if has(cell, "samples", cell.best_epoch or 0):
                what = "random" if FAMILIES[family].reconstructs else "samples"
                found = picture(view, cell, what, None)
                pictures.append(replace(found, caption=f"{dataset} {label}, {found.caption}"))
    caption = f"The best cell of each model by proxy FID; {view.seeds_said}."
    table = Table(caption, tuple(columns), tuple(rows))
    return (table, Gallery(tuple(pictures))) if pictures else (table,)


def _day(time: str) -> str:
    """2025-11-21T22:21:00+00:00 as "21 November 2025, 22:21 UTC"."""
    if not time:
        return ""
    at = datetime.fromisoformat(time)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
