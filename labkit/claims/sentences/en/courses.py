"""How a measure goes along an ordered setting, in English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.claims.findings.course import Course
from labkit.claims.findings.course import course as course_of
from labkit.claims.sentences.en import names
from labkit.claims.sentences.numbers import Numbers, decimals_of, fits, typed_decimals

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.claim import Sentence
    from labkit.claims.findings.levels import Levels
    from labkit.claims.sentences.en.levels import Strengths


#: A course over more levels is told by its ends and its turn.
LISTED = 3


def course(found: Sequence[Levels], strengths: Strengths) -> list[Sentence]:
    """ "Test reconstruction loss fell from 70.5 (8) to 53.6 (16) and 50.1 (32) on MNIST"."""
    each = [course_of(f, dict(strengths)) for f in sorted(found, key=lambda f: -f.largest)]
    if not each:
        return []
    together = _said(each)
    return [together] if fits(together) else [_said([c]) for c in each]


def _said(found: Sequence[Course]) -> Sentence:
    n, first = Numbers(), found[0].found
    if all(c.shape == "flat" for c in found):
        each = names.listing(_range(n, c) + names.on(c.found.dataset) for c in found)
        parts = [f"hardly moved ({each})"]
    else:
        parts = [along(n, c) + names.on(c.found.dataset) for c in found]
    what = names.metric(first.metric)
    if first.target is not None:
        what += "'s distance from that of real images"
    text = f"{what} {'; it '.join(parts)}."
    return n.sentence(text, [c.found for c in found])


def along(n: Numbers, found: Course) -> str:
    """ "fell from 70.5 (8) to 53.6 (16), and 32 added nothing"."""
    means, factor = found.found.means, found.found.factor

    def named(level: Level) -> str:
        return f"{_value(n, found, level)} ({names.bare(factor, level)})"

    first, *rest = found.levels
    if found.shape == "flat":
        return f"hardly moved ({_range(n, found)})"
    moved, still = rest[: found.settled], rest[found.settled :]
    if found.shape in ("falls", "rises"):
        verb = "fell" if found.shape == "falls" else "rose"
        if len(moved) > LISTED or not _one_way([means[v] for v in (first, *moved)]):
            moved = moved[-1:]
        tail = f", and {_listed(factor, still)} added nothing" if still else ""
        return f"{verb} from {named(first)} to {names.listing(map(named, moved))}{tail}"
    if found.shape == "mixed":
        low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
        return f"went up and down between {named(low)} and {named(high)}"
    down = found.shape == "valley"
    turn = (min if down else max)(rest[:-1], key=means.__getitem__)
    verbs = ("fell", "rose") if down else ("rose", "fell")
    return (
        f"{verbs[0]} from {named(first)} to {named(turn)} and {verbs[1]} again to {named(rest[-1])}"
    )


def _value(n: Numbers, course: Course, level: Level) -> str:
    """The mean of one level."""
    found = course.found
    decimals = decimals_of(found.metric, found.means.values(), typed_decimals([found]))
    key = f"{found.metric}, {level}{names.on(found.dataset)}"
    return n.measured(found.metric, key, found.means[level], decimals)


def _range(n: Numbers, course: Course) -> str:
    """ "6.0 to 6.3"; one value where both ends print the same."""
    means = course.found.means
    ends = (end(means, key=means.__getitem__) for end in (min, max))
    a, b = (_value(n, course, level) for level in ends)
    return a if a == b else f"{a} to {b}"


def _one_way(values: Sequence[float]) -> bool:
    """Whether values only rise or only fall."""
    return values == sorted(values) or values == sorted(values, reverse=True)


def _listed(factor: str, levels: Sequence[Level]) -> str:
    """ "32", "32 and more"."""
    return names.bare(factor, levels[0]) + (" and more" if len(levels) > 1 else "")
