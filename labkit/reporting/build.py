"""From a store to the files of a report: the ends of the reporting half."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.catalog import FORMATS, resolve
from labkit.reporting.blocks import Report
from labkit.reporting.document import compose, computed
from labkit.reporting.files import Files, write_file
from labkit.reporting.render.files import Drawings
from labkit.reporting.student.answers import prepare, students
from labkit.reporting.view import read_view
from labkit.store.store import Store


def build_report(store_root: Path, *, out: Path, **asked: Any) -> list[Path]:
    """Write a report of a store's newest plan into a folder, beside what is there.

    Takes and raises what :func:`render_report` does; a ReportError also where a file cannot be
    written. Returns the paths of the reports, in the order of the formats.
    """
    made = render_report(store_root, **asked)
    for name, data in (each for files in made.values() for each in files.items()):
        write_file(out / name, data)
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
) -> dict[str, Files]:
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
    drawings = Drawings(report, ["png" if name == "md" else "svg" for name in formats])
    return {name: resolve(FORMATS[name].target)(report, drawings) for name in formats}


def read_report(
    store: Store, answers_file: Path | None, layout: str, overrides: Mapping[str, Any]
) -> Report:
    """The report as a value."""
    plan = store.plan()
    stated = {name: overrides[name] for name in ("title", "author") if name in overrides}
    view = read_view(store, replace(plan, **stated), overrides.get("report", {}))
    found = computed(view)
    prepare(answers_file, found.answers)
    own = students(answers_file, found.table, found.answers)
    return compose(view, found, own, layout)
