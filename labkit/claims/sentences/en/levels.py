"""Levels of a factor against each other, in English."""

from collections.abc import Sequence
from typing import Any

from labkit.claims.cell import Level
from labkit.claims.claim import Sentence
from labkit.claims.finding import Comparison
from labkit.claims.findings.levels import Contrast, Course, Levels, course
from labkit.claims.sentences.en import names
from labkit.claims.sentences.judged import (
    Standing,
    Strengths,
    agree,
    in_every_pair,
    leaders,
    open_course,
    standing,
)
from labkit.claims.sentences.numbers import Numbers, decimals_of, fits
from labkit.claims.verdict import FIRM, Strength, weakest

#: A level that is ahead, by how sure that is; where nothing is known of noise, pairs are counted.
AHEAD = {
    "clear": "clearly",
    "beyond usual": "by more than the usual run-to-run variation",
    "within noise": "within the usual variation",
    "level": "by too little to tell apart",
}
#: At most so many rivals are listed with their numbers.
LISTED = 3
#: A course over more levels is told by its ends and its turn.
TOLD = 3


def contrast(found: Contrast, strength: Strength) -> Sentence:
    """The statement of one pair of levels: a row of the evidence."""
    n, on = Numbers(), names.on(found.dataset)
    values = against(n, found, found.a, found.b)
    if found.ahead is None or found.behind is None:
        a, b = (names.level(found.factor, v) for v in (found.a, found.b))
        return n.sentence(f"{a} and {b} tie{on} ({values}).", [found])
    first, other = (names.level(found.factor, v) for v in (found.ahead, found.behind))
    values = against(n, found, found.ahead, found.behind)
    tail = pairs(found) if strength == "seen once" else AHEAD.get(strength, "")
    lead = f"{first} is ahead of {other}{on}{tail and f', {tail}'}"
    return n.sentence(f"{lead} ({values}).", [found])


def best(found: Sequence[Levels], strengths: Strengths, brief: int = 0) -> list[Sentence]:
    """Which level was best and by how much, a sentence for data sets that agree.

    Findings are of one factor and metric, one a data set; those not measured are passed over.
    The largest effect stands first. Where it is to be brief, a level that is best everywhere is
    told with the next best (1), on the data set of the largest effect alone (2).
    """
    each = [standing(f, strengths) for f in found if f.missing is None]
    each.sort(key=lambda s: -s.found.largest)
    if len(each) > 1 and all(s.alike for s in each):
        return [_alike(each)]
    if len(each) > 1 and agree(each, strengths):
        two = len(each[0].found.means) == 2
        whole = [_everywhere(each), _next_best(each), _next_best(each, told=1)]
        whole = [_together(each)] if two else whole[brief : 2 + brief // 2]
        if said := next(filter(fits, whole), None):
            return [said]
    return [_alike([s]) if s.alike else _one(s, strengths) for s in each]


def _together(each: Sequence[Standing]) -> Sentence:
    """ "Hinge was ahead of BCE on both data sets, in five of six pairs (FID 3.6 against 4.0 ...)"."""
    n, contrasts = Numbers(), [s.found.contrasts[0] for s in each]
    first, second = each[0].found.order
    told = (against(n, c, first, second, label=c is contrasts[0]) for c in contrasts)
    values = [text + names.on(c.dataset) for text, c in zip(told, contrasts, strict=True)]
    front, back = _tail(each[0].strength, contrasts)
    winner, other = names.levels(contrasts[0].factor, (first, second))
    lead = f"{winner} was {front}ahead of {other} on {names.everywhere(len(each))}{back}"
    return n.sentence(f"{lead} ({names.listing(values)}).", [s.found for s in each])


def _everywhere(each: Sequence[Standing]) -> Sentence:
    """ "On both data sets, z 32 gave the best samples (FID 3.2 against 4.2 for 64 ... on MNIST; ...)"."""
    n, first, parts = Numbers(), each[0].found, list[str]()
    rivals = [v for v in first.means if v != first.order[0]]
    for s in each:
        tails = ["" if parts else f" for {names.bare(first.factor, v)}" for v in rivals]
        others = (value(n, s.found, v) + tail for v, tail in zip(rivals, tails, strict=True))
        beside = f"against {names.listing(others)}{names.on(s.found.dataset)}"
        parts.append(f"{value(n, s.found, first.order[0])} {beside}")
    return n.sentence(_best_of_all(each, parts), [s.found for s in each])


def _next_best(each: Sequence[Standing], told: int | None = None) -> Sentence:
    """ "On both data sets, z 32 gave the best samples (FID on MNIST 3.2, next 4.0; ...)"."""
    n, parts = Numbers(), list[str]()
    for found in (s.found for s in each[:told]):
        best, other = (value(n, found, v) for v in found.order[:2])
        parts.append(f"{names.on(found.dataset).strip()} {best}, next {other}".strip())
    return n.sentence(_best_of_all(each, parts), [s.found for s in each])


def _best_of_all(each: Sequence[Standing], values: Sequence[str]) -> str:
    found = each[0].found
    front, back = _tail(each[0].strength, [c for s in each for c in s.found.rivals])
    verb = names.BEST.get(found.metric, f"had the best {names.metric(found.metric)}")
    verb = "was ahead" if each[0].strength == "within noise" else verb
    who = f"on {names.everywhere(len(each))}, {names.level(found.factor, found.order[0])}"
    return f"{who} {front}{verb}{back} ({names.measured(found)} {'; '.join(values)})."


def _one(s: Standing, strengths: Strengths, listed: int = LISTED) -> Sentence:
    """ "On MNIST, z 32 gave the best samples (FID 3.2, against 4.2 for 64 and 4.0 for 128)"."""
    found, winner = s.found, s.found.order[0]
    top = leaders(found, strengths)
    rest = [v for v in found.order if v not in top]
    if len(top) > 1:
        return _level_at_the_top(found, top, rest, strengths)
    n = Numbers()
    values = f"{names.measured(found)} {value(n, found, winner)}{_others(n, found, rest, listed)}"
    firm = [c for c in found.rivals if strengths[c.id] in FIRM]
    front, back = _tail(s.strength, found.rivals)
    did = f"was {front}ahead{back}"
    if firm and len(firm) < len(rest):
        beaten = names.levels(found.factor, [c.behind for c in firm if c.behind is not None])
        front, back = _tail(strengths[firm[0].id], firm)
        did = f"was {front}ahead of {names.listing(beaten)}{back}"
    elif len(rest) == 1:
        did = f"was {front}ahead of {names.bare(found.factor, rest[0])}{back}"
    elif found.metric in names.BEST and s.strength in (*FIRM, "seen once"):
        did = f"{front}{names.BEST[found.metric]}{back}"
    text = f"{_front(found)}{names.level(found.factor, winner)} {did} ({values})."
    said = n.sentence(text, [found])
    return said if fits(said) or listed < len(rest) else _one(s, strengths, listed=1)


def extreme(found: Levels) -> Sentence:
    """ "On MNIST, BCE had the highest proxy FID (184 against 147)": no level is called better."""
    n, (first, *rest) = Numbers(), found.order
    which = "highest" if found.towards > 0 else "lowest"
    had = f"{names.level(found.factor, first)} had the {which} {names.metric(found.metric)}"
    values = f"{value(n, found, first)}{_others(n, found, rest)}"
    return n.sentence(f"{_front(found)}{had} ({values}).", [found])


def _level_at_the_top(
    found: Levels, top: Sequence[Level], rest: Sequence[Level], strengths: Strengths
) -> Sentence:
    """ "On MNIST, latent 8 and 16 were level (FID 9.2), ahead of 32 (10.1)"."""
    n = Numbers()
    each = [value(n, found, v, apart=False) for v in top]
    shown = each[0] if len(set(each)) == 1 else names.listing(each)
    level = names.listing(names.levels(found.factor, top))
    text = f"{_front(found)}{level} were level ({names.measured(found)} {shown})"
    if rest:
        behind = [found.between(found.order[0], v) for v in rest]
        front, back = sure(weakest([strengths[c.id] for c in behind]))
        values = names.listing(value(n, found, v, apart=False) for v in rest)
        others = names.listing(names.bare(found.factor, v) for v in rest)
        text += f", {front}ahead of {others} ({values}){back}"
    return n.sentence(f"{text}.", [found])


def _front(found: Levels) -> str:
    return f"on {names.dataset(found.dataset)}, " if found.dataset else ""


def sure(strength: Strength) -> tuple[str, str]:
    """What stands before "ahead", and behind its clause, for a strength that needs no counts."""
    if strength == "clear":
        return "clearly ", ""
    return "", f", {AHEAD[strength]}" if strength in AHEAD else ""


def _tail(strength: Strength, contrasts: Sequence[Contrast]) -> tuple[str, str]:
    """What stands before and after "ahead" for a strength."""
    if strength in FIRM:
        return ("clearly ", "") if strength == "clear" else ("", f" {AHEAD[strength]}")
    counted = pairs(*contrasts)
    if strength == "seen once":
        two = len({v for c in contrasts for v in (c.a, c.b)}) == 2
        return "", f" {counted}" if two else ""
    but = "yet " if in_every_pair(contrasts) and strength == "within noise" else ""
    return "", f" {counted}, {but}{AHEAD[strength]}" if strength in AHEAD else ""


def pairs(*contrasts: Contrast) -> str:
    """ "in five of six pairs"."""
    wins, pairs = sum(c.wins for c in contrasts), sum(c.pairs for c in contrasts)
    only = "on average, in only" if 0 < 2 * wins < pairs else "in"
    return f"{only} {names.part(wins if pairs > 1 else 1, pairs, 'pair')}"


def _alike(each: Sequence[Standing]) -> Sentence:
    """ "On Fashion-MNIST the z dimensions hardly differ (FID 6.0 to 6.3)"."""
    n, first, several = Numbers(), each[0].found, len(each) > 1
    ranges = [span(n, s.found) + (names.on(s.found.dataset) if several else "") for s in each]
    level = all(s.strength == "level" for s in each)
    who = f"the {names.factor(first.factor, several=True)}"
    if len(first.means) == 2:
        who = names.listing(names.levels(first.factor, first.means))
    verb = "are level" if level else "hardly differ"
    if all(s.found.here == "tie" for s in each) and any(c.slack for c in first.contrasts):
        verb = "tie within their rounding"
    place = names.on(first.dataset)
    if several:
        place = f" on {names.everywhere(len(each)) if level or len(each) == 2 else 'any data set'}"
    text = f"{who} {verb}{place} ({names.measured(first)} {names.listing(ranges)})."
    return n.sentence(text, [s.found for s in each])


def span(n: Numbers, found: Levels) -> str:
    """ "6.0 to 6.3": the lowest and the highest mean."""
    ends = {"lowest": min(found.means.values()), "highest": max(found.means.values())}
    decimals = decimals_of(found, ends.values(), apart=False)
    shown = dict.fromkeys(names.value(n, found, k, v, decimals) for k, v in ends.items())
    return " to ".join(shown)


def against(
    n: Numbers, found: Comparison[Any], first: Level, other: Level, label: bool = True
) -> str:
    """ "FID 3.2 against 4.2"."""
    decimals = decimals_of(found, (found.mean_a, found.mean_b))
    means = {found.a: found.mean_a, found.b: found.mean_b}
    a, b = (names.value(n, found, side, means[side], decimals) for side in (first, other))
    return f"{names.measured(found) + ' ' if label else ''}{a} against {b}"


def _others(n: Numbers, found: Levels, rest: Sequence[Level], listed: int = LISTED) -> str:
    """ ", against 4.2 for z 64 and 4.0 for 128"."""
    if not rest:
        return ""
    printed = rest if len(rest) <= listed else (rest[0], rest[-1])
    values = {v: value(n, found, v) for v in printed}
    if len(rest) > listed:
        return f", against {values[rest[0]]} to {values[rest[-1]]} for the others"
    if len(rest) == 1:
        return f" against {values[rest[0]]}"
    each = (f"{values[v]} for {names.bare(found.factor, v)}" for v in found.means if v in values)
    return f", against {names.listing(each)}"


def value(n: Numbers, found: Levels, level: Level, apart: bool = True) -> str:
    """The mean of a level as printed beside those of the others."""
    decimals = decimals_of(found, found.means.values(), apart)
    return names.value(n, found, level, found.means[level], decimals)


def along(found: Sequence[Levels], strengths: Strengths) -> list[Sentence]:
    """ "On MNIST, test reconstruction loss fell from 70.5 (8) to 53.6 (16) and 50.1 (32)"."""
    each = [course(f, strengths) for f in sorted(found, key=lambda f: -f.largest)]
    if not each:
        return []
    open_ = [c.found.id for c in each if open_course(c, strengths)]
    together = _courses(each, open_)
    return [together] if fits(together) else [_courses([c], open_) for c in each]


def _courses(found: Sequence[Course], open_: Sequence[str] = ()) -> Sentence:
    n, first = Numbers(), found[0].found
    far = "'s distance from that of real images" if first.target is not None else ""
    what = f"{names.metric(first.metric)}{far}"
    if all(c.shape == "flat" for c in found):
        each = names.listing(_range(n, c.found) + names.on(c.found.dataset) for c in found)
        text = f"{what} hardly moved ({each})"
    else:
        where = [names.on(c.found.dataset).strip() for c in found]
        went = (_course(n, c, c.found.id in open_) for c in found)
        told = [f"{on} it {how}" for on, how in zip(where, went, strict=True)]
        text = "; ".join(told).replace(f"{where[0]} it", f"{where[0]}, {what}".lstrip(", "), 1)
    return n.sentence(f"{text}.", [c.found for c in found])


def _course(n: Numbers, it: Course, open_: bool) -> str:
    """ "fell from 70.5 (8) to 53.6 (16), and 32 added nothing"."""
    found, means = it.found, it.found.means
    within = f", {AHEAD['within noise']}," if open_ else ""

    def named(level: Level) -> str:
        return f"{value(n, found, level)} ({names.bare(found.factor, level)})"

    first, *rest = it.levels
    if it.shape == "flat":
        return f"hardly moved ({_range(n, found)})"
    if it.shape == "mixed" or (open_ and it.shape in ("valley", "hill")):
        low, high = (named(end(means, key=means.__getitem__)) for end in (min, max))
        return f"went up and down{within} between {low} and {high}"
    down = it.shape in ("falls", "valley")
    verb, back = ("fell", "rose") if down else ("rose", "fell")
    if it.shape in ("valley", "hill"):
        turn = (min if down else max)(rest[:-1], key=means.__getitem__)
        return f"{verb}{within} from {named(first)} to {named(turn)} and {back} again to {named(rest[-1])}"
    moved, still = rest[: it.settled], rest[it.settled :]
    values = [means[v] for v in (first, *moved)]
    if len(moved) > TOLD or values not in (sorted(values), sorted(values, reverse=True)):
        moved = moved[-1:]
    tail = " and more" if len(still) > 1 else ""
    tail = f", and {names.bare(found.factor, still[0])}{tail} added nothing" if still else ""
    return f"{verb}{within} from {named(first)} to {names.listing(map(named, moved))}{tail}"


def _range(n: Numbers, found: Levels) -> str:
    """ "6.0 to 6.3"; one value where both ends print the same."""
    ends = (end(found.means, key=found.means.__getitem__) for end in (min, max))
    return " to ".join(dict.fromkeys(value(n, found, level) for level in ends))
