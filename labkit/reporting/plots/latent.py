"""What the latent code carries: KL per dimension, and its price in reconstruction."""

from __future__ import annotations

from labkit.catalog import DATASETS, METRICS
from labkit.reporting.plots.chart import Bars, Chart, Key, Lines, Series
from labkit.reporting.plots.common import Plotted, left_out, stacked
from labkit.reporting.plots.losses import compared_by, of_kind, reconstructions
from labkit.reporting.plots.style import MARKERS
from labkit.reporting.view import View
from labkit.text.language import _
from labkit.text.numbers import listing, show

#: Most panels of bars beside each other.
_ACROSS = 3


def kl_per_dimension(view: View, family: str = "vae") -> Plotted | None:
    """A bar for each latent dimension, largest first; a panel for each setting."""
    rows, said = [], []
    for dataset in view.datasets:
        row, active = [], []
        for label, cells in view.groups(family, dataset):
            values = next((v for c in cells if (v := c.detail("kl_per_dimension"))), None)
            if values is None:
                continue
            ordered = tuple(sorted(map(float, values), reverse=True))
            look = view.style.look(cells[0].spec)
            row.append(
                Bars(
                    f"{dataset}: {label}",
                    _("dimension, by KL"),
                    _("KL (nats)"),
                    ordered,
                    look.colour,
                    scale=f"kl-{dataset}",
                )
            )
            units = cells[0].metric("active_units")
            if units is not None:
                used = show(int(units))
                active.append(_("{cell}: {n} of {all}", cell=label, n=used, all=len(ordered)))
        if row:
            rows += [row[k : k + _ACROSS] for k in range(0, len(row), _ACROSS)]
            if active:
                said.append(
                    _(
                        "{dataset}, active units: {values}.",
                        dataset=DATASETS[dataset].label,
                        values=listing(active),
                    )
                )
    if not rows:
        return None
    seed = " " + _("The first seed is shown.") if view.several_seeds else ""
    return Plotted(
        Chart(stacked(rows), row_height=1.45),
        " ".join(said) + seed + left_out(view.of(family)),
        _("Bar charts of the KL divergence of every latent dimension, largest first.")
        + " "
        + " ".join(said),
    )


def latent_plane(view: View) -> Plotted | None:
    """Where two-dimensional VAEs put test images: a panel for each, a colour for each class."""
    panels: list[Lines | None] = []
    said = []
    for cell in view.cells:
        points, classes = cell.detail("latent_plane"), cell.detail("latent_plane_classes")
        if not points or not classes:
            continue
        names = DATASETS[cell.spec.dataset].classes
        series = []
        for i in range(len(names)):
            mine = [p for p, label in zip(points, classes, strict=True) if label == i]
            x, y = tuple(p[0] for p in mine), tuple(p[1] for p in mine)
            if mine:
                look = f"class-{i}", "none", MARKERS[i % len(MARKERS)], i >= len(MARKERS)
                series.append(Series("", x, y, *look))
        title = f"{cell.spec.dataset}: {view.title(cell)}"
        panels.append(Lines(title, "z₁", "z₂", tuple(series), whole_x=False))
        said.append(
            _("{cell}: the posterior means of {n:,} test images.", cell=title, n=len(points))
        )
    if not panels:
        return None
    # Two to a row, so that a panel is about as wide as high.
    rows = [(*panels[i : i + 2], None)[:2] for i in range(0, len(panels), 2)]
    first = next(cell for cell in view.cells if cell.detail("latent_plane"))
    keys = tuple(
        Key(name, f"class-{i}", "none", MARKERS[i % len(MARKERS)], i >= len(MARKERS))
        for i, name in enumerate(DATASETS[first.spec.dataset].classes)
    )
    return Plotted(
        Chart(tuple(rows), keys, row_height=4.2),
        " ".join(said),
        _("Scatter plots of the latent plane, a colour and marker for each class.")
        + " "
        + " ".join(said),
    )


def rate_distortion(view: View, family: str = "vae") -> Plotted | None:
    """Test reconstruction loss against test KL: each cell a point, a panel a data set.

    Where β is varied, a line joins the points in its order.

    None where no panel has two points to compare.
    """
    kinds = reconstructions(view, family)
    rows, said = [], []
    for kind in kinds:
        row = []
        for dataset in view.datasets:
            points, spoken = [], []
            curve: dict[str, list[tuple[float, float]]] = {}
            groups = of_kind(view, family, dataset, "reconstruction", kind)
            for label, cells in groups:
                seeds = [(c.metric("test_kl_loss"), c.metric("test_recon_loss")) for c in cells]
                known = [(a, b) for a, b in seeds if a is not None and b is not None]
                if not known:
                    continue
                look = view.style.look(cells[0].spec)
                rate, cost = (sum(values) / len(known) for values in zip(*known, strict=True))
                x, y = zip(*known, strict=True)
                points.append(Series(label, x, y, look.colour, "none", look.marker, look.hollow))
                spoken.append(
                    _(
                        "{cell} ({rate} nats, {loss})",
                        cell=label,
                        rate=show(rate),
                        loss=show(cost, 4),
                    )
                )
                other = view.style.label(cells[0].spec, without=["reconstruction", "beta"])
                curve.setdefault(other, []).append((rate, cost))
            if len(points) > 1:
                if "beta" in view.style.factors(family):  # β in order: the curve it runs along
                    for way in curve.values():
                        x, y = zip(*way, strict=True)
                        points.insert(0, Series("", x, y, "muted", "dotted", ""))
                row.append(
                    Lines(
                        f"{dataset}, {compared_by(kind)}",
                        _("test KL (nats per image)"),
                        _(METRICS["test_recon_loss"].label),
                        tuple(points),
                        whole_x=False,
                    )
                )
                said.append(_rates(view, dataset, spoken))
        if row:
            rows.append(row)
    if not rows:
        return None
    return Plotted(
        Chart(stacked(rows), row_height=1.8),
        " ".join(said) + left_out(view.of(family)),
        _("Scatter plots of test reconstruction loss against test KL.") + " " + " ".join(said),
    )


def _rates(view: View, dataset: str, cells: list[str]) -> str:
    name, values = DATASETS[dataset].label, listing(cells)
    if view.several_seeds:
        return _(
            "{dataset} (KL, reconstruction loss; means of the seeds, which are a point each): "
            "{values}.",
            dataset=name,
            values=values,
        )
    return _("{dataset} (KL, reconstruction loss): {values}.", dataset=name, values=values)
