"""A page of the reports in a folder, read from each report's ``summary.json``, without results.

A report without one gets a plain card, from its folder's name and metrics.csv. They are
anybody's files: text is taken as text, and nothing is followed out of a report's folder.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from labkit.catalog import DATASETS, FAMILIES, METRICS
from labkit.errors import LabkitError
from labkit.reporting.blocks import STATUSES
from labkit.reporting.files import read_inside, write_file
from labkit.reporting.render.templates import environment, inline, templates_folder
from labkit.reporting.summary import FORMAT_VERSION, Lowest, Summary, read_summary
from labkit.text.language import N_, _, many
from labkit.text.numbers import listing, show

#: What tells an index of labkit's from a page of somebody else's, and where it stands.
_MADE_HERE, _HEAD = '<meta name="generator" content="labkit index">', 1 << 16
#: What a report can be read as, the first of them is linked from the title.
_REPORTS = ("report.html", "report.md", "report.pdf")
_TABLE, _TABLE_BYTES = "metrics.csv", 8_000_000
_UNKNOWN = N_("unknown")


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
                value = show(each.proxy_fid, METRICS["proxy_fid"].digits)
                found.append((where, each.run, value))
        return found


def write_index(folder: Path) -> Path:
    """Write ``index.html`` into a folder of reports; returns its path.

    Raises NoReportsError where there are none, ReportError where it cannot be written.
    """
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
    if path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            if _MADE_HERE in file.read(_HEAD):
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
    known = {status: states.pop(status, 0) for status in STATUSES}
    return Summary(
        format_version=FORMAT_VERSION,
        title="",
        facts=(),
        headline="",
        cells={**known, _UNKNOWN: states.total()},
        best=tuple(lowest[f, d] for d in DATASETS for f in FAMILIES if (f, d) in lowest),
        pictures=(),
    )
