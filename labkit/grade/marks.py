"""Points and comments as the instructor gave them: the file that the page exports.

points.csv: id,hand_in,question,points,comment      a row a hand-in and question

Labkit proposes no points; a lab sheet may define some for checks, which are kept apart.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labkit.errors import LabkitError
from labkit.text.sheet import read_sheet

COLUMNS = ("id", "hand_in", "question", "points", "comment")
#: What is about a hand-in as a whole, beside its answers.
OVERALL = "overall"
#: How a text begins that a spreadsheet would run.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Mark:
    """What an instructor gave for one answer."""

    points: float | None = None
    comment: str = ""


@dataclass(frozen=True)
class Marks:
    """All marks of a class, by a hand-in's id and a question's key."""

    given: Mapping[tuple[str, str], Mark] = field(default_factory=dict)

    def of(self, id_: str, question: str) -> Mark:
        return self.given.get((id_, question), Mark())

    def points(self, id_: str) -> float | None:
        """The sum over its questions; None while there is none."""
        found = [m.points for (i, _), m in self.given.items() if i == id_ and m.points is not None]
        return math.fsum(found) if found else None

    def comments(self, id_: str, headings: Mapping[str, str]) -> str:
        """Every comment on a hand-in as one text, each after its question, that on all last."""
        found = {q: m.comment for (i, q), m in self.given.items() if i == id_ and m.comment}
        order = [*(q for q in headings if q in found), *(q for q in found if q not in headings)]
        last = [q for q in order if q == OVERALL]
        said = [f"{headings.get(q, q)}: {found[q]}" for q in order if q != OVERALL]
        return "\n".join([*said, *(found[q] for q in last)])


def read_marks(path: Path) -> Marks:
    """Read what the page exported, or a spreadsheet made of it; LabkitError names the row."""
    if not path.is_file():
        return Marks()
    try:
        sheet = read_sheet(path)
    except LabkitError as error:
        raise LabkitError(f"{path}: {error}") from error
    if lacking := [name for name in ("id", "question", "points") if name not in sheet.header]:
        raise LabkitError(f"{path}: no column {', '.join(lacking)}; the page of grades exports it")
    given: dict[tuple[str, str], Mark] = {}
    for number, row in sheet.rows.items():
        text = row.get("points", "").strip().replace(",", ".")
        try:
            points = float(text) if text else None
        except ValueError:
            points = math.nan
        if points is not None and not (math.isfinite(points) and points >= 0):
            raise LabkitError(f"{path}: row {number}: points {text!r}: a number from 0 on")
        key = row.get("id", "").strip(), row.get("question", "").strip()
        if key in given:
            raise LabkitError(f"{path}: row {number}: {key[1]!r} of {key[0]} a second time")
        given[key] = Mark(points, row.get("comment", ""))
    return Marks(given)


def csv_text(columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as CSV text; what a spreadsheet would run as a formula gets an apostrophe before it."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return file.getvalue()


def _harmless(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.10g}"
    runs = isinstance(value, str) and len(value) > 1 and value.startswith(FORMULA)
    return f"'{value}" if runs else value
