"""A sheet of paper in inches: the lines, shapes and words of a figure, as values.

Two writers know how to put a sheet on the page (:mod:`svg`) and in a file (:mod:`png`).
Matplotlib's figures would do both too, but lay out every tick and label anew for each
format, which takes longer than all the rest of a report; here each place is computed
once, and the two files show exactly the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]

#: Colours of the page itself; in SVG they follow its theme.
PAGE = {"ink": "#1b1e24", "muted": "#565c66", "rule": "#dcdfe4", "paper": "#fefefe"}
#: Lengths of dashes and gaps, in points.
DASHES: dict[str, tuple[float, ...]] = {
    "solid": (),
    "dashed": (6.0, 2.7),
    "dotted": (1.4, 2.2),
    "dashdot": (7.0, 2.2, 1.4, 2.2),
}


def _star(points: int, inner: float, turn: float = 0.0) -> tuple[Point, ...]:
    """A regular polygon (inner = 1) or star around 0, y down, first corner on top."""
    corners = points if inner == 1 else 2 * points
    found = []
    for k in range(corners):
        radius = inner if inner != 1 and k % 2 else 1.0
        angle = 2 * math.pi * k / corners + turn
        found.append((radius * math.sin(angle), -radius * math.cos(angle)))
    return tuple(found)


_CROSS = ((-0.35, -1), (0.35, -1), (0.35, -0.35), (1, -0.35), (1, 0.35),
          (0.35, 0.35), (0.35, 1), (-0.35, 1), (-0.35, 0.35), (-1, 0.35), (-1, -0.35),
          (-0.35, -0.35))  # fmt: skip
#: Corners of each marker around 0, about one unit away; ``o`` is a circle.
MARKERS: dict[str, tuple[Point, ...]] = {
    "o": (),
    "s": ((-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)),
    "^": tuple((1.25 * x, 1.25 * y + 0.2) for x, y in _star(3, 1)),
    "D": tuple((1.2 * x, 1.2 * y) for x, y in _star(4, 1)),
    "v": tuple((1.25 * x, -1.25 * y - 0.2) for x, y in _star(3, 1)),
    "P": _CROSS,
    "X": tuple(((x - y) * 0.75, (x + y) * 0.75) for x, y in _CROSS),
    "*": tuple((1.4 * x, 1.4 * y) for x, y in _star(5, 0.45)),
}


@dataclass(frozen=True)
class Path:
    """Straight lines through points, open or filled."""

    points: tuple[Point, ...]
    stroke: str = ""
    width: float = 0.0
    """Points."""
    dash: str = "solid"
    fill: str = ""
    alpha: float = 1.0
    """Of the fill."""


@dataclass(frozen=True)
class Marks:
    """The same marker at several places."""

    points: tuple[Point, ...]
    marker: str
    colour: str
    hollow: bool
    radius: float
    """Points."""


@dataclass(frozen=True)
class Words:
    """One line of text, its baseline at a point."""

    at: Point
    text: str
    colour: str
    size: float
    """Points."""
    align: str
    """``left``, ``center`` or ``right`` of the point."""
    bold: bool
    rotation: float
    """Degrees, counter-clockwise."""


@dataclass
class Canvas:
    """Collects shapes; x runs right and y runs down, in inches. First come, first below."""

    width: float
    height: float
    grid: list[Path] = field(default_factory=list)
    """Below all else."""
    shapes: list[Path | Marks] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def hairline(
        self, a: Point, b: Point, colour: str, width: float = 0.7, dash: str = "solid"
    ) -> None:
        """A thin straight line below everything else."""
        self.grid.append(Path((a, b), colour, width, dash))

    def curve(
        self,
        points: Sequence[Point],
        colour: str,
        line: str = "solid",
        marker: str = "",
        hollow: bool = False,
        size: float = 2.1,
        every: int = 1,
    ) -> None:
        """A line with markers on it; `line` ``none`` leaves only the markers."""
        if line != "none":
            self.shapes.append(Path(tuple(points), colour, 1.5, line))
        if marker:
            self.shapes.append(Marks(tuple(points[::every]), marker, colour, hollow, size))

    def polygon(self, points: Sequence[Point], fill: str, alpha: float = 1.0) -> None:
        """A filled shape without an edge."""
        self.shapes.append(Path(tuple(points), fill=fill, alpha=alpha))

    def outline(self, points: Sequence[Point], colour: str, width: float) -> None:
        """The edge of a shape."""
        self.shapes.append(Path((*points, points[0]), colour, width))

    def text(
        self,
        at: Point,
        words: str,
        colour: str = "ink",
        size: float = 8.0,
        align: str = "left",
        bold: bool = False,
        rotation: float = 0.0,
    ) -> None:
        """One line of text, its capitals centred on a point's height."""
        if words:
            down = 0.36 * size / 72
            turn = math.radians(rotation)
            base = (at[0] + down * math.sin(turn), at[1] + down * math.cos(turn))
            self.words.append(Words(base, words, colour, size, align, bold, rotation))
