"""What runs on Gradescope for each hand-in: ``python -m labkit.grade.autograder /autograder``.

Rungs 1 and 2 come first, and their outcome is written before the third begins: whatever ends this
process, the student sees what was found until then. Of the third, a few cells are measured again,
as many as the time allows; which ones follows from the hand-in and the sheet, so that the same
hand-in gets the same outcome.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.grade.class_view import Class
from labkit.grade.found import Found
from labkit.grade.guarded import Limits, each_opened
from labkit.grade.outcome import results_json
from labkit.grade.record import HandIn
from labkit.handin.ladder import Rung
from labkit.sheet.gradescope import SECONDS
from labkit.sheet.reading import Sheet, read_sheet

#: Seconds and bytes for rungs 1 and 2.
FIRST = Limits(60.0, 2 << 30)
#: Cells to measure again, if the time allows: as many, or else one.
SAMPLES = (3, 1)


def autograde(root: Path, seconds: float = SECONDS) -> dict[str, Any]:
    """Look at ``submission`` below `root`, write ``results/results.json``, and return it."""
    until = time.monotonic() + seconds
    sheet = read_sheet(root / "source" / "lab.yaml")
    found = Found("submission", root / "submission")
    record = _opened(found, FIRST, highest=2)
    outcome = _write(root, sheet, record)
    if record.problem or "failed" in record.verdicts.values():
        return outcome
    for sample in SAMPLES:
        left = until - time.monotonic()
        limits = Limits(max(left * 0.6, 1.0), memory=0)
        third = _opened(found, limits, highest=3, sample=sample, salt=sheet.text)
        if not third.problem:
            return _write(root, sheet, third)
    note = "measuring again took longer than there is time for; the instructor's labkit can"
    third_rung = Rung(3, "not checkable", notes=[note])
    return _write(root, sheet, replace(record, rungs=(*record.rungs, third_rung)))


def _opened(found: Found, limits: Limits, **asked: Any) -> HandIn:
    ((_found, record),) = each_opened([found], 1, limits, **asked)
    return record


def _write(root: Path, sheet: Sheet, record: HandIn) -> dict[str, Any]:
    outcome = results_json(Class((record,), sheet), record)
    path = root / "results" / "results.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")
    return outcome


if __name__ == "__main__":
    autograde(Path(sys.argv[1]))
