"""A sheet as SVG for the page: real text in the page's font, colours by CSS variable."""

from __future__ import annotations

from html import escape

from labkit.reporting.plots.canvas import DASHES, MARKERS, Canvas, Marks, Path, Point, Words

_ANCHORS = {"center": "middle", "right": "end"}


def to_svg(canvas: Canvas) -> str:
    """The ``<svg>`` element, without ids, so that many can stand in one page.

    Colours are ``var(--name)``: the page defines them for each of its themes.
    """
    parts = [f'<svg viewBox="0 0 {_n(canvas.width)} {_n(canvas.height)}">']
    parts += [_path(path) for path in canvas.grid]
    parts += [_path(s) if isinstance(s, Path) else _marks(s) for s in canvas.shapes]
    parts += [_words(words) for words in canvas.words]
    return "".join((*parts, "</svg>"))


def _n(inches: float) -> str:
    """Inches as points, two decimals at most."""
    return f"{72 * inches:.2f}".rstrip("0").rstrip(".")


def _d(points: tuple[Point, ...]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _path(path: Path) -> str:
    style = []
    if path.fill:
        alpha = f' fill-opacity="{path.alpha:.3g}"' if path.alpha != 1 else ""
        return f'<path d="{_d(path.points)}Z" fill="var(--{path.fill})"{alpha}/>'
    style = [f'stroke="var(--{path.stroke})" stroke-width="{path.width:g}"']
    if DASHES[path.dash]:
        style.append(f'stroke-dasharray="{" ".join(map(str, DASHES[path.dash]))}"')
    return f'<path d="{_d(path.points)}" fill="none" {" ".join(style)}/>'


def _marks(marks: Marks) -> str:
    fill = "paper" if marks.hollow else marks.colour
    head = f'<g fill="var(--{fill})" stroke="var(--{marks.colour})" stroke-width="1.1">'
    corners = MARKERS[marks.marker]
    r = marks.radius / 72
    if corners:
        one = [
            f'<path d="{_d(tuple((x + r * a, y + r * b) for a, b in corners))}Z"/>'
            for x, y in marks.points
        ]
    else:
        one = [f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{marks.radius:g}"/>' for x, y in marks.points]
    return "".join((head, *one, "</g>"))


def _words(words: Words) -> str:
    x, y = _n(words.at[0]), _n(words.at[1])
    more = f' text-anchor="{_ANCHORS[words.align]}"' if words.align in _ANCHORS else ""
    if words.bold:
        more += ' font-weight="650"'
    if words.rotation:
        more += f' transform="rotate({-words.rotation:g} {x} {y})"'
    return (
        f'<text x="{x}" y="{y}" font-size="{words.size:g}" fill="var(--{words.colour})"{more}>'
        f"{escape(words.text)}</text>"
    )
