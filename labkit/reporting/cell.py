"""A cell of the plan and what became of it: for the report's sections and for Python users."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image as Picture

from labkit.claims.cell import verdict_of
from labkit.execution.image_grid import enlarged
from labkit.experiment.spec import CellFailure, CellResult, CellSpec, Outcome
from labkit.store.file_names import SAMPLES
from labkit.store.layout import Layout
from labkit.text.language import _
from labkit.text.numbers import is_missing, show, slug

if TYPE_CHECKING:
    from labkit.experiment.plan import Plan
    from labkit.store.store import Store

#: An image's file name in a cell: what it shows, and of which epoch.
_NAME = re.compile(r"(?P<shows>\w+)_epoch(?P<epoch>\d+)\.png")


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
    store: Layout

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
        if found and found.state == "absent" and found.n is not None:
            return _("none detected at N={n}", n=f"{found.n:,}")
        return found.text if found else show(None)

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
        return self.store.artifact(self.spec, name)

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
