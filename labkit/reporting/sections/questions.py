"""Section 8: the questions, the student's answers, and what the table says to them."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.claims.claim import Answer, Claim
from labkit.claims.texts import number_name
from labkit.reporting.blocks import (
    Block,
    Evidence,
    Headline,
    Paragraph,
    Piece,
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
    sections = []
    for i, answer in enumerate(answers, 1):
        block = _block(view, answer, student.answers.get(answer.question, ()), wanted)
        anchor = f"question-{slug(answer.question)}"
        sections.append(Section(anchor, f"{i}. {answer.heading}", (block,)))
    author = view.plan.author.get("name", "")
    asked = {answer.question for answer in answers}
    for k, (heading, pieces) in enumerate(student.remarks(asked), 1):
        own = Reflection(author, pieces, (), ())
        sections.append(Section(f"remark-{k}", heading, (own,)))
    intro: tuple[Block, ...] = ()
    if wanted != "off":
        intro = (Paragraph(_reading(view)),)
    return Section("reflection", _(TITLE), intro, tuple(sections))


def headlines(view: View, answers: Sequence[Answer]) -> tuple[Headline, ...]:
    """The first sentence of each question that states a claim, with every verdict in it."""
    if view.options.get("answers", "prose") == "off":
        return ()
    lines = []
    for answer in answers:
        found = {claim.id: claim for claim in answer.claims}
        if answer.sentences:
            stated = (sentence for sentence in answer.sentences if sentence.claims)
            first = next(stated, answer.sentences[0])
            text, claims = first.text, [found[c] for c in first.claims if c in found]
        elif answer.claims:
            text, claims = answer.claims[0].text, [answer.claims[0]]
        else:
            continue
        verdicts = dict.fromkeys((claim.mark, claim.verdict) for claim in claims)
        lines.append(Headline(text, f"#question-{slug(answer.question)}", tuple(verdicts)))
    return tuple(lines)


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


def _block(view: View, answer: Answer, student: tuple[Piece, ...], wanted: str) -> Reflection:
    author = view.plan.author.get("name", "")
    if wanted == "off":
        return Reflection(author, student, (), ())
    evidence = {claim.id: _evidence(claim) for claim in answer.claims}
    sentences: tuple[Sentence, ...] = ()
    if wanted == "prose":
        sentences = tuple(
            _sentence(s.text, tuple(evidence[c] for c in s.claims if c in evidence))
            for s in answer.sentences
        )
        if not sentences and answer.paragraph:
            sentences = (Sentence(answer.paragraph, ()),)
    anchor = f"evidence-{slug(answer.question)}"
    return Reflection(author, student, sentences, tuple(evidence.values()), anchor)


def _sentence(text: str, claims: tuple[Evidence, ...]) -> Sentence:
    verdicts = dict.fromkeys(f"{claim.mark} {_(claim.verdict)}" for claim in claims)
    return Sentence(text, claims, tuple(verdicts))


def _evidence(claim: Claim) -> Evidence:
    rests = (
        many("{n} seed", "{n} seeds", claim.n_seeds),
        many("{n} block", "{n} blocks", claim.n_blocks),
        many("{n} run", "{n} runs", len(claim.runs)),
    )
    unit = f" {_(claim.unit)}" if claim.unit else ""
    facts = [
        (_("Scope"), claim.scope),
        (_("In these runs"), _(_HERE[claim.in_these_runs]) if claim.in_these_runs else ""),
        (_("Estimate"), f"{show(claim.estimate)}{unit}" if claim.estimate is not None else ""),
        (
            _("95 % interval"),
            f"[{show(claim.interval[0])}, {show(claim.interval[1])}]{unit}"
            if claim.interval
            else "",
        ),
        (_("Margin"), f"{show(claim.margin)}{unit}" if claim.margin else ""),
        (_("Rests on"), ", ".join(rests) if claim.runs else ""),
        (_("Rule"), claim.rule),
        (_("Reasons"), "; ".join(claim.reasons)),
        (_("Counter-examples"), "; ".join(claim.counterexamples)),
    ]
    if claim.settle:
        facts.append((_("Could be settled by"), claim.settle.text))
    return Evidence(
        f"claim-{slug(claim.id)}",
        claim.text,
        claim.verdict,
        claim.mark,
        tuple((label, text) for label, text in facts if text),
        tuple(
            (number_name(name), claim.shown.get(name, show(v, 6)))
            for name, v in claim.numbers.items()
        ),
        claim.runs,
    )
