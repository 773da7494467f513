"""Run the claims engine on a view's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.catalog import DATASETS
from labkit.claims import Answer, Sentence, Table, answers_of, conclude, table_of
from labkit.claims.measure import Samples
from labkit.reporting.sections import published
from labkit.reporting.view import View

if TYPE_CHECKING:
    from labkit.claims import Shares


@dataclass(frozen=True)
class Computed:
    """The answers to a report's questions, and its conclusion."""

    table: Table
    """What they were computed from."""
    answers: tuple[Answer, ...]
    conclusion: tuple[Sentence, ...]


def computed(view: View) -> Computed:
    """An answer to each question: the file's, or those that suit the tables."""
    table = claims_table(view)
    answers = answers_of(table, view.options.get("questions") or None)
    return Computed(table, answers, conclude(table, answers))


def claims_table(view: View) -> Table:
    """The table of cells as the engine takes it: with the samples behind it, and class shares."""
    cells = view.tables.cells.copy(deep=False)
    cells.attrs["samples"] = Samples(*(view.tables.samples or ()))
    return table_of(
        cells, view.tables.epochs, published=published.for_claims(view),
        borrow=view.options.get("reference", True), shares=_shares(view),
    )  # fmt: skip


def _shares(view: View) -> Shares:
    """Run to class to its share of the samples and of real images, as the evaluation has them."""
    found = {}
    for cell in view.cells:
        shares, real = cell.detail("class_shares"), cell.detail("class_shares_real")
        names = DATASETS[cell.spec.dataset].classes
        if shares and real and len(names) == len(shares):
            rows = zip(names, shares, real, strict=True)
            found[cell.spec.name] = {name: (float(a), float(b)) for name, a, b in rows}
    return found
