"""Plots as values: what is drawn where. Drawing is :mod:`labkit.reporting.plots.draw`'s.

Keeping the two apart makes a plot testable by its numbers instead of its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Series:
    """One curve or set of points."""

    label: str
    """Written beside its last point."""
    x: Numbers
    y: Numbers
    colour: str
    """A name of the report's palette."""
    line: str = "solid"
    """``solid``, ``dashed``, ``dotted``, ``dashdot`` or ``none``."""
    marker: str = "o"
    hollow: bool = False
    low: Numbers = ()
    high: Numbers = ()
    """A band from the lowest to the highest seed; empty with one seed."""


@dataclass(frozen=True)
class Reference:
    """A straight line across a panel to measure by."""

    label: str
    value: float
    inside: bool = True
    """Whether the axis must reach it; if not, an arrow at the edge may stand for it."""


@dataclass(frozen=True)
class Lines:
    """Curves over a shared x axis."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    references: tuple[Reference, ...] = ()
    log: bool = False
    whole_x: bool = True
    """Whether x counts something (epochs)."""
    scale: str = ""
    """Panels with the same name here share their y axis."""
    floor: float | None = None
    """Where the y axis starts, if not where the data do."""


@dataclass(frozen=True)
class Dots:
    """A row for each cell, a point for each seed, the value written beside."""

    title: str
    x_label: str
    rows: tuple[str, ...]
    series: tuple[Series, ...]
    """y is the row's index from the top; one value label a row, from ``labels``."""
    labels: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    log: bool = False
    scale: str = ""


@dataclass(frozen=True)
class Heat:
    """A matrix of shares; white is the expected share, darker is further from it."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    """None: not measured, drawn empty."""
    unit: str = ""


@dataclass(frozen=True)
class Bars:
    """A bar for each position, e.g. each latent dimension."""

    title: str
    x_label: str
    y_label: str
    values: Numbers
    colour: str
    references: tuple[Reference, ...] = ()
    scale: str = ""


Panel = Lines | Dots | Heat | Bars


@dataclass(frozen=True)
class Key:
    """One entry of the key above the panels."""

    label: str
    colour: str
    line: str = "solid"
    marker: str = "o"
    hollow: bool = False


@dataclass(frozen=True)
class Chart:
    """A figure of panels in rows and columns."""

    panels: tuple[tuple[Panel | None, ...], ...]
    keys: tuple[Key, ...] = ()
    row_height: float = 2.35
    """Inches."""
    width: float = 8.4


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
    width: float = 8.4
    row_height: float = 1.0
