"""What the plots share: from cells to curves, points and a sentence on their range."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from labkit.catalog import FAMILIES, METRICS
from labkit.reporting.cell import Cell
from labkit.reporting.plots.chart import Chart, Dots, Key, Lines, Panel, Reference, Series
from labkit.reporting.view import View
from labkit.text.language import _, many
from labkit.text.numbers import NOT_MEASURED, listing, show


@dataclass(frozen=True)
class Plotted:
    """A chart and what it shows here."""

    chart: Chart
    finding: str
    """Sentences whose every number was computed."""
    alt: str
    title: str = ""
    """Where the catalog's label does not fit."""


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
        look = view.style.look(cells[0].spec)
        found.append(
            Series(
                f"{label} {show(means[-1], digits)}".strip() if digits else label,
                tuple(map(float, epochs)),
                tuple(means),
                look.colour,
                look.line,
                look.marker,
                look.hollow,
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
        look = view.style.look(cells[0].spec)
        series.append(
            Series("", tuple(values), (float(i),) * len(values), look.colour, "none",
                   look.marker, look.hollow)
        )  # fmt: skip
        mean = sum(values) / len(values) if values else None
        absent = _("failed") if any(c.status == "failed" for c in cells) else "—"
        labels.append(show(mean, METRICS[metric].digits, absent))
    measure = _(METRICS[metric].label)
    if view.several_seeds:
        measure = _("{measure}, mean of seeds at the right", measure=measure)
    return Dots(
        title,
        measure,
        tuple(label for label, __ in groups),
        tuple(series),
        tuple(labels),
        references,
        log=True,
    )


def keys(view: View, families: Iterable[str]) -> tuple[Key, ...]:
    """What each colour, marker and line means: one entry for a level of the first two factors."""
    found: dict[str, Key] = {}
    for family in families:
        factors = view.style.factors(family)
        every = {*FAMILIES[family].named_by, *factors}
        for i, factor in enumerate(factors[:2]):
            for cell in view.of(family):
                look = view.style.look(cell.spec)
                label = view.style.label(cell.spec, without=every - {factor})
                main = Key(label, look.colour, "none", look.marker)
                found.setdefault(
                    label, Key(label, "muted", look.line, "o", look.hollow) if i else main
                )
    return tuple(found.values())


def extremes(named: Sequence[tuple[str, float | None]], digits: int = 3) -> str:
    """ "lowest 3.1 (Hinge z 64), highest 7.2 (BCE z 128)"; ties are named together, or counted."""
    known = [(name, value) for name, value in named if value is not None]
    if not known:
        return _(NOT_MEASURED)
    values = [value for __, value in known]
    low, who_low = _holders(known, min(values), digits)
    if all(show(value, digits) == low for value in values):
        if len(known) == 1:
            return _("{value} (the only one measured: {who})", value=low, who=who_low)
        return _("{value} (all equal as shown: {who})", value=low, who=who_low)
    high, who_high = _holders(known, max(values), digits)
    return _(
        "lowest {low} ({who_low}), highest {high} ({who_high})",
        low=low,
        who_low=who_low,
        high=high,
        who_high=who_high,
    )


def _holders(known: Sequence[tuple[str, float]], value: float, digits: int) -> tuple[str, str]:
    """A value as shown, and the names of those that show the same; if many, how many."""
    shown = show(value, digits)
    names = [name for name, v in known if show(v, digits) == shown]
    if len(names) <= 4:
        return shown, listing(names)
    return shown, many("{n} setting", "{n} settings", len(names))


def means(
    groups: Sequence[tuple[str, tuple[Cell, ...]]], metric: str
) -> list[tuple[str, float | None]]:
    """Each setting's mean over its seeds; None where nothing was measured."""
    found: list[tuple[str, float | None]] = []
    for label, cells in groups:
        values = [v for cell in cells if (v := cell.metric(metric)) is not None]
        found.append((label, sum(values) / len(values) if values else None))
    return found


def left_out(cells: Sequence[Cell]) -> str:
    """A sentence on the cells a plot cannot show, or empty; many are counted, not named."""
    absent: dict[str, list[str]] = {}
    for cell in cells:
        if cell.result is None:
            absent.setdefault(_(cell.status), []).append(cell.spec.name)
    if not absent:
        return ""
    parts: list[str] = []
    for status, names in absent.items():
        told = names if len(names) <= 4 else [many("{n} cell", "{n} cells", len(names))]
        parts += (f"{name} ({status})" for name in told)
    return " " + _("Not shown: {cells}.", cells=listing(parts))


def stacked(panels: Sequence[Sequence[Panel | None]]) -> tuple[tuple[Panel | None, ...], ...]:
    """Rows of panels, all of one length; rows of one panel are put in pairs.

    Axes without a line are left out, and a column of nothing else.
    """
    drawn = ([None if _empty(panel) else panel for panel in row] for row in panels)
    columns = [column for column in zip_longest(*drawn) if any(column)]
    if len(columns) == 1:
        flat = columns[0]
        columns = list(zip_longest(*(flat[k : k + 2] for k in range(0, len(flat), 2))))
    return tuple(zip(*columns, strict=True))


def _empty(panel: Panel | None) -> bool:
    return isinstance(panel, Lines) and not panel.series
