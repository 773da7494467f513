"""Points that a lab sheet gives by checks alone; all others are the instructor's to give."""

from labkit.errors import PlanError
from labkit.experiment.plan import Plan
from labkit.grade.record import HandIn
from labkit.sheet.against import matched
from labkit.sheet.reading import Sheet


def points(sheet: Sheet, handin: HandIn) -> dict[str, tuple[float, float]]:
    """What a hand-in got, and of how many points, by what for; nothing the sheet does not name.

    ``cells`` are given in part: the share of the sheet's cells that are done as the sheet says.
    """
    given = sheet.content.points
    found: dict[str, tuple[float, float]] = {}
    if given.cells:
        done = {cell.name for cell in handin.cells if cell.state == "done"}
        try:
            matches = matched(sheet, Plan.from_json(handin.plan))[0]
        except PlanError:  # nothing of it could be read
            matches = []
        right = sum(not match.changed and match.made.name in done for match in matches)
        asked = len(matched(sheet, sheet.plan)[0])
        found["cells"] = (round(given.cells * right / asked, 2), given.cells)
    for rung in range(1, 5):
        if most := getattr(given, f"rung_{rung}"):
            passed = handin.verdicts.get(rung) == "passed"
            found[f"rung {rung}"] = (most if passed else 0.0, most)
    return found
