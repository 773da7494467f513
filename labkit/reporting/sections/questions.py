"""Section 8: the questions, the student's answers, and what the table says to them."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.claims.claim import Answer, Claim
from labkit.claims.texts import number_name
from labkit.reporting.blocks import (
    Evidence,
    Headline,
    Paragraph,
    Reflection,
    Section,
    Sentence,
)
from labkit.reporting.student.reflections import Students
from labkit.reporting.view import View
from labkit.text.language import N_, _, many
from labkit.text.numbers import show, slug

#: Whether a statement holds in the table at hand.
_HERE = {"yes": N_("yes"), "no": N_("no"), "tie": N_("tie")}

TITLE = N_("Reflection Questions & Data-Driven Answers")


def reflection(view: View, answers: Sequence[Answer], student: Students) -> Section:
    """The section of questions.

    Args:
        view: the report's material; ``options["answers"]`` is ``prose``, ``evidence`` or ``off``.
        answers: what was computed, one for each question that applies, in their order.
        student: the student's own words.
    """
    wanted = view.options.get("answers", "prose")
    author = view.plan.author.get("name", "")
    sections = []
    for i, answer in enumerate(answers, 1):
        words = student.answers.get(answer.question, ())
        block = Reflection(
            author,
            words,
            _sentences(answer) if wanted == "prose" else (),
            tuple(map(_evidence, answer.claims)) if wanted != "off" else (),
            f"evidence-{slug(answer.question)}",
        )
        anchor = f"question-{slug(answer.question)}"
        sections.append(Section(anchor, f"{i}. {answer.heading}", (block,)))
    asked = {answer.question for answer in answers}
    for k, (heading, words) in enumerate(student.remarks(asked), 1):
        block = Reflection(author, words, (), ())
        sections.append(Section(f"remark-{k}", heading, (block,)))
    intro = (Paragraph(_reading(view)),) if wanted != "off" else ()
    return Section("reflection", _(TITLE), intro, tuple(sections))


def headlines(view: View, answers: Sequence[Answer]) -> tuple[Headline, ...]:
    """The first sentence of each question that states a claim, with every verdict in it."""
    if view.options.get("answers", "prose") == "off":
        return ()
    lines = []
    for answer in answers:
        alone = (_sentence(claim.text, (claim,)) for claim in answer.claims[:1])
        sentences = _sentences(answer) or tuple(alone)
        if sentences:
            first = next((each for each in sentences if each.claims), sentences[0])
            href = f"#question-{slug(answer.question)}"
            lines.append(Headline(first.text, href, first.verdicts))
    return tuple(lines)


def _sentences(answer: Answer) -> tuple[Sentence, ...]:
    """The computed paragraph, each sentence with its claims."""
    found = {claim.id: claim for claim in answer.claims}
    return tuple(
        _sentence(each.text, tuple(found[c] for c in each.claims if c in found))
        for each in answer.sentences
    )


def _sentence(text: str, claims: tuple[Claim, ...]) -> Sentence:
    verdicts = dict.fromkeys((claim.mark, claim.verdict) for claim in claims)
    return Sentence(text, claims, tuple(verdicts))


def _reading(view: View) -> str:
    said = _(
        "Under each question stand the author's own words first, then what labkit computed from "
        "the results table. A verdict says what may be concluded: ✓ supported, beyond these runs; "
        "✗ not supported, these runs contradict it; ? inconclusive; – not measured."
    )
    seeds = view.seeds_said
    if view.several_seeds:
        return said + " " + _("It rests on {seeds}.", seeds=seeds)
    return said + " " + _("“Supported” needs three seeds; here there is {seeds}.", seeds=seeds)


def _evidence(claim: Claim) -> Evidence:
    rests = (
        many("{n} seed", "{n} seeds", claim.n_seeds),
        many("{n} block", "{n} blocks", claim.n_blocks),
        many("{n} run", "{n} runs", len(claim.runs)),
    )
    unit = f" {_(claim.unit)}" if claim.unit else ""
    low, high = map(show, claim.interval or ("", ""))
    facts = (
        (_("Scope"), claim.scope),
        (_("In these runs"), _(_HERE[claim.in_these_runs]) if claim.in_these_runs else ""),
        (_("Estimate"), f"{show(claim.estimate)}{unit}" if claim.estimate is not None else ""),
        (_("95 % interval"), f"[{low}, {high}]{unit}" if claim.interval else ""),
        (_("Margin"), f"{show(claim.margin)}{unit}" if claim.margin else ""),
        (_("Rests on"), ", ".join(rests) if claim.runs else ""),
        (_("Rule"), claim.rule),
        (_("Reasons"), "; ".join(claim.reasons)),
        (_("Counter-examples"), "; ".join(claim.counterexamples)),
        (_("Could be settled by"), claim.settle.text if claim.settle else ""),
    )
    numbers = (
        (number_name(name), claim.shown.get(name, show(value, 6)))
        for name, value in claim.numbers.items()
    )
    return Evidence(claim, tuple((label, text) for label, text in facts if text), tuple(numbers))
