"""Plots as values: what is drawn where. Drawing is :mod:`labkit.reporting.plots.draw`'s.

Keeping the two apart makes a plot testable by its numbers instead of its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    """A row for each cell, a point for each seed, the value written beside.

    The axis is logarithmic where the values span more than a decade.
    """

    title: str
    x_label: str
    rows: tuple[str, ...]
    series: tuple[Series, ...]
    """y is the row's index from the top; one value label a row, from ``labels``."""
    labels: tuple[str, ...] = ()
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
