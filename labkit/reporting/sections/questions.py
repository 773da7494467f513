"""Section 8: the questions, the student's answers, and what labkit computed; the conclusion."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import chain, product
from typing import TYPE_CHECKING

from labkit.catalog import FAMILIES, METRICS, PLOTS
from labkit.claims import Answer
from labkit.claims.measure import TARGETS
from labkit.reporting.blocks import Column, Entry, Listing, Paragraph, Reflection, Section, Table
from labkit.reporting.cell import anchor
from labkit.reporting.entries import marked, row, table
from labkit.reporting.sections.images import best_samples
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import joined, slug

if TYPE_CHECKING:
    from labkit.reporting.build import Computed
    from labkit.reporting.student.answers import Students

#: What the best cells are compared by in the conclusion.
COMPARED = (
    "proxy_fid", "two_sample_accuracy", "clipped_density", "clipped_coverage", "coverage",
    "precision", "recall", "sharpness", "vendi",
)  # fmt: skip
#: What a word of strength means, said where an answer uses it.
_MEANING = {
    "clear": N_("“Clearly”: beyond the variation between this report's own seeds."),
    "beyond usual": N_(
        "“More than the usual run-to-run variation”: beyond that of repeated trainings of the same "
        "kind."
    ),
    "within noise": N_(
        "“Within the usual variation”: other seeds alone may make such a difference."
    ),
}
_ALONE = N_("How results vary from seed to seed is not known, so answers tell of these runs alone.")


def reflection(view: View, found: Computed, student: Students, there: Container[str]) -> Section:
    """The section of questions; `there` holds the anchors of the report's figures and cells."""
    wanted = view.options.get("answers", "prose")  # or "evidence", or "off"
    author = view.plan.author.get("name", "")
    sections, said = [], ""
    for i, answer in enumerate(found.answers, 1):
        words = student.answers.get(answer.question, ())
        run = answer.picture.partition(":")[2]
        pictures = [best_samples(view, cell) for cell in view.cells if cell.name == run]
        computed = wanted != "off" and (answer.point or answer.reason or answer.claims)
        block = Reflection(
            author, words, answer if computed else None, wanted == "prose",
            "" if answer.sure == said else answer.sure, _see(answer, there),
            next(chain(*pictures), None), f"evidence-{slug(answer.question)}",
        )  # fmt: skip
        said = answer.sure or said
        sections.append(Section(_anchor(answer), f"{i}. {answer.heading}", (block,)))
    asked = {answer.question for answer in found.answers}
    for k, (heading, words) in enumerate(student.remarks(asked), 1):
        sections.append(Section(f"remark-{k}", heading, (Reflection(author, words),)))
    lines = []
    if not student.answers:
        lines.append(_("The author's own words belong in `answers.md`; there are none yet."))
    if wanted != "off":
        lines.append(joined(_reading(found)))
    title = _("Reflection Questions & Data-Driven Answers")
    return Section("reflection", title, tuple(map(Paragraph, lines)), tuple(sections))


def _reading(found: Computed) -> Iterator[str]:
    """What a reader has to know of all computed answers."""
    yield _("What follows was computed from the results table by labkit.")
    claims = [claim for answer in found.answers for claim in answer.claims]
    used = {claim.strength for claim in claims}
    yield from (_(text) for strength, text in _MEANING.items() if strength in used)
    if all(claim.finding.noise is None for claim in claims):
        yield _(_ALONE)
    yield _("Means of FIDs, of their rises and of losses are geometric.")


def conclusion(view: View, found: Computed) -> Section | None:
    """What a reader who reads nothing else should take along, and the best cells side by side."""
    if not found.conclusion:
        return None
    said: list[Listing | Paragraph] = [Listing(tuple(line.text for line in found.conclusion))]
    runs = (a.settle for a in found.answers if a.settle and a.settle.command)
    if run := min(runs, key=lambda s: (s.seeds, s.seconds or 0.0), default=None):
        said.append(Paragraph(_("What to try next: {what}", what=run.text)))
    return Section("conclusion", _("Conclusion"), (*said, *_side_by_side(view)))


def _side_by_side(view: View) -> Iterator[Table]:
    """The best cell of each family on each data set, measure by measure, if there are several."""
    pairs = product(view.datasets, view.families)
    best = {(d, f): cell for d, f in pairs if (cell := view.best(f, d)) is not None}
    if len({family for _dataset, family in best}) < 2:
        return
    rows = []
    for name in COMPARED:
        values = {place: v for place, c in best.items() if (v := c.metric(name)) is not None}
        if len(values) < len(best):
            continue
        entries = []
        for place, cell in best.items():
            others = [v for p, v in values.items() if p != place and p[0] == place[0]]
            ahead = _leads(name, values[place], others)
            entries.append(marked(view.shown(cell, name), values[place], ahead))
        rows.append(row(_(METRICS[name].label), *entries))
    caption = _(
        "The best cell of each model on each data set, by proxy FID. ◆ is ahead on its data set."
    )
    columns = [
        Column(_("{a}, {b}", a=f"{_(FAMILIES[f].label)} {view.title(c)}", b=d), True)
        for (d, f), c in best.items()
    ]
    yield table(caption, [_("Measure"), *columns], rows, aligned=False)


def _leads(name: str, mine: float, others: Sequence[float]) -> bool:
    """Whether a value of a metric is better than all others."""
    target, sign = TARGETS.get(name), 1 if METRICS[name].better == "higher" else -1
    ranks = [sign * v if target is None else -abs(v - target) for v in (mine, *others)]
    return all(ranks[0] > rank for rank in ranks[1:])


def headlines(view: View, found: Computed, brief: bool) -> tuple[Entry, ...]:
    """The conclusion's lines, each with a link to the question it comes from."""
    if view.options.get("answers", "prose") == "off":
        return ()
    points = [(answer.point, f"#{_anchor(answer)}") for answer in found.answers]
    home = {point.findings: place for point, place in points if point and point.findings}
    rest = "#scores" if brief else "#conclusion"
    return tuple(Entry(s.text, href=home.get(s.findings, rest)) for s in found.conclusion)


def _anchor(answer: Answer) -> str:
    return f"question-{slug(answer.question)}"


def _see(answer: Answer, there: Container[str]) -> tuple[tuple[str, str], ...]:
    """The figure or cell that shows an answer, as a link to its place if the report has it."""
    kind, _colon, run = answer.picture.partition(":")
    if run:
        title, target = run, anchor(run)
    elif kind in PLOTS:
        title, target = _(PLOTS[kind].label), f"figure-{kind}"
    else:
        return ()
    return ((title, f"#{target}"),) if target in there else ()
