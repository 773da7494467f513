"""Which classes each cell generates: a heat map of cells and classes."""

from __future__ import annotations

from labkit.catalog import DATASETS, FAMILIES
from labkit.reporting.plots.chart import Chart, Heat
from labkit.reporting.plots.common import Plotted, left_out
from labkit.reporting.view import View

_DETAIL = "class_coverage"


def class_coverage(view: View) -> Plotted | None:
    """Share of each class's real images that have a sample nearby, a row for each cell."""
    row, said = [], []
    for dataset in view.datasets:
        cells = [c for c in view.of(None, dataset) if c.detail(_DETAIL)]
        if not cells:
            continue
        names = DATASETS[dataset].classes
        values = tuple(tuple(map(_share, cell.detail(_DETAIL))) for cell in cells)
        labels = tuple(f"{FAMILIES[c.spec.family].label} {view.title(c)}" for c in cells)
        row.append(Heat(dataset, labels, names, values))
        least = min(
            (value, label, name)
            for label, line in zip(labels, values, strict=True)
            for name, value in zip(names, line, strict=True)
            if value is not None
        )
        said.append(
            f"{DATASETS[dataset].label}: least covered is {least[2]} by {least[1]} "
            f"({100 * least[0]:.0f} %)."
        )
    if not row:
        return None
    return Plotted(
        Chart((tuple(row),)),
        " ".join(said) + left_out(view.cells),
        "Heat map of class coverage in percent, cells by classes. " + " ".join(said),
    )


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
