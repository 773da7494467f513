"""The claims engine: a table in, statements out that say only what the table bears.

    answers = answer_questions(cells)          # a tidy table, a row a cell
    answers[0].paragraph                       # what a student may defend
    answers[0].claims[0].verdict               # supported | not supported | ...

The path of a claim: :mod:`.cells` reads the table; :mod:`.contrasts` pairs cells that
differ in one factor; a function of :mod:`.predicates` finds whether a statement holds in
these rows and how large its effect is; :mod:`.judge` decides, all statements of a
question together; :mod:`.texts` has the words. A question of :mod:`.questions` chooses
the statements and joins them to a paragraph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from labkit.claims.cells import Cells, from_frame
from labkit.claims.claim import MARKS, Answer, Claim, Reference, Sentence, Settle, Verdict
from labkit.claims.judge import Context
from labkit.claims.measure import Samples, samples_of
from labkit.claims.questions import answer, applicable, questions_for
from labkit.claims.texts import Words

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MARKS",
    "Answer",
    "Claim",
    "Reference",
    "Samples",
    "Sentence",
    "Settle",
    "Verdict",
    "answer_cells",
    "answer_questions",
    "applicable",
]

Resume = Callable[[Sequence[str], int], str]


def answer_questions(
    cells: pd.DataFrame,
    epochs: pd.DataFrame | None = None,
    *,
    questions: Sequence[str] | None = None,
    references: Sequence[Reference] = (),
    resume: Resume | None = None,
) -> tuple[Answer, ...]:
    """Answer the reflection questions a table of cells calls for.

    Args:
        cells: a row a cell, as :func:`labkit.reporting.table.tables` makes it. A metric
            that is absent, or NaN, was not measured. ``cells.attrs["samples"]`` says how many
            samples were measured with (:class:`Samples`), if not labkit's usual number.
        epochs: a row a cell and epoch, for what changed during training; optional.
        questions: catalog keys to answer instead of those that apply.
        references: published values to compare with.
        resume: makes the command that gives some runs (names without seeds) a number of
            seeds; None: ``labkit run --seeds N --only GLOB``. An empty answer leaves the
            command out.

    Raises:
        KeyError: an unknown question.
    """
    return answer_cells(
        from_frame(cells, epochs),
        questions=questions,
        references=references,
        resume=resume,
        samples=samples_of(cells),
    )


def answer_cells(
    cells: Cells,
    *,
    questions: Sequence[str] | None = None,
    references: Sequence[Reference] = (),
    resume: Resume | None = None,
    samples: Samples | None = None,
) -> tuple[Answer, ...]:
    """The same for cells already read; see :func:`answer_questions`.

    Args:
        samples: how many labkit measured the values with; None where it did not. A proxy FID
            from elsewhere may be on another scale, to which its calibration does not apply.
    """
    context = Context(cells, Words(), resume, tuple(references), samples)
    keys = questions_for(cells, bool(references)) if questions is None else questions
    return tuple(answer(key, cells, context) for key in keys)
