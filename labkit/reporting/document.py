"""From results to one frozen :class:`labkit.reporting.blocks.Report`. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING

from labkit.catalog import FAMILIES
from labkit.reporting.blocks import Chip, Report, Section, anchors, pictures
from labkit.reporting.cell import anchor
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
from labkit.reporting.student.reflections import NOBODY, Students
from labkit.reporting.summary import Lowest
from labkit.reporting.table import to_csv
from labkit.reporting.view import View
from labkit.text.language import N_, _

if TYPE_CHECKING:
    from labkit.reporting.computed import Computed

DISCLOSURE = N_(
    "Tables, plots and everything marked “computed from your table by labkit” were made by "
    "labkit from the stored results; the words under an author's name are the author's own."
)


def compose(
    view: View,
    found: Computed,
    student: Students = NOBODY,
    layout: str = "full",
) -> Report:
    """The whole report as a value.

    Args:
        view: plan, outcomes and tables.
        found: what the claims engine computed from the tables.
        student: the student's own words.
        layout: ``full``, or ``brief`` for summary, one table, best-epoch grids, answers.
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
    there = set(anchors([section for section in (*before, *after) if section]))
    reflect = questions.reflection(view, found, student, there)
    chosen = (*before, reflect, *after, questions.conclusion(view, found))
    sections = tuple(section for section in chosen if section)
    on_page = {(p.run, p.shows, p.epoch) for p in pictures(sections)}
    epochs = {cell.spec.training["epochs"] for cell in view.cells}
    return Report(
        title=view.plan.title,
        byline=opening.byline(view),
        notices=tuple(opening.notices(view)),
        headlines=questions.headlines(view, found) or opening.headline(view),
        glance=() if brief else opening.glance(view),
        sections=sections,
        disclosure=_(DISCLOSURE),
        map=_map(view),
        best=tuple(_best(view)),
        frames=() if brief else tuple(images.frames(view, on_page)),
        epochs=tuple(range(1, max(epochs, default=0) + 1)),
        colours=tuple((name, *pair) for name, pair in view.style.palette.items()),
        csv={"metrics.csv": to_csv(view.tables.cells), "history.csv": to_csv(view.tables.epochs)},
    )


def _best(view: View) -> Iterator[Lowest]:
    """The cell of the lowest proxy FID of each family on each data set."""
    for dataset in view.datasets:
        for family in view.families:
            cell = view.best(family, dataset)
            fid = cell.metric("proxy_fid") if cell else None
            if cell and fid is not None and isfinite(fid):
                yield Lowest(family=family, dataset=dataset, run=cell.name, proxy_fid=float(fid))


def _map(view: View) -> tuple[tuple[str, tuple[Chip, ...]], ...]:
    return tuple(
        (
            f"{_(FAMILIES[family].label)} {dataset}",
            tuple(
                Chip(cell.spec.name, cell.status, f"#{anchor(cell.spec.name)}")
                for cell in view.of(family, dataset)
            ),
        )
        for family in view.families
        for dataset in view.datasets
        if view.of(family, dataset)
    )
