"""Plots as values, testable by their numbers instead of their pixels, and what they say in words.

Drawing them is :mod:`labkit.reporting.plots.draw`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from labkit.text.numbers import show

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Look:
    """How a cell or a level is drawn, in every plot."""

    colour: str
    """A name of the report's palette."""
    line: str = "solid"
    """``solid``, ``dashed``, ``dotted``, ``dashdot`` or ``none``."""
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
    high: Numbers = ()
    """A band from the lowest to the highest seed; empty with one seed."""


@dataclass(frozen=True)
class Reference:
    """A straight line across a panel to measure by."""

    label: str
    value: float
    inside: bool = True
    """Whether the axis must reach it; if not, words with an arrow may stand for it."""


@dataclass(frozen=True)
class Lines:
    """Curves over a shared x axis."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    references: tuple[Reference, ...] = ()
    log: bool = False
    """Whether the y axis is logarithmic where the values span more than a decade."""
    whole_x: bool = True
    """Whether x counts something (epochs)."""
    scale: str = ""
    """Panels with the same name here share their y axis."""


@dataclass(frozen=True)
class Dots:
    """A row for each cell, a point for each seed; logarithmic if they span more than a decade."""

    title: str
    x_label: str
    rows: tuple[str, ...]
    series: tuple[Series, ...]
    """y is the row's index from the top."""
    labels: tuple[str, ...] = ()
    """The value written beside each row."""
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Heat:
    """A matrix of shares; the darker, the larger."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    """None: not measured, drawn empty."""


@dataclass(frozen=True)
class Bars:
    """A bar for each position, e.g. each latent dimension."""

    title: str
    x_label: str
    y_label: str
    values: Numbers
    colour: str
    scale: str = ""
    """As of :class:`Lines`."""


Panel = Lines | Dots | Heat | Bars


@dataclass(frozen=True)
class Chart:
    """A figure of panels in rows and columns."""

    panels: tuple[tuple[Panel | None, ...], ...]
    keys: tuple[Series, ...] = ()
    """Above the panels: what each colour, line and marker means."""
    row_height: float = 2.35
    """Of curves, in inches; a list of cells has a height of its own."""
    title: str = ""
    """Where the catalog's does not fit."""


@dataclass(frozen=True)
class Box:
    """A step of a diagram."""

    text: str
    under: str = ""
    colour: str = ""
    """Empty: a value, not a network."""


@dataclass(frozen=True)
class Diagram:
    """Chains of boxes with arrows between them, one below the other."""

    chains: tuple[tuple[str, tuple[Box, ...]], ...]
    """Title and boxes."""


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
