"""One table, or two with their cells matched: what ``labkit compare`` prints in a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from labkit.catalog import FAMILIES, METRICS
from labkit.experiment.plan import Plan
from labkit.reporting.table import to_csv
from labkit.text.language import N_, _
from labkit.text.numbers import is_missing, show

#: A cell's name without its seed, and the seed.
Key = tuple[str, int]
Values = Mapping[Any, Any]
#: Columns of a cell that are neither settings nor results.
_LABELS = ("run", "experiment", "note")
#: How other columns than settings and metrics are headed.
_HEADINGS = (N_("run"), N_("status"), N_("best epoch"), N_("collapse"), N_("note"))
_RESULTS = ("best_epoch", *METRICS, "collapse", "status")
#: Metrics shown in the terminal; the CSV has them all.
_LOSSES = dict.fromkeys(loss for family in FAMILIES.values() for loss in family.losses)
_SHOWN = ("proxy_fid", *_LOSSES, "seconds")
#: Groups of metrics that do not go through the evaluation's features and samples.
_BEFORE_EVALUATION = ("losses", "cost")


@dataclass(frozen=True)
class Pair:
    """A cell in two results; empty where one has none of it."""

    key: Key
    a: Values
    b: Values

    @property
    def either(self) -> Values:
        return self.a or self.b

    def number(self, metric: str) -> float | None:
        """b − a, or None where one of them is not measured."""
        u, v = self.a.get(metric), self.b.get(metric)
        return None if is_missing(u) or is_missing(v) else float(v) - float(u)  # type: ignore[arg-type]


def key(name: str, seed: int) -> Key:
    """What a cell is matched by: with one seed its name says none, with several it does."""
    return name.removesuffix(f"_seed{seed}"), int(seed)


def pairs(a: pd.DataFrame, b: pd.DataFrame) -> list[Pair]:
    """Two tables of cells, matched; those of `a` first, in its order."""
    first, second = (
        {key(row["run"], row["seed"]): row for row in cells.to_dict("records")} for cells in (a, b)
    )
    return [Pair(k, first.get(k, {}), second.get(k, {})) for k in first | second]


def measured_unlike(a: Plan, b: Plan) -> frozenset[Key]:
    """The cells whose samples were measured with another number of them or other features."""
    first, second = ({key(c.name, c.seed): c.evaluation for c in plan.cells} for plan in (a, b))
    return frozenset(
        k
        for k in first.keys() & second.keys()
        if any(first[k].get(name) != second[k].get(name) for name in ("samples", "features"))
    )


def why_not(name: str, pair: Pair, unlike: Collection[Key]) -> str:
    """Why the two values of a metric may not be compared; empty if they may, or are not there."""
    if not pair.a or not pair.b:
        return _("only in A") if pair.a else _("only in B")
    about = METRICS.get(name)
    if about is None or pair.number(name) is None:
        return ""
    if other := [name for name in about.within if not same(pair.a.get(name), pair.b.get(name))]:
        return _("{setting} differs: not comparable", setting=other[0])
    if pair.key in unlike and about.group not in _BEFORE_EVALUATION:
        return _("measured in another way: not comparable")
    return ""


def same(u: Any, v: Any) -> bool:
    """Whether two values of a table are equal; two missing ones are."""
    return is_missing(u) and is_missing(v) if is_missing(u) or is_missing(v) else bool(u == v)


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
    """Two results tables side by side; as CSV every metric, else what differs of the main ones."""
    frame = differences(a, b, unlike)
    if csv:
        return to_csv(frame, always=frame.columns)
    shown = in_words(frame[~frame["name"].isin(set(METRICS) - set(_SHOWN))])
    return _aligned([["run", "", "A", "B", "B − A", ""], *shown]) if shown else "no differences\n"


def differences(a: pd.DataFrame, b: pd.DataFrame, unlike: Collection[Key] = ()) -> pd.DataFrame:
    """Two tables of :func:`labkit.reporting.table.tables`, cells matched by name and seed.

    A row per run and value with columns run, name, a, b, difference (b − a, where both are numbers
    that may be compared) and note (why they may not, as for cells in `unlike` that were measured
    in another way, or that the difference is within the metric's margin). Settings appear only
    where they differ; a run of one table only has the other's values missing.
    """
    names = [n for n in dict.fromkeys([*a.columns, *b.columns]) if n not in _LABELS]
    rows: list[tuple[Any, ...]] = []
    for pair in pairs(a, b):
        for name in names:
            u, v = pair.a.get(name), pair.b.get(name)
            wanted = name in _RESULTS or (pair.a and pair.b and not same(u, v))
            if wanted and not (is_missing(u) and is_missing(v)):
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
    found = []
    for run, name, a, b, delta, note in frame.itertuples(index=False):
        if not same(a, b):
            change = "" if is_missing(delta) else signed(delta, _digits(name))
            found.append([run, _heading(name), _text(name, a), _text(name, b), change, note])
    return found


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
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)
