"""From a :class:`Report` to the contents of files: Markdown and images, or one HTML page.

Templates only place what the report says. The HTML file embeds everything and forbids
itself the network; both depend on nothing but the report and the pictures it names.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.execution.image_grid import enlarged
from labkit.reporting import summary
from labkit.reporting.blocks import Figure, Frame, Report, pictures, walk
from labkit.reporting.files import png_uri, read
from labkit.reporting.plots.style import PAGE
from labkit.reporting.render.prose import to_html, to_markdown
from labkit.reporting.render.templates import environment, inline, templates_folder

#: Pictures are enlarged by this factor in a Markdown report: 84 pixels a digit.
SCALE = 3
#: Bytes of pictures the epoch slider may add to a page.
SLIDER_BYTES = 1_000_000


@dataclass
class Drawings:
    """The figures of a report, each drawn once for all formats."""

    report: Report
    formats: Sequence[str]

    def __post_init__(self) -> None:
        from labkit.reporting.plots.draw import render  # matplotlib: only where a page is made

        palette = {name: (light, dark) for name, light, dark in self.report.colours}
        self._drawn = {
            block.name: render(block.chart, palette, self.formats)
            for block in walk(self.report.sections)
            if isinstance(block, Figure)
        }

    def svg(self, name: str) -> str:
        return self._drawn[name]["svg"].decode()

    def png(self, name: str) -> bytes:
        return self._drawn[name]["png"]


# ------------------------------------------------------------------ Markdown


def markdown(report: Report, drawings: Drawings) -> dict[str, bytes]:
    """``report.md``, its images and what lies beside it.

    Args:
        report: what to show.
        drawings: the figures, with ``png`` among their formats.

    Returns:
        Contents by path in the report's folder.

    Raises:
        ReportError: a picture cannot be read.
    """
    shown = pictures((*report.glance, *report.sections))
    text = environment().get_template("report.md.j2").render(report=report, student=to_markdown)
    return {
        "report.md": text.encode(),
        **beside(report),
        **{p.file: enlarged(read(p.source), SCALE) for p in shown},
        **{
            block.file: drawings.png(block.name)
            for block in walk(report.sections)
            if isinstance(block, Figure)
        },
    }


def beside(report: Report) -> dict[str, bytes]:
    """Return the files beside a report in every format: its tables and its summary.

    Raises:
        ReportError: a picture cannot be read.
    """
    tables = {name: text.encode() for name, text in report.csv.items()}
    return {**tables, summary.NAME: summary.summary_of(report)}


# ------------------------------------------------------------------ HTML


def page(report: Report, drawings: Drawings) -> dict[str, bytes]:
    """``report.html``, one file that needs nothing else, and what lies beside it.

    Args and errors are those of :func:`markdown`; the drawings are ``svg``.
    """
    text = html(report, drawings)
    return {"report.html": text.encode(), **beside(report)}


def html(report: Report, drawings: Drawings, paper: bool = False) -> str:
    """The page as text.

    Args:
        report: what to show.
        drawings: its figures, as SVG.
        paper: leave out what only a screen can do, and fix the figures' colours.
    """
    folder = templates_folder()
    script = (folder / "js" / "report.js").read_text("utf-8")
    frames, step = thinned(() if paper else report.frames, SLIDER_BYTES)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            paper=paper,
            css=inline((folder / "css" / "report.css").read_text("utf-8")),
            colours=inline(_colours(report)),
            script=inline(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            frames=_frames(frames),
            frame_step=step,
            uri=png_uri,
            svg=lambda name: inline(
                _inked(drawings.svg(name), report) if paper else drawings.svg(name)
            ),
            student=lambda pieces: inline(to_html(pieces)),
        )
    )


def thinned(frames: Sequence[Frame], most: int) -> tuple[list[Frame], int]:
    """Keep every n-th epoch's frames, with the smallest n whose pictures fit `most` bytes.

    Pictures the page shows anyway cost nothing and stay.
    """
    if not frames:
        return [], 1
    last = max(frame.epoch for frame in frames)
    sizes = {f.source: 0 if f.on_page else len(read(f.source)) for f in frames}
    for step in range(1, last + 1):
        kept = [f for f in frames if f.on_page or f.epoch == last or (f.epoch - 1) % step == 0]
        if sum(sizes[f.source] for f in kept) <= most:
            return kept, step
    return [f for f in frames if f.on_page], last


def _frames(frames: Sequence[Frame]) -> dict[str, dict[int, tuple[str, str]]]:
    """Return the frames by run and kind, then epoch: a note and a picture.

    The picture is empty where the page already shows it.
    """
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for frame in frames:
        uri = "" if frame.on_page else png_uri(frame.source)
        found.setdefault(f"{frame.run} {frame.shows}", {})[frame.epoch] = (frame.note, uri)
    return found


def _colours(report: Report) -> str:
    """Return the palette as CSS variables, with dark colours where the browser supports them."""
    light = "".join(f"--{name}:{a};" for name, a, _ in report.colours)
    both = "".join(f"--{name}:light-dark({a},{b});" for name, a, b in report.colours)
    return f":root{{{light}}}@supports (color:light-dark(#000,#fff)){{:root{{{both}}}}}"


def _inked(svg: str, report: Report) -> str:
    """Fix a figure's colours and font, for renderers without CSS variables."""
    ink = {**PAGE, **{name: light for name, light, _ in report.colours}}
    svg = svg.replace("<svg ", '<svg font-family="Helvetica Neue, Arial, sans-serif" ', 1)
    return re.sub(r"var\(--([\w-]+)\)", lambda found: ink[found[1]], svg)
