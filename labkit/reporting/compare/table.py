"""One table for the terminal, or two tables side by side: what ``labkit compare`` prints."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from labkit.catalog import FAMILIES, METRICS
from labkit.reporting.compare.paired import Key, Pair, pairs, same, why_not
from labkit.reporting.table import to_csv
from labkit.text.language import N_, _
from labkit.text.numbers import is_missing, show

#: Columns of a cell that are neither settings nor results.
_LABELS = ("run", "experiment", "note")
#: How other columns than settings and metrics are headed.
_HEADINGS = (N_("run"), N_("status"), N_("best epoch"), N_("collapse"), N_("note"))
_RESULTS = ("best_epoch", *METRICS, "collapse", "status")
#: Metrics shown in the terminal; the CSV has them all.
_LOSSES = dict.fromkeys(loss for family in FAMILIES.values() for loss in family.losses)
_SHOWN = ("proxy_fid", *_LOSSES, "seconds")


def one(cells: pd.DataFrame, csv: bool = False) -> str:
    """The results table as text: as CSV all of it, else what fits a terminal."""
    return to_csv(cells) if csv else _aligned(main_rows(cells))


def main_rows(cells: pd.DataFrame) -> list[list[str]]:
    """The main columns of the results table, as text: the headings, then a row a cell."""
    names = ["run", "status", "best_epoch", *_SHOWN, "collapse", "note"]
    names = [n for n in names if n in ("run", "status") or cells[n].notna().any()]
    rows = cells[names].to_dict("records")
    return [[_heading(n) for n in names], *([_text(n, row[n]) for n in names] for row in rows)]


def two(a: pd.DataFrame, b: pd.DataFrame, csv: bool = False, unlike: Collection[Key] = ()) -> str:
    """Two results tables side by side; as CSV every metric, else what differs of the main ones.

    Args: see :func:`differences`.
    """
    frame = differences(a, b, unlike)
    if csv:
        return to_csv(frame, always=frame.columns)
    left_out = set(METRICS) - set(_SHOWN)
    shown = in_words(frame[~frame["name"].isin(left_out)])
    return _aligned([["run", "", "A", "B", "B − A", ""], *shown]) if shown else "no differences\n"


def differences(a: pd.DataFrame, b: pd.DataFrame, unlike: Collection[Key] = ()) -> pd.DataFrame:
    """Two tables of cells, matched by name and seed.

    Args:
        a, b: tables as :func:`labkit.reporting.table.tables` makes them.
        unlike: cells that were measured in another way.

    Returns:
        A row per run and value with columns run, name, a, b, difference (b − a, where both
        are numbers that may be compared) and note (why they may not, or that the difference
        is within the metric's margin). Settings appear only where they differ; a run of one
        table only has the other's values missing.
    """
    names = [n for n in dict.fromkeys([*a.columns, *b.columns]) if n not in _LABELS]
    rows: list[tuple[Any, ...]] = []
    for pair in pairs(a, b):
        for name in names:
            u, v = pair.a.get(name), pair.b.get(name)
            if is_missing(u) and is_missing(v):
                continue
            if name in _RESULTS or (pair.a and pair.b and not same(u, v)):
                rows.append((pair.either["run"], name, u, v, *_judged(name, pair, unlike)))
    columns = ["run", "name", "a", "b", "difference", "note"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _judged(name: str, pair: Pair, unlike: Collection[Key]) -> tuple[float | None, str]:
    """A metric's difference, if its values may be compared, and what is to say of it."""
    reason = why_not(name, pair, unlike)
    delta = pair.number(name) if name in METRICS and not reason else None
    if delta is None:
        return None, reason
    margin = METRICS[name].margin
    within = 0 < abs(delta) <= margin * max(abs(pair.a[name]), abs(pair.b[name]))
    return delta, _("within {percent} %", percent=f"{100 * margin:g}") if within else ""


def in_words(frame: pd.DataFrame) -> list[list[str]]:
    """What :func:`differences` found and is not the same in both, as a reader sees it."""
    return [
        [
            row["run"],
            _heading(row["name"]),
            _text(row["name"], row["a"]),
            _text(row["name"], row["b"]),
            ""
            if is_missing(row["difference"])
            else signed(row["difference"], _digits(row["name"])),
            row["note"],
        ]
        for row in frame.to_dict("records")
        if not same(row["a"], row["b"])
    ]


def signed(value: float, digits: int) -> str:
    """A difference with its sign."""
    return f"{'+' if value > 0 else ''}{show(float(value), digits)}"


def _heading(name: str) -> str:
    if name in METRICS:
        return _(METRICS[name].label)
    text = name.replace("_", " ")
    return _(text) if text in _HEADINGS else text


def _text(name: str, value: Any) -> str:
    return _(value) if name == "status" and value else show(value, _digits(name), "")


def _digits(name: str) -> int:
    return METRICS[name].digits if name in METRICS else 3


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines) + "\n"
