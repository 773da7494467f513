"""From a chart's value to SVG for the page and PNG for Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.reporting.plots.canvas import Canvas
from labkit.reporting.plots.chart import (
    Bars,
    Chart,
    Diagram,
    Dots,
    Heat,
    Key,
    Lines,
    Panel,
    Reference,
    Series,
)
from labkit.reporting.plots.scales import Scale, limits, spread
from labkit.reporting.plots.svg import to_svg

#: Inches a character of a tick or label takes, about.
_CHARACTER = 0.064
#: ... and a character of a title in full size.
_BOLD_CHARACTER = 0.081
#: Most inches that curves are drawn in, and most of them that are labelled at their ends.
_TALLEST, _LABELLED = 3.0, 16


@dataclass(frozen=True)
class Area:
    """Where the data of a panel lie, in inches on the sheet."""

    left: float
    right: float
    top: float
    bottom: float


def render(
    chart: Chart | Diagram, palette: Mapping[str, tuple[str, str]], formats: Sequence[str]
) -> dict[str, bytes]:
    """Draw once, save in each format.

    Args:
        chart: what to draw.
        palette: name of a colour to its value on a light and on a dark page.
        formats: any of ``svg`` and ``png``.

    Returns:
        Format to bytes; the same bytes for the same chart.
    """
    canvas = _diagram(chart) if isinstance(chart, Diagram) else _chart(chart)
    out = {}
    if "svg" in formats:
        out["svg"] = to_svg(canvas).encode()
    if "png" in formats:
        from labkit.reporting.plots.png import to_png  # matplotlib, only where it is needed

        out["png"] = to_png(canvas, {name: light for name, (light, _) in palette.items()})
    return out


# ------------------------------------------------------------------ layout


def _chart(chart: Chart) -> Canvas:
    """Panels in rows, at fixed places."""
    places = _key_places(chart.keys, chart.width)
    top = 0.12 + 0.22 * (1 + places[-1][1]) if places else 0.04
    heights = [_height(row, chart.row_height) for row in chart.panels]
    canvas = Canvas(chart.width, top + sum(heights))
    _keys(canvas, chart.keys, places)
    ranges = _shared(chart)
    for row, tall in zip(chart.panels, heights, strict=True):
        wide = chart.width / len(row)
        below = max((_below(p) for p in row if p is not None), default=0.0)
        above = max((_above(p) for p in row if p is not None), default=0.0)
        for i, panel in enumerate(row):
            if panel is None:
                continue
            left, right = _margins(panel)
            bottom = top + tall - below
            if isinstance(panel, Lines):  # beside a long list of cells it keeps its shape
                bottom = min(bottom, top + above + max(_TALLEST, chart.row_height))
            area = Area(i * wide + left, (i + 1) * wide - right, top + above, bottom)
            fitting = (wide - 0.1) / (_BOLD_CHARACTER * max(1, len(panel.title)))
            size = min(9.0, 9.0 * fitting)
            canvas.text((i * wide + 0.06, top + 0.14), panel.title, size=size, bold=True)
            _DRAW[type(panel)](canvas, panel, area, ranges.get(_shared_by(panel)))
        top += tall
    return canvas


def _height(row: Sequence[Panel | None], usual: float) -> float:
    """Panels that list cells need a line for each."""
    needed = [_above(p) + _below(p) + 0.2 * len(p.rows) for p in row if isinstance(p, (Dots, Heat))]
    drawn = [p for p in row if p is not None]
    return max(needed) + 0.06 if needed and len(needed) == len(drawn) else max([usual, *needed])


def _above(panel: Panel) -> float:
    """Room for the title, and for the labels of upright references below it."""
    return 0.42 if isinstance(panel, Dots) and panel.references else 0.3


def _below(panel: Panel) -> float:
    if isinstance(panel, Heat) and _wordy(panel):
        return 0.2 + 0.045 * max(map(len, panel.columns))
    return 0.3 if isinstance(panel, Heat) else 0.47


def _margins(panel: Panel) -> tuple[float, float]:
    """Left and right of the data, in inches."""
    if isinstance(panel, (Heat, Dots)):
        left = 0.2 + _CHARACTER * max(map(len, panel.rows), default=0)
        return left, 0.1 if isinstance(panel, Heat) else 0.55
    labels = [s.label for s in _labelled(panel)] if isinstance(panel, Lines) else []
    return 0.62, 0.22 + _CHARACTER * max(map(len, labels), default=0)


def _labelled(panel: Lines) -> list[Series]:
    """The series with a label at their end: none where they are too many to tell apart."""
    found = [s for s in panel.series if s.label and s.y]
    return found if len(found) <= _LABELLED else []


def _wordy(panel: Heat) -> bool:
    return max(map(len, panel.columns), default=0) > 2


def _shared_by(panel: Panel) -> str:
    return "" if isinstance(panel, Heat) else panel.scale


def _shared(chart: Chart) -> dict[str, tuple[float, float]]:
    """Limits of the value axis for each shared scale."""
    found: dict[str, tuple[float, float]] = {}
    for panel in (p for row in chart.panels for p in row if p is not None):
        if isinstance(panel, Heat) or not panel.scale:
            continue
        low, high = _limits(panel)
        if panel.scale in found:
            low, high = min(low, found[panel.scale][0]), max(high, found[panel.scale][1])
        found[panel.scale] = (low, high)
    return found


def _limits(panel: Lines | Dots | Bars) -> tuple[float, float]:
    if isinstance(panel, Bars):
        return 0.0, 1.1 * max([*panel.values, 1e-9])
    if isinstance(panel, Dots):
        values = [v for s in panel.series for v in s.x]
    else:
        values = [v for s in panel.series for v in (*s.y, *s.low, *s.high)]
    values += [r.value for r in panel.references if r.inside]
    return limits(values, panel.log, panel.floor if isinstance(panel, Lines) else None)


def _key_places(keys: Sequence[Key], width: float) -> list[tuple[float, int]]:
    """Where each key starts, and in which line: a line is as long as the sheet is wide."""
    x, line = 0.06, 0
    places = []
    for key in keys:
        needed = (0.36 if key.line != "none" else 0.1) + 0.08 + 0.072 * len(key.label)
        if x > 0.06 and x + needed > width:
            x, line = 0.06, line + 1
        places.append((x, line))
        x += needed + 0.28
    return places


def _keys(canvas: Canvas, keys: Sequence[Key], places: Sequence[tuple[float, int]]) -> None:
    for key, (x, line) in zip(keys, places, strict=True):
        wide, y = (0.36 if key.line != "none" else 0.1), 0.14 + 0.22 * line
        canvas.curve(
            [(x, y), (x + wide, y)] if wide > 0.2 else [(x + 0.05, y)],
            key.colour, key.line, key.marker, key.hollow,
        )  # fmt: skip
        canvas.text((x + wide + 0.08, y), key.label, size=8.5)


# ------------------------------------------------------------------ panels


def _lines(
    canvas: Canvas, panel: Lines, area: Area, shared: tuple[float, float] | None
) -> None:  # fmt: skip
    low, high = shared or _limits(panel)
    y = Scale(low, high, area.bottom, area.top, panel.log)
    xs = [v for s in panel.series for v in s.x]
    ends = (min(xs, default=0.0), max(xs, default=1.0))
    if ends[0] == ends[1] or not panel.whole_x:
        ends = limits(xs, log=False)
    x = Scale(*ends, area.left + 0.06, area.right - 0.06)
    _value_axis(canvas, y, area, panel.y_label)
    _bottom_axis(canvas, x, area, panel.x_label, panel.whole_x)
    _references(canvas, panel.references, y, area, upright=False)
    for series in panel.series:
        _curve(canvas, series, x, y)
    labelled = _labelled(panel)
    gap = 0.13 / (area.bottom - area.top)
    if len(labelled) * gap > 1:
        labelled = []  # no room: the key above has to do
    shares = [y.share(s.y[-1]) for s in labelled]
    for series, share in zip(labelled, spread(shares, gap), strict=True):
        place = area.bottom - share * (area.bottom - area.top)
        start = (x(series.x[-1]) + 0.05, y(series.y[-1]))
        canvas.hairline(start, (area.right + 0.1, place), series.colour, 0.6)
        canvas.text((area.right + 0.13, place), series.label, size=7.6)


def _curve(canvas: Canvas, series: Series, x: Scale, y: Scale) -> None:
    points = [(x(a), y(b)) for a, b in zip(series.x, series.y, strict=True)]
    if series.low:
        below = [(x(a), y(b)) for a, b in zip(series.x, series.low, strict=True)]
        above = [(x(a), y(b)) for a, b in zip(series.x, series.high, strict=True)]
        canvas.polygon([*below, *reversed(above)], series.colour, 0.16)
    scattered = series.line == "none"
    every = 1 if scattered else max(1, len(points) // 12)
    size = 1.3 if scattered and len(points) > 50 else 2.1
    canvas.curve(
        points, series.colour, series.line, series.marker, series.hollow, size=size, every=every
    )


def _dots(canvas: Canvas, panel: Dots, area: Area, shared: tuple[float, float] | None) -> None:
    low, high = shared or _limits(panel)
    x = Scale(low, high, area.left, area.right, panel.log)
    step = (area.bottom - area.top) / max(1, len(panel.rows))
    _bottom_axis(canvas, x, area, panel.x_label, whole=False)
    _references(canvas, panel.references, x, area, upright=True)
    for i, (row, label) in enumerate(zip(panel.rows, panel.labels, strict=True)):
        y = area.top + (i + 0.5) * step
        canvas.hairline((area.left, y), (area.right, y), "rule")
        canvas.text((area.left - 0.1, y), row, align="right")
        canvas.text((area.right + 0.1, y), label)
    for series in panel.series:
        points = [
            (x(a), area.top + (b + 0.5) * step) for a, b in zip(series.x, series.y, strict=True)
        ]
        canvas.curve(points, series.colour, "none", series.marker, series.hollow, size=2.8)


def _heat(canvas: Canvas, panel: Heat, area: Area, shared: Any) -> None:
    tall = (area.bottom - area.top) / len(panel.rows)
    wide = (area.right - area.left) / len(panel.columns)
    for i, (row, values) in enumerate(zip(panel.rows, panel.values, strict=True)):
        top = area.top + i * tall
        canvas.text((area.left - 0.08, top + tall / 2), row, align="right")
        for j, value in enumerate(values):
            if value is None:
                continue
            left = area.left + j * wide
            right, bottom = left + wide - 0.02, top + tall - 0.02
            shade = 0.04 + 0.72 * min(max(value, 0.0), 1.0)
            tile = [(left, top), (right, top), (right, bottom), (left, bottom)]
            canvas.polygon(tile, "ink", shade)
            if len(panel.rows) <= 40:
                canvas.text(
                    (left + wide / 2, top + tall / 2), f"{100 * value:.0f}",
                    "paper" if shade > 0.5 else "ink", 7.4, "center",
                )  # fmt: skip
    for j, name in enumerate(panel.columns):
        at = area.left + (j + 0.5) * wide
        if _wordy(panel):
            canvas.text((at + 0.05, area.bottom + 0.1), name, align="right", rotation=35)
        else:
            canvas.text((at, area.bottom + 0.12), name, align="center")


def _bars(canvas: Canvas, panel: Bars, area: Area, shared: tuple[float, float] | None) -> None:
    low, high = shared or _limits(panel)
    y = Scale(low, high, area.bottom, area.top)
    n = len(panel.values)
    x = Scale(0.4, n + 0.6, area.left, area.right)
    _value_axis(canvas, y, area, panel.y_label)
    _bottom_axis(canvas, x, area, panel.x_label, whole=True)
    for k, value in enumerate(panel.values, 1):
        left, right = x(k - 0.39), x(k + 0.39)
        bar = [(left, y(0)), (right, y(0)), (right, y(value)), (left, y(value))]
        canvas.polygon(bar, panel.colour)
    _references(canvas, panel.references, y, area, upright=False)


_DRAW: dict[type, Callable[..., None]] = {Lines: _lines, Dots: _dots, Heat: _heat, Bars: _bars}


# ------------------------------------------------------------------ parts of panels


def _value_axis(canvas: Canvas, y: Scale, area: Area, label: str) -> None:
    """Grid lines with their values at the left, the label upright beside them."""
    for value, written in y.ticks(max(2, round((area.bottom - area.top) / 0.22))):
        canvas.hairline((area.left, y(value)), (area.right, y(value)), "rule", 0.6)
        canvas.text((area.left - 0.06, y(value)), written, "muted", align="right")
    middle = (area.top + area.bottom) / 2
    canvas.text((area.left - 0.5, middle), label, "muted", 8.2, "center", rotation=90)


def _bottom_axis(canvas: Canvas, x: Scale, area: Area, label: str, whole: bool) -> None:
    canvas.hairline((area.left, area.bottom), (area.right, area.bottom), "muted")
    for value, written in x.ticks(max(2, round((area.right - area.left) / 0.42)), whole):
        at = x(value)
        canvas.hairline((at, area.bottom), (at, area.bottom + 0.04), "muted")
        canvas.text((at, area.bottom + 0.13), written, "muted", align="center")
    canvas.text(((area.left + area.right) / 2, area.bottom + 0.31), label, "muted", 8.2, "center")


#: About the width of a letter in the labels of references, inches.
_REFERENCE_CHAR = 0.056


def _references(
    canvas: Canvas, references: Sequence[Reference], scale: Scale, area: Area, upright: bool
) -> None:
    """Lines to measure by; for what lies beyond the axis, an arrow at its edge."""
    within = [line for line in references if scale.low <= line.value <= scale.high]
    # What lies beyond the same edge shares one arrow.
    below = ", ".join(line.label for line in references if line.value < scale.low)
    above = ", ".join(line.label for line in references if line.value > scale.high)
    left, right = area.left + 0.04, area.right - 0.04
    # A label within keeps clear of the arrows' words.
    after = left + _REFERENCE_CHAR * (len(below) + 4) if below else left
    before = right - _REFERENCE_CHAR * (len(above) + 4) if above else right
    for line in within:
        at = scale(line.value)
        if upright:
            ends = ((at, area.top), (at, area.bottom))
            if scale.share(line.value) > 0.5:
                canvas.text((min(at - 0.03, before), area.top - 0.06), line.label, "muted", 7.2,
                            "right")  # fmt: skip
            else:
                canvas.text((max(at + 0.03, after), area.top - 0.06), line.label, "muted", 7.2)
        else:
            ends = ((area.left, at), (area.right, at))
            start = after if area.bottom - at < 0.2 else left
            canvas.text((start, at - 0.07), line.label, "muted", 7.2)
        canvas.hairline(*ends, "muted", 0.9, "dotted")
    if upright:
        canvas.text((left, area.top - 0.06), f"← {below}" if below else "", "muted", 7.2)
        canvas.text((right, area.top - 0.06), f"{above} →" if above else "", "muted", 7.2, "right")
    else:
        heights = (scale(line.value) for line in within)
        lowest = min([area.bottom, *(at for at in heights if area.bottom - at < 0.2)])
        canvas.text((left, lowest - 0.07), f"↓ {below}" if below else "", "muted", 7.2)
        # Curves mostly fall: what lies above has its place at the right.
        canvas.text((right, area.top + 0.09), f"{above} ↑" if above else "", "muted", 7.2, "right")


# ------------------------------------------------------------------ diagrams


def _diagram(diagram: Diagram) -> Canvas:
    """Boxes of equal width on a line each, arrows between them."""
    canvas = Canvas(diagram.width, diagram.row_height * len(diagram.chains))
    for i, (title, boxes) in enumerate(diagram.chains):
        middle = (i + 0.58) * diagram.row_height
        canvas.text((0.06, i * diagram.row_height + 0.16), title, size=9, bold=True)
        step = (diagram.width - 0.1) / len(boxes)
        for k, box in enumerate(boxes):
            left, right = 0.05 + k * step, 0.05 + (k + 1) * step - 0.3
            centre = (left + right) / 2
            corners = [(left, middle - 0.28), (right, middle - 0.28),
                       (right, middle + 0.28), (left, middle + 0.28)]  # fmt: skip
            canvas.outline(corners, box.colour or "rule", 1.8 if box.colour else 1.0)
            canvas.text((centre, middle - (0.08 if box.under else 0)), box.text, align="center",
                        size=8.6)  # fmt: skip
            canvas.text((centre, middle + 0.13), box.under, "muted", 7.2, "center")
            if k:
                tip = (left - 0.03, middle)
                canvas.hairline((left - 0.27, middle), tip, "muted", 0.9)
                for side in (-0.05, 0.05):
                    canvas.hairline((left - 0.1, middle + side), tip, "muted", 0.9)
    return canvas
