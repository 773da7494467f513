"""What may be concluded from a finding: one strength each, for all findings of a question.

The first rule that matches decides:

===============  =======================================================================
not measured     the metric or factor is absent, constant or not comparable
seen once        no noise is known: the finding tells of these runs alone
clear            beyond the table's own noise
beyond usual     beyond the noise of repeated trainings that labkit brings along
level            nothing worth calling a difference can be there, or other samples of the
                 same weights could have made it
within noise     ahead, but not beyond the noise
refuted          of somebody's statement: what contradicts it is clear or beyond usual
===============  =======================================================================

*Beyond* means that Student's t test, corrected by Holm for all that the question tests,
calls the difference at 5 %. What a question tests is fixed before any value is read: all pairs
of levels of each factor on its primary measure, on all data sets, and families against each
other. Everything else is told as counts and sizes and is never *clear*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from labkit.claims.statistics import holm

if TYPE_CHECKING:
    from labkit.claims.finding import Finding

Strength = Literal[
    "clear", "beyond usual", "level", "within noise", "seen once", "refuted", "not measured"
]
Verdict = Literal["supported", "not supported", "inconclusive", "not measured"]

#: Strengths from which something follows beyond the runs at hand.
FIRM: tuple[Strength, ...] = ("clear", "beyond usual")


def judge(tested: Sequence[Finding], told: Sequence[Finding] = ()) -> dict[str, Strength]:
    """The strength of each finding of a question, tested or told beside the tests, by its id."""
    survives = holm([f.p for f in tested])
    found = {f.id: strength(f, ok) for f, ok in zip(tested, survives, strict=True)}
    # What is not tested is told as counts and sizes, whatever is known of its noise.
    alone = {f.id: strength(replace(f, noise=None), False) for f in told if f.id not in found}
    return found | alone


def strength(finding: Finding, survives: bool) -> Strength:
    """The strength of one finding, given whether its test among its question's survives."""
    if finding.missing is not None or finding.here is None:
        return "not measured"
    if finding.noise is None:
        return "seen once"
    if survives and finding.here != "tie":
        firm: Strength = "clear" if finding.noise.source == "own" else "beyond usual"
        return "refuted" if finding.here == "no" else firm
    return "level" if finding.level else "within noise"


def weakest(strengths: Sequence[Strength]) -> Strength:
    """The strength of a sentence that rests on several findings."""
    order: tuple[Strength, ...] = (
        "not measured", "seen once", "within noise", "level", "refuted", "beyond usual", "clear",
    )  # fmt: skip
    return min(strengths, key=order.index)


def verdict(found: Strength) -> Verdict:
    """The formal verdict of a strength, as programs read it."""
    said: dict[Strength, Verdict] = {"clear": "supported", "refuted": "not supported"}
    return "not measured" if found == "not measured" else said.get(found, "inconclusive")
