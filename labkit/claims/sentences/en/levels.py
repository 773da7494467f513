"""Levels of a factor against each other, in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.claims.sentences.en import names
from labkit.claims.sentences.numbers import Numbers, decimals_of, fits, typed_decimals
from labkit.claims.verdict import FIRM, Strength, weakest

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.claim import Sentence
    from labkit.claims.findings.levels import Contrast, Levels

Strengths = Mapping[str, Strength]

#: A level that is ahead, by how sure that is; where nothing is known of noise, pairs are counted.
AHEAD = {
    "clear": "clearly",
    "beyond usual": "by more than the usual run-to-run variation",
    "within noise": "within the usual variation",
    "level": "by too little to tell apart",
}
#: At most so many rivals are listed with their numbers.
LISTED = 3


@dataclass(frozen=True)
class Standing:
    """How the best level of a factor stands on one data set."""

    found: Levels
    strength: Strength
    """The weakest over its rivals."""
    alike: bool
    """Whether nothing here tells the levels apart."""


def standing(found: Levels, strengths: Strengths) -> Standing:
    """The best level against all its rivals, with the weakest of their strengths."""
    rivals = [strengths[c.id] for c in found.rivals]
    weak = weakest(rivals)
    alike = all(_alike_here(c, strengths[c.id]) for c in found.contrasts)
    return Standing(found, weak, alike)


def _alike_here(found: Contrast, strength: Strength) -> bool:
    """Whether two levels cannot be told apart, or without any noise known hardly anyone would."""
    if found.here == "tie" or found.unresolved or strength == "level":
        return True
    small = abs(found.estimate or 0.0) <= found.margin and 3 * found.wins < 2 * found.pairs
    return strength == "seen once" and small


def contrast(found: Contrast, strength: Strength) -> Sentence:
    """The statement of one pair of levels: a row of the evidence."""
    n = Numbers()
    a, b = (names.level(found.factor, v) for v in (found.a, found.b))
    decimals = decimals_of(found.metric, (found.mean_a, found.mean_b), typed_decimals([found]))
    values = _against(n, found, found.a, found.b, decimals)
    if found.ahead is None:
        text = f"{a} and {b} tie{names.on(found.dataset)} ({values})"
        return n.sentence(f"{text}.", [found])
    first, other = (a, b) if found.ahead == found.a else (b, a)
    values = _against(n, found, found.ahead, found.behind, decimals)
    lead = f"{first} is ahead of {other}{names.on(found.dataset)}"
    tail = _pairs(found) if strength == "seen once" else AHEAD.get(strength, "")
    return n.sentence(f"{lead}{f', {tail}' if tail else ''} ({values}).", [found])


def best(found: Sequence[Levels], strengths: Strengths) -> list[Sentence]:
    """Which level was best and by how much, a sentence for data sets that agree.

    Args:
        found: one factor and metric, an entry a data set; those not measured are passed over.
        strengths: of their contrasts.

    Returns:
        The largest effect first.
    """
    each = [standing(f, strengths) for f in found if f.missing is None]
    each.sort(key=lambda s: -s.found.largest)
    if len(each) > 1 and all(s.alike for s in each):
        return [_alike(each)]
    if len(each) > 1 and _agree(each) and fits(both := _together(each)):
        return [both]
    if len(each) > 1 and _same_best(each, strengths) and fits(both := _everywhere(each)):
        return [both]
    return [_alike([s]) if s.alike else _one(s, strengths) for s in each]


def _agree(each: Sequence[Standing]) -> bool:
    """Whether two levels stand the same way round, and as surely, on all data sets."""
    first = each[0]
    return all(
        len(s.found.means) == 2
        and not s.alike
        and s.found.order == first.found.order
        and s.strength == first.strength
        for s in each
    )


def _together(each: Sequence[Standing]) -> Sentence:
    """ "Hinge was ahead of BCE on both data sets, in five of six pairs (FID 3.6 against 4.0 ...)"."""
    n, first = Numbers(), each[0].found
    best_level, other = first.order
    values = []
    for s in each:
        contrast = s.found.contrasts[0]
        decimals = decimals_of(s.found.metric, s.found.means.values(), typed_decimals([s.found]))
        text = _against(n, contrast, best_level, other, decimals, label=s is each[0])
        values.append(text + names.on(s.found.dataset))
    everywhere = "on both data sets" if len(each) == 2 else "on all data sets"
    contrasts = [s.found.contrasts[0] for s in each]
    tail = _tail(each[0].strength, contrasts)
    text = (
        f"{names.level(first.factor, best_level)} was {tail[0]}ahead of "
        f"{names.bare(first.factor, other)} {everywhere}{tail[1]} ({names.listing(values)})."
    )
    return n.sentence(text, [s.found for s in each])


def _same_best(each: Sequence[Standing], strengths: Strengths) -> bool:
    """Whether one level leads alone on all data sets, each time as surely."""
    first = each[0]
    return len(first.found.means) > 2 and all(
        not s.alike
        and leaders(s.found, strengths) == [first.found.order[0]]
        and s.found.means.keys() == first.found.means.keys()
        and s.strength == first.strength
        for s in each
    )


def _everywhere(each: Sequence[Standing]) -> Sentence:
    """ "On both data sets, z 32 gave the best samples (FID on MNIST 3.2, 4.2 and 4.0 for z 32 ...)"."""
    n, first = Numbers(), each[0].found
    winner, rest = first.order[0], [v for v in first.means if v != first.order[0]]
    parts = []
    for i, s in enumerate(each):
        decimals = decimals_of(first.metric, s.found.means.values(), typed_decimals([s.found]))
        value = n.measured(first.metric, _key(s.found, winner), s.found.means[winner], decimals)
        others = [
            n.measured(first.metric, _key(s.found, v), s.found.means[v], decimals)
            + (f" for {names.bare(first.factor, v)}" if i == 0 else "")
            for v in rest
        ]
        parts.append(f"{value} against {names.listing(others)}{names.on(s.found.dataset)}")
    strength = each[0].strength
    front, back = _tail(strength, [c for s in each for c in s.found.rivals])
    verb = names.BEST.get(first.metric, f"had the best {names.metric(first.metric)}")
    verb = "was ahead" if strength == "within noise" else verb
    where = "both data sets" if len(each) == 2 else "all data sets"
    text = f"on {where}, {names.level(first.factor, winner)} {front}{verb}{back}"
    values = f"{names.measured(first)} {'; '.join(parts)}"
    return n.sentence(f"{text} ({values}).", [s.found for s in each])


def _one(s: Standing, strengths: Strengths, listed: int = LISTED) -> Sentence:
    """ "On MNIST, z 32 gave the best samples (FID 3.2, against 4.2 for 64 and 4.0 for 128)"."""
    found, winner = s.found, s.found.order[0]
    on = f"on {names.dataset(found.dataset)}, " if found.dataset else ""
    top = leaders(found, strengths)
    rest = [v for v in found.order if v not in top]
    if len(top) > 1:
        return _level_at_the_top(found, top, rest, strengths, on)
    n, name = Numbers(), names.level(found.factor, winner)
    decimals = decimals_of(found.metric, found.means.values(), typed_decimals([found]))
    value = n.measured(found.metric, _key(found, winner), found.means[winner], decimals)
    values = f"{names.measured(found)} {value}{_others(n, found, rest, decimals, listed)}"
    firm = [c for c in found.rivals if strengths[c.id] in FIRM]
    verb = names.BEST.get(found.metric, "")
    front, back = _tail(s.strength, found.rivals)
    if firm and len(firm) < len(rest):
        beaten = [c.behind for c in firm if c.behind is not None]
        front, back = _tail(strengths[firm[0].id], firm)
        did = f"was {front}ahead of {names.levels(found.factor, beaten)}{back}"
    elif verb and s.strength in (*FIRM, "seen once") and len(rest) > 1:
        did = f"{front}{verb}{back}"
    elif len(rest) == 1:
        other = names.bare(found.factor, rest[0])
        did = f"was {front}ahead of {other}{back}"
    else:
        did = f"was {front}ahead{back}"
    said = n.sentence(f"{on}{name} {did} ({values}).", [found])
    return said if fits(said) or listed < len(rest) else _one(s, strengths, listed=1)


def extreme(found: Levels) -> Sentence:
    """ "On MNIST, BCE had the highest proxy FID (184 against 147)": no level is called better."""
    n, (first, *rest) = Numbers(), found.order
    on = f"on {names.dataset(found.dataset)}, " if found.dataset else ""
    decimals = decimals_of(found.metric, found.means.values(), typed_decimals([found]))
    value = n.measured(found.metric, _key(found, first), found.means[first], decimals)
    which = "highest" if found.towards > 0 else "lowest"
    text = f"{names.level(found.factor, first)} had the {which} {names.metric(found.metric)}"
    return n.sentence(f"{on}{text} ({value}{_others(n, found, rest, decimals)}).", [found])


def leaders(found: Levels, strengths: Strengths) -> list[Level]:
    """The best level and those that nothing tells from it, in the levels' own order."""
    best = found.order[0]
    level = [
        v
        for v in found.order[1:]
        if (c := found.between(best, v)).here == "tie" or c.unresolved or strengths[c.id] == "level"
    ]
    return [v for v in found.means if v == best or v in level]


def _level_at_the_top(
    found: Levels, top: Sequence[Level], rest: Sequence[Level], strengths: Strengths, on: str
) -> Sentence:
    """ "On MNIST, latent 8 and 16 were level (FID 9.2), ahead of 32 (10.1)"."""
    n = Numbers()
    decimals = decimals_of(found.metric, found.means.values(), typed_decimals([found]), apart=False)
    each = [n.measured(found.metric, _key(found, v), found.means[v], decimals) for v in top]
    shown = each[0] if len(set(each)) == 1 else names.listing(each)
    text = f"{on}{names.levels(found.factor, top)} were level ({names.measured(found)} {shown})"
    if rest:
        behind = [found.between(found.order[0], v) for v in rest]
        front, back = _tail(weakest([strengths[c.id] for c in behind]), behind)
        values = [n.measured(found.metric, _key(found, v), found.means[v], decimals) for v in rest]
        others = names.listing(names.bare(found.factor, v) for v in rest)
        text += f", {front}ahead of {others}{back} ({names.listing(values)})"
    return n.sentence(f"{text}.", [found])


def _tail(strength: Strength, contrasts: Sequence[Contrast]) -> tuple[str, str]:
    """What stands before and after "ahead" for a strength."""
    if strength == "clear":
        return "clearly ", ""
    if strength == "beyond usual":
        return "", f" {AHEAD[strength]}"
    counted = _pairs(*contrasts) if len({c.factor for c in contrasts}) == 1 else ""
    if strength == "seen once":
        return "", f" {counted}" if len(contrasts) == 1 or _two_levels(contrasts) else ""
    return "", f" {counted}, {AHEAD[strength]}".replace("  ", " ") if strength in AHEAD else ""


def _two_levels(contrasts: Sequence[Contrast]) -> bool:
    return len({v for c in contrasts for v in (c.a, c.b)}) == 2


def _pairs(*contrasts: Contrast) -> str:
    """ "in five of six pairs"."""
    wins, pairs = sum(c.wins for c in contrasts), sum(c.pairs for c in contrasts)
    if pairs == 1:
        return "in the one pair"
    if wins == pairs:
        return f"in {'both' if pairs == 2 else f'all {names.count(pairs)}'} pairs"
    only = "on average, in only " if 0 < 2 * wins < pairs else "in "
    return f"{only}{names.count(wins) if wins else 'none'} of {names.count(pairs)} pairs"


def _alike(each: Sequence[Standing]) -> Sentence:
    """ "On Fashion-MNIST the z dimensions hardly differ (FID 6.0 to 6.3)"."""
    n, first = Numbers(), each[0].found
    ranges = []
    for s in each:
        low, high = min(s.found.means.values()), max(s.found.means.values())
        decimals = decimals_of(s.found.metric, (low, high), typed_decimals([s.found]), apart=False)
        a = n.measured(
            s.found.metric, f"{s.found.metric}, lowest{names.on(s.found.dataset)}", low, decimals
        )
        b = n.measured(
            s.found.metric, f"{s.found.metric}, highest{names.on(s.found.dataset)}", high, decimals
        )
        text = a if a == b else f"{a} to {b}"
        ranges.append(text + (names.on(s.found.dataset) if len(each) > 1 else ""))
    level = all(s.strength == "level" for s in each)
    verb = "are level" if level else "hardly differ"
    if all(s.found.here == "tie" for s in each) and any(c.slack for c in first.contrasts):
        verb = "tie within their rounding"
    place = names.on(first.dataset)
    if len(each) > 1:
        several = "all data sets" if level else "any data set"
        place = f" on {'both data sets' if len(each) == 2 else several}"
    text = (
        f"the {names.factor(first.factor, several=True)} {verb}{place} "
        f"({names.measured(first)} {names.listing(ranges)})."
    )
    return n.sentence(text, [s.found for s in each])


def _against(
    n: Numbers, found: Contrast, a: Level | None, b: Level | None, decimals: int, label: bool = True
) -> str:
    """ "FID 3.2 against 4.2"."""
    means = {found.a: found.mean_a, found.b: found.mean_b}
    first, second = (
        n.measured(
            found.metric, f"{found.metric}, {v}{names.on(found.dataset)}", means[v], decimals
        )
        for v in (a, b)
        if v is not None
    )
    return f"{names.measured(found) + ' ' if label else ''}{first} against {second}"


def _others(
    n: Numbers, found: Levels, rest: Sequence[Level], decimals: int, listed: int = LISTED
) -> str:
    """ ", against 4.2 for z 64 and 4.0 for 128"."""
    if not rest:
        return ""
    printed = rest if len(rest) <= listed else (rest[0], rest[-1])
    values = {
        v: n.measured(found.metric, _key(found, v), found.means[v], decimals) for v in printed
    }
    if len(rest) > listed:
        return f", against {values[rest[0]]} to {values[rest[-1]]} for the others"
    if len(rest) == 1:
        return f" against {values[rest[0]]}"
    in_order = sorted(rest, key=list(found.means).index)
    return ", against " + names.listing(
        f"{values[v]} for {names.bare(found.factor, v)}" for v in in_order
    )


def _key(found: Levels, level: Level) -> str:
    return f"{found.metric}, {level}{names.on(found.dataset)}"
