"""A sheet as PNG for Markdown, drawn by matplotlib's Agg renderer.

Text is drawn as outlines of DejaVu Sans, the font matplotlib brings along: the file is
the same on every machine, whatever fonts it has.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.reporting.plots.canvas import DASHES, MARKERS, PAGE, Canvas, Marks, Path, Words
from labkit.reporting.plots.library import (
    Affine2D,
    GraphicsContextBase,
    Outline,
    RendererAgg,
    get_font,
    mpl,
    plain,
)

DPI = 144
_EM = 64  # glyphs are read at this size and scaled


def to_png(canvas: Canvas, colours: Mapping[str, str]) -> bytes:
    """The sheet on white, at 144 dots an inch; the same bytes for the same sheet.

    Args:
        canvas: what to draw.
        colours: name to hex colour, besides those of the page.
    """
    with plain():
        pen = _Pen(canvas, {**PAGE, **colours})
        for path in canvas.grid:
            pen.path(path)
        for shape in canvas.shapes:
            pen.path(shape) if isinstance(shape, Path) else pen.marks(shape)
        pen.words(canvas.words)
        return pen.png()


class _Pen:
    """Puts shapes on an Agg renderer."""

    def __init__(self, canvas: Canvas, colours: Mapping[str, str]) -> None:
        self._colours = {name: mpl.colors.to_rgba(value) for name, value in colours.items()}
        size = (round(canvas.width * DPI), round(canvas.height * DPI))
        self._renderer: Any = RendererAgg(*size, DPI)  # type: ignore[no-untyped-call]
        # Agg's y runs up from the lower edge.
        self._place = Affine2D().scale(DPI, -DPI).translate(0, size[1])
        sheet = Outline.unit_rectangle().transformed(Affine2D().scale(canvas.width, canvas.height))
        self._draw(sheet, self._pen("paper", 0), (1.0, 1.0, 1.0, 1.0))

    def path(self, path: Path) -> None:
        if path.fill:
            fill = (*self._colours[path.fill][:3], path.alpha)
            corners = np.array([*path.points, path.points[0]])
            self._draw(Outline(corners, closed=True), self._pen(path.fill, 0), fill)
        else:
            pen = self._pen(path.stroke, path.width, DASHES[path.dash])
            self._draw(Outline(np.array(path.points)), pen, None)

    def marks(self, marks: Marks) -> None:
        r = marks.radius / 72
        corners = MARKERS[marks.marker]
        if corners:
            shape = Outline(np.array([*corners, corners[0]]) * r, closed=True)
        else:
            shape = Outline.circle((0, 0), r)
        fill = self._colours["paper" if marks.hollow else marks.colour]
        pen = self._pen(marks.colour, 1.1)
        for x, y in marks.points:
            self._draw(shape.transformed(Affine2D().translate(x, y)), pen, fill)

    def words(self, lines: Sequence[Words]) -> None:
        """All text of one colour at once: outlines are cheap together, dear one by one."""
        found: dict[str, list[tuple[NDArray[Any], NDArray[Any]]]] = {}
        for words in lines:
            found.setdefault(words.colour, []).append(_outline(words))
        for colour, outlines in found.items():
            vertices, codes = (np.concatenate(part) for part in zip(*outlines, strict=True))
            if len(vertices):
                self._draw(Outline(vertices, codes), self._pen(colour, 0), self._colours[colour])

    def png(self) -> bytes:
        from PIL import Image

        drawn = np.ascontiguousarray(np.asarray(self._renderer.buffer_rgba())[..., :3])
        file = io.BytesIO()
        Image.fromarray(drawn).save(file, "PNG", compress_level=3)  # 6 is slower and no smaller
        return file.getvalue()

    def _pen(self, colour: str, width: float, dash: tuple[float, ...] = ()) -> GraphicsContextBase:
        pen: GraphicsContextBase = self._renderer.new_gc()
        pen.set_linewidth(width)  # points: the renderer knows its dots an inch
        pen.set_foreground(self._colours[colour], isRGBA=True)
        pen.set_joinstyle("round")
        if dash:
            pen.set_dashes(0, list(dash))
        return pen

    def _draw(self, path: Outline, pen: GraphicsContextBase, fill: Any) -> None:
        self._renderer.draw_path(pen, path, self._place, fill)


def _outline(words: Words) -> tuple[NDArray[Any], NDArray[Any]]:
    """Vertices (inches, y down) and codes of a line of text."""
    shapes, advance = [], 0.0
    for character in words.text:
        vertices, codes, width = _glyph(character, words.bold)
        if len(vertices):
            shapes.append((vertices + np.array([advance, 0.0]), codes))
        advance += width
    if not shapes:
        return np.empty((0, 2)), np.empty(0, np.uint8)
    vertices, codes = (np.concatenate(part) for part in zip(*shapes, strict=True))
    start = {"left": 0.0, "center": advance / 2, "right": advance}[words.align]
    inch = words.size / _EM / 72
    vertices = (vertices - np.array([start, 0.0])) * np.array([inch, -inch])
    turn = math.radians(words.rotation)
    spin = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return vertices @ spin + words.at, codes


@cache
def _glyph(character: str, bold: bool) -> tuple[NDArray[Any], NDArray[Any], float]:
    """Vertices, codes and advance of a character at :data:`_EM` points."""
    file = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    font = get_font(str(FilePath(mpl.get_data_path(), "fonts", "ttf", file)))
    font.set_size(_EM, 72)
    code = ord(character)
    if not font.get_char_index(code):
        code = 0xFFFD  # the sign for a character the font has not
    glyph = font.load_char(code, flags=mpl.ft2font.LoadFlags.NO_HINTING)
    vertices, codes = font.get_path()
    return np.asarray(vertices), np.asarray(codes), glyph.linearHoriAdvance / 65536
