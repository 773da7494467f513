"""Which questions a table calls for, and who answers them: a module a question.

The questions themselves stand in :data:`labkit.catalog.QUESTIONS`; each names the function that
answers it, ``answer(key, table) -> Answer``. A question without one (a course's own) gets a
heading and no computed answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS, Question, own_question, resolve, words_of
from labkit.claims.cells import Cells
from labkit.claims.claim import Answer
from labkit.text.language import _

if TYPE_CHECKING:
    from labkit.claims.table import Table

Levels = Mapping[str, Mapping[str, Collection[object]]]
"""Family to setting to the levels it has in a grid."""


def applicable(
    grid: Levels, references: bool = False, first_values: bool = False
) -> tuple[str, ...]:
    """The questions that a grid calls for, those on published or first values only where given."""
    there = {"": True, "references": references, "first_values": first_values}
    return tuple(k for k, each in QUESTIONS.items() if there[each.needs] and _applies(each, grid))


def _applies(question: Question, grid: Levels) -> bool:
    asked = [f for f in grid if f in question.families or not question.families]
    if not asked or (question.every_family and len(asked) < len(question.families)):
        return False
    found = [set(grid[f].get(name, ())) for f in asked for name in question.factors]
    return not question.factors or any(
        len(levels) >= question.levels and (not question.among or levels & set(question.among))
        for levels in found
    )


def questions_for(cells: Cells, references: bool = False) -> tuple[str, ...]:
    """The questions a table calls for."""
    grid = {family: cells.of(family).levels for family in cells.families}
    return applicable(grid, references, any(c.from_table for c in cells))


def answer(key: str, table: Table) -> Answer:
    """One question, answered; of a course's own, the words alone; `KeyError` of no question."""
    target = "" if own_question(key) else QUESTIONS[key].target
    if not target:
        return Answer(key, _(words_of(key)))
    found: Answer = resolve(target)(key, table)
    return found
