"""A hand-in's outcome as Gradescope shows it: one ``results.json`` each."""

from typing import TYPE_CHECKING, Any

from labkit.grade.record import HandIn
from labkit.handin.ladder import TITLES, printable

if TYPE_CHECKING:
    from labkit.grade.class_view import Class


def results_json(class_: "Class", handin: HandIn) -> dict[str, Any]:
    """A hand-in of a class as Gradescope's ``results.json`` has it.

    Its tests are the rungs, or why it cannot be read, and what differs from a lab sheet, without
    points; then the sheet's points for checks, then the instructor's.
    """
    tests: list[dict[str, Any]] = []
    if handin.problem:
        found = [handin.problem, *(line for rung in handin.rungs for line in rung.found)]
        said = "\n".join(dict.fromkeys(found))
        tests.append({"name": "hand-in", "status": "failed", "output": said})
    for rung in () if handin.problem else handin.rungs:
        status = {"passed": "passed", "failed": "failed"}.get(rung.verdict)
        said = "\n".join([rung.verdict, *rung.found[:20], *rung.notes])
        name = f"{rung.number}. {TITLES[rung.number]}"
        tests.append({"name": name, "output": said, **({"status": status} if status else {})})
    if class_.sheet is not None and handin.plan:
        lines = class_.settings(handin)
        said = "\n".join(map(printable, lines)) or "as the sheet says"
        status = "failed" if lines else "passed"
        tests.append({"name": "lab sheet", "status": status, "output": said})
    for name, (got, most) in class_.automatic(handin).items():
        tests.append({"name": name, "score": got, "max_score": most})
    limits = class_.sheet.max_points if class_.sheet else {}
    for key, heading in class_.headings.items():
        mark = class_.marks.of(handin.id, key)
        scores = {"score": mark.points, "max_score": limits.get(key)}
        if mark.points is not None or mark.comment:
            stated = {name: value for name, value in scores.items() if value is not None}
            tests.append({"name": heading, **stated, "output": mark.comment})
    total = sum(float(test.get("score", 0.0)) for test in tests)
    return {
        "score": round(total, 6),
        "output": f"{handin.count('done')} of {len(handin.cells)} cells are trained and measured",
        "output_format": "text",
        "test_output_format": "text",
        "tests": tests,
    }
