"""``grades.csv`` and what learning platforms take: a class as rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labkit.grade.marks import csv_text
from labkit.grade.record import HandIn

if TYPE_CHECKING:
    from labkit.grade.class_view import Class

#: What Moodle's worksheet must have; its importer knows rows by the first, columns by these names.
MOODLE = ("Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)",
          "Feedback comments")  # fmt: skip


def row(class_: "Class", handin: HandIn) -> dict[str, Any]:
    """A hand-in as a row of ``grades.csv``; a list is one text, its parts between semicolons.

    It has the same columns for all of a class.
    """
    words, id_ = handin.words, handin.id
    ended = [f"{c.name} {c.state}" for c in handin.cells if c.state != "done"]
    found = [line for rung in handin.rungs for line in rung.found]
    like = [
        f"{other} ({', '.join(dict.fromkeys(each.kind for each in evidence))})"
        for other, evidence in class_.like.get(handin.file, ())
    ]
    return {
        "id": id_,
        "file": handin.file,
        "student": handin.student,
        "identifier": handin.identifier,
        "name": handin.author.get("name", ""),
        "author_id": handin.author.get("id", ""),
        "group": handin.author.get("group", ""),
        "problem": handin.problem,
        "cells_done": handin.count("done"),
        "cells": len(handin.cells),
        "not_done": _listed(ended),
        **{f"rung_{number}": handin.verdicts.get(number) for number in class_.rungs},
        "found": _listed(found),
        "settings": _listed(class_.settings(handin)),
        "stands_out": _listed(class_.standing_out(handin)),
        **{f"words_{key}": words.get(key, 0) for key in class_.questions},
        "doubts": _listed(handin.doubts),
        "like": _listed(like),
        "newest_result": handin.newest,
        "late": class_.sheet.late(handin.newest) if class_.sheet else "",
        **{f"points_{name}": got for name, (got, _) in class_.automatic(handin).items()},
        **{f"points_{key}": class_.marks.of(id_, key).points for key in class_.headings},
        "points": class_.total(handin),
        "comment": class_.marks.comments(id_, class_.headings),
    }


def _listed(lines: Sequence[str], most: int = 20) -> str:
    more = [f"and {len(lines) - most} more"] if len(lines) > most else []
    return "; ".join(" ".join(line.split()) for line in [*lines[:most], *more])


def grades_csv(class_: "Class") -> str:
    """``grades.csv``: a row a hand-in."""
    return csv_text(row(class_, HandIn("")), (row(class_, each) for each in class_.handins))


def moodle_csv(class_: "Class") -> str:
    """A worksheet that Moodle imports: a row for each hand-in of a Moodle export.

    Of several by one participant the last that has points or a comment counts, as its path has
    it. Grades are empty where the instructor gave none; an empty one changes nothing there.
    """
    rows: dict[str, dict[str, Any]] = {}
    for each in class_.handins:
        total, said = class_.total(each), class_.marks.comments(each.id, class_.headings)
        marked = total is not None or bool(said)
        if each.identifier.startswith("Participant ") and (marked or each.identifier not in rows):
            rows[each.identifier] = {
                "Identifier": each.identifier,
                "Full name": each.student,
                "Grade": total,
                "Maximum Grade": class_.most,
                "Last modified (grade)": "-",
                "Feedback comments": said,
            }
    return csv_text(MOODLE, rows.values())
