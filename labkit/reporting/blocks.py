"""What a report is made of: frozen values that say everything and draw nothing.

A :class:`Report` holds sections, a section holds blocks. All sorting, comparing and
formatting of numbers is done before; templates only place. All text is plain text:
escaping is the renderer's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.reporting.plots.chart import Chart, Diagram
from labkit.text.language import N_

if TYPE_CHECKING:
    from labkit.claims.claim import Answer, Claim
    from labkit.reporting.index import Lowest
    from labkit.reporting.student.marks import Segment


class Block:
    """Something that stands in a section."""

    lang: str = ""  # its language where that is not the page's

    @property
    def kind(self) -> str:
        """What templates call it."""
        return type(self).__name__.lower()


@dataclass(frozen=True)
class Paragraph(Block):
    """Running text."""

    text: str
    tone: str = ""  # ``note`` (worth knowing), ``warning`` (how to read the numbers) or empty
    lang: str = ""  # its language, in a report of several


@dataclass(frozen=True)
class Facts(Block):
    """Labelled values: a definition list."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Code(Block):
    """A listing or a command, shown in a fixed-width font."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Listing(Block):
    """A bulleted list."""

    items: tuple[str, ...]
    lang: str = ""  # as of :class:`Paragraph`


@dataclass(frozen=True)
class Picture:
    """One grid of images that a cell made: a PNG in the store, and its name beside report.md."""

    source: Path
    file: str
    run: str
    shows: str
    epoch: int
    alt: str
    caption: str


@dataclass(frozen=True)
class Entry:
    """One field of a table, or a line with a link."""

    text: str
    sort: float | None = None  # the number behind the text
    pictures: tuple[Picture, ...] = ()
    href: str = ""
    tone: str = ""  # ``best``, ``missing`` or ``failed``; never the only sign of it


@dataclass(frozen=True)
class Column:
    label: str
    numeric: bool = False
    about: str = ""  # what it measures, in one sentence


@dataclass(frozen=True)
class Row:
    entries: tuple[Entry, ...]
    run: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Table(Block):
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    interactive: bool = False  # whether it is worth sorting and filtering


@dataclass(frozen=True)
class Gallery(Block):
    """Pictures side by side, each with its caption; moving with the epoch slider or not."""

    pictures: tuple[Picture, ...]
    moving: bool = False


@dataclass(frozen=True)
class Figure(Block):
    """A plot with how to read it, and the name of its file beside report.md."""

    name: str
    chart: Chart | Diagram
    reading: str
    alt: str
    file: str


@dataclass(frozen=True)
class Reflection(Block):
    """A question: the student's own words if there are any, then what labkit computed if wanted."""

    author: str
    student: tuple[Segment, ...]
    answer: Answer | None = None
    prose: bool = True  # whether the answer's sentences are wanted, or its evidence alone
    sure: str = ""  # how sure it is, where that was not said under an earlier question
    see: tuple[tuple[str, str], ...] = ()  # title and anchor of what shows it
    picture: Picture | None = None
    anchor: str = ""  # of the evidence
    lang: str = ""  # as of :class:`Paragraph`
    behind: tuple[Claim, ...] = ()  # what its sentences rest on, if the evidence stands elsewhere


@dataclass(frozen=True)
class Fold(Block):
    """Blocks that a page shows only when the reader opens them."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    anchor: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()


#: How a cell ended, as a word.
STATUSES = (N_("done"), N_("failed"), N_("missing"), N_("trained"))


@dataclass(frozen=True)
class Frame:
    """One step of the epoch slider for one cell."""

    run: str
    shows: str
    epoch: int
    source: Path
    note: str
    size: int  # of the picture, in bytes
    on_page: bool = False  # whether the page shows it anyway: it need not be embedded again
    there: bool = True  # False where a light cell does without it


@dataclass(frozen=True)
class Report:
    """A whole report; equal stores give equal values."""

    title: str
    byline: tuple[tuple[str, str], ...]
    notices: tuple[Paragraph, ...]
    headlines: tuple[Entry, ...]  # the lines of the summary at the top
    glance: tuple[Block, ...]
    sections: tuple[Section, ...]
    disclosure: str
    #: The small map beside the page: by group, each cell's name, how it ended, and its place.
    map: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = ()
    best: tuple[Lowest, ...] = ()
    frames: tuple[Frame, ...] = ()
    epochs: int = 0  # of the longest training
    colours: tuple[tuple[str, str, str], ...] = ()  # of each level: CSS name, on light, on dark
    csv: dict[str, str] = field(default_factory=dict)  # text of the tables that go with it, by file
    languages: tuple[str, ...] = ()  # codes; empty: the one in use


def walk(parts: Iterable[Section | Block]) -> Iterator[Block]:
    """Every block of sections or folds, in reading order, also those folded away."""
    for part in parts:
        if isinstance(part, Block):
            yield part
        if isinstance(part, (Section, Fold)):
            yield from walk(part.blocks)
        if isinstance(part, Section):
            yield from walk(part.sections)


def anchors(sections: Iterable[Section]) -> Iterator[str]:
    """Where a link to a figure or to the row of a cell can lead."""
    for block in walk(sections):
        if isinstance(block, Figure):
            yield f"figure-{block.name}"
        if isinstance(block, Table):
            yield from (row.anchor for row in block.rows if row.anchor)


def pictures(parts: Iterable[Section | Block]) -> Iterator[Picture]:
    """Every picture that sections or blocks show."""
    for block in walk(parts):
        if isinstance(block, Gallery):
            yield from block.pictures
        if isinstance(block, Table):
            yield from (p for row in block.rows for entry in row.entries for p in entry.pictures)
