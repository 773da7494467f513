"""A hand-in's outcome as Gradescope shows it: one ``results.json`` each."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labkit.grade.record import HandIn
from labkit.handin.ladder import TITLES, printable

if TYPE_CHECKING:
    from labkit.grade.class_view import Class


def results_json(
    handin: HandIn,
    automatic: Mapping[str, tuple[float, float]] | None = None,
    given: Mapping[str, tuple[float | None, float | None, str]] | None = None,
) -> dict[str, Any]:
    """A hand-in as Gradescope's ``results.json`` has it.

    Args:
        automatic: points a lab sheet gives for checks: what for, to how many of how many.
        given: the instructor's: a question's heading to points, the most there are, a comment.

    A rung is a test without points of its own.
    """
    tests: list[dict[str, Any]] = []
    if handin.problem:
        tests.append({"name": "hand-in", "status": "failed", "output": handin.problem})
    for rung in handin.rungs:
        status = {"passed": "passed", "failed": "failed"}.get(rung.verdict)
        said = "\n".join([rung.verdict, *rung.found[:20], *rung.notes])
        name = f"{rung.number}. {TITLES[rung.number]}"
        tests.append({"name": name, "output": said, **({"status": status} if status else {})})
    for name, (got, most) in (automatic or {}).items():
        tests.append({"name": name, "score": got, "max_score": most})
    for name, (points, limit, comment) in (given or {}).items():
        scores = {"score": points, "max_score": limit}
        if points is not None or comment:
            stated = {key: value for key, value in scores.items() if value is not None}
            tests.append({"name": name, **stated, "output": comment})
    done, cells = handin.count("done"), len(handin.cells)
    total = sum(float(test.get("score", 0.0)) for test in tests)
    return {
        "score": round(total, 6),
        "output": printable(f"{done} of {cells} cells are trained and measured"),
        "output_format": "text",
        "test_output_format": "text",
        "tests": tests,
    }


def gradescope(class_: "Class") -> Iterator[tuple[HandIn, dict[str, Any]]]:
    """Each hand-in with its ``results.json``."""
    limits = class_.sheet.max_points if class_.sheet else {}
    for each in class_.handins:
        marks = {key: class_.marks.of(each.id, key) for key in class_.headings}
        given = {
            class_.headings[key]: (mark.points, limits.get(key), mark.comment)
            for key, mark in marks.items()
        }
        yield each, results_json(each, class_.automatic(each), given)
