"""From a chart's value to SVG for the page and PNG for Markdown, with matplotlib.

The SVG keeps its text as text and names its colours by CSS variables, so that it
follows the page's theme and font. Nothing in either file depends on the clock.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from labkit.reporting.numbers import show
from labkit.reporting.plots.chart import (
    Bars, Chart, Diagram, Dots, Heat, Key, Lines, Panel, Reference, Series,
)  # fmt: skip

#: Colours of the page itself. In the SVG they become CSS variables of the same names.
PAGE = {"ink": "#1b1e24", "muted": "#565c66", "rule": "#dcdfe4", "paper": "#fefefe"}
PNG_DPI = 144
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "labkit",
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "text.color": PAGE["ink"],
    "axes.edgecolor": PAGE["muted"],
    "axes.labelcolor": PAGE["muted"],
    "axes.linewidth": 0.7,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "xtick.color": PAGE["muted"],
    "ytick.color": PAGE["muted"],
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.2,
}
_DASHES: dict[str, Any] = {
    "solid": "-", "dashed": (0, (4, 1.8)), "dotted": (0, (1, 1.6)), "dashdot": (0, (5, 1.5, 1, 1.5)),
    "none": "none",
}  # fmt: skip
_POINT = 1 / 72


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
    colours = {**PAGE, **{name: light for name, (light, _) in palette.items()}}
    with mpl.rc_context(_SETTINGS):
        figure = _diagram(chart, colours) if isinstance(chart, Diagram) else _chart(chart, colours)
        out = {}
        for name in formats:
            file = io.BytesIO()
            if name == "svg":
                figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
                out["svg"] = _themed(file.getvalue().decode(), colours).encode()
            else:
                figure.savefig(
                    file, format="png", dpi=PNG_DPI, facecolor="white", metadata={"Software": None}
                )
                out["png"] = file.getvalue()
    return out


def prefixed(svg: str, prefix: str) -> str:
    """The SVG with every id prefixed, so that several can stand in one page."""
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    return re.sub(r'(url\(|href=")#', rf"\g<1>#{prefix}-", svg)


def _themed(svg: str, colours: Mapping[str, str]) -> str:
    """Only the ``<svg>`` element, its colours as CSS variables and its font the page's."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<svg [^>]*viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1">', svg, count=1)
    svg = re.sub(r"font: ([\w ]*?)([\d.]+)px [^;\"]*", r"font: \1\2px var(--sans)", svg)
    svg = re.sub(r"(-?\d+\.\d\d)\d+", r"\1", svg)
    for name, value in colours.items():
        svg = svg.replace(value, f"var(--{name})")
    return re.sub(r">\s+<", "><", svg).strip()


# ------------------------------------------------------------------ layout


def _chart(chart: Chart, colours: Mapping[str, str]) -> Figure:
    """Panels at fixed places in inches: automatic layout would draw everything twice."""
    top = 0.42 if chart.keys else 0.08
    heights = [_height(row, chart.row_height) for row in chart.panels]
    height = top + sum(heights)
    figure = Figure(figsize=(chart.width, height))
    scales = _shared(chart)
    y = height - top
    for row, tall in zip(chart.panels, heights, strict=True):
        wide = chart.width / len(row)
        for i, panel in enumerate(row):
            if panel is None:
                continue
            left, right, above, below = _margins(panel)
            box = (
                (i * wide + left) / chart.width,
                (y - tall + below) / height,
                (wide - left - right) / chart.width,
                (tall - above - below) / height,
            )
            axes = figure.add_axes(box)
            axes.set_title(panel.title, pad=6)
            size = ((wide - left - right), (tall - above - below))
            _DRAW[type(panel)](axes, panel, colours, size, scales.get(panel_scale(panel)))
        y -= tall
    if chart.keys:
        handles = [_handle(key, colours) for key in chart.keys]
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.0, 1.0), frameon=False,
            ncols=len(handles), handlelength=2.6, columnspacing=1.8, fontsize=8.5, borderpad=0.3,
        )  # fmt: skip
    return figure


def panel_scale(panel: Panel) -> str:
    """The name under which a panel shares its value axis ("" if it does not)."""
    return "" if isinstance(panel, Heat) else panel.scale


def _height(row: Sequence[Panel | None], usual: float) -> float:
    listed = [len(p.rows) for p in row if isinstance(p, (Dots, Heat))]
    return max([usual, *(0.75 + 0.2 * n for n in listed)])


def _margins(panel: Panel) -> tuple[float, float, float, float]:
    """Left, right, above, below, in inches."""
    if isinstance(panel, Heat):
        return 0.25 + 0.068 * max(map(len, panel.rows), default=0), 0.15, 0.28, 0.62
    if isinstance(panel, Dots):
        return 0.25 + 0.068 * max(map(len, panel.rows), default=0), 0.55, 0.28, 0.42
    labels = [s.label for s in panel.series] if isinstance(panel, Lines) else []
    return 0.6, 0.16 + 0.062 * max(map(len, labels), default=0), 0.28, 0.42


def _shared(chart: Chart) -> dict[str, tuple[float, float]]:
    """Limits of the value axis for each shared scale."""
    found: dict[str, tuple[float, float]] = {}
    for panel in (p for row in chart.panels for p in row if p is not None):
        name = panel_scale(panel)
        if name and not isinstance(panel, Heat):
            low, high = _limits(panel)
            if name in found:
                low, high = min(low, found[name][0]), max(high, found[name][1])
            found[name] = (low, high)
    return found


def _limits(panel: Lines | Dots | Bars) -> tuple[float, float]:
    """The value axis: the data, the references, and a little room."""
    if isinstance(panel, Bars):
        return 0.0, 1.12 * max([*panel.values, 1e-9])
    if isinstance(panel, Dots):
        values = [v for s in panel.series for v in s.x]
    else:
        values = [v for s in panel.series for v in (*s.y, *s.low, *s.high)]
    values += [r.value for r in panel.references]
    values = [v for v in values if math.isfinite(v) and (v > 0 or not panel.log)]
    if not values:
        return (1.0, 10.0) if panel.log else (0.0, 1.0)
    low, high = min(values), max(values)
    if panel.log:
        room = max((high / low) ** 0.07, 1.05)
        return low / room, high * room
    room = 0.07 * (high - low) or 0.1 * abs(high) or 1.0
    floor = panel.floor if isinstance(panel, Lines) else None
    return (low - room if floor is None else floor), high + room


# ------------------------------------------------------------------ panels


def _lines(
    axes: Axes, panel: Lines, colours: Mapping[str, str], size: tuple[float, float],
    limits: tuple[float, float] | None,
) -> None:  # fmt: skip
    low, high = limits or _limits(panel)
    _value_axis(axes.yaxis, panel.log, axes.set_yscale)
    axes.set_ylim(low, high)
    axes.grid(axis="y", color=colours["rule"], linewidth=0.6)
    axes.set(xlabel=panel.x_label, ylabel=panel.y_label)
    ends = []
    for series in panel.series:
        _curve(axes, series, colours)
        if series.label and series.y:
            ends.append((series.x[-1], series.y[-1], series.label, series.colour))
    if panel.whole_x:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    _end_labels(axes, ends, (low, high), panel.log, size[1], colours)
    _references(axes, panel.references, colours, upright=False)


def _curve(axes: Axes, series: Series, colours: Mapping[str, str]) -> None:
    colour = colours[series.colour]
    if series.low:
        axes.fill_between(
            series.x, series.low, series.high, color=colour, alpha=0.16, linewidth=0
        )
    axes.plot(
        series.x, series.y, color=colour, linestyle=_DASHES[series.line], marker=series.marker,
        markerfacecolor=colours["paper"] if series.hollow else colour,
        markevery=max(1, len(series.x) // 12), clip_on=False,
    )  # fmt: skip


def _end_labels(
    axes: Axes,
    ends: Sequence[tuple[float, float, str, str]],
    limits: tuple[float, float],
    log: bool,
    height: float,
    colours: Mapping[str, str],
) -> None:
    """Labels at the curves' ends, moved apart where they would overlap."""
    low, high = (math.log(v) for v in limits) if log else limits
    known = [e for e in ends if math.isfinite(e[1]) and (e[1] > 0 or not log)]
    at = [((math.log(e[1]) if log else e[1]) - low) / ((high - low) or 1) for e in known]
    placed = spread(at, 9.5 * _POINT / height)
    for (x, y, label, colour), place in zip(known, placed, strict=True):
        axes.annotate(
            label, xy=(x, y), xycoords="data", xytext=(1.0, place),
            textcoords=("axes fraction", "axes fraction"), fontsize=7.6, va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": colours[colour], "linewidth": 0.6,
                "shrinkA": 0, "shrinkB": 2,
            },
        )  # fmt: skip


def spread(at: Sequence[float], gap: float) -> list[float]:
    """Places as near to those given as can be with `gap` between neighbours, within [0, 1].

    Neighbours that are too near form a block centred on their mean, as in pooling
    adjacent violators; the order is kept.
    """
    order = sorted(range(len(at)), key=lambda i: at[i])
    blocks: list[list[float]] = []  # sum of (place − own offset), size
    for i in order:
        blocks.append([at[i], 1])
        while len(blocks) > 1 and _centre(blocks[-1], gap) - _centre(blocks[-2], gap) < gap * (
            blocks[-1][1] + blocks[-2][1]
        ) / 2:
            last = blocks.pop()
            blocks[-1] = [blocks[-1][0] + last[0], blocks[-1][1] + last[1]]
    places = []
    for total, n in blocks:
        start = total / n - gap * (n - 1) / 2
        start = min(max(start, 0.0), max(0.0, 1.0 - gap * (n - 1)))
        places += [start + gap * k for k in range(int(n))]
    out = [0.0] * len(at)
    for i, place in zip(order, places, strict=True):
        out[i] = place
    return out


def _centre(block: Sequence[float], gap: float) -> float:
    return block[0] / block[1]


def _dots(
    axes: Axes, panel: Dots, colours: Mapping[str, str], size: tuple[float, float],
    limits: tuple[float, float] | None,
) -> None:  # fmt: skip
    low, high = limits or _limits(panel)
    _value_axis(axes.xaxis, panel.log, axes.set_xscale)
    axes.set_xlim(low, high)
    n = len(panel.rows)
    axes.set_ylim(n - 0.4, -0.6)
    axes.set_yticks(range(n), panel.rows, color=colours["ink"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=colours["rule"], linewidth=0.6)
    axes.set_xlabel(panel.x_label)
    for series in panel.series:
        colour = colours[series.colour]
        axes.plot(
            series.x, series.y, linestyle="none", marker=series.marker, color=colour,
            markerfacecolor=colours["paper"] if series.hollow else colour, markersize=5.4,
            clip_on=False,
        )  # fmt: skip
    for i, label in enumerate(panel.labels):
        axes.annotate(
            label, xy=(1.0, i), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=7.8,
        )  # fmt: skip
    _references(axes, panel.references, colours, upright=True)


def _heat(
    axes: Axes, panel: Heat, colours: Mapping[str, str], size: tuple[float, float], limits: Any
) -> None:
    rows, columns = len(panel.rows), len(panel.columns)
    strong = mpl.colors.to_rgb(colours["ink"])
    tiles, shades = [], []
    for i, row in enumerate(panel.values):
        for j, value in enumerate(row):
            if value is None:
                continue
            tiles.append([(j, i), (j + 1, i), (j + 1, i + 1), (j, i + 1)])
            shades.append((*strong, 0.03 + 0.62 * min(max(value, 0.0), 1.0)))
            if rows <= 40:
                dark = value > 0.55
                axes.text(
                    j + 0.5, i + 0.53, f"{100 * value:.0f}", ha="center", va="center",
                    fontsize=7.4, color=colours["paper" if dark else "ink"],
                )  # fmt: skip
    axes.add_collection(
        PolyCollection(tiles, facecolors=shades, edgecolors=colours["paper"], linewidths=1.2)
    )
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    axes.set_yticks([i + 0.5 for i in range(rows)], panel.rows, color=colours["ink"])
    wordy = max(map(len, panel.columns), default=0) > 2
    axes.set_xticks(
        [j + 0.5 for j in range(columns)], panel.columns, color=colours["ink"],
        rotation=35 if wordy else 0, ha="right" if wordy else "center",
    )  # fmt: skip
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _bars(
    axes: Axes, panel: Bars, colours: Mapping[str, str], size: tuple[float, float],
    limits: tuple[float, float] | None,
) -> None:  # fmt: skip
    low, high = limits or _limits(panel)
    axes.bar(range(1, len(panel.values) + 1), panel.values, color=colours[panel.colour], width=0.78)
    axes.set_ylim(low, high)
    axes.set(xlabel=panel.x_label, ylabel=panel.y_label)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.grid(axis="y", color=colours["rule"], linewidth=0.6)
    _references(axes, panel.references, colours, upright=False)


def _references(
    axes: Axes, references: Sequence[Reference], colours: Mapping[str, str], upright: bool
) -> None:
    for line in references:
        draw = axes.axvline if upright else axes.axhline
        draw(line.value, color=colours["muted"], linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
        if upright:
            place, coords, offset = (line.value, 1.0), ("data", "axes fraction"), (2, 2)
        else:
            place, coords, offset = (0.0, line.value), ("axes fraction", "data"), (3, 2)
        axes.annotate(
            line.label, xy=place, xycoords=coords, xytext=offset, textcoords="offset points",
            fontsize=7.2, color=colours["muted"],
        )  # fmt: skip


def _value_axis(axis: Any, log: bool, set_scale: Any) -> None:
    if not log:
        axis.set_major_locator(MaxNLocator(nbins=5))
        return
    set_scale("log")
    axis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: show(float(value), 1)))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


def _handle(key: Key, colours: Mapping[str, str]) -> Line2D:
    colour = colours[key.colour]
    return Line2D(
        [], [], color=colour, linestyle=_DASHES[key.line], marker=key.marker or "none",
        markerfacecolor=colours["paper"] if key.hollow else colour, label=key.label,
    )  # fmt: skip


_DRAW: dict[type, Any] = {Lines: _lines, Dots: _dots, Heat: _heat, Bars: _bars}


# ------------------------------------------------------------------ diagrams


def _diagram(diagram: Diagram, colours: Mapping[str, str]) -> Figure:
    """Boxes of equal width on a line each, arrows between them."""
    height = diagram.row_height * len(diagram.chains)
    figure = Figure(figsize=(diagram.width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, diagram.width), ylim=(height, 0))
    axes.set_axis_off()
    for i, (title, boxes) in enumerate(diagram.chains):
        middle = (i + 0.56) * diagram.row_height
        axes.text(0.06, i * diagram.row_height + 0.2, title, fontweight="bold", va="center")
        step = (diagram.width - 0.1) / len(boxes)
        for k, box in enumerate(boxes):
            x = 0.05 + k * step
            wide = step - 0.32
            edge = colours[box.colour] if box.colour else colours["rule"]
            axes.add_patch(
                FancyBboxPatch(
                    (x, middle - 0.26), wide, 0.52, boxstyle="round,pad=0,rounding_size=0.06",
                    facecolor="none", edgecolor=edge, linewidth=1.6 if box.colour else 1.0,
                )
            )  # fmt: skip
            shift = 0.09 if box.under else 0.0
            axes.text(x + wide / 2, middle - shift, box.text, ha="center", va="center")
            axes.text(
                x + wide / 2, middle + 0.13, box.under, ha="center", va="center", fontsize=7.2,
                color=colours["muted"],
            )  # fmt: skip
            if k:
                axes.annotate(
                    "", xy=(x - 0.02, middle), xytext=(x - 0.3, middle),
                    arrowprops={"arrowstyle": "->", "color": colours["muted"], "linewidth": 0.9},
                )  # fmt: skip
    return figure
