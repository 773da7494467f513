"""A page of the reports in a folder: titles, who, pictures and headline numbers.

Read from the reports themselves, so it needs no results: an instructor can make one of eighty
hand-ins. They are anybody's files. Text is taken as text, a picture must be a small PNG, and
nothing is followed out of a report's folder.
"""

from __future__ import annotations

import base64
import binascii
import csv
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.errors import LabkitError
from labkit.reporting.files import write_file
from labkit.reporting.language import _, many
from labkit.reporting.numbers import listing, show
from labkit.reporting.templates import environment, inline, templates_folder

#: Pictures of each report, and what one may weigh.
SHOTS, SHOT_BYTES = 4, 400_000
#: What is read of a file at most: a page with all its pictures is 4 MB.
_MOST_BYTES = 8_000_000
_CHUNK = 1 << 16
_DATA = "data:image/png;base64,"
#: What tells an index of labkit's from a page of somebody else's.
_MADE_HERE = '<meta name="generator" content="labkit index">'
_PNG = b"\x89PNG\r\n\x1a\n"
#: What a report can be read as, the first of them is linked from the title.
_FILES = ("report.html", "report.md", "report.pdf", "metrics.csv")


class NoReportsError(LabkitError):
    """There is nothing to list; one line says where and what makes it."""


@dataclass(frozen=True)
class Shot:
    """A picture of a report."""

    uri: str
    """The PNG itself, as a data URI."""
    alt: str


@dataclass(frozen=True)
class Best:
    """The lowest proxy FID of a model on a data set."""

    model: str
    run: str
    value: str


@dataclass(frozen=True)
class Card:
    """A report in the list."""

    name: str
    """Its folder."""
    title: str
    facts: tuple[tuple[str, str], ...]
    """Who, when and on what, as the report says."""
    shots: tuple[Shot, ...]
    best: tuple[Best, ...]
    files: tuple[tuple[str, str], ...]
    """Name and relative address of each file there is."""
    cells: str
    """ "18 cells, all done"."""


def write_index(folder: Path) -> Path:
    """Write ``index.html`` into a folder of reports; returns its path.

    Raises:
        NoReportsError: there are no reports in it.
        ReportError: the page cannot be written.
    """
    found = cards(folder)
    if not found:
        raise NoReportsError(f"{folder}: no reports there; `labkit report` writes them")
    path = folder / "index.html"
    write_file(path, page(found).encode("utf-8", "replace"), _MADE_HERE)
    return path


def refresh(folder: Path) -> None:
    """Bring a folder's index up to date, if labkit made one there before."""
    path = folder / "index.html"
    if path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            if _MADE_HERE in file.read(_CHUNK):
                write_index(folder)


def page(found: Sequence[Card]) -> str:
    """The page as text."""
    styles = (templates_folder() / "css" / name for name in ("report.css", "index.css"))
    template = environment().get_template("index.html.j2")
    return template.render(
        cards=found,
        heading=many("{n} report", "{n} reports", len(found)),
        css=inline("\n".join(style.read_text("utf-8") for style in styles)),
    )


def cards(folder: Path) -> list[Card]:
    """The reports in a folder, by name."""
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    return [card(each) for each in inside if any((each / name).is_file() for name in _FILES[:2])]


def card(folder: Path) -> Card:
    """What a report's own files say of it."""
    html, markdown = folder / "report.html", folder / "report.md"
    said = _of_html(html) if html.is_file() else _of_markdown(markdown)
    rows = _rows(folder / "metrics.csv")
    files = [name for name in _FILES if (folder / name).is_file()]
    known = "Cells", _("Cells")  # said below, from the table
    return Card(
        name=folder.name,
        title=said.title or folder.name,
        facts=tuple((label, text) for label, text in said.facts if label not in known),
        shots=tuple(said.shots),
        best=tuple(_best(rows)),
        files=tuple((name, f"{quote(os.fsencode(folder.name))}/{name}") for name in files),
        cells=_cells(rows),
    )


# --------------------------------------------------------------------- the page itself


class _Said(HTMLParser):
    """Title, byline and the first pictures of a page; what follows them is not looked at."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.facts: list[tuple[str, str]] = []
        self.shots: list[Shot] = []
        self._inside = ""
        self._byline = False
        self.enough = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inside = "" if tag == "title" and self.title else tag  # a drawing may have titles
        if tag == "dl":
            self._byline = given.get("class") == "byline"
        elif tag == "dt" and self._byline:
            self.facts.append(("", ""))
        elif tag == "h2":  # the best cells' pictures stand above it; those below are of any epoch
            self.enough |= bool(self.shots)
        elif tag == "img" and not self.enough:
            shot = _shot(given.get("src") or "", given.get("alt") or "")
            self.shots += [shot] if shot else []
            self.enough = len(self.shots) >= SHOTS

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""
        if tag == "dl":
            self._byline = False

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._byline and self.facts and self._inside in ("dt", "dd"):
            label, text = self.facts[-1]
            new = (label + data, text) if self._inside == "dt" else (label, text + data)
            self.facts[-1] = new


def _of_html(path: Path) -> _Said:
    said = _Said()
    with path.open(encoding="utf-8", errors="replace") as file:
        for _ in range(_MOST_BYTES // _CHUNK):
            part = file.read(_CHUNK)
            if not part or said.enough:
                break
            try:
                said.feed(part)
            except AssertionError:  # html.parser's word for a declaration nobody knows
                break
    return said


def _shot(uri: str, alt: str) -> Shot | None:
    """A picture that is a PNG and small, or None."""
    if not uri.startswith(_DATA) or len(uri) > 2 * SHOT_BYTES:
        return None
    try:
        data = base64.b64decode(uri.removeprefix(_DATA), validate=True)
    except binascii.Error:
        return None
    return Shot(uri, alt) if data.startswith(_PNG) and len(data) <= SHOT_BYTES else None


def _of_markdown(path: Path) -> _Said:
    said = _Said()
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(_MOST_BYTES)
    head = re.match(r"# (.+)", text)
    said.title = _plain(head[1]) if head else ""
    top = text.partition("\n## ")[0]
    said.facts = [
        (_plain(a), _plain(b)) for a, b in re.findall(r"(?m)^- \*\*(.+?):\*\* (.+)$", top)
    ]
    for section in re.split(r"(?m)^## ", text):
        for alt, name in re.findall(r"!\[((?:\\.|[^\]\\])*)\]\(([\w./ -]+\.png)\)", section):
            if len(said.shots) < SHOTS:
                shot = _beside(path.parent, name, _plain(alt))
                said.shots += [shot] if shot else []
        if said.shots:
            break
    return said


def _beside(folder: Path, name: str, alt: str) -> Shot | None:
    """A picture of a Markdown report, if it lies in the report's own folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    if path.stat().st_size > SHOT_BYTES:
        return None
    return _shot(_DATA + base64.b64encode(path.read_bytes()).decode(), alt)


def _plain(markdown: str) -> str:
    """Markdown's escapes undone."""
    return re.sub(r"\\([^\w\s])", r"\1", markdown)


# --------------------------------------------------------------------- the table beside it


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return []
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        try:
            return [{k: v or "" for k, v in row.items() if k} for row in csv.DictReader(file)]
        except csv.Error:
            return []


def _best(rows: Sequence[Mapping[str, str]]) -> Iterator[Best]:
    """The lowest proxy FID of each family on each data set, in the catalog's order."""
    for dataset in DATASETS:
        for family, about in FAMILIES.items():
            mine = [r for r in rows if (r.get("dataset"), r.get("family")) == (dataset, family)]
            known = [(v, r) for r in mine if (v := _number(r.get("proxy_fid", ""))) is not None]
            if known:
                value, row = min(known, key=lambda pair: pair[0])
                shown = show(value, METRICS["proxy_fid"].digits)
                where = _(
                    "{model} on {dataset}",
                    model=_(about.label),
                    dataset=_(DATASETS[dataset].label),
                )
                yield Best(where, row.get("run", ""), shown)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _cells(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return _("no metrics.csv")
    states = [row.get("status", "") for row in rows]
    if set(states) == {"done"}:
        return many("{n} cell, all done", "{n} cells, all done", len(rows))
    found = listing(f"{states.count(s)} {_(s) or _('unknown')}" for s in dict.fromkeys(states))
    return many("{n} cell: {states}", "{n} cells: {states}", len(rows), states=found)
