"""What a reader who reads nothing else should take along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.claims.answers.asked import quality
from labkit.claims.claim import Answer, Sentence
from labkit.claims.finding import known
from labkit.claims.findings.configurations import configurations
from labkit.claims.sentences import voice

if TYPE_CHECKING:
    from labkit.claims.table import Table

#: At most so many lines.
LINES = 5


def conclude(table: Table, answers: Sequence[Answer]) -> tuple[Sentence, ...]:
    """Five lines: the best samples, what made them so, and the points of a report's answers."""
    say, cells = voice(), table.cells
    fid = table.measure("proxy_fid")
    best = [configurations(cells.of(dataset=d), fid) for d in cells.datasets]
    lines: list[Sentence] = say.conclusion.best(known(best), cells)
    for family in cells.families:
        lines += quality(cells.of(family), table).told(most=1)[:1]
    points = []
    for each in answers:
        on = each.point.findings if each.point else ()
        rows = [c for c in each.claims if c.finding.id in on] or each.claims
        if each.point and any(claim.strength != "not measured" for claim in rows):
            text = say.conclusion.point(QUESTIONS[each.question].topic, each.point.text)
            points.append(replace(each.point, text=text))
    said = " ".join(p.text.lower() for p in points)
    lines = [each for each in lines if each.text.lower() not in said]
    converged = say.conclusion.converged(cells)
    keep = LINES - (converged is not None)
    # The answers to the report's questions come before other findings.
    lines = [*lines[:1], *points][:keep] if len(points) >= keep - 1 else [*lines, *points][:keep]
    return (*lines, converged) if converged is not None else tuple(lines)
