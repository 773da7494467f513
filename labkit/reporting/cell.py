"""A cell of the plan and what became of it: for the report's sections and for Python users.

Two tidy tables are made of all cells, a row a cell, and a row a cell and epoch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image as Picture

from labkit.catalog import FAMILIES, METRICS
from labkit.catalog.rules import idle
from labkit.claims.cell import verdict_of
from labkit.claims.sentences import verdicts
from labkit.execution.image_grid import enlarged
from labkit.experiment.spec import CellFailure, CellResult, CellSpec, Outcome
from labkit.store.file_names import SAMPLES
from labkit.text.language import _
from labkit.text.numbers import is_missing, show, slug

if TYPE_CHECKING:
    from labkit.experiment.plan import Plan
    from labkit.store.store import Store

#: An image's file name in a cell: what it shows, and of which epoch.
_NAME = re.compile(r"(?P<shows>\w+)_epoch(?P<epoch>\d+)\.png")
#: Columns every metrics.csv has, measured or not.
ALWAYS = (
    "run", "family", "dataset", "seed", "epochs", "best_epoch", "proxy_fid", "d_loss", "g_loss",
    "total_loss", "recon_loss", "kl_loss", "seconds", "images_per_s", "parameters",
    "peak_memory_mb", "status",
)  # fmt: skip
#: Characters that make a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, repr=False)
class Image:
    """A grid that a cell made: samples, reconstruction, interpolation or the like of an epoch."""

    run: str
    shows: str
    epoch: int
    path: Path

    def array(self) -> NDArray[np.uint8]:
        """The grid as grey values (height, width), 0 is background."""
        with Picture.open(self.path) as picture:
            return np.asarray(picture.convert("L"))

    def __repr__(self) -> str:
        return f"<{self.run}: {self.shows}, epoch {self.epoch}>"

    def _repr_png_(self) -> bytes:
        return enlarged(self.path.read_bytes(), 2)


@dataclass(frozen=True, repr=False)
class Cell:
    """A cell of the plan; nothing is read from the store before it is asked for."""

    spec: CellSpec
    outcome: Outcome | None  # a result, a failure, or None while it is missing
    store: Store

    @property
    def name(self) -> str:
        """``MNIST_GAN_hinge_z64``; with its seed where the plan has several."""
        return self.spec.name

    @property
    def settings(self) -> dict[str, Any]:
        """All that was chosen for it, by name."""
        return self.spec.settings

    @property
    def result(self) -> CellResult | None:
        """What training and measuring gave; None if it failed or is missing."""
        return self.outcome if isinstance(self.outcome, CellResult) else None

    @property
    def status(self) -> str:
        """``done``, ``trained`` (not measured yet), ``failed`` or ``missing``."""
        return status(self.outcome)

    @property
    def error(self) -> str:
        """Why it failed; empty if it did not."""
        return self.outcome.error if isinstance(self.outcome, CellFailure) else ""

    @property
    def absence(self) -> str:
        """Why there are no numbers: "failed: …", "not run yet", or empty if there are."""
        if isinstance(self.outcome, CellFailure):
            return _("failed: {why}", why=first_line(self.outcome) or _("unknown error"))
        return _("not run yet") if self.outcome is None else ""

    @property
    def metrics(self) -> dict[str, Any]:
        """What was measured, by the names of ``metrics.csv``; empty before it is trained."""
        return dict(self.result.metrics) if self.result else {}

    def metric(self, name: str) -> float | None:
        """A metric's value, or None where it was not measured."""
        value = self.result.metrics.get(name) if self.result else None
        return None if is_missing(value) else value

    def detail(self, name: str) -> Any:
        """A measure that is a list or a record, or None."""
        return self.result.details.get(name) if self.result else None

    @property
    def collapse(self) -> str:
        """The mode-collapse verdict in words; "not measured" where there is none."""
        found = verdict_of(self.detail("verdict"))
        return verdicts.told(found.text) if found else show(None)

    @property
    def best_epoch(self) -> int | None:
        """The epoch of the lowest tracking FID, or None where none was tracked."""
        return self.result.metrics.get("best_epoch") if self.result else None

    @property
    def epochs(self) -> Sequence[Mapping[str, Any]]:
        """A record an epoch: losses, proxy FID, gradient norms; empty before it is trained."""
        return self.result.history if self.result else ()

    def at(self, epoch: int, name: str) -> float | None:
        """A value of one epoch, or None where it is not known."""
        value = next((row.get(name) for row in self.epochs if row["epoch"] == epoch), None)
        return None if is_missing(value) else value

    @property
    def history(self) -> pd.DataFrame:
        """`epochs` as a table, a row each."""
        return pd.DataFrame(list(self.epochs))

    def file(self, name: str) -> Path:
        """Where a file of its training lies, e.g. ``images/samples_epoch10.png``."""
        return self.store.train_folder(self.spec) / name

    @property
    def images(self) -> tuple[Image, ...]:
        """Every grid it made, by what it shows and by epoch."""
        found = [
            Image(self.name, match["shows"], int(match["epoch"]), self.file(name))
            for name in (self.result.artifacts if self.result else ())
            if (match := _NAME.fullmatch(Path(name).name))
        ]
        return tuple(sorted(found, key=lambda image: (image.shows, image.epoch)))

    @property
    def best(self) -> tuple[Image, ...]:
        """The grids of its best epoch; of its last where none was the best."""
        epoch = self.best_epoch or max((image.epoch for image in self.images), default=0)
        return tuple(image for image in self.images if image.epoch == epoch)

    def samples(self) -> NDArray[np.uint8]:
        """The images (N, 28, 28) it was measured on, 0 is background; an OSError without any."""
        with np.load(self.store.eval_folder(self.spec) / SAMPLES, allow_pickle=False) as file:
            return np.asarray(file["samples"])

    def __repr__(self) -> str:
        return f"<{self.name}: {self.status}>"

    def _repr_html_(self) -> str:
        from labkit.reporting.render import notebook  # markupsafe, only where pages are made

        return notebook.cell_html(self)


def cells_of(store: Store, plan: Plan) -> tuple[Cell, ...]:
    """The cells of a plan as they ended, in its order."""
    return tuple(
        Cell(spec, store.outcome(spec, plan.sheet_gan(spec)), store) for spec in plan.cells
    )


def status(outcome: Outcome | None) -> str:
    """Return how a cell ended: done, trained (not measured yet), failed or missing."""
    if outcome is None:
        return "missing"
    if isinstance(outcome, CellFailure):
        return "failed"
    return "done" if outcome.measured else "trained"


def first_line(failure: CellFailure) -> str:
    """Why a cell failed, in one line; empty if that is not known."""
    return "".join(failure.error.strip().splitlines()[:1])


def anchor(run: str) -> str:
    """Where a cell's row stands in a report."""
    return f"cell-{slug(run)}"


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
