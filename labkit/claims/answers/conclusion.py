"""What a reader who reads nothing else should take along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.claims.answers.quality import quality
from labkit.claims.findings.configurations import configurations
from labkit.claims.measure import first_measured
from labkit.claims.sentences import voice

if TYPE_CHECKING:
    from labkit.claims.claim import Answer, Sentence
    from labkit.claims.table import Table

#: At most so many lines.
LINES = 5
#: Measures of what a family's best cell is told by.
METRIC = "proxy_fid"


def conclude(table: Table, answers: Sequence[Answer]) -> tuple[Sentence, ...]:
    """Five lines: the best samples, what made them so, what the questions' answers are.

    Args:
        table: the cells.
        answers: to the report's questions; their points are quoted in their order.
    """
    say, cells = voice(), table.cells
    lines: list[Sentence] = []
    if first_measured([METRIC], cells):
        best = [configurations(cells.of(dataset=d), table.measure(METRIC)) for d in cells.datasets]
        lines += say.conclusion.best([b for b in best if b.order], table.cells)
    for family in cells.families:
        found = quality(cells.of(family), table)
        for factor in found.largest_first[:1]:
            lines += say.levels.best(found.by_factor[factor], found.strengths)[:1]
    converged = say.conclusion.converged(cells)
    points = [_point(a) for a in answers if a.point is not None and not _unmeasured(a)]
    said = " ".join(p.text.lower() for p in points)
    lines = [each for each in lines if each.text.lower() not in said]
    keep = LINES - (converged is not None)
    # The answers to the report's questions come before other findings.
    lines = [*lines[:1], *points][:keep] if len(points) >= keep - 1 else [*lines, *points][:keep]
    return (*lines, converged) if converged is not None else tuple(lines)


def _point(answer: Answer) -> Sentence:
    """An answer's point with what it answers in front."""
    assert answer.point is not None
    said = voice().conclusion.point(QUESTIONS[answer.question].topic, answer.point.text)
    return replace(answer.point, text=said)


def _unmeasured(answer: Answer) -> bool:
    """Whether the answer's point rests on nothing that was measured."""
    on = answer.point.findings if answer.point else ()
    found = [c for c in answer.claims if c.finding.id in on] or answer.claims
    return all(claim.strength == "not measured" for claim in found)
