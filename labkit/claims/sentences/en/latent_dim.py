"""What the size of a VAE's code did, in English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.claims.findings.course import Course
from labkit.claims.findings.course import course as course_of
from labkit.claims.sentences.en import levels as words
from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.missing import missing
from labkit.claims.sentences.numbers import Numbers
from labkit.claims.verdict import FIRM

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.claim import Sentence
    from labkit.claims.finding import Missing
    from labkit.claims.findings.levels import Contrast, Levels
    from labkit.claims.sentences.en.levels import Strengths

FACTOR = "latent_dim"
#: Words of the longest point; where it is longer, how early the gain was had is left out.
POINT = 28


def nothing(reasons: Sequence[Missing]) -> Sentence:
    """Why nothing can be said."""
    why = f": {missing(reasons[0])}" if reasons else ""
    return Numbers().sentence(f"not measured{why}.")


def point(rebuilt: Sequence[Levels], drawn: Sequence[Levels], strengths: Strengths) -> Sentence:
    """What larger codes did to reconstructions, and what to new samples."""
    known = [strengths[c.id] for f in (*rebuilt, *drawn) for c in f.contrasts]
    once = "in these runs, " if all(s == "seen once" for s in known) else ""
    text = ""
    for early in (True, False):
        parts = (_rebuilt(rebuilt, strengths, early), _drawn(drawn, strengths))
        text = f"{once}{'; '.join(p for p in parts if p)}."
        if len(text.split()) <= POINT:
            break
    if not any(c.isdigit() for c in text):
        means = (*rebuilt, *drawn)[0].means
        sizes = f" ({names.bare(FACTOR, min(means))} to {names.bare(FACTOR, max(means))})"
        said = next((s for s in ("arger codes", "size of the code") if s in text), text[:-1])
        text = text.replace(said, said + sizes, 1)
    return Numbers().sentence(text, [*rebuilt, *drawn])


def _rebuilt(found: Sequence[Levels], strengths: Strengths, early: bool) -> str:
    if not found:
        return ""
    each = [course_of(f, dict(strengths)) for f in found]
    shapes = {c.shape for c in each}
    ends = [f.between(c.levels[0], c.levels[-1]) for f, c in zip(found, each, strict=True)]
    front, back = _strength(ends, strengths)
    if shapes == {"flat"}:
        return "the size of the code hardly changed reconstructions"
    if shapes == {"falls"}:
        last = {c.levels[c.settled] for c in each}
        stop = _until(each, last) if early else ""
        return f"larger codes {front}rebuilt images better{stop}{back}"
    if shapes == {"rises"}:
        return f"larger codes {front}rebuilt images worse{back}"
    return _best_at(each, "reconstructions were best at", strengths)


def _strength(found: Sequence[Contrast], strengths: Strengths) -> tuple[str, str]:
    """What stands before and after a verb that holds on several data sets."""
    firm = [c for c in found if strengths[c.id] in FIRM]
    own = all(strengths[c.id] == "clear" for c in firm)
    usual = words.AHEAD["beyond usual"]
    if not firm:
        known = any(strengths[c.id] != "seen once" for c in found)
        return "", f", {words.AHEAD['within noise']}" if known else ""
    if len(firm) == len(found):
        return ("clearly ", "") if own else ("", f", {usual}")
    where = names.listing(names.dataset(c.dataset) for c in firm)
    return "", f", {'clearly' if own else usual} on {where}"


def _until(each: Sequence[Course], last: set[Level]) -> str:
    """How early most of the gain is had, where that is so on every data set."""
    if (
        all(c.early > 0.5 and len(c.levels) > 2 for c in each)
        and len({c.levels[1] for c in each}) == 1
    ):
        return f", with most of the gain by {names.bare(FACTOR, each[0].levels[1])}"
    if len(last) == 1 and all(c.settled < len(c.levels) - 1 for c in each):
        return f" up to {names.bare(FACTOR, next(iter(last)))}"
    return ""


def _drawn(found: Sequence[Levels], strengths: Strengths) -> str:
    if not found:
        return ""
    each = [course_of(f, dict(strengths)) for f in found]
    if all(c.shape == "flat" for c in each):
        return "new samples hardly differed"
    if all(
        f.best[0] == c.levels[0] and c.shape == "rises" for f, c in zip(found, each, strict=True)
    ):
        return "new samples were best from the smallest"
    if all(
        f.best[0] == c.levels[-1] and c.shape == "falls" for f, c in zip(found, each, strict=True)
    ):
        return "new samples were best from the largest"
    return _best_at(each, "new samples were best at", strengths)


def _best_at(found: Sequence[Course], start: str, strengths: Strengths) -> str:
    """ "new samples were best at 8 on MNIST and 16 on Fashion-MNIST"."""
    moved = [c.found for c in found if c.shape != "flat"]
    flat = [names.dataset(c.found.dataset) for c in found if c.shape == "flat"]
    best = [(tuple(words.leaders(f, strengths)), f.dataset) for f in moved]
    if not best:
        return f"{start} no size in particular"
    if len({levels for levels, _ in best}) == 1:
        where = names.on(best[0][1]) if flat else ""
        text = f"{start} {_or(best[0][0])}{where}"
    else:
        text = f"{start} " + names.listing(_or(levels) + names.on(on) for levels, on in best)
    return f"{text} (no matter on {names.listing(flat)})" if flat else text


def _or(levels: Sequence[Level]) -> str:
    return " or ".join(names.bare(FACTOR, v) for v in levels)


def total(found: Sequence[Levels]) -> list[Sentence]:
    """The size that is best by the whole loss, where one is by more than a hair on all data sets."""
    best = {f.order[0] for f in found}
    sure = all(abs(f.between(*f.order[:2]).estimate or 0.0) > f.margin for f in found)
    seeds = all(f.between(*f.order[:2]).wins == f.between(*f.order[:2]).pairs for f in found)
    if not found or len(best) > 1 or not sure or not seeds:
        return []
    both = "" if len(found) == 1 else " on both data sets" if len(found) == 2 else " everywhere"
    name = names.metric(found[0].metric)
    text = f"by {name} (reconstruction plus KL) {names.bare(FACTOR, best.pop())} is best{both}."
    return [Numbers().sentence(text, found)]


def pattern(rebuilt: Levels, drawn: Levels, strengths: Strengths) -> str:
    """The textbook pattern the two show together on a data set; empty for none."""
    shapes = [course_of(f, dict(strengths)).shape for f in (rebuilt, drawn)]
    known = {"rises": "larger_codes_worse_samples", "falls": "larger_codes_better_both"}
    return known.get(shapes[1], "") if shapes[0] == "falls" else ""
