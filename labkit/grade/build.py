"""From a folder of hand-ins to a folder of grades: the ends of this package.

grades/
  index.html        the page: a class at a glance, every answer beside its evidence
  grades.csv        a row a hand-in
  moodle.csv        a worksheet that Moodle imports; of a Moodle export only
  gradescope/       results.json of each hand-in
  points.csv        the instructor's, exported by the page; read, never written
  records/          what is known of each hand-in
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.grade.class_view import Class
from labkit.grade.kept import Kept, refuse_elsewhere
from labkit.grade.marks import read_marks
from labkit.grade.outcome import results_json
from labkit.grade.page import MADE_HERE, page_html
from labkit.grade.table import grades_csv, moodle_csv
from labkit.handin.ladder import first
from labkit.reporting.files import write_file
from labkit.store.commits import json_bytes

if TYPE_CHECKING:
    from labkit.sheet.reading import Sheet

RECORDS, POINTS = "records", "points.csv"


@dataclass(frozen=True)
class Graded:
    """What came of a class."""

    class_: Class
    written: Sequence[Path]

    @property
    def lines(self) -> list[str]:
        """For a terminal: how many hand-ins hold, and what else there is to look at."""
        every = self.class_.handins
        unread = sum(bool(each.problem) for each in every)
        failed = sum("failed" in each.verdicts.values() for each in every if not each.problem)
        alike = sum(pair.telling for pair in self.class_.pairs)
        hold = len(every) - unread - failed
        said = (
            f"{len(every)} hand-in{'s' * (len(every) != 1)}: {hold} without a fault, {failed} with"
        )
        said += f", {unread} cannot be read; {alike} pair{'s are' if alike != 1 else ' is'} alike"
        marked = sum(self.class_.marks.points(each.id) is not None for each in every)
        lines = [said, f"points given: to {marked} of {len(every)}"]
        known = {each.id for each in every}
        if lost := sorted({i for i, _ in self.class_.marks.given} - known):
            lines.append(f"{POINTS}: rows of no hand-in here: {first(lost, 3)}")
        for name in self.class_.unclimbed:
            how = "--rerun N" if name == "rung 4" else "--sample K or --rungs 3"
            lines.append(f"points for {name}, which the sheet gives, are still open: needs {how}")
        return [*lines, *map(str, self.written)]


def grade(kept: Kept, handed_in: Path, out: Path, sheet: "Sheet | None", blind: bool) -> Graded:
    """Look at what is new in a folder of hand-ins, and write what is known of all of them.

    LabkitError where there is no such folder, `out` is somebody's own, or ``points.csv`` in it has
    a mistake. What was looked at before is kept in `out`, whatever happens.
    """
    refuse_elsewhere(out)
    marks = read_marks(out / POINTS)
    class_ = Class(tuple(kept.records(handed_in, out)), sheet, marks)
    write_file(out / "index.html", page_html(class_, blind).encode("utf-8", "replace"), MADE_HERE)
    files = {"grades.csv": grades_csv(class_)}
    if any(each.identifier.startswith("Participant ") for each in class_.handins):
        files["moodle.csv"] = moodle_csv(class_)
    for name, text in files.items():
        write_file(out / name, text.encode("utf-8", "replace"))
    for each in class_.handins:
        results = json_bytes(results_json(class_, each))
        write_file(out / "gradescope" / each.id / "results.json", results)
    names = ["index.html", *files, "gradescope"]
    return Graded(class_, [out / name for name in names])
