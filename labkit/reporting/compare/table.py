"""One table for the terminal, or two tables side by side: what ``labkit compare`` prints."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from labkit.catalog import FAMILIES, METRICS
from labkit.reporting.compare.paired import Key, Pair, only_in, pairs, same, why_not
from labkit.reporting.table import to_csv
from labkit.text.language import N_, _
from labkit.text.numbers import is_missing, show

#: Columns of a cell that are neither settings nor results.
_LABELS = ("run", "experiment", "note")
#: How other columns than settings and metrics are headed.
_HEADINGS = {
    "run": N_("run"),
    "status": N_("status"),
    "best_epoch": N_("best epoch"),
    "collapse": N_("collapse"),
    "note": N_("note"),
}
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
    rows = [
        [_text(name, value) for name, value in zip(names, row, strict=True)]
        for row in zip(*(cells[name].tolist() for name in names), strict=True)
    ]
    return [[_heading(name) for name in names], *rows]


def two(a: pd.DataFrame, b: pd.DataFrame, csv: bool = False, unlike: Collection[Key] = ()) -> str:
    """Two results tables side by side; as CSV every metric, else what differs of the main ones.

    Args: see :func:`differences`.
    """
    frame = differences(a, b, unlike)
    if csv:
        return to_csv(frame, always=frame.columns)
    known = frame["name"].isin([*_SHOWN, "best_epoch", "collapse", "status"])
    settings = ~frame["name"].isin(_RESULTS)
    changed = frame["a"] != frame["b"]
    shown = frame[changed & (known | settings)]
    if shown.empty:
        return "no differences\n"
    rows = [
        [
            row["run"],
            _heading(row["name"]),
            _text(row["name"], row["a"]),
            _text(row["name"], row["b"]),
            "" if is_missing(row["difference"]) else _signed(row["name"], row["difference"]),
            row["note"],
        ]
        for row in shown.to_dict("records")
    ]
    return _aligned([["run", "", "A", "B", "B − A", ""], *rows])


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
    names = list(dict.fromkeys([*a.columns, *b.columns]))
    rows: list[dict[str, Any]] = []
    for pair in pairs(a, b):
        for name in names:
            if name in _LABELS:
                continue
            u, v = pair.a.get(name), pair.b.get(name)
            if is_missing(u) and is_missing(v):
                continue
            if name not in _RESULTS and (not pair.a or not pair.b or same(u, v)):
                continue
            run = pair.either["run"]
            judged = _judged(name, pair, unlike)
            rows.append({"run": run, "name": name, "a": u, "b": v, **judged})
    columns = ["run", "name", "a", "b", "difference", "note"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _judged(name: str, pair: Pair, unlike: Collection[Key]) -> dict[str, Any]:
    """The difference of a metric, if its values may be compared."""
    if not pair.a or not pair.b:
        return {"difference": None, "note": only_in(pair)}
    delta = pair.number(name) if name in METRICS else None
    if delta is None:
        return {"difference": None, "note": ""}
    reason = why_not(name, pair, unlike)
    if reason:
        return {"difference": None, "note": reason}
    margin = METRICS[name].margin
    within = margin > 0 and abs(delta) <= margin * max(abs(pair.a[name]), abs(pair.b[name]))
    note = _("within {percent} %", percent=f"{100 * margin:g}") if within and delta else ""
    return {"difference": delta, "note": note}


def _heading(name: str) -> str:
    if name in METRICS:
        return _(METRICS[name].label)
    return _(_HEADINGS[name]) if name in _HEADINGS else name.replace("_", " ")


def _text(name: str, value: Any) -> str:
    return show(value, METRICS[name].digits if name in METRICS else 3, "")


def _signed(name: str, value: float) -> str:
    text = _text(name, value)
    return text if value <= 0 else f"+{text}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines) + "\n"
