"""Short ways to say a table: plain text for an entry, a number with the value it sorts by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import floor, log10
from statistics import median
from typing import TYPE_CHECKING

from labkit.catalog import METRICS
from labkit.reporting.blocks import Column, Entry, Row, Table
from labkit.reporting.cell import Cell, anchor
from labkit.text.language import _
from labkit.text.numbers import show

if TYPE_CHECKING:
    from labkit.reporting.view import View

#: Headings of a table; a plain text is a column of texts.
Columns = Sequence[Column | str]
#: Numbers with a fraction, as one is shown: plain, or as a power of ten.
_FRACTION = re.compile(r"(◆ )?−?(\d+\.\d+|\d(\.\d+)? × 10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
#: What stands where there is nothing to measure.
GAP = Entry("—", tone="missing")


def table(
    caption: str,
    columns: Columns,
    rows: Iterable[Row | Iterable[Entry | str]],
    interactive: bool = False,
    aligned: bool = True,
) -> Table:
    """A table; entries alone are a row.

    Aligned means that a column holds one measure, so that its numbers get the same decimals.
    """
    heads = tuple(Column(each) if isinstance(each, str) else each for each in columns)
    body = [each if isinstance(each, Row) else row(*each) for each in rows]
    for place, head in enumerate(heads):
        if head.numeric and aligned:
            body = _aligned(body, place)
    return Table(caption, heads, tuple(body), interactive)


def _aligned(rows: list[Row], place: int) -> list[Row]:
    """The rows with the numbers of one column at the same decimals, none as a power of ten.

    A middling one shows three significant digits, with four decimals at most; what is smaller
    than the last of them is said to be below it.
    """
    found = {i: e for i, r in enumerate(rows) if _FRACTION.fullmatch((e := r.entries[place]).text)}
    sizes = [abs(e.sort) for e in found.values() if e.sort]
    if not sizes or len({len(e.text.partition(".")[2]) for e in found.values()}) == 1:
        return rows
    decimals = min(max(2 - floor(log10(median(sizes))), 0), 4)
    for i, entry in found.items():
        text = f"{entry.sort:.{decimals}f}"
        if entry.sort and float(text) == 0:
            text = f"< {10**-decimals:.{decimals}f}"
        mark = "◆ " if entry.text.startswith("◆") else ""
        entries = list(rows[i].entries)
        entries[place] = replace(entry, text=mark + text.replace("-", "−"))
        rows[i] = replace(rows[i], entries=tuple(entries))
    return rows


def row(*entries: Entry | str, run: str = "", anchor: str = "") -> Row:
    """A row; plain texts become entries."""
    found = (Entry(each) if isinstance(each, str) else each for each in entries)
    return Row(tuple(found), run, anchor)


def cell_row(cell: Cell, *entries: Entry | str, text: str = "") -> Row:
    """A cell's row: its name (or `text`), linked to its place in the report, then the entries."""
    return row(link(cell, text), *entries, run=cell.name)


def link(cell: Cell, text: str = "") -> Entry:
    """A cell's name, or `text`, linked to its place in the report."""
    return Entry(text or cell.name, href=f"#{anchor(cell.name)}")


def number(value: float | None, digits: int = 3) -> Entry:
    """A number to so many significant digits; None is said to be not measured."""
    return Entry(show(value, digits), value)


def value(view: View, cell: Cell, name: str) -> Entry:
    """A metric of a cell with the catalog's digits."""
    return Entry(view.shown(cell, name), cell.metric(name))


def measure(name: str, label: str = "") -> Column:
    """The column of a metric, under its own label or another."""
    return Column(label or _(METRICS[name].label), True, _(METRICS[name].about))


def marked(text: str, value: float | None, best: bool) -> Entry:
    """A number's text; the best of its kind has a diamond before it."""
    return Entry(f"◆ {text}", value, tone="best") if best else Entry(text, value)


def real_images(dataset: str) -> str:
    """What the row of a data set's real images is called."""
    return _("Real images of {dataset}", dataset=dataset)
