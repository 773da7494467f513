"""Conditional families: label accuracy and quality of each class."""

from __future__ import annotations

from labkit.catalog import DATASETS, FAMILIES
from labkit.reporting.blocks import Block, Column, Entry, Paragraph, Row, Section
from labkit.reporting.cell import Cell
from labkit.reporting.entries import Columns, cell_row, number, real_images, row, table, value
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
    seeds = view.seeds_said
    for dataset in view.datasets:
        cells = [c for c in view.of(None, dataset) if c.detail("class_label_accuracy")]
        if not cells:
            continue
        name, classes = _(DATASETS[dataset].label), DATASETS[dataset].classes
        real = next((v for c in cells if (v := c.detail("label_accuracy_real"))), None)
        accuracy = [_row(view, c, "label_accuracy", "class_label_accuracy") for c in cells]
        if real is not None:
            accuracy.append(row(real_images(name), number(real), *("—" for _class in classes)))
        fids = [_row(view, c, "class_proxy_fid", "class_proxy_fids") for c in cells]
        each_class = (Column(each, True) for each in classes)
        heads: Columns = (_("Run"), Column(_("Mean"), True), *each_class)
        blocks += [
            table(_("Label accuracy on {dataset}, {seeds}", dataset=name, seeds=seeds),
                  heads, accuracy),
            table(_("Proxy FID of each class on {dataset}, {seeds}", dataset=name, seeds=seeds),
                  heads, fids),
        ]  # fmt: skip
    if not blocks:
        return None
    return Section("conditional", _("Classes Asked For"), (Paragraph(_(_TEXT)), *blocks))


def _row(view: View, cell: Cell, metric: str, each: str) -> Row:
    """A cell's mean and its value for each class."""
    values = (Entry(show(v, missing="—"), v) for v in cell.detail(each) or ())
    label = f"{_(FAMILIES[cell.spec.family].label)} {view.title(cell)}"
    return cell_row(cell, value(view, cell, metric), *values, text=label)
