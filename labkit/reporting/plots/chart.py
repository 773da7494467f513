"""Plots as values, testable by their numbers instead of their pixels, and what they say in words.

Drawing them is :mod:`labkit.reporting.plots.draw`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Self

from labkit.text.numbers import show

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Look:
    """How a cell or a level is drawn, in every plot."""

    colour: str  # a name of the report's palette
    line: str = "solid"  # ``solid``, ``dashed``, ``dotted``, ``dashdot`` or ``none``
    marker: str = "o"
    hollow: bool = False


@dataclass(frozen=True)
class Series:
    """One curve or set of points; without points, an entry of a key."""

    label: str
    look: Look
    x: Numbers = ()
    y: Numbers = ()
    low: Numbers = ()
    high: Numbers = ()  # a band from the lowest to the highest seed; empty with one seed


@dataclass(frozen=True)
class Reference:
    """A straight line across a panel to measure by."""

    label: str
    value: float
    inside: bool = True  # whether the axis must reach it; else words with an arrow may stand for it


@dataclass(frozen=True)
class Lines:
    """Curves over a shared x axis."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    references: tuple[Reference, ...] = ()
    log: bool = False  # whether the y axis is logarithmic where the values span more than a decade
    whole_x: bool = True  # whether x counts something (epochs)
    log_x: bool = False  # the same of the x axis
    scale: str = ""  # panels with the same name here share their y axis


@dataclass(frozen=True)
class Dots:
    """A row for each cell, a point for each seed; logarithmic if they span more than a decade."""

    title: str
    x_label: str
    rows: tuple[str, ...]
    series: tuple[Series, ...]  # y is the row's index from the top
    labels: tuple[str, ...] = ()  # the value written beside each row
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Heat:
    """A matrix of shares; the darker, the larger."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]  # None: not measured, drawn empty


@dataclass(frozen=True)
class Bars:
    """A bar for each position, e.g. each latent dimension."""

    title: str
    x_label: str
    y_label: str
    values: Numbers
    colour: str
    scale: str = ""  # as of :class:`Lines`


Panel = Lines | Dots | Heat | Bars


@dataclass(frozen=True)
class Chart:
    """A figure of panels in rows and columns."""

    panels: tuple[tuple[Panel | None, ...], ...]
    keys: tuple[Series, ...] = ()  # above the panels: what each colour, line and marker means
    row_height: float = 2.35  # of curves, in inches; a list of cells has a height of its own
    title: str = ""  # where the catalog's does not fit

    @classmethod
    def of(
        cls, rows: Sequence[Sequence[Panel]], height: float = 2.35, keys: tuple[Series, ...] = ()
    ) -> Self | None:
        """Rows of panels as a chart; rows of one panel are put in pairs.

        Axes without a line are left out, and a row or column of nothing else; None if none is left.
        """
        drawn = [[None if isinstance(p, Lines) and not p.series else p for p in r] for r in rows]
        columns = [c for c in zip_longest(*(row for row in drawn if any(row))) if any(c)]
        if len(columns) == 1:
            (flat,) = columns
            columns = list(zip_longest(*(flat[k : k + 2] for k in range(0, len(flat), 2))))
        return cls(tuple(zip(*columns, strict=True)), keys, height) if columns else None


@dataclass(frozen=True)
class Box:
    """A step of a diagram."""

    text: str
    under: str = ""
    colour: str = ""  # empty: a value, not a network


@dataclass(frozen=True)
class Diagram:
    """Chains of boxes with arrows between them, one below the other."""

    chains: tuple[tuple[str, tuple[Box, ...]], ...]  # title and boxes


def described(chart: Chart) -> str:
    """A chart in words, for readers who cannot see it: each panel, its labels and its values."""
    said = [", ".join(key.label for key in chart.keys)] if chart.keys else []
    for panel in (panel for row in chart.panels for panel in row if panel):
        words = ", ".join(_words(panel))
        said.append(f"{panel.title} ({words})" if words else panel.title)
    return "; ".join(said)


def _words(panel: Panel) -> list[str]:
    if isinstance(panel, Lines):
        return [series.label for series in panel.series if series.label]
    if isinstance(panel, Dots):
        return [f"{row}: {value}" for row, value in zip(panel.rows, panel.labels, strict=True)]
    if isinstance(panel, Bars):
        return [f"{show(max(panel.values))} – {show(min(panel.values))}"]
    known = [[100 * v for v in row if v is not None] for row in panel.values]
    named = zip(panel.rows, known, strict=True)
    return [f"{row}: {min(shares):.0f}–{max(shares):.0f} %" for row, shares in named if shares]
