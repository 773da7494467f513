"""Which classes each cell generates: a heat map of cells and classes."""

from __future__ import annotations

from labkit.catalog import DATASETS, FAMILIES
from labkit.reporting.plots.chart import Chart, Heat
from labkit.reporting.view import View
from labkit.text.language import _


def class_coverage(view: View) -> Chart | None:
    """Share of each class's real images that have a sample nearby, a row for each cell."""
    row = []
    for dataset in view.datasets:
        cells = [c for c in view.of(None, dataset) if c.detail("class_coverage")]
        if cells:
            labels = tuple(f"{_(FAMILIES[c.spec.family].label)} {view.title(c)}" for c in cells)
            values = tuple(tuple(map(_share, c.detail("class_coverage"))) for c in cells)
            row.append(Heat(dataset, labels, DATASETS[dataset].classes, values))
    return Chart((tuple(row),)) if row else None


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
