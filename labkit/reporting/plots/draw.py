"""From a chart's value to SVG for the page and PNG for Markdown, by matplotlib.

Figures are objects, never pyplot's, whatever the user has set.
"""

import contextlib
import hashlib
import io
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from labkit.reporting.plots.chart import Bars, Chart, Diagram, Dots, Heat, Lines, Panel, Series
from labkit.reporting.plots.fonts import family
from labkit.reporting.plots.library import mpl, quietly
from labkit.reporting.plots.style import PAGE
from labkit.text.numbers import show
from labkit.text.typography import letters

with quietly():
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle


@contextlib.contextmanager
def _plain() -> Iterator[None]:
    """matplotlib's own settings, none of the user's, until its end; no complaints.

    A character its font lacks is drawn as a box, which is all that can be done about it.
    """
    with quietly(), warnings.catch_warnings(), mpl.rc_context():
        warnings.simplefilter("ignore")
        mpl.rcParams.update({k: v for k, v in mpl.rcParamsDefault.items() if k != "backend"})
        yield


#: All figures are as wide, in inches.
_WIDTH = 8.4
#: Most curves that a legend tells apart; the tallest that curves are drawn, in inches.
_LABELLED, _TALLEST = 16, 3.0
#: Inches that a letter of a label takes, about.
_CHARACTER = 0.064
_SMALL = 7.4

Ink = Mapping[str, str]


def render(
    chart: Chart | Diagram, palette: Mapping[str, tuple[str, str]], formats: Sequence[str]
) -> dict[str, bytes]:
    """Draw once, save as ``svg`` and ``png``: always the same bytes for the same chart.

    The palette has each colour's value on a light and on a dark page.
    """
    ink = {**PAGE, **{name: light for name, (light, _) in palette.items()}}
    muted = PAGE["muted"]
    with _plain():
        mpl.rc("font", size=8.2, family=family(repr(chart)))
        mpl.rc("text", color=PAGE["ink"], parse_math=False)  # whatever dollars a label has in it
        mpl.rc("axes", edgecolor=muted, labelcolor=muted, grid=True, axisbelow=True, ymargin=0.07)
        mpl.rc("axes", titlesize=9, titleweight="bold", titlelocation="left")
        mpl.rc("axes.spines", left=False, right=False, top=False)
        mpl.rc("axes.formatter", useoffset=False, limits=(-7, 9))
        mpl.rc("axes.grid", axis="y")
        mpl.rc("grid", color=PAGE["rule"])
        mpl.rc(("xtick", "ytick"), color=muted)
        mpl.rc(("xtick.major", "ytick.major"), size=0)
        mpl.rc("legend", fontsize=7.6, frameon=False, handlelength=2.4, handletextpad=0.5)
        mpl.rc("legend", borderpad=0.2, labelspacing=0.3)
        mpl.rc("lines", markersize=4.4, markeredgewidth=1.1)
        # Several figures stand in one page, so each has ids of its own.
        mpl.rc("svg", fonttype="none", hashsalt=hashlib.sha256(repr(chart).encode()).hexdigest())
        figure = _diagram(chart, ink) if isinstance(chart, Diagram) else _panels(chart, ink)
        return {name: _svg(figure, ink) if name == "svg" else _png(figure) for name in formats}


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.patch.set_visible(True)
    # A higher level of compression is slower, and the file no smaller.
    how: dict[str, Any] = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}}
    figure.savefig(file, format="png", backend="agg", dpi=144, **how)
    return file.getvalue()


def _svg(figure: Figure, ink: Ink) -> bytes:
    """The ``<svg>`` element: text in the page's font, colours by the page's CSS variables."""
    file = io.BytesIO()
    figure.patch.set_visible(False)
    figure.savefig(file, format="svg", backend="svg", metadata={"Date": None})
    names = {colour: f"var(--{name})" for name, colour in ink.items()}

    def shorter(tag: re.Match[str]) -> str:
        text = re.sub(r"#[0-9a-f]{6}\b", lambda found: names.get(found[0], found[0]), tag[1])
        text = re.sub(r"\d+\.\d{3,}", lambda found: f"{round(float(found[0]), 2):g}", text)
        for pattern, kept in _SHORTER:
            text = re.sub(pattern, kept, text)
        return text

    text = file.getvalue().decode()
    text = re.sub(r"<(metadata|style|clipPath).*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*(<[^>]*>)\s*", shorter, text[text.index("<svg") :])
    head = f'<svg viewBox="0 0 {72 * figure.get_figwidth():g} {72 * figure.get_figheight():g}">'
    return re.sub("<svg[^>]*>", head, text.replace("<defs></defs>", ""), count=1).encode()


#: Within a tag, what matplotlib writes and what a page needs of it: no groups, no clipping where
#: nothing sticks out, no fonts of its own (in the words of 3.8 and of later ones), no defaults.
_SHORTER = (
    (r"</?g\b[^>]*>| clip-path=\"[^\"]*\"| id=\"[a-z]\w*_\d+\"|xlink:(?=href)", ""),
    (r" transform=\"rotate\(-0 [^\"]*\"", ""),
    (r" font-family: [^;\"]*;|; stroke-linecap: square|; stroke-linejoin: miter", ""),
    (r"font: (\d+) ([\d.]+px)[^;\"]*", r"font-weight: \1; font-size: \2"),
    (r"font: ([\d.]+px)[^;\"]*", r"font-size: \1"),
    (r" text-anchor: start;|; text-anchor: start", ""),
    (r" ?\n ?|(?<=[:;]) ", ""),
)


def _panels(chart: Chart, ink: Ink) -> Figure:
    """Panels at fixed places: to measure every text first would take longer than to draw it."""
    # Keys stand in columns, as many as fit.
    columns = max(1, int(_WIDTH / (0.65 + 0.08 * _longest(key.label for key in chart.keys))))
    top = 0.1 * bool(chart.keys) + 0.16 * math.ceil(len(chart.keys) / columns)
    heights = [_height(row, chart.row_height) for row in chart.panels]
    tall = top + sum(heights)
    figure = Figure((_WIDTH, tall))
    if chart.keys:
        handles = [Line2D([], [], label=key.label, **_look(key, ink)) for key in chart.keys]
        figure.legend(handles=handles, loc="upper left", ncols=columns)
    shared: dict[str, Axes] = {}
    for row, height in zip(chart.panels, heights, strict=True):
        wide = _WIDTH / len(row)
        below = max(_room(panel)[2] for panel in row if panel)
        for i, panel in enumerate(row):
            if panel is None:
                continue
            left, right, _below = _room(panel)
            across, high = wide - left - right, height - below - 0.3
            if isinstance(panel, Lines):  # beside a long list of cells it keeps its shape
                high = min(high, max(_TALLEST, chart.row_height))
            x, y = i * wide + left, tall - top - 0.3 - high
            scale = panel.scale if isinstance(panel, (Lines, Bars)) else ""
            place = (x / _WIDTH, y / tall, across / _WIDTH, high / tall)
            ax = figure.add_axes(place, sharey=shared.get(scale))
            ax.patch.set_visible(False)
            if scale:
                shared.setdefault(scale, ax)
            size = min(9.0, 110 * wide / max(1, letters(panel.title)))
            ax.set_title(panel.title, x=(0.06 - left) / across, size=size)
            _DRAW[type(panel)](ax, panel, ink)
        top += height
    return figure


def _height(row: Sequence[Panel | None], usual: float) -> float:
    """Panels that list cells need a line for each, and so do legends."""
    lists = [0.36 + _room(p)[2] + 0.2 * len(p.rows) for p in row if isinstance(p, (Dots, Heat))]
    legends = [0.5 + 0.14 * len(_labelled(p)) for p in row if isinstance(p, Lines)]
    return max(lists) if len(lists) == sum(map(bool, row)) else max([usual, *lists, *legends])


def _room(panel: Panel) -> tuple[float, float, float]:
    """Room at the left and right of the data and below it, in inches."""
    if isinstance(panel, Bars):
        return 0.62, 0.2, 0.42
    if isinstance(panel, Heat):
        words = _longest(panel.columns)
        below = 0.2 + 0.045 * words if words > 2 else 0.3
        return 0.2 + _CHARACTER * _longest(panel.rows), 0.1, below
    below = 0.42 if all(reference.inside for reference in panel.references) else 0.58
    if isinstance(panel, Dots):
        return 0.2 + _CHARACTER * _longest(panel.rows), 0.55, below
    legend = _longest(series.label for series in _labelled(panel))
    return 0.62, 0.55 + _CHARACTER * legend if legend else 0.2, below


def _longest(labels: Iterable[str]) -> int:
    return max(map(letters, labels), default=0)


def _labelled(panel: Lines) -> list[Series]:
    """The curves of a legend: none where they are too many to tell apart."""
    found = [s for s in panel.series if s.label and s.y]
    return found if len(found) <= _LABELLED else []


def _look(series: Series, ink: Ink) -> dict[str, Any]:
    """A look in matplotlib's words."""
    look, colour = series.look, ink[series.look.colour]
    inner = ink["paper"] if look.hollow else colour
    return {"c": colour, "ls": look.line, "marker": look.marker, "mfc": inner}


def _lines(ax: Axes, panel: Lines, ink: Ink) -> None:
    for series in panel.series:
        scattered = series.look.line == "none"
        look = _look(series, ink) | ({"ms": 2.6} if scattered and len(series.x) > 50 else {})
        every = 1 if scattered else max(1, len(series.x) // 12)
        ax.plot(series.x, series.y, label=series.label, markevery=every, clip_on=False, **look)
        if series.low:
            ax.fill_between(series.x, series.low, series.high, color=look["c"], alpha=0.16, lw=0)
    ax.set(xlabel=panel.x_label, ylabel=panel.y_label)
    ax.locator_params("x", nbins=6, steps=(1, 2, 5, 10), integer=panel.whole_x)
    if panel.log:
        _decades(ax, panel)
    if panel.log_x:
        _logarithmic(ax, "x", [v for s in panel.series for v in s.x], decades=30)
    _references(ax, panel, ink)
    if _labelled(panel):
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.05))


def _dots(ax: Axes, panel: Dots, ink: Ink) -> None:
    for series in panel.series:
        # Seeds that lie close stay apart by a rim.
        rim = {} if series.look.hollow else {"mec": ink["paper"], "mew": 0.6}
        look = _look(series, ink) | {"ms": 6 + bool(rim), **rim}
        ax.plot(series.x, series.y, clip_on=False, **look)
    ax.set_yticks(range(len(panel.rows)), panel.rows, color=ink["ink"])
    ax.set(xlabel=panel.x_label, ylim=(len(panel.rows) - 0.5, -0.5))
    _decades(ax, panel)
    _references(ax, panel, ink)
    for i, label in enumerate(panel.labels):
        ax.text(1.04, i, label, transform=ax.get_yaxis_transform(), va="center_baseline")


def _heat(ax: Axes, panel: Heat, ink: Ink) -> None:
    paper, dark = ink["paper"], ink["ink"]
    centred: dict[str, Any] = {"size": _SMALL, "ha": "center", "va": "center_baseline"}
    for i, row in enumerate(panel.values):
        for j, value in enumerate(row):
            if value is None:
                continue
            shade = 0.04 + 0.72 * min(max(value, 0.0), 1.0)
            tile = Rectangle((j - 0.47, i - 0.45), 0.94, 0.9, color=dark, lw=0, alpha=shade)
            ax.add_patch(tile)
            if len(panel.rows) <= 40:
                ax.text(j, i, f"{100 * value:.0f}", color=paper if shade > 0.5 else dark, **centred)
    ax.grid(visible=False)
    ax.spines.bottom.set_visible(False)
    ax.set(xlim=(-0.5, len(panel.columns) - 0.5), ylim=(len(panel.rows) - 0.5, -0.5))
    ax.set_yticks(range(len(panel.rows)), panel.rows, color=dark)
    turned: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    way = turned if _longest(panel.columns) > 2 else {}
    ax.set_xticks(range(len(panel.columns)), panel.columns, color=dark, **way)


def _bars(ax: Axes, panel: Bars, ink: Ink) -> None:
    ax.bar(range(1, len(panel.values) + 1), panel.values, color=ink[panel.colour], width=0.78)
    ax.set(xlabel=panel.x_label, ylabel=panel.y_label, xlim=(0.4, len(panel.values) + 0.6))
    ax.locator_params("x", nbins=6, steps=(1, 2, 5, 10), integer=True)


_DRAW: dict[type, Any] = {Lines: _lines, Dots: _dots, Heat: _heat, Bars: _bars}


def _decades(ax: Axes, panel: Lines | Dots) -> None:
    """Make the axis of the values logarithmic where they span more than a decade."""
    upright = isinstance(panel, Dots)
    values = [v for s in panel.series for v in (s.x if upright else (*s.y, *s.low, *s.high))]
    values += [reference.value for reference in panel.references if reference.inside]
    _logarithmic(ax, "x" if upright else "y", values)


def _logarithmic(
    ax: Axes, way: Literal["x", "y"], values: Sequence[float], decades: float = 300
) -> None:
    """Make one axis logarithmic; from a ratio of so many on, decades alone are ticked."""
    known = [v for v in values if 0 < v < math.inf]
    if not known or max(known) <= 10 * min(known):
        return
    each, scale = (ax.xaxis, ax.set_xscale) if way == "x" else (ax.yaxis, ax.set_yscale)
    scale("log", nonpositive="mask")
    if max(known) < decades * min(known):
        ax.locator_params(way, subs=(1, 2, 5))
    each.set_major_formatter(lambda value, _: show(value, 1))
    each.set_ticks((), minor=True)


def _references(ax: Axes, panel: Lines | Dots, ink: Ink) -> None:
    """Dotted lines to measure by; for what lies beyond the axis, words with an arrow."""
    upright = isinstance(panel, Dots)
    line, limits = (ax.axvline, ax.get_xlim) if upright else (ax.axhline, ax.get_ylim)
    dotted: dict[str, Any] = {"color": ink["muted"], "ls": "dotted", "lw": 0.9}
    for reference in panel.references:
        if reference.inside:
            line(reference.value, **dotted)
            ax.margins(y=0.18)  # room for words above the uppermost line
    low, high = limits()
    small: dict[str, Any] = {"color": ink["muted"], "size": _SMALL, "va": "bottom"}
    for reference in panel.references:
        value, label = reference.value, reference.label
        if low <= value <= high:
            if not reference.inside:
                line(value, **dotted)
            if upright:
                over = ax.get_xaxis_transform()
                ax.text(value, 1.02, label, transform=over, ha="center", **small)
            else:
                ax.text(0.01, value, label, transform=ax.get_yaxis_transform(), **small)
    below = ", ".join(r.label for r in panel.references if r.value < low)
    above = ", ".join(r.label for r in panel.references if r.value > high)
    before, after = "←→" if upright else "↓↑"
    beyond = [f"{before} {below}"] * bool(below) + [f"{above} {after}"] * bool(above)
    ax.set_xlabel("\n".join(filter(None, (panel.x_label, " · ".join(beyond)))))


def _diagram(diagram: Diagram, ink: Ink) -> Figure:
    """Boxes of equal width on a line each, arrows between them; coordinates in inches."""
    figure = Figure((_WIDTH, len(diagram.chains)))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, _WIDTH), ylim=(len(diagram.chains), 0))
    ax.set_axis_off()
    arrow = {"arrowstyle": "->", "color": ink["muted"], "shrinkA": 0, "shrinkB": 0}
    centred: dict[str, Any] = {"ha": "center", "va": "center"}
    for i, (title, boxes) in enumerate(diagram.chains):
        ax.text(0.06, i + 0.2, title, size=9, weight="bold")
        step, middle = (_WIDTH - 0.1) / len(boxes), i + 0.58
        for k, box in enumerate(boxes):
            left, wide = 0.05 + k * step, step - 0.3
            edge, lw = (ink[box.colour], 1.8) if box.colour else (ink["rule"], 1.0)
            ax.add_patch(Rectangle((left, middle - 0.28), wide, 0.56, fill=False, ec=edge, lw=lw))
            centre, above = left + wide / 2, middle - (0.1 if box.under else 0.0)
            ax.text(centre, above, box.text, size=8.6, **centred)
            ax.text(centre, middle + 0.13, box.under, size=7.2, color=ink["muted"], **centred)
            if k:
                ax.annotate("", (left - 0.03, middle), (left - 0.27, middle), arrowprops=arrow)
    return figure
