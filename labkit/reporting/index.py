"""``summary.json``, what a report says of itself, and a page of the reports in a folder.

The summary lies beside every report, whatever its format, and holds its first pictures itself. A
report without one gets a plain card, from its folder's name and metrics.csv. Whoever reads either
takes it for anybody's file: types are checked, text is taken as text, texts and pictures are
small, and nothing is followed out of a report's folder.
"""

import base64
import csv
import io
import os
import re
import struct
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.errors import LabkitError
from labkit.reporting.blocks import STATUSES, Reflection, Report, pictures, walk
from labkit.reporting.files import read, read_inside, write_file
from labkit.reporting.render.templates import environment, inline, templates_folder
from labkit.text.language import N_, SOURCE, _, catalogue, languages, many, using
from labkit.text.numbers import listing, show

NAME = "summary.json"
#: What a file may weigh, how many pictures it holds, and what one of them may weigh.
MOST_BYTES, PICTURES, PICTURE_BYTES = 2_500_000, 4, 400_000
_SIDE, _LETTERS = 4096, 500  # pixels; of a text
_DATA, _PNG = "data:image/png;base64,", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
#: What tells an index of labkit's from a page of somebody else's, and where it stands.
_MADE_HERE, _HEAD = '<meta name="generator" content="labkit index">', 1 << 16
#: What a report can be read as, the first of them is linked from the title.
_REPORTS = ("report.html", "report.md", "report.pdf")
_TABLE, _TABLE_BYTES = "metrics.csv", 8_000_000
_UNKNOWN = N_("unknown")


def _small_png(uri: str) -> str:
    """A data URI that is a PNG of few bytes and pixels; a ValueError if it is anything else."""
    if not uri.startswith(_DATA) or len(uri) > 2 * PICTURE_BYTES:
        raise ValueError("no small PNG as a data URI")
    data = base64.b64decode(uri.removeprefix(_DATA), validate=True)
    if not data.startswith(_PNG) or not 24 <= len(data) <= PICTURE_BYTES:
        raise ValueError("no small PNG")
    if max(struct.unpack(">II", data[16:24])) > _SIDE:
        raise ValueError(f"more than {_SIDE} pixels wide or high")
    return uri


Text = Annotated[str, Field(max_length=_LETTERS)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class Shown(_Strict):
    """A picture of the report, the PNG itself as a data URI."""

    uri: Annotated[str, AfterValidator(_small_png)]
    alt: Text


class Lowest(_Strict):
    """The cell of the lowest proxy FID of a family on a data set."""

    family: Text
    dataset: Text
    run: Text
    proxy_fid: FiniteFloat


class Summary(_Strict):
    """What ``summary.json`` holds."""

    format_version: Literal[1]
    title: Text
    facts: tuple[tuple[Text, Text], ...] = Field(max_length=20)  # labels and texts of the byline
    headline: Text  # what it found, in a line
    question: Text = ""  # the first that its table answers, and the answer's point
    answer: Text = ""
    #: How many are done, failed, missing or trained.
    cells: dict[Text, Annotated[int, Field(ge=0, le=1_000_000)]] = Field(max_length=10)
    best: tuple[Lowest, ...] = Field(max_length=100)
    pictures: tuple[Shown, ...] = Field(max_length=PICTURES)


def summary_of(report: Report) -> bytes:
    """The content of a report's ``summary.json``; a ReportError if a picture cannot be read."""
    states = Counter(how for _group, cells in report.map for _run, how, _place in cells)
    # The first pictures: of the first screen, or of the first section that has any.
    places = [list(pictures(report.glance)), *(list(pictures([s])) for s in report.sections)]
    shown = []
    for picture in next(filter(None, places), [])[:PICTURES]:
        data = read(picture.source)
        if len(data) <= PICTURE_BYTES:
            uri = _DATA + base64.b64encode(data).decode()
            shown.append(Shown(uri=uri, alt=picture.alt[:_LETTERS]))
    blocks = (block for block in walk(report.sections) if isinstance(block, Reflection))
    asked = (block.answer for block in blocks if block.prose)
    first = next((answer for answer in asked if answer and answer.point), None)
    stated = Summary(
        format_version=1,
        title=report.title[:_LETTERS],
        facts=tuple((a[:_LETTERS], b[:_LETTERS]) for a, b in report.byline if a != _("Cells")),
        headline=next((line.text for line in report.headlines), "")[:_LETTERS],
        question=first.heading[:_LETTERS] if first else "",
        answer=first.point.text[:_LETTERS] if first and first.point else "",
        cells={status: states[status] for status in STATUSES if states[status]},
        best=report.best,
        pictures=tuple(shown),
    )
    return (stated.model_dump_json(indent=1) + "\n").encode()


def read_summary(folder: Path) -> Summary | None:
    """Read the summary in a report's folder; None if it is missing or invalid."""
    data = read_inside(folder, NAME, MOST_BYTES)
    try:
        return None if data is None else Summary.model_validate_json(data)
    except ValidationError:
        return None


class NoReportsError(LabkitError):
    """The folder has no reports."""


@dataclass(frozen=True)
class Card:
    """A report in the list."""

    name: str
    files: tuple[tuple[str, str], ...]  # name and relative address of each file there is
    said: Summary
    plain: bool = False  # whether the report says nothing of itself, and its table speaks for it

    @property
    def title(self) -> str:
        return self.said.title or self.name

    @property
    def cells(self) -> str:
        """ "18 cells, all done"."""
        known = {s: n for s in (*STATUSES, _UNKNOWN) if (n := self.said.cells.get(s))}
        total = sum(known.values())
        if not total:
            return _("no metrics.csv") if self.plain else _("no cells")
        if known.keys() == {"done"}:
            return many("{n} cell, all done", "{n} cells, all done", total)
        states = listing(f"{count} {_(s)}" for s, count in known.items())
        return many("{n} cell: {states}", "{n} cells: {states}", total, states=states)

    @property
    def best(self) -> list[tuple[str, str, str]]:
        """Model and data set, run and value of the lowest proxy FIDs; unknown ones left out."""
        found = []
        for each in self.said.best:
            if each.family in FAMILIES and each.dataset in DATASETS:
                model, dataset = _(FAMILIES[each.family].label), DATASETS[each.dataset].label
                where = _("{model} on {dataset}", model=model, dataset=dataset)
                found.append((where, each.run, show(each.proxy_fid, METRICS["proxy_fid"].digits)))
        return found


def write_index(folder: Path) -> Path:
    """Write ``index.html`` into a folder of reports; a NoReportsError where there are none."""
    found = cards(folder)
    if not found:
        raise NoReportsError(f"{folder}: no reports there; `labkit report` writes them")
    styles = (templates_folder() / "css" / name for name in ("report.css", "index.css"))
    css = inline("\n".join(style.read_text("utf-8") for style in styles))
    heading = many("{n} report", "{n} reports", len(found))
    template = environment().get_template("index.html.j2")
    page = template.render(cards=found, heading=heading, css=css)
    path = folder / "index.html"
    write_file(path, page.encode("utf-8", "replace"), _MADE_HERE)
    return path


def refresh(folder: Path) -> None:
    """Bring a folder's index up to date, if labkit made one there before."""
    path = folder / "index.html"
    head = path.read_text("utf-8", "replace")[:_HEAD] if path.is_file() else ""
    if _MADE_HERE in head:
        spoken = re.search(r'<html lang="(\w+)"', head)
        with using(catalogue(spoken[1] if spoken and spoken[1] in languages() else SOURCE)):
            write_index(folder)


def cards(folder: Path) -> list[Card]:
    """The reports in a folder, by name."""
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    return [card(each) for each in inside if any((each / name).is_file() for name in _REPORTS)]


def card(folder: Path) -> Card:
    """Describe a report from its summary, or from its table where it has none."""
    address = quote(os.fsencode(folder.name))
    there = (name for name in (*_REPORTS, _TABLE) if (folder / name).is_file())
    files = tuple((name, f"{address}/{name}") for name in there)
    found = read_summary(folder)
    return Card(folder.name, files, found or _of_table(folder), plain=found is None)


def _of_table(folder: Path) -> Summary:
    """Build a summary from a report's table, for a report without one."""
    data = read_inside(folder, _TABLE, _TABLE_BYTES) or b""
    file = io.StringIO(data.decode("utf-8", "replace"), newline="")
    try:
        rows = list(csv.DictReader(file, restval=""))
    except csv.Error:
        rows = []
    states = Counter(row.get("status", "") for row in rows)
    lowest: dict[tuple[str, str], Lowest] = {}
    for row in rows:
        key = family, dataset = row.get("family", ""), row.get("dataset", "")
        with suppress(ValueError):  # no number, or not finite; a name that is too long
            found = Lowest(family=family, dataset=dataset, run=row.get("run", "")[:200],
                           proxy_fid=float(row.get("proxy_fid", "")))  # fmt: skip
            lowest[key] = min(lowest.get(key, found), found, key=lambda each: each.proxy_fid)
    cells = {status: states.pop(status, 0) for status in STATUSES} | {_UNKNOWN: states.total()}
    best = tuple(lowest[f, d] for d in DATASETS for f in FAMILIES if (f, d) in lowest)
    return Summary(
        format_version=1, title="", facts=(), headline="", cells=cells, best=best, pictures=()
    )
