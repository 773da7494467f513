"""The claims engine: a table in, answers out that say only what the table bears.

    answers = answers_of(table_of(cells))      # of a tidy table, a row a cell
    answers[0].paragraph                       # what a student may defend
    answers[0].claims[0].strength              # clear | beyond usual | level | within noise | ...

Three layers, each readable without the others: :mod:`.findings` are numbers alone,
:mod:`.verdict` says what may be concluded from them, :mod:`.sentences` says both in words.
:mod:`.answers` chooses, for each question, the few findings that answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.claims.answers import answer, questions_for
from labkit.claims.answers.conclusion import conclude
from labkit.claims.cells import Shares, from_frame
from labkit.claims.claim import Answer, Claim, Published, Sentence
from labkit.claims.measure import Samples
from labkit.claims.table import Resume, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Answer",
    "Claim",
    "Published",
    "Sentence",
    "Table",
    "answers_of",
    "conclude",
    "table_of",
]


def table_of(
    cells: pd.DataFrame,
    epochs: pd.DataFrame | None = None,
    *,
    published: Sequence[Published] = (),
    resume: Resume | None = None,
    borrow: bool = True,
    shares: Shares | None = None,
) -> Table:
    """A table of labkit's own measuring, as the engine takes it.

    Args:
        cells: a row a cell, as :func:`labkit.reporting.cell.tables` makes it. A metric
            that is absent, or NaN, was not measured. ``cells.attrs["samples"]`` says how many
            samples were measured with (:class:`Samples`), if not labkit's usual number.
        epochs: a row a cell and epoch, for what changed during training; optional.
        published: values to compare with.
        resume: makes the command that gives some runs (names without seeds) a number of seeds, or
            none; by default ``labkit run --seeds N --only GLOB``.
        borrow: whether noise may come from repeated trainings that come with labkit.
        shares: what each run's samples are classified as.
    """
    said = cells.attrs.get("samples")
    samples = said if isinstance(said, Samples) else Samples()
    return Table(from_frame(cells, epochs, shares), samples, borrow, tuple(published), resume)


def answers_of(table: Table, questions: Sequence[str] | None = None) -> tuple[Answer, ...]:
    """The answers to the questions given by their keys, or to those a table calls for.

    KeyError for an unknown question.
    """
    keys = questions_for(table.cells, bool(table.published)) if questions is None else questions
    return tuple(answer(key, table) for key in keys)
