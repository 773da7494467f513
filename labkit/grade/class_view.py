"""A class as a whole: what is usual in it, and where a hand-in is not as the others."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING

from labkit.catalog import METRICS, resolve
from labkit.errors import PlanError
from labkit.execution.status import changed_settings
from labkit.experiment.plan import Plan
from labkit.experiment.spec import CellSpec, canonical_json, seedless
from labkit.grade import likeness
from labkit.grade.likeness import Evidence, Pair
from labkit.grade.marks import OVERALL, Marks
from labkit.grade.oddities import oddities
from labkit.grade.record import HandIn
from labkit.text.numbers import show

if TYPE_CHECKING:
    from labkit.sheet.reading import Sheet

#: Where there is a lab sheet, what it says of a hand-in; loaded with it.
AGAINST, POINTS = "labkit.sheet.against:against", "labkit.grade.points:points"

#: Measures in which a number may stand out, of cells that so many hand-ins have.
COMPARED, LEAST = ("proxy_fid", "coverage", "sharpness"), 8
#: A number this many robust standard deviations from the median stands out.
FAR = 5.0
#: Standard deviation of a normal distribution in median absolute deviations.
_SD = 1.4826
#: A deviation of the median's size at least, so that equal numbers make no outlier of the next.
_LEAST_SD = 0.02


@dataclass(frozen=True)
class Class:
    """All hand-ins of a class with their marks and, if there is one, the lab sheet."""

    handins: tuple[HandIn, ...]  # by path
    sheet: "Sheet | None" = None
    marks: Marks = field(default_factory=Marks)

    @cached_property
    def questions(self) -> dict[str, str]:
        """Every question asked, by its key: the sheet's, or those that anybody's report asks."""
        if self.sheet is not None:
            return dict(self.sheet.questions)
        asked = (a for each in self.handins for a in each.answers if a.computed)
        return {answer.question: answer.heading for answer in asked}

    @property
    def headings(self) -> dict[str, str]:
        """The questions, and what marks the whole."""
        return {**self.questions, OVERALL: "Overall"}

    @cached_property
    def pairs(self) -> list[Pair]:
        return likeness.pairs(self.handins, self.sheet)

    @cached_property
    def rungs(self) -> list[int]:
        """The rungs that were checked on at least one hand-in, and always the first two."""
        return sorted({number for each in self.handins for number in each.verdicts} | {1, 2})

    @cached_property
    def like(self) -> dict[str, list[tuple[str, list[Evidence]]]]:
        """By file, the other's and what would not be in both if both were honest."""
        found: dict[str, list[tuple[str, list[Evidence]]]] = defaultdict(list)
        for pair in self.pairs:
            if telling := [each for each in pair.evidence if not each.expected]:
                found[pair.a].append((pair.b, telling))
                found[pair.b].append((pair.a, telling))
        return found

    def settings(self, handin: HandIn) -> list[str]:
        """Where the plan is not what the sheet, or most of the class, asks for; a line each."""
        plan = self._plans.get(handin.file)
        if plan is None:
            return []
        if self.sheet is not None:
            asked = [answer.question for answer in handin.answers]  # none: they are not known
            lines: list[str] = resolve(AGAINST)(self.sheet, plan, asked or None)
            return lines
        mine = {seedless(spec.name, spec.seed): spec for spec in plan.cells}
        found = []
        for name, usual in self._usual.items():
            if name not in mine:
                found.append(f"{name}: not in the plan")
            elif changed := changed_settings(_settings(usual), _settings(mine[name])):
                found.append(f"{name}: {changed}")
        return found + [f"{name}: in few plans" for name in mine.keys() - self._usual.keys()]

    @cached_property
    def _plans(self) -> dict[str, Plan]:
        found = {}
        for each in self.handins:
            try:
                if each.plan:
                    found[each.file] = Plan.from_json(each.plan)
            except (PlanError, ValueError, TypeError, KeyError, AttributeError):
                continue
        return found

    @cached_property
    def _usual(self) -> dict[str, CellSpec]:
        """The cells that most plans have, by name, each with its most frequent settings."""
        ways: dict[str, Counter[str]] = defaultdict(Counter)
        specs: dict[str, CellSpec] = {}
        for plan in self._plans.values():
            for name, spec in {seedless(spec.name, spec.seed): spec for spec in plan.cells}.items():
                text = canonical_json(_settings(spec))
                ways[name][text] += 1
                specs.setdefault(f"{name} {text}", spec)
        most = {name: found.most_common(1)[0][0] for name, found in ways.items()
                if 2 * found.total() > len(self._plans)}  # fmt: skip
        return {name: specs[f"{name} {text}"] for name, text in most.items()}

    def standing_out(self, handin: HandIn) -> list[str]:
        """Measures far from those of the class for the same cell; a line each."""
        found = []
        for cell in handin.cells:
            name = seedless(cell.name, cell.seed)
            for metric in COMPARED:
                value, usual = cell.metrics.get(metric), self._ranges.get((name, metric))
                if value is not None and usual is not None and not usual.holds(value):
                    digits = METRICS[metric].digits
                    low, high = show(usual.low, digits), show(usual.high, digits)
                    said = f"{METRICS[metric].label} {show(value, digits)}"
                    found.append(f"{cell.name}: {said} (class: {low} to {high})")
        return found + oddities(handin)

    @cached_property
    def _ranges(self) -> dict[tuple[str, str], "Range"]:
        values: dict[tuple[str, str], list[float]] = defaultdict(list)
        for each in self.handins:
            for cell in each.cells:
                for metric in COMPARED:
                    value = cell.metrics.get(metric)
                    if value is not None:
                        name = seedless(cell.name, cell.seed)
                        values[name, metric].append(value)
        return {key: usual_range(found, METRICS[key[1]].log) for key, found in values.items()
                if len(found) >= LEAST}  # fmt: skip

    def automatic(self, handin: HandIn) -> dict[str, tuple[float, float]]:
        """Points that the sheet gives by checks alone: what for, to how many of how many.

        None for rungs that were climbed with nobody: those are not lost, but still to be given.
        """
        given = self._by_checks(handin).items()
        return {name: each for name, each in given if name not in self.unclimbed}

    def _by_checks(self, handin: HandIn) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        if self.sheet is not None:
            found = resolve(POINTS)(self.sheet, handin)
        return found

    @cached_property
    def unclimbed(self) -> list[str]:
        """Checks that the sheet gives points for but that were run on no hand-in: ``rung 3``."""
        known = {"cells", *(f"rung {number}" for number in self.rungs)}
        return [name for name in self._by_checks(HandIn("")) if name not in known]

    def total(self, handin: HandIn) -> float | None:
        """The instructor's points and the sheet's; None while there are none of the first."""
        given = self.marks.points(handin.id)
        if given is None:
            return None
        return given + math.fsum(got for got, _most in self.automatic(handin).values())

    @property
    def most(self) -> float | None:
        """The most points there are, if a sheet says so."""
        if self.sheet is None:
            return None
        checks = self._by_checks(HandIn("")).values()
        return math.fsum([*self.sheet.max_points.values(), *(most for _got, most in checks)])


@dataclass(frozen=True)
class Range:
    """Where a measure lies in a class, but for values that stand out."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def usual_range(values: Sequence[float], log: bool) -> Range:
    """The median and `FAR` robust standard deviations to both sides, of logarithms if `log`."""
    log = log and min(values) > 0
    scaled = [math.log(value) for value in values] if log else list(values)
    middle = median(scaled)
    sd = max(_SD * median(abs(v - middle) for v in scaled), _LEAST_SD * (1 if log else abs(middle)))
    low, high = middle - FAR * sd, middle + FAR * sd
    return Range(math.exp(low), math.exp(high)) if log else Range(low, high)


def _settings(spec: CellSpec) -> dict[str, object]:
    """What of a cell two students' may not differ in; seeds may."""
    return {**spec.to_json(), "seed": 0}
