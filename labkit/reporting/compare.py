"""One table for the terminal, or two tables side by side: what ``labkit compare`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from labkit.catalog import FAMILIES, METRICS
from labkit.reporting.numbers import is_missing, show
from labkit.reporting.table import to_csv

#: Columns of a cell that are neither settings nor results.
_LABELS = ("run", "experiment", "note")
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


def two(a: pd.DataFrame, b: pd.DataFrame, csv: bool = False) -> str:
    """Two results tables side by side; as CSV every metric, else what differs of the main ones."""
    frame = differences(a, b)
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


def differences(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Two tables of cells, matched by the runs' names.

    Args:
        a, b: tables as :func:`labkit.reporting.table.tables` makes them.

    Returns:
        A row per run and value with columns run, name, a, b, difference (b − a, where both
        are numbers that may be compared) and note (why they may not, or that the difference
        is within the metric's margin). Settings appear only where they differ; a run of one
        table only has the other's values missing.
    """
    first, second = _by_run(a), _by_run(b)
    names = list(dict.fromkeys([*a.columns, *b.columns]))
    rows: list[dict[str, Any]] = []
    for run in dict.fromkeys([*first, *second]):
        x, y = first.get(run, {}), second.get(run, {})
        for name in names:
            if name in _LABELS:
                continue
            u, v = x.get(name), y.get(name)
            if is_missing(u) and is_missing(v):
                continue
            if name not in _RESULTS and (not x or not y or _same(u, v)):
                continue
            rows.append({"run": run, "name": name, "a": u, "b": v, **_judged(name, x, y)})
    columns = ["run", "name", "a", "b", "difference", "note"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _by_run(cells: pd.DataFrame) -> dict[str, dict[str, Any]]:
    names = [str(name) for name in cells.columns]
    rows = zip(*(cells[name].tolist() for name in names), strict=True)
    return {row["run"]: row for row in (dict(zip(names, values, strict=True)) for values in rows)}


def _judged(name: str, x: Mapping[str, Any], y: Mapping[str, Any]) -> dict[str, Any]:
    """The difference of a metric, if its values may be compared."""
    u: Any = x.get(name)
    v: Any = y.get(name)
    if not x or not y:
        return {"difference": None, "note": f"only in {'B' if not x else 'A'}"}
    if name not in METRICS or is_missing(u) or is_missing(v):
        return {"difference": None, "note": ""}
    metric = METRICS[name]
    other = [s for s in metric.within if not _same(x.get(s), y.get(s))]
    if other:
        return {"difference": None, "note": f"{other[0]} differs: not comparable"}
    delta = float(v) - float(u)
    within = metric.margin > 0 and abs(delta) <= metric.margin * max(abs(u), abs(v))
    note = f"within {100 * metric.margin:g} %" if within and delta else ""
    return {"difference": delta, "note": note}


def _same(u: Any, v: Any) -> bool:
    return is_missing(u) and is_missing(v) if is_missing(u) or is_missing(v) else bool(u == v)


def _heading(name: str) -> str:
    return METRICS[name].label if name in METRICS else name.replace("_", " ")


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
