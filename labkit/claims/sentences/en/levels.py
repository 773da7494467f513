"""Levels of a factor against each other, in English."""

from collections.abc import Sequence
from typing import Any

from labkit.claims.cell import Level
from labkit.claims.claim import Sentence
from labkit.claims.finding import Comparison
from labkit.claims.findings.levels import Contrast, Course, Levels
from labkit.claims.sentences import judged
from labkit.claims.sentences.en import names
from labkit.claims.sentences.judged import LISTED, Standing, Strengths
from labkit.claims.sentences.numbers import Numbers, dataset_label, decimals_of, fits, place
from labkit.claims.verdict import FIRM, Strength, weakest

#: A level that is ahead, by how sure that is; where nothing is known of noise, pairs are counted.
AHEAD = {
    "clear": "clearly",
    "beyond usual": "by more than the usual run-to-run variation",
    "within noise": "within the usual variation",
    "level": "by too little to tell apart",
}


def contrast(found: Contrast, strength: Strength) -> Sentence:
    """The statement of one pair of levels: a row of the evidence."""
    n, on = Numbers(), place(found.dataset)
    values = against(n, found, found.a, found.b)
    if found.ahead is None or found.behind is None:
        a, b = (names.level(found.factor, v) for v in (found.a, found.b))
        return n.sentence(f"{a} and {b} tie{on} ({values}).", [found])
    first, other = (names.level(found.factor, v) for v in (found.ahead, found.behind))
    values = against(n, found, found.ahead, found.behind)
    tail = pairs(found) if strength == "seen once" else AHEAD.get(strength, "")
    lead = f"{first} is ahead of {other}{on}{tail and f', {tail}'}"
    return n.sentence(f"{lead} ({values}).", [found])


def together(each: Sequence[Standing]) -> Sentence:
    """ "Hinge was ahead of BCE on both data sets, in five of six pairs (FID 3.6 against 4.0 ...)"."""
    n, contrasts = Numbers(), [s.found.contrasts[0] for s in each]
    first, second = each[0].found.order
    told = (against(n, c, first, second, label=c is contrasts[0]) for c in contrasts)
    values = [text + place(c.dataset) for text, c in zip(told, contrasts, strict=True)]
    front, back = _tail(each[0].strength, contrasts)
    winner, other = names.levels(contrasts[0].factor, (first, second))
    lead = f"{winner} was {front}ahead of {other} on {names.everywhere(len(each))}{back}"
    return n.sentence(f"{lead} ({names.listing(values)}).", [s.found for s in each])


def everywhere(each: Sequence[Standing]) -> Sentence:
    """ "On both data sets, z 32 gave the best samples (FID 3.2 against 4.2 for 64 ... on MNIST; ...)"."""
    n, first, parts = Numbers(), each[0].found, list[str]()
    rivals = [v for v in first.means if v != first.order[0]]
    for s in each:
        tails = ["" if parts else f" for {names.bare(first.factor, v)}" for v in rivals]
        others = (n.mean(s.found, v) + tail for v, tail in zip(rivals, tails, strict=True))
        beside = f"against {names.listing(others)}{place(s.found.dataset)}"
        parts.append(f"{n.mean(s.found, first.order[0])} {beside}")
    return n.sentence(_best_of_all(each, parts), _rests_on(each))


def next_best(each: Sequence[Standing], told: int) -> Sentence:
    """ "On both data sets, z 32 gave the best samples (FID on MNIST 3.2, next 128 with 4.0; ...)"."""
    n, parts = Numbers(), list[str]()
    for found in (s.found for s in each[:told]):
        best, other = (n.mean(found, v) for v in found.order[:2])
        after = names.bare(found.factor, found.order[1])
        parts.append(f"{place(found.dataset).strip()} {best}, next {after} with {other}".strip())
    return n.sentence(_best_of_all(each, parts), _rests_on(each))


def _best_of_all(each: Sequence[Standing], values: Sequence[str]) -> str:
    found = each[0].found
    front, back = _tail(each[0].strength, [c for s in each for c in s.found.rivals])
    verb = names.BEST.get(found.metric, f"had the best {names.metric(found.metric)}")
    verb = "was ahead" if each[0].strength == "within noise" else verb
    who = f"on {names.everywhere(len(each))}, {names.level(found.factor, found.order[0])}"
    shown = f" ({names.measured(found)} {'; '.join(values)})" if values else ""
    return f"{who} {front}{verb}{back}{_yet(each)}{shown}."


def _yet(each: Sequence[Standing]) -> str:
    """ ", but had the worst recall": another measure turns the order round, on these data sets."""
    turned = [s.beside for s in each if s.beside is not None]
    if not turned:
        return ""
    where = names.listing(dataset_label(f.dataset) for f in turned)
    on = f" on {where}" if len(turned) < len(each) else ""
    return f", but had the worst {names.metric(turned[0].metric)}{on}"


def _rests_on(each: Sequence[Standing]) -> list[Levels]:
    return [f for s in each for f in (s.found, s.beside) if f is not None]


def one(s: Standing, strengths: Strengths, listed: int = LISTED) -> Sentence:
    """ "On MNIST, z 32 gave the best samples (FID 3.2, against 4.2 for 64 and 4.0 for 128)"."""
    found, winner = s.found, s.found.order[0]
    top = judged.leaders(found, strengths)
    rest = [v for v in found.order if v not in top]
    if len(top) > 1:
        return _level_at_the_top(found, top, rest, strengths)
    n = Numbers()
    values = f"{names.measured(found)} {n.mean(found, winner)}{_others(n, found, rest, listed)}"
    beaten, strength, rivals = judged.ahead_of(s, strengths)
    front, back = _tail(strength, rivals)
    did = f"was {front}ahead{back}"
    if beaten:
        called = names.levels(found.factor, beaten)
        called = called if len(rest) > 1 else [names.bare(found.factor, beaten[0])]
        did = f"was {front}ahead of {names.listing(called)}{back}"
    elif found.metric in names.BEST and s.strength in (*FIRM, "seen once"):
        did = f"{front}{names.BEST[found.metric]}{back}"
    text = f"{_front(found)}{names.level(found.factor, winner)} {did}{_yet([s])} ({values})."
    said = n.sentence(text, _rests_on([s]))
    return said if fits(said) or listed < len(rest) else one(s, strengths, listed=1)


def extreme(found: Levels) -> Sentence:
    """ "On MNIST, BCE had the highest proxy FID (184 against 147)": no level is called better."""
    n, (first, *rest) = Numbers(), found.order
    which = "highest" if found.towards > 0 else "lowest"
    had = f"{names.level(found.factor, first)} had the {which} {names.metric(found.metric)}"
    values = f"{n.mean(found, first)}{_others(n, found, rest)}"
    return n.sentence(f"{_front(found)}{had} ({values}).", [found])


def _level_at_the_top(
    found: Levels, top: Sequence[Level], rest: Sequence[Level], strengths: Strengths
) -> Sentence:
    """ "On MNIST, latent 8 and 16 were level (FID 9.2), ahead of 32 (10.1)"."""
    n = Numbers()
    each = [n.mean(found, v, apart=False) for v in top]
    shown = each[0] if len(set(each)) == 1 else names.listing(each)
    level = names.listing(names.levels(found.factor, top))
    text = f"{_front(found)}{level} were level ({names.measured(found)} {shown})"
    if rest:
        behind = [found.between(found.order[0], v) for v in rest]
        front, back = sure(weakest([strengths[c.id] for c in behind]))
        values = names.listing(n.mean(found, v, apart=False) for v in rest)
        others = names.listing(names.bare(found.factor, v) for v in rest)
        text += f", {front}ahead of {others} ({values}){back}"
    return n.sentence(f"{text}.", [found])


def _front(found: Levels) -> str:
    return f"on {dataset_label(found.dataset)}, " if found.dataset else ""


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
    but = "yet " if judged.in_every_pair(contrasts) and strength == "within noise" else ""
    return "", f" {counted}, {but}{AHEAD[strength]}" if strength in AHEAD else ""


def pairs(*contrasts: Contrast) -> str:
    """ "in five of six pairs"."""
    wins, pairs = judged.won(contrasts)
    only = "on average, in only" if 0 < 2 * wins < pairs else "in"
    return f"{only} {names.part(wins, pairs, 'pair')}"


def alike(each: Sequence[Standing]) -> Sentence:
    """ "On Fashion-MNIST the z dimensions hardly differ (FID 6.0 to 6.3)"."""
    n, first, several = Numbers(), each[0].found, len(each) > 1
    ranges = [
        " to ".join(n.span(s.found)) + (place(s.found.dataset) if several else "") for s in each
    ]
    level, tie = judged.closeness(each)
    who = f"the {names.factor(first.factor, several=True)}"
    if len(first.means) == 2:
        who = names.listing(names.levels(first.factor, first.means))
    verb = "are level" if level else "hardly differ"
    if tie:
        verb = "tie within their rounding"
    where = place(first.dataset)
    if several:
        where = f" on {names.everywhere(len(each)) if level or len(each) == 2 else 'any data set'}"
    text = f"{who} {verb}{where} ({names.measured(first)} {names.listing(ranges)})."
    return n.sentence(text, [s.found for s in each])


def against(
    n: Numbers, found: Comparison[Any], first: Level, other: Level, label: bool = True
) -> str:
    """ "FID 3.2 against 4.2"."""
    decimals = decimals_of(found, (found.mean_a, found.mean_b))
    means = {found.a: found.mean_a, found.b: found.mean_b}
    a, b = (n.measured(found, side, means[side], decimals) for side in (first, other))
    return f"{names.measured(found) + ' ' if label else ''}{a} against {b}"


def _others(n: Numbers, found: Levels, rest: Sequence[Level], listed: int = LISTED) -> str:
    """ ", against 4.2 for z 64 and 4.0 for 128"."""
    if not rest:
        return ""
    printed = rest if len(rest) <= listed else (rest[0], rest[-1])
    values = {v: n.mean(found, v) for v in printed}
    if len(rest) > listed:
        return f", against {values[rest[0]]} to {values[rest[-1]]} for the others"
    if len(rest) == 1:
        return f" against {values[rest[0]]}"
    each = (f"{values[v]} for {names.bare(found.factor, v)}" for v in found.means if v in values)
    return f", against {names.listing(each)}"


def courses(found: Sequence[Course], open_: Sequence[str] = ()) -> Sentence:
    """ "On MNIST, test reconstruction loss fell from 70.5 (8) to 53.6 (16) and 50.1 (32)"."""
    n, first = Numbers(), found[0].found
    far = "'s distance from that of real images" if first.target is not None else ""
    what = f"{names.metric(first.metric)}{far}"
    if all(c.shape == "flat" for c in found):
        each = names.listing(" to ".join(n.means(c.found)) + place(c.found.dataset) for c in found)
        text = f"{what} hardly moved ({each})"
    else:
        where = [place(c.found.dataset).strip() for c in found]
        went = (_course(n, c, c.found.id in open_) for c in found)
        told = [f"{on} it {how}" for on, how in zip(where, went, strict=True)]
        text = "; ".join(told).replace(f"{where[0]} it", f"{where[0]}, {what}".lstrip(", "), 1)
    return n.sentence(f"{text}.", [c.found for c in found])


def _course(n: Numbers, it: Course, open_: bool) -> str:
    """ "fell from 70.5 (8) to 53.6 (16), and 32 added nothing"."""
    shape, passed, still = judged.stops(it, open_)
    if shape == "flat":
        return f"hardly moved ({' to '.join(n.means(it.found))})"
    factor = it.found.factor
    first, *rest = [f"{n.mean(it.found, v)} ({names.bare(factor, v)})" for v in passed]
    if shape == "open":
        lay = "lay from" if len(passed) < len(it.levels) else "was"
        values = f"{first} to {rest[0]}" if lay == "lay from" else names.listing([first, *rest])
        return f"{lay} {values}, {AHEAD['within noise']}"
    if shape == "mixed":
        return f"went up and down between {first} and {rest[0]}"
    verb, back = ("fell", "rose") if shape in ("falls", "valley") else ("rose", "fell")
    if shape in ("valley", "hill"):
        return f"{verb} from {first} to {rest[0]} and {back} again to {rest[1]}"
    tail = " and more" if len(still) > 1 else ""
    tail = f", and {names.bare(factor, still[0])}{tail} added nothing" if still else ""
    return f"{verb} from {first} to {names.listing(rest)}{tail}"
