"""Where a class could be asked for: was it given, and how well is each class made."""

from __future__ import annotations

from labkit.catalog import DATASETS, FAMILIES
from labkit.reporting.blocks import Block, Column, Entry, Paragraph, Row, Section, Table
from labkit.reporting.cell import Cell, anchor
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import show

_TEXT = N_(
    "Every sample was made for a class that was asked for. Label accuracy: the share of a class's "
    "samples that the pinned classifier gives that class. It errs on real images too; their row "
    "is the best to be hoped for. Proxy FID of a class: its samples against that class's test "
    "images; it rests on a tenth of the images, so it is not comparable with that of the whole."
)


def conditional(view: View) -> Section | None:
    """Label accuracy and proxy FID of each class, a table of each a data set; None without any."""
    blocks: list[Block] = []
    for dataset in view.datasets:
        cells = [c for c in view.of(None, dataset) if c.detail("class_label_accuracy")]
        if not cells:
            continue
        name = _(DATASETS[dataset].label)
        real = next((v for c in cells if (v := c.detail("label_accuracy_real"))), None)
        accuracy = [
            _row(view, c, c.detail("class_label_accuracy"), "label_accuracy") for c in cells
        ]
        if real is not None:
            blanks = (Entry("—"),) * len(DATASETS[dataset].classes)
            label = Entry(_("Real images of {dataset}", dataset=name))
            accuracy.append(Row((label, Entry(show(real), real), *blanks)))
        fids = [_row(view, c, c.detail("class_proxy_fids"), "class_proxy_fid") for c in cells]
        captions = (
            _("Label accuracy on {dataset}, {seeds}", dataset=name, seeds=view.seeds_said),
            _("Proxy FID of each class on {dataset}, {seeds}", dataset=name, seeds=view.seeds_said),
        )
        blocks += [
            _table(caption, dataset, rows)
            for caption, rows in zip(captions, (accuracy, fids), strict=True)
        ]
    if not blocks:
        return None
    return Section("conditional", _("Classes Asked For"), (Paragraph(_(_TEXT)), *blocks))


def _table(caption: str, dataset: str, rows: list[Row]) -> Table:
    classes = (Column(each, True) for each in DATASETS[dataset].classes)
    columns = (Column(_("Run"), name="run"), Column(_("Mean"), True), *classes)
    return Table(caption, columns, tuple(rows))


def _row(view: View, cell: Cell, values: object, metric: str) -> Row:
    """A cell's mean and its value for each class."""
    label = f"{_(FAMILIES[cell.spec.family].label)} {view.title(cell)}"
    each = values if isinstance(values, list) else []
    return Row(
        (
            Entry(label, href=f"#{anchor(cell.spec.name)}"),
            Entry(view.shown(cell, metric), cell.metric(metric)),
            *(Entry(show(value, missing="—"), value) for value in each),
        ),
        cell.spec.name,
    )
