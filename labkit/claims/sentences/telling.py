"""Which sentences are told, and in which form: the same in every language, which finds the words.

Everything here speaks the language that :func:`labkit.claims.sentences.voice` has now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from labkit.catalog.metrics import METRICS
from labkit.claims.claim import Claim, Sentence, Settle
from labkit.claims.findings.levels import Levels, course
from labkit.claims.sentences import judged, models, voice
from labkit.claims.sentences.numbers import fits

if TYPE_CHECKING:
    from labkit.claims.finding import Finding
    from labkit.claims.findings.families import Families
    from labkit.claims.sentences.judged import Strengths
    from labkit.claims.verdict import Strength

#: A kind of finding to each language's function that states it.
STATEMENTS = {
    "absence": "absence.statement",
    "change": "change.statement",
    "configurations": "evidence.configurations",
    "contrast": "levels.contrast",
    "families": "families.statement",
    "published": "evidence.published",
    "spread": "evidence.spread",
}


def claim(
    question: str, found: Finding, strength: Strength, said: Sentence, settle: Settle | None = None
) -> Claim:
    """A finding with its sentence, and how both came about: a row of the evidence."""
    say = voice()
    why = (say.evidence.missing(found.missing),) if found.missing else ()
    return Claim(
        question, found, strength, said, say.names.scope(found.cells), rule(found, strength),
        say.evidence.difference(found), why, settle,
    )  # fmt: skip


def statement(found: Finding, strength: Strength) -> Sentence:
    """The statement of one finding as a sentence."""
    if found.missing is not None and found.kind != "published":
        said: Sentence = voice().evidence.unmeasured(found, found.missing)
        return said
    state: Callable[..., Sentence] = attrgetter(STATEMENTS[found.kind])(voice())
    return state(found, strength)


def rule(found: Finding, strength: Strength) -> str:
    """How a finding was computed, and how it came to its strength."""
    say, key, reason = voice().evidence, "", ""
    if found.missing is not None:
        key, reason = "missing", say.missing(found.missing)
    elif found.kind == "absence":
        key = "absence"
    elif found.noise is not None:
        key = "told" if strength == "seen once" else found.noise.source
    rules: dict[str, str] = say.RULES
    return rules[key].format(reason=reason, name=found.noise.name if found.noise else "")


def shown(found: Finding, form: str, strength: Strength) -> Sentence:
    """How a finding is told that a statement of some form rests on.

    Of all levels of a setting their course, the best, or the first where no level is better.
    """
    if not isinstance(found, Levels) or found.missing is not None:
        return statement(found, strength)
    if form in ("course", "trades"):
        return along([found], {})[0]
    if METRICS[found.metric].better == ("higher" if found.towards > 0 else "lower"):
        return best([found], dict.fromkeys((c.id for c in found.contrasts), strength))[0]
    said: Sentence = voice().levels.extreme(found)
    return said


def best(
    found: Sequence[Levels], strengths: Strengths, brief: int = 0, beside: Sequence[Levels] = ()
) -> list[Sentence]:
    """Which level was best and by how much, a sentence for data sets that agree.

    Findings are of one factor and metric, one a data set; those not measured are passed over.
    The largest effect stands first. Where it is to be brief, a level that is best everywhere is
    told with the next best (1), on the data set of the largest effect alone (2), without values
    (3). `beside` are findings of another measure by which the best level is last.
    """
    say, each = voice().levels, judged.standings(found, strengths, beside)
    if len(each) > 1 and all(s.alike for s in each):
        return [say.alike(each)]
    if judged.agree(each, strengths):
        two = len(each[0].found.means) == 2
        whole = [say.everywhere(each), *(say.next_best(each, n) for n in (len(each), 1, 0))]
        whole = [say.together(each)] if two else whole[brief : max(2, brief + 1)]
        if said := next(filter(fits, whole), None):
            return [said]
    return [say.alike([s]) if s.alike else say.one(s, strengths) for s in each]


def along(found: Sequence[Levels], strengths: Strengths) -> list[Sentence]:
    """How a measure goes along levels that are numbers: one sentence, if it fits."""
    say = voice().levels
    each = [course(f, strengths) for f in sorted(found, key=lambda f: -f.largest)]
    if not each:
        return []
    open_ = [c.found.id for c in each if judged.open_course(c, strengths)]
    together = say.courses(each, open_)
    return [together] if fits(together) else [say.courses([c], open_) for c in each]


def against(found: Sequence[Families], strengths: Strengths) -> list[Sentence]:
    """Who is ahead on which data set, in as few sentences as the data sets allow."""
    say = voice().families
    return [say.together(each, strengths[each[0].id]) for each in models.alike(found, strengths)]
