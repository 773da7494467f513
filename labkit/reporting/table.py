"""Two tidy tables: a row a cell, and a row a cell and epoch. All else is read from them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import pandas as pd

from labkit.catalog import FAMILIES, METRICS
from labkit.catalog.rules import idle
from labkit.experiment.spec import CellFailure, CellResult, CellSpec, Outcome
from labkit.reporting.cell import first_line, status
from labkit.text.numbers import is_missing

if TYPE_CHECKING:
    from labkit.experiment.plan import Plan

#: Columns every metrics.csv has, measured or not.
ALWAYS = (
    "run", "family", "dataset", "seed", "epochs", "best_epoch", "proxy_fid", "d_loss", "g_loss",
    "total_loss", "recon_loss", "kl_loss", "seconds", "images_per_s", "parameters",
    "peak_memory_mb", "status",
)  # fmt: skip

#: Characters that make a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Tables:
    """A row a cell of the plan, failed and missing ones too; a row a cell and epoch."""

    cells: pd.DataFrame
    epochs: pd.DataFrame


def tables(plan: Plan, outcomes: Sequence[Outcome | None]) -> Tables:
    """Both tables of a plan and the outcomes of its cells, in their order; None where missing.

    ``cells`` has columns run, family, experiment, dataset, seed, every setting, epochs,
    batch_size, best_epoch, the catalog's metrics in its order, collapse (the verdict in
    words), status (done | trained | failed | missing) and note (why, in one line).
    What is not measured is missing (NaN or NA), never 0.
    """
    rows: list[dict[str, Any]] = []
    history: list[dict[str, Any]] = []
    present: set[str] = set()
    key, then = ("run", "family", "experiment", "dataset", "seed"), ("epochs", "batch_size")
    silent = _silent(plan.cells)
    for spec, outcome in zip(plan.cells, outcomes, strict=True):
        named = {"run": spec.name, **{name: getattr(spec, name) for name in key[1:]}}
        row = named | _settings(spec, silent)
        present |= row.keys()
        row["status"] = status(outcome)
        if isinstance(outcome, CellResult):
            row |= {name: outcome.metrics.get(name) for name in (*METRICS, "best_epoch")}
            row["collapse"] = outcome.details.get("verdict") or None
            history += [{**named, **epoch} for epoch in outcome.history]
        if isinstance(outcome, CellFailure):
            row["note"] = first_line(outcome) or "unknown error"
        rows.append(row)
    params = [name for family in FAMILIES.values() for name in family.params]
    settings = _in_order(present.difference(key, then), params)
    cells = [*key, *settings, *then, "best_epoch", *METRICS, "collapse", "status", "note"]
    always = ("run", "family", "dataset", "seed", "epoch")
    losses = [loss for family in FAMILIES.values() for loss in family.losses]
    epochs = _in_order({*always, *chain.from_iterable(history)}, [*always, *losses, "proxy_fid"])
    return Tables(_frame(rows, cells), _frame(history, epochs))


def _in_order(found: Collection[str], known: Iterable[str]) -> list[str]:
    """The names found: the known ones in their order, then the others by name."""
    ordered = [name for name in dict.fromkeys(known) if name in found]
    return ordered + sorted(set(found).difference(ordered))


def _settings(spec: CellSpec, silent: Collection[tuple[str, str]]) -> dict[str, Any]:
    """Return a cell's settings by column; the precision is "arithmetic", as a metric has its name.

    Settings without any effect in the cell (a clipping bound without clipping) are left out,
    and so are the silent ones.
    """
    without = idle(FAMILIES[spec.family].params, spec.params)
    return {
        "arithmetic" if name == "precision" else name: value
        for name, value in spec.settings.items()
        if name not in without and (spec.family, name) not in silent
    }


def _silent(specs: Sequence[CellSpec]) -> set[tuple[str, str]]:
    """Return family and name of settings that act in some cells only, always with one value.

    They go along with what lets them act and tell no two cells apart: the clipping bound is
    there or not as clipping is. As columns, with a gap where they do not act, they would look
    like something else that was changed.
    """
    found = set()
    for family in {spec.family for spec in specs}:
        cells = [spec.params for spec in specs if spec.family == family]
        params = FAMILIES[family].params
        for name in params:
            acting = [json.dumps(p.get(name)) for p in cells if name not in idle(params, p)]
            if len(acting) < len(cells) and len(set(acting)) <= 1:
                found.add((family, name))
    return found


def _frame(rows: list[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: _column([row.get(name) for row in rows]) for name in columns})


def _column(values: list[Any]) -> pd.Series[Any]:
    """Make a column: integers stay integers beside missing values, lists become JSON."""
    values = [json.dumps(v) if isinstance(v, (list, tuple, dict)) else v for v in values]
    present = [v for v in values if not is_missing(v)]
    missing: Any = float("nan")
    kind = "float64"
    if any(isinstance(v, str) for v in present):
        missing, kind = None, "object"
    elif present and all(isinstance(v, int) for v in present):
        missing, kind = pd.NA, "Int64"
    return pd.Series([missing if is_missing(v) else v for v in values], dtype=kind)


def to_csv(frame: pd.DataFrame, always: Collection[str] = ALWAYS) -> str:
    """A table as CSV text: full precision, an empty field for what was not measured.

    Columns without a single value are left out unless they are among `always`. Text that a
    spreadsheet would run as a formula gets an apostrophe before it.
    """
    kept = [name for name in frame.columns if name in always or frame[name].notna().any()]
    harmless = frame[kept].map(
        lambda v: f"'{v}" if isinstance(v, str) and v.startswith(_FORMULA) else v
    )
    return harmless.to_csv(index=False, lineterminator="\n")
