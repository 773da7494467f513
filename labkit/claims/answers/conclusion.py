"""What a reader who reads nothing else should take along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.claims.answers.asked import quality
from labkit.claims.claim import Answer, Sentence
from labkit.claims.finding import known
from labkit.claims.findings import measured
from labkit.claims.findings.configurations import Configurations, configurations
from labkit.claims.sentences import voice
from labkit.claims.statistics import fmean

if TYPE_CHECKING:
    from labkit.claims.table import Table

#: At most so many lines, and one more where samples were set against real images.
LINES = 5
#: How often samples are told from real images.
TOLD = "two_sample_accuracy"


def conclude(table: Table, answers: Sequence[Answer]) -> tuple[Sentence, ...]:
    """The best samples, how far they are from real, what made them so, and the answers' points."""
    say, cells = voice(), table.cells
    fid = table.measure("proxy_fid")
    best = [configurations(cells.of(dataset=d), fid) for d in cells.datasets]
    lines: list[Sentence] = say.conclusion.best(known(best), cells)
    lines += (told := say.conclusion.told(_told(known(best), table)))
    first = len(lines)
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
    keep = LINES + len(told) - (converged is not None)
    # The answers to the report's questions come before other findings.
    few = len(points) < keep - first
    lines = [*lines, *points][:keep] if few else [*lines[:first], *points][:keep]
    return (*lines, converged) if converged is not None else tuple(lines)


def _told(best: Sequence[Configurations], table: Table) -> dict[str, tuple[float, float | None]]:
    """Data set to how often the samples of its best setting are told from real images.

    The mean over the setting's seeds, and what as many other real images read, if that is known.
    """
    found = {}
    for each in best:
        setting = (c for c in each.cells if c.where[:-1] == each.best.where[:-1])
        values = [m.value for _, m in measured(setting, table.measure(TOLD))]
        if values:
            found[each.dataset] = fmean(values), table.real(TOLD, each.dataset)
    return found
