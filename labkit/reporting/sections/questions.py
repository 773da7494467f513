"""Section 8: the questions, the student's answers, and what labkit computed; the conclusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.catalog import FAMILIES, METRICS, PLOTS
from labkit.claims.measure import TARGETS
from labkit.reporting.blocks import (
    Block,
    Column,
    Entry,
    Headline,
    Listing,
    Paragraph,
    Picture,
    Reflection,
    Section,
    Table,
)
from labkit.reporting.cell import anchor
from labkit.reporting.entries import marked, table
from labkit.reporting.grids import best_samples
from labkit.text.language import N_, _
from labkit.text.numbers import slug

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from labkit.claims.claim import Answer
    from labkit.reporting.cell import Cell
    from labkit.reporting.computed import Computed
    from labkit.reporting.student.answers import Students
    from labkit.reporting.view import View

#: What the best cells are compared by in the conclusion.
COMPARED = ("proxy_fid", "coverage", "precision", "recall", "sharpness", "vendi")
TITLE = N_("Reflection Questions & Data-Driven Answers")
CONCLUSION = N_("Conclusion")


def reflection(view: View, found: Computed, student: Students, there: Container[str]) -> Section:
    """The section of questions.

    Args:
        view: the report's material; ``options["answers"]`` is ``prose``, ``evidence`` or ``off``.
        found: what was computed, an answer for each question that applies, in their order.
        student: the student's own words.
        there: anchors of the report's figures and cells.
    """
    wanted = view.options.get("answers", "prose")
    author = view.plan.author.get("name", "")
    sections, said = [], ""
    for i, answer in enumerate(found.answers, 1):
        words = student.answers.get(answer.question, ())
        block = Reflection(
            author, words, answer if wanted != "off" else None, wanted == "prose",
            "" if answer.sure == said else answer.sure, _see(answer, there),
            _picture(view, answer), f"evidence-{slug(answer.question)}",
        )  # fmt: skip
        said = answer.sure or said
        sections.append(Section(_anchor(answer), f"{i}. {answer.heading}", (block,)))
    asked = {answer.question for answer in found.answers}
    for k, (heading, words) in enumerate(student.remarks(asked), 1):
        sections.append(Section(f"remark-{k}", heading, (Reflection(author, words),)))
    return Section("reflection", _(TITLE), _intro(wanted, student), tuple(sections))


def _intro(wanted: str, student: Students) -> tuple[Block, ...]:
    """How the answers are to be read, once; and where the author's own belong if there are none."""
    lines = []
    if not student.answers:
        lines.append(_("The author's own words belong in `answers.md`; there are none yet."))
    if wanted != "off":
        lines.append(
            _(
                "What follows was computed from the results table by labkit. “Clearly” means "
                "beyond the variation between this report's own seeds, “more than the usual "
                "run-to-run variation” beyond that of repeated trainings of the same kind; where "
                "none is known, an answer tells of these runs alone. Means of FIDs and of losses "
                "are geometric."
            )
        )
    return tuple(Paragraph(line) for line in lines)


def conclusion(view: View, found: Computed) -> Section | None:
    """What a reader who reads nothing else should take along, and the best cells side by side."""
    if not found.conclusion:
        return None
    lines = [line.text for line in found.conclusion]
    open_ = next((a.sure for a in found.answers if "`" in a.sure), "")
    blocks: list[Block] = [Listing(tuple(lines))]
    if open_:
        run = open_.rpartition(". ")[2]  # whose noise was used is said with the answers
        blocks.append(Paragraph(_("What to try next: {what}", what=run[:1].lower() + run[1:])))
    best = _side_by_side(view)
    return Section("conclusion", _(CONCLUSION), (*blocks, best) if best else tuple(blocks))


def _side_by_side(view: View) -> Table | None:
    """The best cell of each family on each data set, measure by measure; ahead is marked."""
    best = {
        (dataset, family): cell
        for dataset in view.datasets
        for family in view.families
        if (cell := view.best(family, dataset)) is not None
    }
    if len({family for _dataset, family in best}) < 2:
        return None
    names = [n for n in COMPARED if all(c.metric(n) is not None for c in best.values())]
    rows: list[list[Entry | str]] = []
    for name in names:
        entries: list[Entry | str] = [_(METRICS[name].label)]
        for (dataset, _family), cell in best.items():
            rivals = [c.metric(name) for (d, _f), c in best.items() if d == dataset]
            entries.append(
                marked(view.shown(cell, name), cell.metric(name), _leads(name, cell, rivals))
            )
        rows.append(entries)
    heads = [f"{_(FAMILIES[f].label)} {view.title(c)}, {d}" for (d, f), c in best.items()]
    caption = _(
        "The best cell of each model on each data set, by proxy FID. ◆ is ahead on its data set."
    )
    columns: list[Column | str] = [_("Measure"), *(Column(head, True) for head in heads)]
    return table(caption, columns, rows, aligned=False)


def _leads(name: str, cell: Cell, rivals: Sequence[float | None]) -> bool:
    """Whether a cell is ahead of all others on its data set, as shown."""
    target = TARGETS.get(name)

    def better(value: float) -> float:
        if target is not None:
            return -abs(value - target)
        return value if METRICS[name].better == "higher" else -value

    mine = better(cell.metric(name) or 0.0)
    others = [better(v) for v in rivals if v is not None]
    return others.count(mine) == 1 and mine == max(others)


def headlines(view: View, found: Computed) -> tuple[Headline, ...]:
    """The conclusion, in short, each line with the question it comes from."""
    if view.options.get("answers", "prose") == "off":
        return ()
    home = {a.point.findings: f"#{_anchor(a)}" for a in found.answers if a.point is not None}
    return tuple(
        Headline(
            line.text, home.get(line.findings, "#conclusion") if line.findings else "#conclusion"
        )
        for line in found.conclusion
    )


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


def _picture(view: View, answer: Answer) -> Picture | None:
    """The grid an answer is about."""
    run = answer.picture.partition(":")[2]
    cell = next((c for c in view.cells if c.spec.name == run), None) if run else None
    found = best_samples(view, cell) if cell else []
    return found[0] if found else None
