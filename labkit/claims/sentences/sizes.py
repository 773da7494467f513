"""What a sentence of any language tells of the size of a VAE's code: which is best, how surely.

No words: a language's functions ask here and put the answer in theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from labkit.claims.findings import only
from labkit.claims.sentences.judged import TOLD, Strengths, at_the_top, led, stands_out
from labkit.claims.verdict import FIRM, Strength

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.findings.levels import Contrast, Course, Levels

FACTOR = "latent_dim"
#: Words of the longest point; where it is longer, how early the gain was had is left out.
POINT = 25


def seen_once(found: Sequence[Levels], strengths: Strengths) -> bool:
    """Whether nothing is known of the usual variation of any of them."""
    return all(strengths[c.id] == "seen once" for f in found for c in f.contrasts)


def shape(each: Sequence[Course], strengths: Strengths) -> str:
    """The shape that courses have on all data sets; empty where they differ, or may by chance.

    So it is where it is surer of the ends than of a step between: not all larger codes are ahead.
    """
    ends = [c.found.between(c.levels[0], c.levels[-1]) for c in each]
    found, known = only([*{c.shape for c in each}]), surely(ends, strengths)[0]
    steps = [
        strengths[c.found.between(*two).id]
        for c, end in zip(each, ends, strict=True)
        if strengths[end.id] in FIRM
        for two, step in zip(pairwise(c.levels), c.steps, strict=True)
        if step
    ]
    unsure = known == "within noise" or not all(step in FIRM for step in steps)
    return "" if found != "flat" and unsure else found


def surely(found: Sequence[Contrast], strengths: Strengths) -> tuple[Strength, list[str]]:
    """How sure it is what holds on several data sets; those where it is, if not on all."""
    firm = [c for c in found if strengths[c.id] in FIRM]
    if not firm:
        known = any(strengths[c.id] != "seen once" for c in found)
        return "within noise" if known else "seen once", []
    own = all(strengths[c.id] == "clear" for c in firm)
    where = [c.dataset for c in firm] if len(firm) < len(found) else []
    return "clear" if own else "beyond usual", where


def gain(each: Sequence[Course]) -> tuple[str, Level]:
    """By which level all of the gain is had (``settled``), or most of it (``early``).

    The level is the same on every data set; two empty texts where there is none.
    """
    second, last = {c.levels[1] for c in each}, {c.levels[c.settled] for c in each}
    if len(last) == 1 and all(c.settled < len(c.levels) - 1 for c in each):
        return "settled", last.pop()
    if len(second) == 1 and all(c.early > 0.5 and len(c.levels) > 2 for c in each):
        return "early", second.pop()
    return "", ""


def ahead(each: Sequence[Course], strengths: Strengths) -> list[Levels]:
    """The data sets on which some sizes are ahead of others."""
    return [c.found for c in each if led(c, strengths)]


def top(found: Sequence[Levels], strengths: Strengths) -> Sequence[Level]:
    """Several sizes that are at the top on all data sets alike; empty where there are no such."""
    each = [at_the_top(f, strengths) for f in found]
    return each[0] if len(each[0]) > 1 and all(some == each[0] for some in each) else []


def undecided(each: Sequence[Course], strengths: Strengths) -> tuple[list[str], bool]:
    """The data sets on which no size leads, and whether nothing moved on any of them."""
    rest = [c for c in each if not led(c, strengths)]
    return [c.found.dataset for c in rest], all(c.shape == "flat" for c in rest)


def best_drawn(each: Sequence[Course], strengths: Strengths) -> str:
    """What new samples show: ``flat``, ``open``, ``smallest`` or ``largest`` is best, ``some``."""
    if all(c.shape == "flat" for c in each):
        return "flat"
    if not ahead(each, strengths) or not any(stands_out(c.found, strengths) for c in each):
        return "open"
    for place, way, size in ((0, "rises", "smallest"), (-1, "falls", "largest")):
        if all(c.shape == way and c.found.best[0] == c.levels[place] for c in each):
            return size
    return "some"


def told_by_values(found: Sequence[Levels], strengths: Strengths) -> bool:
    """Whether all sizes' values stand in one sentence, data set by data set: few, seen once."""
    few = len(found) > 1 and all(len(f.means) <= TOLD for f in found)
    return few and len({tuple(f.means) for f in found}) == 1 and seen_once(found, strengths)


def none_stands_out(found: Sequence[Levels], strengths: Strengths) -> bool:
    """Whether the usual variation is known, and no size stands out of it."""
    known = found and all(strengths[c.id] != "seen once" for f in found for c in f.contrasts)
    return bool(known) and not any(stands_out(f, strengths) for f in found)


def best_in_total(found: Sequence[Levels]) -> Level | None:
    """The size that is best by the whole loss by more than a hair on all data sets, if one is."""
    best = {f.order[0] for f in found}
    leads = [(f, f.between(*f.order[:2])) for f in found]
    sure = all(abs(c.estimate or 0.0) > f.margin and c.wins == c.pairs for f, c in leads)
    return best.pop() if len(best) == 1 and sure else None


def gained_nothing(found: Sequence[Levels]) -> tuple[Level, Level] | None:
    """The largest size and the next, where the largest is ahead of it on no data set."""
    sizes = {tuple(f.means)[:-3:-1] for f in found}
    if len(sizes) != 1 or len(both := sizes.pop()) != 2:
        return None
    largest, smaller = both
    ahead = [f.between(largest, smaller).ahead for f in found]
    return None if largest in ahead else (largest, smaller)
