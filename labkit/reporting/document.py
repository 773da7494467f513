"""From results to answers, and to one frozen :class:`labkit.reporting.blocks.Report`.

Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import isfinite

from labkit.catalog import DATASETS, FAMILIES
from labkit.claims import Answer, Sentence, Shares, Table, answers_of, conclude, table_of
from labkit.claims.measure import Samples
from labkit.reporting.blocks import Chip, Report, Section, anchors, pictures
from labkit.reporting.cell import anchor
from labkit.reporting.index import Lowest
from labkit.reporting.sections import (
    analysis,
    experiments,
    images,
    making,
    opening,
    published,
    questions,
)
from labkit.reporting.sections.method import method
from labkit.reporting.student.answers import NOBODY, Students
from labkit.reporting.table import to_csv
from labkit.reporting.view import View
from labkit.text.language import N_, _

DISCLOSURE = N_(
    "Tables, plots and everything marked “computed from your table by labkit” were made by "
    "labkit from the stored results; the words under an author's name are the author's own."
)


@dataclass(frozen=True)
class Computed:
    """The answers to a report's questions, and its conclusion."""

    table: Table  # what they were computed from
    answers: tuple[Answer, ...]
    conclusion: tuple[Sentence, ...]


def computed(view: View) -> Computed:
    """An answer to each question: the file's, or those that suit the tables."""
    cells = view.tables.cells.copy(deep=False)
    if measured := [spec for spec in view.plan.cells if spec.evaluation]:
        samples = min(spec.evaluation["samples"] for spec in measured)
        tracking = min(spec.selection["samples"] for spec in measured)
        cells.attrs["samples"] = Samples(samples, tracking)
    references, borrow = published.for_claims(view), view.options.get("reference", True)
    table = table_of(
        cells, view.tables.epochs, published=references, borrow=borrow, shares=_shares(view)
    )
    answers = answers_of(table, view.options.get("questions") or None)
    return Computed(table, answers, conclude(table, answers))


def _shares(view: View) -> Shares:
    """Run to class to its share of the samples and of real images, as the evaluation has them."""
    found = {}
    for cell in view.cells:
        shares, real = cell.detail("class_shares"), cell.detail("class_shares_real")
        names = DATASETS[cell.spec.dataset].classes
        if shares and real and len(names) == len(shares):
            rows = zip(names, shares, real, strict=True)
            found[cell.name] = {name: (float(a), float(b)) for name, a, b in rows}
    return found


def compose(
    view: View, found: Computed, student: Students = NOBODY, layout: str = "full"
) -> Report:
    """The whole report as a value.

    The layout is ``full``, or ``brief`` for summary, one table, best-epoch grids, answers.
    """
    brief = layout == "brief"
    before: tuple[Section | None, ...]
    after: tuple[Section | None, ...] = ()
    if brief:
        before = experiments.summary(view), analysis.scores(view, brief), images.best_only(view)
    else:
        before = (
            experiments.summary(view),
            *experiments.parts(view),
            images.generated(view),
            analysis.plots(view),
            analysis.scores(view),
            analysis.conditional(view),
            published.performance(view),
            published.references(view),
        )
        after = method(view), making.making(view), published.own_code(view)
    there = set(anchors(filter(None, (*before, *after))))
    reflect = questions.reflection(view, found, student, there)
    lines = questions.headlines(view, found, brief)
    # The brief layout says them once, at the top.
    last = None if brief and lines else questions.conclusion(view, found)
    chosen = (*before, reflect, *after, last)
    sections = tuple(filter(None, chosen))
    on_page = {(p.run, p.shows, p.epoch) for p in pictures(sections)}
    epochs = max((cell.spec.training["epochs"] for cell in view.cells), default=0)
    return Report(
        title=view.plan.title,
        byline=opening.byline(view),
        notices=tuple(opening.notices(view)),
        headlines=lines or opening.headline(view),
        glance=() if brief else opening.glance(view),
        sections=sections,
        disclosure=_(DISCLOSURE),
        map=tuple(_map(view)),
        best=tuple(_best(view)),
        frames=() if brief else tuple(images.frames(view, on_page)),
        epochs=tuple(range(1, epochs + 1)),
        colours=tuple((name, *pair) for name, pair in view.style.palette.items()),
        csv={"metrics.csv": to_csv(view.tables.cells), "history.csv": to_csv(view.tables.epochs)},
    )


def _best(view: View) -> Iterator[Lowest]:
    """The cell of the lowest proxy FID of each family on each data set."""
    for dataset, family in product(view.datasets, view.families):
        cell = view.best(family, dataset)
        fid = cell.metric("proxy_fid") if cell else None
        if cell and fid is not None and isfinite(fid):
            yield Lowest(family=family, dataset=dataset, run=cell.name, proxy_fid=float(fid))


def _map(view: View) -> Iterator[tuple[str, tuple[Chip, ...]]]:
    for family, dataset in product(view.families, view.datasets):
        if cells := view.of(family, dataset):
            chips = (Chip(cell.name, cell.status, f"#{anchor(cell.name)}") for cell in cells)
            yield f"{_(FAMILIES[family].label)} {dataset}", tuple(chips)
