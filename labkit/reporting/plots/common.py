"""What the plots share: from cells to curves and points, from panels to a chart and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from labkit.catalog import FAMILIES, METRICS
from labkit.reporting.cell import Cell
from labkit.reporting.plots.chart import (
    Bars,
    Chart,
    Dots,
    Lines,
    Look,
    Panel,
    Reference,
    Series,
)
from labkit.reporting.view import View
from labkit.text.language import _
from labkit.text.numbers import show


def curves(
    view: View, groups: Sequence[tuple[str, tuple[Cell, ...]]], column: str, digits: int = 0
) -> tuple[Series, ...]:
    """A curve of a history column for each setting: the mean over seeds, and their range.

    Args:
        view: the report's material.
        groups: label and cells of each setting (:meth:`View.groups`).
        column: of the history.
        digits: of the last value, written after the label; 0 leaves it out.
    """
    found = []
    for label, cells in groups:
        by_epoch: dict[int, list[float]] = {}
        for cell in cells:
            for row in cell.result.history if cell.result else ():
                if row.get(column) is not None:
                    by_epoch.setdefault(int(row["epoch"]), []).append(float(row[column]))
        if not by_epoch:
            continue
        epochs = sorted(by_epoch)
        means = [sum(by_epoch[e]) / len(by_epoch[e]) for e in epochs]
        ranging = max(map(len, by_epoch.values())) > 1
        found.append(
            Series(
                f"{label} {show(means[-1], digits)}".strip() if digits else label,
                view.style.look(cells[0].spec),
                tuple(map(float, epochs)),
                tuple(means),
                tuple(min(by_epoch[e]) for e in epochs) if ranging else (),
                tuple(max(by_epoch[e]) for e in epochs) if ranging else (),
            )
        )
    return tuple(found)


def dots(
    view: View,
    groups: Sequence[tuple[str, tuple[Cell, ...]]],
    metric: str,
    title: str,
    references: tuple[Reference, ...] = (),
) -> Dots:
    """A row for each setting with a point for each seed; what is missing keeps its row."""
    series, labels = [], []
    for i, (__, cells) in enumerate(groups):
        values = [v for cell in cells if (v := cell.metric(metric)) is not None]
        look = replace(view.style.look(cells[0].spec), line="none")
        series.append(Series("", look, tuple(values), (float(i),) * len(values)))
        mean = sum(values) / len(values) if values else None
        absent = _("failed") if any(c.status == "failed" for c in cells) else "—"
        labels.append(show(mean, METRICS[metric].digits, absent))
    measure = _(METRICS[metric].label)
    if view.several_seeds:
        measure = _("{measure}, mean of seeds at the right", measure=measure)
    rows = tuple(label for label, __ in groups)
    return Dots(title, measure, rows, tuple(series), tuple(labels), references)


def keys(view: View, family: str) -> tuple[Series, ...]:
    """What each colour, marker and line means: one entry for a level of the first two factors."""
    found: dict[str, Series] = {}
    factors = view.style.factors(family)
    every = {*FAMILIES[family].named_by, *factors}
    for i, factor in enumerate(factors[:2]):
        for cell in view.of(family):
            look = view.style.look(cell.spec)
            label = view.style.label(cell.spec, without=every - {factor})
            main = Look(look.colour, "none", look.marker)
            second = Look("muted", look.line, "o", look.hollow)
            found.setdefault(label, Series(label, second if i else main))
    return tuple(found.values())


def charted(
    rows: Sequence[Sequence[Panel | None]], row_height: float, keys: tuple[Series, ...] = ()
) -> Chart | None:
    """Rows of panels as a chart; rows of one panel are put in pairs.

    Axes without a line are left out, and a row or column of nothing else; None if none is left.
    """
    drawn = [[None if _empty(panel) else panel for panel in row] for row in rows]
    columns = [c for c in zip_longest(*(row for row in drawn if any(row))) if any(c)]
    if not columns:
        return None
    if len(columns) == 1:
        flat = columns[0]
        columns = list(zip_longest(*(flat[k : k + 2] for k in range(0, len(flat), 2))))
    return Chart(tuple(zip(*columns, strict=True)), keys, row_height)


def _empty(panel: Panel | None) -> bool:
    return isinstance(panel, Lines) and not panel.series


def described(chart: Chart) -> str:
    """A chart in words, for readers who cannot see it: each panel, its labels and its values."""
    panels = [panel for row in chart.panels for panel in row if panel]
    said = [", ".join(key.label for key in chart.keys)] if chart.keys else []
    for panel in panels:
        words = ", ".join(_words(panel))
        said.append(f"{panel.title} ({words})" if words else panel.title)
    return "; ".join(said)


def _words(panel: Panel) -> list[str]:
    """The labels in a panel, with values where it writes them."""
    if isinstance(panel, Lines):
        return [series.label for series in panel.series if series.label]
    if isinstance(panel, Dots):
        return [f"{row}: {value}" for row, value in zip(panel.rows, panel.labels, strict=True)]
    if isinstance(panel, Bars):
        return [f"{show(max(panel.values))} – {show(min(panel.values))}"]
    known = ([100 * v for v in row if v is not None] for row in panel.values)
    return [
        f"{row}: {min(shares):.0f}–{max(shares):.0f} %"
        for row, shares in zip(panel.rows, known, strict=True)
        if shares
    ]
