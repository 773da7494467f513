"""The proxy FID through training and at the best epoch, with the ends of its scale."""

from __future__ import annotations

from labkit.catalog import DATASETS, FAMILIES
from labkit.reporting.numbers import show
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
        if not any(cell.result for _, cells in groups for cell in cells):
            continue
        rows.append(
            [
                Lines(
                    f"{dataset}: tracking FID by epoch",
                    "epoch",
                    "FID to training images",
                    curves(view, groups, "proxy_fid"),
                    references(view, dataset, inside=False, tracking=True),
                    log=True,
                ),
                dots(
                    view, groups, "proxy_fid", f"{dataset}: proxy FID, best epoch",
                    references(view, dataset, inside=False),
                ),
            ]
        )  # fmt: skip
        said.append(f"{DATASETS[dataset].label}: {extremes(means(groups, 'proxy_fid'))}.")
    if not rows:
        return None
    label = FAMILIES[family].label
    return Plotted(
        Chart(stacked(rows), keys(view, [family]), row_height=1.9),
        " ".join(said) + left_out(view.of(family)),
        f"Proxy FID of every {label} by epoch, and of the best epoch. " + " ".join(said),
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
            (f"{FAMILIES[family].label} {label}", cells)
            for family in view.families
            for label, cells in view.groups(family, dataset)
        ]
        if not any(cell.metric("proxy_fid") for _, cells in groups for cell in cells):
            continue
        row.append(dots(view, groups, "proxy_fid", dataset, references(view, dataset)))
        best = []
        for family in view.families:
            values = means(view.groups(family, dataset), "proxy_fid")
            known = [value for _, value in values if value is not None]
            if known:
                best.append(f"{FAMILIES[family].label} {show(min(known))}")
        said.append(f"{DATASETS[dataset].label}, lowest of each family: {', '.join(best)}.")
    if not row:
        return None
    return Plotted(
        Chart((tuple(row),), keys(view, view.families)),
        " ".join(said) + left_out(view.cells),
        "Proxy FID of every cell at its best epoch, family by family. " + " ".join(said),
        "" if {"gan", "vae"} <= set(view.families) else "Overall Comparison",
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
    known = view.yardstick(dataset)
    floor = known.tracking_floor if tracking else known.floor
    found = []
    if floor is not None:
        found.append(Reference(f"real images {show(floor, 2)}", floor, inside))
    if known.ceiling is not None:
        label = f"{known.ceiling_of} {show(known.ceiling, 2)}"
        found.append(Reference(label, known.ceiling, inside))
    return tuple(found)
