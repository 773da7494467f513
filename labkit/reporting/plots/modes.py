"""Which classes each cell generates: a heat map of cells and classes."""

from __future__ import annotations

from labkit.catalog import DATASETS, FAMILIES
from labkit.reporting.plots.chart import Chart, Heat
from labkit.reporting.plots.common import Plotted, left_out
from labkit.reporting.view import View
from labkit.text.language import _, many
from labkit.text.numbers import listing

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
        labels = tuple(f"{_(FAMILIES[c.spec.family].label)} {view.title(c)}" for c in cells)
        row.append(Heat(dataset, labels, names, values))
        said.append(f"{DATASETS[dataset].label}: {_least(labels, names, values)}.")
    if not row:
        return None
    return Plotted(
        Chart((tuple(row),)),
        " ".join(said) + left_out(view.cells),
        _("Heat map of class coverage in percent, cells by classes.") + " " + " ".join(said),
    )


def _least(
    labels: tuple[str, ...], names: tuple[str, ...], values: tuple[tuple[float | None, ...], ...]
) -> str:
    """The least covered class, and in which cells; percents that look equal are equal."""
    known = [
        (round(100 * value), name, label)
        for label, line in zip(labels, values, strict=True)
        for name, value in zip(names, line, strict=True)
        if value is not None
    ]
    least = min(known)[0]
    found: dict[str, list[str]] = {}
    for percent, name, label in known:
        if percent == least:
            found.setdefault(name, []).append(label)
    if len(found) > 3:
        return _(
            "lowest coverage {percent} %, in {n} of {all} classes",
            percent=least,
            n=len(found),
            all=len(names),
        )
    parts = []
    for name, who in found.items():
        cells = listing(who) if len(who) <= 3 else many("{n} cell", "{n} cells", len(who))
        parts.append(f"{name} ({cells})")
    return _("lowest coverage {percent} %, class {classes}", percent=least, classes=listing(parts))


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
