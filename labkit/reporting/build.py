"""From a store to answers, to one frozen :class:`labkit.reporting.blocks.Report`, to its files."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import product
from math import isfinite
from pathlib import Path
from typing import Any

from labkit.catalog import DATASETS, FAMILIES, FORMATS, resolve
from labkit.claims import Answer, Sentence, Table, answers_of, conclude, table_of
from labkit.claims.measure import Samples
from labkit.reporting.blocks import Report, Section, anchors, pictures
from labkit.reporting.cell import anchor, to_csv
from labkit.reporting.files import Files
from labkit.reporting.index import Lowest
from labkit.reporting.languages import labelled, together, typeset
from labkit.reporting.render.files import Drawings
from labkit.reporting.sections import (
    analysis,
    experiments,
    images,
    making,
    method,
    opening,
    published,
    questions,
)
from labkit.reporting.student.answers import NOBODY, Students, prepare, students
from labkit.reporting.view import View, read_view
from labkit.store.store import Store
from labkit.text import notation
from labkit.text.language import _, catalogue, using
from labkit.text.language import code as spoken


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
    # Run to class to its share of the samples and of real images.
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for cell in view.cells:
        shares, real = cell.detail("class_shares"), cell.detail("class_shares_real")
        classified = cell.detail("class_shares_predicted") or shares
        names = DATASETS[cell.spec.dataset].classes
        if shares and real and len(names) == len(shares):
            rows = zip(names, shares, classified, real, strict=True)
            found[cell.name] = {name: (milder(a, b, c), c) for name, a, b, c in rows}
    references, borrow = published.for_claims(view), view.options.get("reference", True)
    table = table_of(cells, view.tables.epochs, published=references, borrow=borrow, shares=found)
    said = notation.numbers(json.dumps(view.plan.settings))
    stated = sorted({float(each.number) for each in said if each.number is not None})
    table = replace(table, stated=(*stated, *view.plan.snapshot_epochs))
    answers = answers_of(table, view.options.get("questions") or None)
    return Computed(table, answers, conclude(table, answers))


def compose(
    view: View, found: Computed, student: Students = NOBODY, layout: str = "full"
) -> Report:
    """The whole report; ``brief`` is a layout of summary, one table, best-epoch grids, answers."""
    brief = layout == "brief"
    before: list[Section | None] = [experiments.summary(view)]
    after: list[Section | None] = []
    if brief:
        before += [analysis.scores(view, brief), images.best_only(view)]
    else:
        before += [*experiments.parts(view), images.generated(view), analysis.plots(view)]
        before += [analysis.scores(view), analysis.conditional(view)]
        before += [published.performance(view), published.references(view)]
        after = [method.method(view), making.making(view), published.own_code(view)]
    there = set(anchors(filter(None, (*before, *after))))
    reflect = questions.reflection(view, found, student, there)
    lines = questions.headlines(view, found, brief)
    # The brief layout says them once, at the top.
    last = None if brief and lines else questions.conclusion(view, found)
    sections = tuple(filter(None, (*before, reflect, *after, last)))
    on_page = {(p.run, p.shows, p.epoch) for p in pictures(sections)}
    return Report(
        title=view.plan.title,
        byline=opening.byline(view),
        notices=tuple(opening.notices(view)),
        headlines=lines or opening.headline(view),
        glance=() if brief else opening.glance(view),
        sections=sections,
        disclosure=_(
            "Tables, plots and everything marked “computed from your table by labkit” were made by "
            "labkit from the stored results; the words under an author's name are the author's own."
        ),
        map=tuple(_map(view)),
        best=tuple(_best(view)),
        frames=() if brief else tuple(images.frames(view, on_page)),
        epochs=max((cell.spec.training["epochs"] for cell in view.cells), default=0),
        colours=tuple((name, *pair) for name, pair in view.style.palette.items()),
        csv={"metrics.csv": to_csv(view.tables.cells), "history.csv": to_csv(view.tables.epochs)},
    )


def _best(view: View) -> Iterator[Lowest]:
    """The cell of the lowest proxy FID of each family on each data set."""
    for dataset, family in product(view.datasets, view.families):
        cell = view.best(family, dataset)
        if cell and isfinite(fid := float(cell.metrics["proxy_fid"])):
            yield Lowest(family=family, dataset=dataset, run=cell.name, proxy_fid=fid)


def _map(view: View) -> Iterator[tuple[str, tuple[tuple[str, str, str], ...]]]:
    for family, dataset in product(view.families, view.datasets):
        if cells := view.of(family, dataset):
            places = ((cell.name, cell.status, f"#{anchor(cell.name)}") for cell in cells)
            yield f"{_(FAMILIES[family].label)} {dataset}", tuple(places)


def paths(out: Path, formats: Iterable[str]) -> list[Path]:
    """Where the report lies in each format."""
    return [out / FORMATS[name].suffix for name in formats]


def render_report(
    store_root: Path,
    *,
    formats: Sequence[str],
    answers_file: Path | None = None,
    layout: str = "full",
    overrides: Mapping[str, Any] | None = None,
    languages: Sequence[str] = (),
) -> dict[str, Files]:
    """Make the files of a report of a store's newest plan, without writing them.

    Of each format (``md``, ``html``, ``pdf``), contents by path in the report's folder. Raises a
    ReportError where a picture cannot be read, or there is nothing to make a format with; and what
    :func:`read_report` does, whose arguments it takes.
    """
    store = Store(store_root)
    return render(read_report(store, answers_file, layout, overrides or {}, languages), formats)


def render(report: Report, formats: Sequence[str]) -> dict[str, Files]:
    """The files of a report in each format, by path in its folder; as :func:`render_report`."""
    drawings = Drawings(report, ["png" if name == "md" else "svg" for name in formats])
    with using(catalogue(report.languages[0])) if report.languages else nullcontext():
        return {name: resolve(FORMATS[name].target)(report, drawings) for name in formats}


def read_report(
    store: Store,
    answers_file: Path | None,
    layout: str,
    overrides: Mapping[str, Any],
    languages: Sequence[str] = (),
) -> Report:
    """The report of a store's newest plan as a value; a StoreError where that cannot be read.

    Args:
        store: the results.
        answers_file: the student's answers; if there is no such file, one with the questions
            as headings is written.
        layout: ``full`` or ``brief``.
        overrides: ``title``, ``author`` (a mapping) and ``report`` (its options) of the
            experiment file as it is now, where they differ from the plan's.
        languages: codes of its languages, the main one first; empty: the one in use.
    """
    plan = store.plan()
    stated = {name: overrides[name] for name in ("title", "author") if name in overrides}
    view = read_view(store, replace(plan, **stated), overrides.get("report", {}))
    reports = []
    for code in languages or (None,):
        with using(catalogue(code)) if code else nullcontext():
            found = computed(view)
            prepare(answers_file, found.answers)
            student = students(answers_file, found.table, found.answers)
            made = compose(view, found, student, layout)
            reports.append(typeset(made))
    return labelled(together(reports, languages), (*languages, spoken())[0])


def milder(corrected: float, classified: float, real: float) -> float:
    """Of two shares of a class the one nearer to the real share: what stands out, both say."""
    return min((corrected, classified), key=lambda share: abs(share - real))
