"""Two tidy tables: a row a cell, and a row a cell and epoch. All else is read from them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
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
    """What was found, as data."""

    cells: pd.DataFrame
    """A row per cell of the plan, in its order, failed and missing ones too."""
    epochs: pd.DataFrame
    """A row per cell and epoch: run, family, dataset, seed, epoch, then the history."""
    samples: tuple[int, int] | None = None
    """How many stand behind the measures and behind a tracking FID, at the least; None if no
    cell was to be measured."""


def tables(plan: Plan, outcomes: Sequence[Outcome | None]) -> Tables:
    """Both tables of a plan.

    Args:
        plan: what was asked for.
        outcomes: one for each of ``plan.cells``, in their order; None where missing.

    Returns:
        ``cells`` has columns run, family, experiment, dataset, seed, every setting, epochs,
        batch_size, best_epoch, the catalog's metrics in its order, collapse (the verdict in
        words), status (done | trained | failed | missing) and note (why, in one line).
        What is not measured is missing (NaN or NA), never 0.
    """
    pairs = list(zip(plan.cells, outcomes, strict=True))
    silent = _silent(plan.cells)
    columns = [
        *("run", "family", "experiment", "dataset", "seed"),
        *setting_names(plan.cells),
        *("epochs", "batch_size", "best_epoch"),
        *METRICS,
        *("collapse", "status", "note"),
    ]
    history = [
        {**_key(spec), **row}
        for spec, outcome in pairs
        if isinstance(outcome, CellResult)
        for row in outcome.history
    ]
    found = {name for row in history for name in row}
    known = ["epoch", *(loss for family in FAMILIES.values() for loss in family.losses)]
    first = ["run", "family", "dataset", "seed", *known, "proxy_fid"]
    rest = sorted(found - set(first))
    cells = _frame([_row(spec, outcome, silent) for spec, outcome in pairs], columns)
    epochs = _frame(history, [*(n for n in first if n in found or n in first[:5]), *rest])
    return Tables(cells, epochs, _samples(plan.cells))


def _samples(specs: Iterable[CellSpec]) -> tuple[int, int] | None:
    ways = [
        (spec.evaluation["samples"], spec.selection["samples"]) for spec in specs if spec.evaluation
    ]
    return (min(n for n, __ in ways), min(n for __, n in ways)) if ways else None


def setting_names(specs: Iterable[CellSpec]) -> list[str]:
    """Every setting of the cells but dataset, seed, epochs and batch size, catalog order."""
    specs = list(specs)
    silent = _silent(specs)
    present = {name for spec in specs for name in _settings(spec, silent)}
    ordered = [name for family in FAMILIES.values() for name in family.params]
    extra = sorted(present - set(ordered) - {"family", "dataset", "seed", "epochs", "batch_size"})
    return [name for name in dict.fromkeys(ordered) if name in present] + extra


def _settings(spec: CellSpec, silent: Collection[tuple[str, str]]) -> dict[str, Any]:
    """Return a cell's settings by column; the precision is "arithmetic", as a metric has its name.

    Settings without any effect in the cell (a clipping bound without clipping) are left out,
    and so are the silent ones.
    """
    without = idle(FAMILIES[spec.family].params, spec.params)
    found = {
        name: value
        for name, value in spec.settings.items()
        if name not in without and (spec.family, name) not in silent
    }
    return {"arithmetic" if name == "precision" else name: v for name, v in found.items()}


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
            acting = [point for point in cells if name not in idle(params, point)]
            values = {json.dumps(point.get(name)) for point in acting}
            if len(acting) < len(cells) and len(values) <= 1:
                found.add((family, name))
    return found


def _key(spec: CellSpec) -> dict[str, Any]:
    return {
        "run": spec.name,
        "family": spec.family,
        "experiment": spec.experiment,
        "dataset": spec.dataset,
        "seed": spec.seed,
    }


def _row(
    spec: CellSpec, outcome: Outcome | None, silent: Collection[tuple[str, str]]
) -> dict[str, Any]:
    row = {**_key(spec), **_settings(spec, silent), "status": status(outcome)}
    if isinstance(outcome, CellResult):
        row |= {name: outcome.metrics.get(name) for name in (*METRICS, "best_epoch")}
        row["collapse"] = outcome.details.get("verdict") or None
    if isinstance(outcome, CellFailure):
        row["note"] = first_line(outcome) or "unknown error"
    return row


def _frame(rows: list[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: _column([row.get(name) for row in rows]) for name in columns})


def _column(values: list[Any]) -> pd.Series[Any]:
    """Make a column: integers stay integers beside missing values, lists become JSON."""
    values = [json.dumps(v) if isinstance(v, (list, tuple, dict)) else v for v in values]
    present = [v for v in values if not is_missing(v)]
    if any(isinstance(v, str) for v in present):
        return pd.Series([None if is_missing(v) else v for v in values], dtype="object")
    if present and all(isinstance(v, int) for v in present):
        return pd.Series([pd.NA if is_missing(v) else v for v in values], dtype="Int64")
    return pd.Series([float("nan") if is_missing(v) else v for v in values], dtype="float64")


def to_csv(frame: pd.DataFrame, always: Collection[str] = ALWAYS) -> str:
    """A table as CSV text: full precision, an empty field for what was not measured.

    Columns without a single value are left out unless they are among `always`. Text that a
    spreadsheet would run as a formula gets an apostrophe before it.
    """
    kept = [name for name in frame.columns if name in always or frame[name].notna().any()]
    return frame[kept].map(_harmless).to_csv(index=False, lineterminator="\n")


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
