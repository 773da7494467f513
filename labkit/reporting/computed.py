"""Run the claims engine on a view's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.claims import Answer, answer_questions
from labkit.claims.measure import Samples
from labkit.reporting.sections import published
from labkit.reporting.table import Tables
from labkit.reporting.view import View

if TYPE_CHECKING:
    import pandas as pd


def computed(view: View) -> tuple[Answer, ...]:
    """Answer the experiment file's questions, or else those that the tables can answer."""
    return answer_questions(
        for_claims(view.tables),
        view.tables.epochs,
        questions=view.options.get("questions") or None,
        references=published.for_claims(view),
    )


def for_claims(found: Tables) -> pd.DataFrame:
    """Return the table of cells for the engine, with its numbers of samples in ``attrs``."""
    cells = found.cells.copy(deep=False)
    cells.attrs["samples"] = Samples(*(found.samples or ()))
    return cells
