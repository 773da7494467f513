"""How a measure goes along an ordered setting, in English."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.claims.cell import Level
from labkit.claims.claim import Sentence
from labkit.claims.findings import course as courses
from labkit.claims.findings.levels import Levels
from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.levels import AHEAD, Strengths, value
from labkit.claims.sentences.numbers import Numbers, fits

#: A course over more levels is told by its ends and its turn.
LISTED = 3


def course(found: Sequence[Levels], strengths: Strengths) -> list[Sentence]:
    """ "On MNIST, test reconstruction loss fell from 70.5 (8) to 53.6 (16) and 50.1 (32)"."""
    each = [courses.course(f, strengths) for f in sorted(found, key=lambda f: -f.largest)]
    if not each:
        return []
    open_ = [c.found.id for c in each if _open(c, strengths)]
    together = _said(each, open_)
    return [together] if fits(together) else [_said([c], open_) for c in each]


def _open(course: courses.Course, strengths: Strengths) -> bool:
    """Whether it moved, but nowhere by more than the usual variation."""
    found = {strengths.get(c.id) for c in course.found.contrasts}
    return course.shape != "flat" and found <= {"within noise", "level"}


def _said(found: Sequence[courses.Course], open_: Sequence[str] = ()) -> Sentence:
    n, first = Numbers(), found[0].found
    far = "'s distance from that of real images" if first.target is not None else ""
    what = f"{names.metric(first.metric)}{far}"
    if all(c.shape == "flat" for c in found):
        each = names.listing(_range(n, c.found) + names.on(c.found.dataset) for c in found)
        text = f"{what} hardly moved ({each})"
    else:
        where = [names.on(c.found.dataset).strip() for c in found]
        told = [
            f"{on} it {_along(n, c, c.found.id in open_)}"
            for on, c in zip(where, found, strict=True)
        ]
        text = "; ".join(told).replace(f"{where[0]} it", f"{where[0]}, {what}".lstrip(", "), 1)
    return n.sentence(f"{text}.", [c.found for c in found])


def _along(n: Numbers, course: courses.Course, open_: bool) -> str:
    """ "fell from 70.5 (8) to 53.6 (16), and 32 added nothing"."""
    found, means = course.found, course.found.means
    within = f", {AHEAD['within noise']}," if open_ else ""

    def named(level: Level) -> str:
        return f"{value(n, found, level)} ({names.bare(found.factor, level)})"

    first, *rest = course.levels
    if course.shape == "flat":
        return f"hardly moved ({_range(n, found)})"
    if course.shape == "mixed" or (open_ and course.shape in ("valley", "hill")):
        low, high = (named(end(means, key=means.__getitem__)) for end in (min, max))
        return f"went up and down{within} between {low} and {high}"
    down = course.shape in ("falls", "valley")
    verb, back = ("fell", "rose") if down else ("rose", "fell")
    if course.shape in ("valley", "hill"):
        turn = (min if down else max)(rest[:-1], key=means.__getitem__)
        return f"{verb}{within} from {named(first)} to {named(turn)} and {back} again to {named(rest[-1])}"
    moved, still = rest[: course.settled], rest[course.settled :]
    values = [means[v] for v in (first, *moved)]
    if len(moved) > LISTED or values not in (sorted(values), sorted(values, reverse=True)):
        moved = moved[-1:]
    tail = " and more" if len(still) > 1 else ""
    tail = f", and {names.bare(found.factor, still[0])}{tail} added nothing" if still else ""
    return f"{verb}{within} from {named(first)} to {names.listing(map(named, moved))}{tail}"


def _range(n: Numbers, found: Levels) -> str:
    """ "6.0 to 6.3"; one value where both ends print the same."""
    ends = (end(found.means, key=found.means.__getitem__) for end in (min, max))
    return " to ".join(dict.fromkeys(value(n, found, level) for level in ends))
