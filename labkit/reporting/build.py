"""From a store to the files of a report: the ends of the reporting half."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.catalog import FORMATS, resolve
from labkit.reporting import compare, folder
from labkit.reporting.answers import prepare, students
from labkit.reporting.blocks import Report
from labkit.reporting.claims import Answer, answer_questions
from labkit.reporting.document import compose
from labkit.reporting.paired import measured_unlike
from labkit.reporting.render import MADE_HERE, Drawings, html, write_file
from labkit.reporting.sections import published
from labkit.reporting.table import Tables, tables
from labkit.reporting.view import View
from labkit.store import Store

if TYPE_CHECKING:
    from labkit.plan import Plan

#: What each format needs the figures drawn as.
_NEEDS = {"md": "png", "html": "svg", "pdf": "svg"}


def load_tables(store: Store) -> Tables:
    """The two tables of a store's newest plan."""
    plan = store.plan()
    return tables(plan, [store.outcome(spec, plan.yardstick(spec)) for spec in plan.cells])


def build_report(store_root: Path, *, out: Path, **asked: Any) -> list[Path]:
    """Write a report of a store's newest plan into a folder, beside what is there.

    Args:
        store_root: the folder of results.
        out: where the report goes; made if it is not there.
        asked: the arguments of :func:`render_report`.

    Returns:
        The paths of the reports, in the order of the formats.

    Raises:
        StoreError: the store has no readable plan.
        ReportError: a picture cannot be read or a file not be written.
    """
    made = render_report(store_root, **asked)
    for files in made.values():
        folder.write(out, files)
    return paths(out, made)


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
) -> dict[str, folder.Files]:
    """Make the files of a report of a store's newest plan, without writing them.

    Args:
        store_root: the folder of results.
        formats: any of ``md``, ``html`` and ``pdf``.
        answers_file: the student's answers; if there is no such file, one with the questions
            as headings is written.
        layout: ``full`` or ``brief``.
        overrides: ``title``, ``author`` (a mapping) and ``report`` (its options) of the
            experiment file as it is now, where they differ from the plan's.

    Returns:
        For each format, contents by path in the report's folder.

    Raises:
        StoreError: the store has no readable plan.
        ReportError: a picture cannot be read, or there is nothing to make a format with.
    """
    report = read_report(Store(store_root), answers_file, layout, overrides or {})
    drawings = Drawings(report, tuple(_NEEDS[name] for name in formats))
    return {name: resolve(FORMATS[name].target)(report, drawings) for name in formats}


def read_report(
    store: Store, answers_file: Path | None, layout: str, overrides: Mapping[str, Any]
) -> Report:
    """The report as a value."""
    plan = store.plan()
    if "title" in overrides:
        plan = replace(plan, title=overrides["title"])
    if "author" in overrides:
        plan = replace(plan, author=dict(overrides["author"]))
    view = read_view(store, plan, overrides.get("report", {}))
    found = view.tables
    answers = computed(view)
    prepare(answers_file, answers)
    return compose(view, answers, students(answers_file, found, answers), layout)


def computed(view: View) -> tuple[Answer, ...]:
    """What the claims engine says to each question: the file's, or those that suit the tables."""
    found, asked = view.tables, view.options.get("questions") or None
    references = published.for_claims(view)
    return answer_questions(found.cells, found.epochs, questions=asked, references=references)


def compare_text(roots: Sequence[Path], *, csv: bool = False) -> str:
    """The results table of one store, or those of two side by side, as text.

    Args:
        roots: one or two folders of results.
        csv: as CSV with every metric, instead of what fits a terminal.

    Raises:
        StoreError: a store has no readable plan.
    """
    stores = [Store(root) for root in roots]
    found = [load_tables(store).cells for store in stores]
    if len(found) == 1:
        return compare.one(found[0], csv)
    unlike = measured_unlike(stores[0].plan(), stores[1].plan())
    return compare.two(found[0], found[1], csv, unlike)


def build_comparison(a: Path, b: Path, out: Path) -> Path:
    """Write two stores' newest plans side by side as one page.

    Args:
        a, b: two folders of results.
        out: the file to write.

    Raises:
        StoreError: a store has no readable plan.
        ReportError: a picture cannot be read or the file not be written.
    """
    from labkit.reporting.comparison import comparison, named

    page = comparison(read_view(Store(a)), read_view(Store(b)), named(a, b))
    write_file(out, html(page, Drawings(page, ("svg",))).encode(), MADE_HERE)
    return out


def read_view(
    store: Store, plan: Plan | None = None, options: Mapping[str, Any] | None = None
) -> View:
    """All that sections look at, of a store's newest plan or of `plan`.

    Args:
        store: the results.
        plan: another plan than the newest.
        options: what to take for the plan's own ``report`` settings.
    """
    plan = plan or store.plan()
    options = {**plan.settings.get("report", {}), **(options or {})}
    outcomes = tuple(store.outcome(spec, plan.yardstick(spec)) for spec in plan.cells)
    committed = store.newest_commit(plan.cells)
    return View(plan, outcomes, tables(plan, outcomes), store.artifact, committed, options)
