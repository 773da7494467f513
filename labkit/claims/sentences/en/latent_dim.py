"""What the size of a VAE's code did, in English."""

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.findings.levels import Contrast, Course, Levels, course
from labkit.claims.sentences.en import levels, names
from labkit.claims.sentences.judged import Strengths, at_the_top, led, stands_out
from labkit.claims.sentences.numbers import Numbers
from labkit.claims.verdict import FIRM

FACTOR = "latent_dim"
#: Words of the longest point; where it is longer, how early the gain was had is left out.
POINT = 25


def point(rebuilt: Sequence[Levels], drawn: Sequence[Levels], strengths: Strengths) -> Sentence:
    """What larger codes did to reconstructions, and what to new samples."""
    both, text = (*rebuilt, *drawn), ""
    once = all(strengths[c.id] == "seen once" for f in both for c in f.contrasts)
    for early in (True, False):
        parts = (_rebuilt(rebuilt, strengths, early), _drawn(drawn, strengths))
        text = f"{'in these runs, ' if once else ''}{'; '.join(filter(None, parts))}."
        if len(text.split()) <= POINT:
            break
    if not any(c.isdigit() for c in text):
        smallest, largest = (names.bare(FACTOR, end(both[0].means)) for end in (min, max))
        said = next((s for s in ("arger codes", "size of the code") if s in text), text[:-1])
        text = text.replace(said, f"{said} ({smallest} to {largest})", 1)
    return Numbers().sentence(text, both)


def _rebuilt(found: Sequence[Levels], strengths: Strengths, early: bool) -> str:
    each = [course(f, strengths) for f in found]
    shapes = {c.shape for c in each}
    if not found:
        return ""
    if shapes == {"flat"}:
        return "the size of the code hardly changed reconstructions"
    if shapes not in ({"falls"}, {"rises"}):
        return _by_size(each, strengths)
    front, back = _sure([c.found.between(c.levels[0], c.levels[-1]) for c in each], strengths)
    how = "worse" if shapes == {"rises"} else f"better{_until(each) if early else ''}"
    return f"larger codes {front}rebuilt images {how}{back}"


def _by_size(each: Sequence[Course], strengths: Strengths) -> str:
    """ "latent 16 and 32 rebuilt images better than 8 on MNIST (open on Fashion-MNIST)"."""
    ahead = [c.found for c in each if led(c, strengths)]
    if not ahead:
        return "for reconstructions no size stands out"
    front, back = _sure([f.between(f.order[0], f.order[-1]) for f in ahead], strengths)
    top = at_the_top(ahead[0], strengths)
    if len(top) < 2 or any(at_the_top(f, strengths) != top for f in ahead):
        return _best_at(each, f"reconstructions were {front}best at", strengths, back)
    who = names.listing(names.levels(FACTOR, top))
    rest = names.listing(names.bare(FACTOR, v) for v in ahead[0].means if v not in top)
    text = f"{who} {front}rebuilt images better than {rest}"
    where = f" on {names.listing(names.dataset(f.dataset) for f in ahead)}"
    return f"{text}{where if len(ahead) < len(each) else ''}{back}{_elsewhere(each, strengths)}"


def _elsewhere(found: Sequence[Course], strengths: Strengths) -> str:
    """ " (open on Fashion-MNIST)": where no size leads; empty if one does everywhere."""
    rest = [c for c in found if not led(c, strengths)]
    said = "no matter" if all(c.shape == "flat" for c in rest) else "open"
    where = names.listing(names.dataset(c.found.dataset) for c in rest)
    return f" ({said} on {where})" if rest else ""


def _sure(found: Sequence[Contrast], strengths: Strengths) -> tuple[str, str]:
    """What stands before and after a verb that holds on several data sets."""
    firm = [c for c in found if strengths[c.id] in FIRM]
    if not firm:
        known = any(strengths[c.id] != "seen once" for c in found)
        return levels.sure("within noise" if known else "seen once")
    own = all(strengths[c.id] == "clear" for c in firm)
    if len(firm) == len(found):
        return levels.sure("clear" if own else "beyond usual")
    where = names.listing(names.dataset(c.dataset) for c in firm)
    return "", f", {levels.AHEAD['clear' if own else 'beyond usual']} on {where}"


def _until(each: Sequence[Course]) -> str:
    """How early most of the gain is had, where that is so on every data set."""
    second, last = {c.levels[1] for c in each}, {c.levels[c.settled] for c in each}
    if len(second) == 1 and all(c.early > 0.5 and len(c.levels) > 2 for c in each):
        return f", most of it by {names.bare(FACTOR, second.pop())}"
    if len(last) == 1 and all(c.settled < len(c.levels) - 1 for c in each):
        return f" up to {names.bare(FACTOR, last.pop())}"
    return ""


def _drawn(found: Sequence[Levels], strengths: Strengths) -> str:
    each = [course(f, strengths) for f in found]
    if not found:
        return ""
    if all(c.shape == "flat" for c in each):
        return "new samples hardly differed"
    nothing_led = not any(led(c, strengths) for c in each)
    if nothing_led or not any(stands_out(f, strengths) for f in found):
        return "for new samples no size stands out by FID"
    for place, shape, size in ((0, "rises", "smallest"), (-1, "falls", "largest")):
        if all(c.shape == shape and c.found.best[0] == c.levels[place] for c in each):
            return f"new samples were best from the {size}"
    return _best_at(each, "new samples were best at", strengths)


def _best_at(found: Sequence[Course], start: str, strengths: Strengths, back: str = "") -> str:
    """ "new samples were best at 8 on MNIST and 16 on Fashion-MNIST"; not all courses are flat."""
    ahead = [c.found for c in found if led(c, strengths)]
    best = [" or ".join(names.bare(FACTOR, v) for v in at_the_top(f, strengths)) for f in ahead]
    each = (size + names.on(f.dataset) for size, f in zip(best, ahead, strict=True))
    text = f"{start} {names.listing(each)}"
    if len(best) == len(found) and len(set(best)) == 1:
        text = f"{start} {best[0]}"
    return f"{text}{back}{_elsewhere(found, strengths)}"


def samples(found: Sequence[Levels], strengths: Strengths) -> list[Sentence]:
    """Which size gave the best new samples; where none stands out, how far they lie apart."""
    known = found and all(strengths[c.id] != "seen once" for f in found for c in f.contrasts)
    if not known or any(stands_out(f, strengths) for f in found):
        return levels.best(found, strengths)
    n = Numbers()
    ranges = names.listing(levels.span(n, f) + names.on(f.dataset) for f in found)
    text = f"the samples' {names.measured(found[0])} was {ranges}, {levels.AHEAD['within noise']}"
    return [n.sentence(f"{text}.", found)]


def total(found: Sequence[Levels]) -> list[Sentence]:
    """The size that is best by the whole loss, where one is by more than a hair on all data sets."""
    best = {f.order[0] for f in found}
    leads = [(f, f.between(*f.order[:2])) for f in found]
    sure = all(abs(c.estimate or 0.0) > f.margin and c.wins == c.pairs for f, c in leads)
    if len(best) != 1 or not sure:
        return []
    where = {1: "", 2: " on both data sets"}.get(len(found), " everywhere")
    name = names.metric(found[0].metric)
    text = f"by {name} (reconstruction plus KL) {names.bare(FACTOR, best.pop())} was best{where}."
    return [Numbers().sentence(text, found)]
