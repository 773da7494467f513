"""What the latent code carries: KL per dimension, and its price in reconstruction."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from labkit.catalog import DATASETS, METRICS
from labkit.reporting.plots.chart import Bars, Chart, Lines, Look, Series
from labkit.reporting.plots.common import charted
from labkit.reporting.plots.losses import compared_by, of_kind, reconstructions
from labkit.reporting.plots.style import MARKERS
from labkit.reporting.view import View
from labkit.text.language import _

#: Most panels of bars beside each other.
_ACROSS = 3


def kl_per_dimension(view: View, family: str) -> Chart | None:
    """A bar for each latent dimension, largest first; a panel for each setting's first seed."""
    rows: list[list[Bars]] = []
    for dataset in view.datasets:
        row = [
            Bars(
                f"{dataset}: {label}",
                _("dimension, by KL"),
                _("KL (nats)"),
                tuple(sorted(map(float, values), reverse=True)),
                view.style.look(cells[0].spec).colour,
                scale=f"kl-{dataset}",
            )
            for label, cells in view.groups(family, dataset)
            if (values := next((v for c in cells if (v := c.detail("kl_per_dimension"))), None))
        ]
        rows += [row[k : k + _ACROSS] for k in range(0, len(row), _ACROSS)]
    return charted(rows, 1.45)


def latent_plane(view: View) -> Chart | None:
    """Where two-dimensional VAEs put test images: a panel for each, a colour for each class."""
    panels: list[Lines | None] = []
    names: tuple[str, ...] = ()
    for cell in view.cells:
        points, classes = cell.detail("latent_plane"), cell.detail("latent_plane_classes")
        if not points or not classes:
            continue
        names = names or DATASETS[cell.spec.dataset].classes
        series = []
        for i in range(len(names)):
            mine = [p for p, label in zip(points, classes, strict=True) if label == i]
            if mine:
                x, y = zip(*mine, strict=True)
                series.append(Series("", _class_look(i), x, y))
        title = f"{cell.spec.dataset}: {view.title(cell)}"
        panels.append(Lines(title, "z₁", "z₂", tuple(series), whole_x=False))
    if not panels:
        return None
    # Two to a row, so that a panel is about as wide as high.
    rows = [(*panels[i : i + 2], None)[:2] for i in range(0, len(panels), 2)]
    keys = tuple(Series(name, _class_look(i)) for i, name in enumerate(names))
    return Chart(tuple(rows), keys, row_height=4.2)


def _class_look(i: int) -> Look:
    return Look(f"class-{i}", "none", MARKERS[i % len(MARKERS)], i >= len(MARKERS))


def rate_distortion(view: View, family: str) -> Chart | None:
    """Test reconstruction loss against test KL: each cell a point, a panel a data set.

    Where β is varied, a line joins the points in its order.

    None where no panel has two points to compare.
    """
    rows = []
    for kind in reconstructions(view, family):
        row = []
        for dataset in view.datasets:
            points = _points(view, family, dataset, kind)
            if sum(bool(series.label) for series in points) > 1:
                title, x = f"{dataset}, {compared_by(kind)}", _("test KL (nats per image)")
                y = _(METRICS["test_recon_loss"].label)
                row.append(Lines(title, x, y, tuple(points), whole_x=False))
        rows.append(row)
    return charted(rows, 1.8)


def _points(view: View, family: str, dataset: str, kind: str | None) -> list[Series]:
    """A point for each seed of each setting; where β is varied, first the curves it runs along."""
    points = []
    curve: dict[str, list[tuple[float, float]]] = {}
    for label, cells in of_kind(view, family, dataset, "reconstruction", kind):
        seeds = [(c.metric("test_kl_loss"), c.metric("test_recon_loss")) for c in cells]
        known = [(a, b) for a, b in seeds if a is not None and b is not None]
        if not known:
            continue
        x, y = zip(*known, strict=True)
        points.append(Series(label, replace(view.style.look(cells[0].spec), line="none"), x, y))
        other = view.style.label(cells[0].spec, without=["reconstruction", "beta"])
        curve.setdefault(other, []).append((fmean(x), fmean(y)))
    if "beta" not in view.style.factors(family):
        return points
    muted = Look("muted", "dotted", "")
    return [Series("", muted, *zip(*way, strict=True)) for way in curve.values()] + points
