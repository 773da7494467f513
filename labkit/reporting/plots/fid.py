"""The proxy FID through training and at the best epoch, with the ends of its scale."""

from __future__ import annotations

from labkit.catalog import FAMILIES
from labkit.reporting.plots.chart import Chart, Dots, Lines, Panel, Reference
from labkit.reporting.plots.common import charted, curves, dots
from labkit.reporting.view import View
from labkit.text.language import _
from labkit.text.numbers import show


def one_family(view: View, family: str) -> Chart | None:
    """The tracking FID of a family's cells by epoch, and their proxy FID at the best epoch."""
    rows: list[list[Panel]] = []
    for dataset in view.datasets:
        groups = view.groups(family, dataset)
        if not any(cell.result for __, cells in groups for cell in cells):
            continue
        course = Lines(
            _("{dataset}: tracking FID by epoch", dataset=dataset),
            _("epoch"),
            _("tracking FID"),
            curves(view, groups, "proxy_fid"),
            _references(view, dataset, tracking=True),
            log=True,
        )
        title = _("{dataset}: proxy FID, best epoch", dataset=dataset)
        best = dots(view, groups, "proxy_fid", title, _references(view, dataset))
        rows.append([course, best])
    return charted(rows, 2.05)


def all_families(view: View) -> Chart | None:
    """Proxy FID of every cell at its best epoch, one panel for each data set.

    None where there is only one family: its own figure shows the same.
    """
    if len(view.families) < 2:
        return None
    row: list[Dots] = []
    for dataset in view.datasets:
        groups = [
            (f"{_(FAMILIES[family].label)} {label}", cells)
            for family in view.families
            for label, cells in view.groups(family, dataset)
        ]
        if any(cell.metric("proxy_fid") for __, cells in groups for cell in cells):
            row.append(dots(view, groups, "proxy_fid", dataset, _references(view, dataset)))
    if not row:
        return None
    title = "" if {"gan", "vae"} <= set(view.families) else _("Overall Comparison")
    return Chart((tuple(row),), title=title)


def _references(view: View, dataset: str, tracking: bool = False) -> tuple[Reference, ...]:
    """What real images and noise read, where that is known.

    Args:
        view: the report's material.
        dataset: whose scale.
        tracking: for the FID of every epoch, against training images.
    """
    known = view.fid_scale(dataset)
    floor = known.tracking_floor if tracking else known.floor
    ends = ((_("real images"), floor), (_("noise"), known.ceiling))
    return tuple(
        Reference(f"{label} {show(value, 2)}", value, inside=False)
        for label, value in ends
        if value is not None
    )
