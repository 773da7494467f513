"""The table as the claims engine sees it: cells with settings and measured values.

A claim depends on nothing but these: not on the order of a table's rows, not on how runs are
called, not on columns that are neither settings nor catalog metrics.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from labkit.catalog.building import DATASETS, REGISTRIES
from labkit.catalog.families import FAMILIES
from labkit.catalog.metrics import METRICS
from labkit.catalog.report import QUESTIONS
from labkit.claims.cell import NONE, Block, Cell, Level, Measured, verdict_of
from labkit.text.numbers import is_missing

if TYPE_CHECKING:
    import pandas as pd

#: Settings of every training that are no parameter of a family.
TRAINING = ("epochs", "batch_size")
#: Conditions of a run: values are compared only where they agree, but nobody asks what they do.
CONDITIONS = ("source", "limit", "arithmetic")
#: Settings in which "none" is a choice with a name, not the lack of a setting.
CHOICES_OF_NONE = ("constraint", "norm", "d_norm")
#: Settings that published tables and own models name although no family lists them.
EXTRA = (
    "constraint", "network", "regularised", "optimizer", "optimiser", "beta", "dropout",
    "batch_norm", "spectral_norm", "label_smoothing", "ema", "conditional", "initialisation",
)  # fmt: skip
#: Columns of a row that are neither settings nor metrics.
KEYS = ("run", "family", "dataset", "seed", "status", "collapse", "best_epoch")
#: With those of labkit's own table that no claim uses. Any other column of that is taken for a
#: setting: two cells that differ in it are not compared.
NO_SETTING = {*KEYS, "experiment", "note"}
#: Column prefix for a value at the first epoch, as published tables often give it.
INITIAL = "initial_"
Groups = dict[tuple[int, Block], dict[Level, Cell]]
"""Cells by seed and block, then by the level of the factor at hand."""
Shares = Mapping[str, Mapping[str, tuple[float, float]]]
"""Run to class to its share of the samples and of real images."""


@dataclass(frozen=True)
class Cells:
    """Some cells of one table, in an order of their own."""

    rows: tuple[Cell, ...]
    # What was asked for before: claims ask for the same parts again and again.
    _parts: dict[Any, Cells] = field(default_factory=dict, init=False, repr=False, compare=False)
    _groups: dict[str, Groups] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.rows)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Families present, in catalog order."""
        return _ordered({c.family for c in self.rows}, FAMILIES)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Data sets present, in catalog order."""
        return _ordered({c.dataset for c in self.rows}, DATASETS)

    @cached_property
    def levels(self) -> dict[str, tuple[Level, ...]]:
        """Every setting of these cells and its levels, numbers in numeric order."""
        found: dict[str, set[Level]] = {}
        for cell in self.rows:
            for name, level in cell.settings.items():
                found.setdefault(name, set()).add(level)
        return {name: in_order(name, found[name]) for name in _ordered(found, known_settings())}

    @cached_property
    def settings(self) -> dict[str, list[Cell]]:
        """Cells by their names without seeds."""
        found: dict[str, list[Cell]] = {}
        for cell in self.rows:
            found.setdefault(cell.seedless, []).append(cell)
        return found

    @cached_property
    def factors(self) -> dict[str, tuple[Level, ...]]:
        """What was varied: two levels or more of what is no condition or unknown column."""
        names = set(known_settings()) - set(CONDITIONS)
        return {n: ls for n, ls in self.levels.items() if n in names and len(ls) > 1}

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted({c.seed for c in self.rows}))

    def of(self, family: str = "", dataset: str | None = None, seed: int | None = None) -> Cells:
        """The cells of a family, a data set and a seed (each only if given)."""
        key = (family, dataset, seed)
        if key not in self._parts:
            some = self.filter(lambda c: family in ("", c.family) and seed in (None, c.seed))
            self._parts[key] = some.filter(lambda c: dataset in (None, c.dataset))
        return self._parts[key]

    def telling(self, found: Cell) -> list[str]:
        """The fewest settings, in their usual order, that tell a cell's setting from all others."""
        rows = [c for c in self if c.family == found.family]
        varied = [n for n in self.factors if n in found.settings and n not in CONDITIONS]
        # "none" may be a choice, which has a name, or the lack of a setting, which has none.
        spoken = [n for n in varied if found.settings[n] != NONE or n in CHOICES_OF_NONE]
        kept: list[str] = []
        groups = 1
        for name in spoken or varied:
            split = len({tuple(str(c.settings.get(n)) for n in (*kept, name)) for c in rows})
            if split > groups:
                kept.append(name)
                groups = split
        return kept

    def groups(self, factor: str) -> Groups:
        """The cells that have a factor, by seed and by all their settings but the factor."""
        if factor not in self._groups:
            found: Groups = {}
            for cell in self.rows:
                if factor in cell.settings:
                    block = tuple(item for item in cell.where if item[0] not in (factor, "seed"))
                    found.setdefault((cell.seed, block), {})[cell.settings[factor]] = cell
            self._groups[factor] = found
        return self._groups[factor]

    def filter(self, keep: Callable[[Cell], bool]) -> Cells:
        return Cells(tuple(c for c in self.rows if keep(c)))


def known_settings() -> tuple[str, ...]:
    """Every column that is a setting, in the order factors are spoken of."""
    params = [name for family in FAMILIES.values() for name in family.params]
    asked = [name for question in QUESTIONS.values() for name in question.factors]
    return tuple(dict.fromkeys([*params, *asked, *EXTRA, *TRAINING, *CONDITIONS]))


def in_order(factor: str, levels: Iterable[Level]) -> tuple[Level, ...]:
    """Levels as a reader expects them: numbers by size, names in catalog order."""
    found = list(levels)
    if all(isinstance(v, (int, float)) for v in found):
        return tuple(sorted(found))
    for family in FAMILIES.values():
        param = family.params.get(factor)
        if param is not None and param.choices:
            return _ordered(found, REGISTRIES.get(param.choices, {}))
    return tuple(sorted(found, key=lambda v: (v != NONE, _sortable(v))))


def make_cells(rows: Iterable[Cell]) -> Cells:
    """Cells in their own order; a setting that only others of their family have is *none*."""
    found = list(rows)
    names: dict[str, set[str]] = {}
    for cell in found:
        names.setdefault(cell.family, set()).update(cell.settings)
    for i, cell in enumerate(found):
        if len(cell.settings) < len(every := sorted(names[cell.family])):
            found[i] = replace(cell, settings={n: cell.settings.get(n, NONE) for n in every})
    return Cells(tuple(sorted(found, key=lambda c: [(n, _sortable(v)) for n, v in c.where])))


def from_frame(
    frame: pd.DataFrame, epochs: pd.DataFrame | None = None, shares: Shares | None = None
) -> Cells:
    """The cells of a tidy table.

    It has a row a cell, as :func:`labkit.reporting.cell.tables` makes it: catalog metrics,
    `NO_SETTING`, and settings. NaN, NA, None and absent columns all mean *not measured*; so do
    values that are not finite. `epochs` has a row a cell and epoch, with ``run`` and ``epoch``.
    """
    first, last = _end(epochs, "first"), _end(epochs, "last")
    rows = []
    for record in frame.to_dict("records"):
        row = {str(name): value for name, value in record.items() if not is_missing(value)}
        run, settings = str(row.get("run", "")), row.keys() - METRICS.keys() - NO_SETTING
        rows.append(
            Cell(
                run=run,
                family=str(row.get("family", "")),
                dataset=str(row.get("dataset", "")),
                seed=int(row.get("seed", 0)),
                settings={name: as_level(row[name]) for name in sorted(settings)},
                metrics=_measures(row),
                status=str(row.get("status", "")),
                collapse=verdict_of(str(row.get("collapse", ""))),
                shares=(shares or {}).get(run, {}),
                best_epoch=int(row["best_epoch"]) if "best_epoch" in row else None,
                first=first.get(run, {}),
                last=last.get(run, {}),
            )
        )
    return make_cells(rows)


def _end(epochs: pd.DataFrame | None, end: Literal["first", "last"]) -> dict[str, Any]:
    """The measured values of every run's first or last epoch."""
    if epochs is None or not len(epochs):
        return {}
    rows = epochs.sort_values("epoch", kind="stable").drop_duplicates("run", keep=end)
    return {str(row["run"]): _measures(row) for row in rows.to_dict("records")}


def _measures(row: Mapping[Any, Any]) -> dict[str, Measured]:
    """The metrics of a row that are finite numbers."""
    found = {}
    for name in METRICS:
        value: Any = row.get(name)
        if not (is_missing(value) or isinstance(value, str)) and math.isfinite(value):
            found[name] = Measured(float(value))
    return found


def as_level(value: Any) -> Level:
    """A setting's value in one spelling: 64.0 is 64, a JSON list is a tuple."""
    if isinstance(value, str):
        text = value.strip()
        with suppress(ValueError):
            return as_level(json.loads(text)) if text.startswith("[") else text
        return text
    if isinstance(value, (list, tuple)):
        return tuple(as_level(v) for v in value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value if isinstance(value, (bool, int, float)) else str(value)


def _ordered(found: Iterable[Any], known: Collection[Any]) -> tuple[Any, ...]:
    """Keys in the order in which they are known, the others after them."""
    places = {key: place for place, key in enumerate(known)}
    return tuple(sorted(found, key=lambda key: (places.get(key, len(places)), str(key))))


def _sortable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, (bool, int, float)):
        return (0, float(value), "")
    return (1, 0.0, str(value))
