"""What a results folder holds, for Python: ``labkit.load("results/lab1")``.

    results = labkit.load("results/lab1")
    results.table                        # pandas: a row a cell
    results.history                      # pandas: a row a cell and epoch
    results.cells["MNIST_GAN_hinge_z64"].images
    results.answers, results.claims      # what the numbers bear, and how sure that is

Nothing is read before it is asked for, and nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.reporting import compare, notebook
from labkit.reporting.language import _, many
from labkit.reporting.render import enlarged
from labkit.reporting.table import Tables, status, tables
from labkit.reporting.view import STATUSES
from labkit.spec import CellFailure, CellResult, CellSpec, Outcome
from labkit.store import Store

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from labkit.plan import Plan
    from labkit.reporting.claims.claim import Answer, Claim

#: An image's file name in a cell: what it shows, and of which epoch.
_NAME = re.compile(r"(?P<view>\w+)_epoch(?P<epoch>\d+)\.png")
#: How much larger a notebook shows an image.
_SCALE = 2


@dataclass(frozen=True, repr=False)
class Image:
    """A grid of images that a cell made at one epoch."""

    run: str
    view: str
    """``samples``, ``reconstruction``, ``interpolation`` and the like."""
    epoch: int
    path: Path

    def array(self) -> NDArray[np.uint8]:
        """The grid as grey values (height, width), 0 is background."""
        import numpy as np
        from PIL import Image as Picture

        with Picture.open(self.path) as picture:
            return np.asarray(picture.convert("L"))

    def __repr__(self) -> str:
        return f"<{self.run}: {self.view}, epoch {self.epoch}>"

    def _repr_png_(self) -> bytes:
        return enlarged(self.path.read_bytes(), _SCALE)


@dataclass(frozen=True, repr=False)
class Cell:
    """A cell of the plan and what became of it."""

    spec: CellSpec
    outcome: Outcome | None
    store: Store

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def status(self) -> str:
        """``done``, ``trained`` (not measured yet), ``failed`` or ``missing``."""
        return status(self.outcome)

    @property
    def error(self) -> str:
        """Why it failed; empty if it did not."""
        return self.outcome.error if isinstance(self.outcome, CellFailure) else ""

    @property
    def settings(self) -> dict[str, Any]:
        """All that was chosen for it, by name."""
        return self.spec.settings

    @property
    def metrics(self) -> dict[str, Any]:
        """What was measured, by the names of ``metrics.csv``; empty before it is done."""
        return dict(self.outcome.metrics) if isinstance(self.outcome, CellResult) else {}

    @property
    def best_epoch(self) -> int | None:
        return self.metrics.get("best_epoch")

    @property
    def history(self) -> pd.DataFrame:
        """A row an epoch: losses, proxy FID, gradient norms."""
        import pandas as pd

        rows = self.outcome.history if isinstance(self.outcome, CellResult) else ()
        return pd.DataFrame(list(rows))

    @property
    def images(self) -> tuple[Image, ...]:
        """Every grid it made, by what it shows and by epoch."""
        names = self.outcome.artifacts if isinstance(self.outcome, CellResult) else {}
        found = [
            Image(self.name, match["view"], int(match["epoch"]), self.store.root / path)
            for name, path in names.items()
            if (match := _NAME.fullmatch(Path(name).name))
        ]
        return tuple(sorted(found, key=lambda image: (image.view, image.epoch)))

    @property
    def best(self) -> tuple[Image, ...]:
        """The grids of its best epoch; of its last where none was the best."""
        epoch = self.best_epoch or max((image.epoch for image in self.images), default=0)
        return tuple(image for image in self.images if image.epoch == epoch)

    def samples(self) -> NDArray[np.uint8]:
        """The images (N, 28, 28) it was measured on, 0 is background.

        Raises:
            OSError: it was not measured, or the store was packed without samples.
        """
        import numpy as np

        with np.load(self.store.eval_folder(self.spec) / "samples.npz", allow_pickle=False) as file:
            images: NDArray[np.uint8] = file["samples"]
        return images

    def __repr__(self) -> str:
        return f"<{self.name}: {self.status}>"

    def _repr_html_(self) -> str:
        return notebook.cell_html(self)


class Results:
    """All results of a store's newest plan."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @cached_property
    def plan(self) -> Plan:
        """What was asked for."""
        return self.store.plan()

    @cached_property
    def cells(self) -> Mapping[str, Cell]:
        """Every cell of the plan by its name, in the plan's order, whatever became of it."""
        plan, store = self.plan, self.store
        outcomes = (store.outcome(spec, plan.yardstick(spec)) for spec in plan.cells)
        return {
            spec.name: Cell(spec, outcome, store)
            for spec, outcome in zip(plan.cells, outcomes, strict=True)
        }

    @cached_property
    def _tables(self) -> Tables:
        return tables(self.plan, [cell.outcome for cell in self.cells.values()])

    @property
    def table(self) -> pd.DataFrame:
        """A row a cell: settings, measures, status; what ``metrics.csv`` holds."""
        return self._tables.cells

    @property
    def history(self) -> pd.DataFrame:
        """A row a cell and epoch; what ``history.csv`` holds."""
        return self._tables.epochs

    @property
    def images(self) -> tuple[Image, ...]:
        """Every grid of every cell."""
        return tuple(image for cell in self.cells.values() for image in cell.images)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The reflection questions, answered from the tables."""
        from labkit.reporting.build import computed
        from labkit.reporting.view import View

        outcomes = tuple(cell.outcome for cell in self.cells.values())
        options = self.plan.settings.get("report", {})
        return computed(
            View(self.plan, outcomes, self._tables, self.store.artifact, options=options)
        )

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every statement the answers rest on, with its verdict, rule and numbers."""
        return tuple(claim for answer in self.answers for claim in answer.claims)

    @property
    def summary(self) -> str:
        """ "18 of 18 cells done", and what became of the others."""
        found = [cell.status for cell in self.cells.values()]
        done = found.count("done")
        said = many("{done} of {n} cell done", "{done} of {n} cells done", len(found), done=done)
        others = [s for s in dict.fromkeys(found) if s != "done"]
        return "; ".join([said, *(f"{found.count(s)} {_(STATUSES[s][0])}" for s in others)])

    def __repr__(self) -> str:
        return f"{self.plan.title}: {self.summary}\n{compare.one(self.table)}"

    def _repr_html_(self) -> str:
        return notebook.results_html(self)
