"""What a results folder holds, for Python: ``labkit.load("results/lab1")``.

    results = labkit.load("results/lab1")
    results.table                        # pandas: a row a cell
    results.history                      # pandas: a row a cell and epoch
    results.cells["MNIST_GAN_hinge_z64"].images
    results.answers, results.claims      # what the numbers bear, and how sure that is

Nothing is read before it is asked for, and nothing is written.
"""

from collections.abc import Mapping
from functools import cached_property

import pandas as pd

from labkit.claims import Answer, Claim
from labkit.experiment.plan import Plan
from labkit.reporting.build import computed
from labkit.reporting.cell import Cell, Image
from labkit.reporting.compare import table as compare
from labkit.reporting.render import notebook
from labkit.reporting.view import View, read_view
from labkit.store.store import Store


class Results:
    """All results of a store's newest plan."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @cached_property
    def plan(self) -> Plan:
        """What was asked for."""
        return self.store.plan()

    @cached_property
    def _view(self) -> View:
        return read_view(self.store, self.plan)

    @cached_property
    def cells(self) -> Mapping[str, Cell]:
        """Every cell of the plan by its name, in the plan's order, failed and missing ones too."""
        return {cell.name: cell for cell in self._view.in_order}

    @property
    def table(self) -> pd.DataFrame:
        """A row a cell: settings, measures, status; what ``metrics.csv`` holds."""
        return self._view.tables.cells

    @property
    def history(self) -> pd.DataFrame:
        """A row a cell and epoch; what ``history.csv`` holds."""
        return self._view.tables.epochs

    @property
    def images(self) -> tuple[Image, ...]:
        """Every grid of every cell."""
        return tuple(image for cell in self.cells.values() for image in cell.images)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The reflection questions, answered from the tables."""
        return computed(self._view).answers

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every statement the answers rest on, with its strength, rule and numbers."""
        return tuple(claim for answer in self.answers for claim in answer.claims)

    @property
    def summary(self) -> str:
        """ "18 of 18 cells done", and what became of the others."""
        return self._view.all_done

    def __repr__(self) -> str:
        return f"{self.plan.title}: {self.summary}\n{compare.one(self.table)}"

    def _repr_html_(self) -> str:
        """The heading, the table and the best samples, as a notebook shows them."""
        view = self._view
        best = [view.best(family, name) for family in view.families for name in view.datasets]
        rows = compare.main_rows(self.table)
        return notebook.results_html(self.plan.title, self.summary, rows, filter(None, best))
