"""From a :class:`Report` to the contents of files: Markdown and images, or one HTML page.

Templates only place what the report says. The HTML file embeds everything and forbids
itself the network; both depend on nothing but the report and the pictures it names.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from labkit.execution.image_grid import enlarged, moving
from labkit.reporting.blocks import Figure, Frame, Picture, Reflection, Report, pictures, walk
from labkit.reporting.files import png_uri, read
from labkit.reporting.index import NAME, summary_of
from labkit.reporting.plots.style import PAGE
from labkit.reporting.render import templates
from labkit.text.language import _

#: Pictures are enlarged by this factor in a Markdown report: 84 pixels a digit.
SCALE = 3
#: Bytes of pictures the epoch slider may add to a page.
SLIDER_BYTES = 1_000_000
#: How many of a slider's epochs an animation has, about; its last one always.
MOVING = 20


class Drawings:
    """The figures of a report, each drawn once for all formats: ``png``, ``svg`` or both."""

    def __init__(self, report: Report, formats: Sequence[str]) -> None:
        from labkit.reporting.plots.draw import render  # matplotlib: only where a page is made

        palette = {name: (light, dark) for name, light, dark in report.colours}
        figures = (block for block in walk(report.sections) if isinstance(block, Figure))
        self.drawn = {each.name: render(each.chart, palette, formats) for each in figures}


def markdown(report: Report, drawings: Drawings) -> dict[str, bytes]:
    """``report.md``, its images and what lies beside it, by path; a ReportError if one is lost."""
    template = templates.environment().get_template("report.md.j2")
    moved = animations(report)
    text = template.render(report=report, student=templates.to_markdown, moving=list(moved))
    shown = pictures((*report.glance, *report.sections))
    figures = (block for block in walk(report.sections) if isinstance(block, Figure))
    return {
        "report.md": text.encode(),
        **beside(report),
        **{picture.file: enlarged(read(picture.source), SCALE) for picture in shown},
        **{figure.file: drawings.drawn[figure.name]["png"] for figure in figures},
        **{picture.file: moving(grids, SCALE) for picture, grids in moved.items()},
    }


def animations(report: Report) -> dict[Picture, dict[int, bytes]]:
    """Of each cell on the first screen, an animation to be and its grids by epoch; none of one."""
    found, (frames, _step) = {}, thinned(report.frames, SLIDER_BYTES)
    for picture in pictures(report.glance):
        of = [f for f in frames if (f.run, f.shows) == (picture.run, picture.shows)]
        if len(of) > 1:
            kept = {f.epoch: read(f.source) for f in (*of[:: -(-len(of) // MOVING)], of[-1])}
            said = _("epochs {first} to {last}", first=min(kept), last=max(kept))
            alt = _("Animation of generated samples: {run}, {epochs}", run=picture.run, epochs=said)
            file = picture.file.rpartition("_")[0] + "_epochs.png"
            caption = f"{picture.caption.partition(' · ')[0]} · {said}"
            found[replace(picture, file=file, alt=alt, caption=caption)] = kept
    return found


def beside(report: Report) -> dict[str, bytes]:
    """Return the files beside a report in every format: its tables and its summary."""
    return {name: t.encode() for name, t in report.csv.items()} | {NAME: summary_of(report)}


def page(report: Report, drawings: Drawings) -> dict[str, bytes]:
    """``report.html``, which embeds its pictures, and what lies beside it; as :func:`markdown`."""
    return {"report.html": html(report, drawings).encode(), **beside(report)}


def sources(report: Report) -> set[Path]:
    """The stored pictures that a report is made of, in any format."""
    blocks = list(walk(report.sections))
    beside = (b.picture for b in blocks if isinstance(b, Reflection) and b.picture)
    frames, _step = thinned(report.frames, SLIDER_BYTES)
    shown = (*pictures(report.glance), *pictures(blocks), *beside)
    return {picture.source for picture in shown} | {frame.source for frame in frames}


def html(report: Report, drawings: Drawings, paper: bool = False) -> str:
    """The page as text; on `paper` without what only a screen can do, in fixed colours."""
    folder = templates.templates_folder()
    script = "".join((folder / "js" / f"{n}.js").read_text("utf-8") for n in ("tables", "report"))
    frames, step = thinned(() if paper else report.frames, SLIDER_BYTES)
    inked = partial(_inked, report) if paper else str
    light = "".join(f"--{name}:{a};" for name, a, _ in report.colours)
    # With dark colours where the browser supports them.
    both = "".join(f"--{name}:light-dark({a},{b});" for name, a, b in report.colours)
    colours = f":root{{{light}}}@supports (color:light-dark(#000,#fff)){{:root{{{both}}}}}"
    # By run and kind, then epoch: a note and a picture, empty if the page shows it.
    moving: dict[str, dict[int, tuple[str, str]]] = {}
    for each in frames:
        uri = "" if each.on_page else png_uri(each.source)
        moving.setdefault(f"{each.run} {each.shows}", {})[each.epoch] = (each.note, uri)
    template = templates.environment().get_template("report.html.j2")
    return template.render(
        report=report,
        paper=paper,
        css=templates.inline((folder / "css" / "report.css").read_text("utf-8")),
        colours=templates.inline(colours),
        script=templates.inline(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        frames=moving,
        frame_step=step,
        uri=png_uri,
        svg=lambda name: templates.inline(inked(drawings.drawn[name]["svg"].decode())),
        student=lambda pieces: templates.inline(templates.to_html(pieces)),
    )


def thinned(frames: Sequence[Frame], most: int) -> tuple[list[Frame], int]:
    """Keep every n-th epoch's frames, with the smallest n whose pictures fit `most` bytes.

    Pictures the page shows anyway cost nothing and stay; what is not there is chosen and left out.
    """
    last = max((frame.epoch for frame in frames), default=1)
    for step in range(1, last + 1):
        kept = [f for f in frames if f.on_page or f.epoch == last or (f.epoch - 1) % step == 0]
        if sum(0 if f.on_page else f.size for f in kept) <= most:
            return [f for f in kept if f.there], step
    return [f for f in frames if f.on_page], last


def _inked(report: Report, svg: str) -> str:
    """Fix a figure's colours and font, for renderers without CSS variables."""
    ink = {**PAGE, **{name: light for name, light, _ in report.colours}}
    svg = svg.replace("<svg ", '<svg font-family="Helvetica Neue, Arial, sans-serif" ', 1)
    return re.sub(r"var\(--([\w-]+)\)", lambda found: ink[found[1]], svg)
