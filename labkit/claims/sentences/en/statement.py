"""Somebody's statement with what the table shows, in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.catalog.metrics import METRICS
from labkit.claims.findings.levels import Levels
from labkit.claims.findings.statement import Statement
from labkit.claims.sentences.en import courses, evidence, levels
from labkit.claims.sentences.numbers import Numbers

if TYPE_CHECKING:
    from labkit.claims.claim import Sentence
    from labkit.claims.finding import Finding
    from labkit.claims.verdict import Strength

#: Before what the table shows, where that is not what was stated.
AGAINST = {"refuted": "this does not hold: ", "": "not so in these runs: "}


def checked(found: Finding, strength: Strength) -> Sentence:
    """What the table shows of a statement, as a sentence."""
    if not isinstance(found, Statement) or found.missing is not None:
        return evidence.statement(found, strength)
    said = "seen once" if strength == "refuted" else strength
    shown = [_shown(each, found.form, said) for each in found.shows]
    text = "; ".join(_joined(s.text, i) for i, s in enumerate(shown)) + "."
    front = ""
    if found.here == "no":
        front = AGAINST.get(strength, AGAINST[""])
        text = text[0].lower() + text[1:] if text[1:2].islower() else text
    n = Numbers()
    for each in shown:
        n.numbers |= each.numbers
        n.shown |= each.shown
    return n.sentence(front + text, found.shows)


def _joined(text: str, place: int) -> str:
    text = text.rstrip(".")
    return text[0].lower() + text[1:] if place and text[1:2].islower() else text


def _shown(found: Finding, form: str, strength: Strength) -> Sentence:
    if isinstance(found, Levels) and found.missing is None:
        if form in ("course", "trades"):
            return courses.course([found], {})[0]
        if METRICS[found.metric].better != ("higher" if found.towards > 0 else "lower"):
            return levels.extreme(found)
        return levels.best([found], dict.fromkeys((c.id for c in found.contrasts), strength))[0]
    return evidence.statement(found, strength)
