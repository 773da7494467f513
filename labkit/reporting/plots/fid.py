"""The proxy FID through training and at the best epoch, with the ends of its scale."""

from __future__ import annotations

from labkit.catalog import DATASETS, FAMILIES
from labkit.reporting.plots.chart import Chart, Lines, Panel, Reference
from labkit.reporting.plots.common import (
    Plotted,
    curves,
    dots,
    extremes,
    keys,
    left_out,
    means,
    stacked,
)
from labkit.reporting.view import View
from labkit.text.language import _
from labkit.text.numbers import show


def gan_fid(view: View, family: str = "gan") -> Plotted | None:
    """Every GAN's tracking FID by epoch, and its proxy FID at the best epoch."""
    return _one_family(view, family)


def vae_fid(view: View) -> Plotted | None:
    """Every VAE's tracking FID by epoch, and its proxy FID at the best epoch."""
    return _one_family(view, "vae")


def _one_family(view: View, family: str) -> Plotted | None:
    rows: list[list[Panel]] = []
    said = []
    for dataset in view.datasets:
        groups = view.groups(family, dataset)
        if not any(cell.result for __, cells in groups for cell in cells):
            continue
        rows.append(
            [
                Lines(
                    _("{dataset}: tracking FID by epoch", dataset=dataset),
                    _("epoch"),
                    _("FID to training images"),
                    curves(view, groups, "proxy_fid"),
                    references(view, dataset, inside=False, tracking=True),
                    log=True,
                ),
                dots(
                    view, groups, "proxy_fid",
                    _("{dataset}: proxy FID, best epoch", dataset=dataset),
                    references(view, dataset, inside=False),
                ),
            ]
        )  # fmt: skip
        said.append(f"{DATASETS[dataset].label}: {extremes(means(groups, 'proxy_fid'))}.")
    if not rows:
        return None
    about = _(
        "Proxy FID of every {family} by epoch, and of the best epoch.",
        family=_(FAMILIES[family].label),
    )
    return Plotted(
        Chart(stacked(rows), keys(view, [family]), row_height=1.9),
        " ".join(said) + left_out(view.of(family)),
        f"{about} {' '.join(said)}",
    )


def gan_vs_vae(view: View) -> Plotted | None:
    """Proxy FID of every cell at its best epoch, one panel for each data set.

    None where there is only one family: its own figure shows the same.
    """
    if len(view.families) < 2:
        return None
    row, said = [], []
    for dataset in view.datasets:
        groups = [
            (f"{_(FAMILIES[family].label)} {label}", cells)
            for family in view.families
            for label, cells in view.groups(family, dataset)
        ]
        if not any(cell.metric("proxy_fid") for __, cells in groups for cell in cells):
            continue
        row.append(dots(view, groups, "proxy_fid", dataset, references(view, dataset)))
        best = []
        for family in view.families:
            values = means(view.groups(family, dataset), "proxy_fid")
            known = [value for __, value in values if value is not None]
            if known:
                best.append(f"{_(FAMILIES[family].label)} {show(min(known))}")
        said.append(
            _(
                "{dataset}, lowest of each family: {values}.",
                dataset=DATASETS[dataset].label,
                values=", ".join(best),
            )
        )
    if not row:
        return None
    return Plotted(
        Chart((tuple(row),), keys(view, view.families)),
        " ".join(said) + left_out(view.cells),
        _("Proxy FID of every cell at its best epoch, family by family.") + " " + " ".join(said),
        "" if {"gan", "vae"} <= set(view.families) else _("Overall Comparison"),
    )


def references(
    view: View, dataset: str, inside: bool = True, tracking: bool = False
) -> tuple[Reference, ...]:
    """What real images and nonsense read, where that is known.

    Args:
        view: the report's material.
        dataset: whose scale.
        inside: whether the axis must show it all, or may leave it to arrows at its edges.
        tracking: for the FID of every epoch, against training images.
    """
    known = view.fid_scale(dataset)
    floor = known.tracking_floor if tracking else known.floor
    found = []
    if floor is not None:
        label = _("real images {value}", value=show(floor, 2))
        found.append(Reference(label, floor, inside))
    if known.ceiling is not None:
        label = f"{_(known.ceiling_of)} {show(known.ceiling, 2)}"
        found.append(Reference(label, known.ceiling, inside))
    return tuple(found)
