"""Run the claims engine on a view's tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from labkit.catalog import DATASETS
from labkit.claims import Answer, Sentence, Shares, Table, answers_of, conclude, table_of
from labkit.claims.measure import Samples
from labkit.reporting.sections import published
from labkit.reporting.view import View
from labkit.text import notation


@dataclass(frozen=True)
class Computed:
    """The answers to a report's questions, and its conclusion."""

    table: Table
    """What they were computed from."""
    answers: tuple[Answer, ...]
    conclusion: tuple[Sentence, ...]


def computed(view: View) -> Computed:
    """An answer to each question: the file's, or those that suit the tables."""
    cells = view.tables.cells.copy(deep=False)
    if measured := [spec for spec in view.plan.cells if spec.evaluation]:
        samples = min(spec.evaluation["samples"] for spec in measured)
        tracking = min(spec.selection["samples"] for spec in measured)
        cells.attrs["samples"] = Samples(samples, tracking)
    references, borrow = published.for_claims(view), view.options.get("reference", True)
    table = table_of(
        cells, view.tables.epochs, published=references, borrow=borrow, shares=_shares(view)
    )
    said = notation.numbers(json.dumps(view.plan.settings))
    stated = sorted({float(each.number) for each in said if each.number is not None})
    table = replace(table, stated=(*stated, *view.plan.snapshot_epochs))
    answers = answers_of(table, view.options.get("questions") or None)
    return Computed(table, answers, conclude(table, answers))


def _shares(view: View) -> Shares:
    """Run to class to its share of the samples and of real images, as the evaluation has them."""
    found = {}
    for cell in view.cells:
        shares, real = cell.detail("class_shares"), cell.detail("class_shares_real")
        names = DATASETS[cell.spec.dataset].classes
        if shares and real and len(names) == len(shares):
            rows = zip(names, shares, real, strict=True)
            found[cell.name] = {name: (float(a), float(b)) for name, a, b in rows}
    return found
