"""What the size of a VAE's code did, in English."""

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.findings.levels import Contrast, Course, Levels, course
from labkit.claims.sentences import sizes, telling
from labkit.claims.sentences.en import levels, names
from labkit.claims.sentences.judged import Strengths, at_the_top
from labkit.claims.sentences.numbers import Numbers, dataset_label, place
from labkit.claims.sentences.sizes import FACTOR, POINT

#: What new samples show.
DRAWN = {
    "flat": "by FID, samples hardly differed",
    "open": "for samples no size stands out by FID",
    "smallest": "by FID, samples were best from the smallest",
    "largest": "by FID, samples were best from the largest",
}


def point(rebuilt: Sequence[Levels], drawn: Sequence[Levels], strengths: Strengths) -> Sentence:
    """What larger codes did to reconstructions, and what to new samples."""
    both, text = (*rebuilt, *drawn), ""
    once = sizes.seen_once(both, strengths)
    for early in (", most of the gain by {}", ", most gain by {}", ""):
        parts = (_rebuilt(rebuilt, strengths, early), _drawn(drawn, strengths))
        text = f"{'in these runs, ' if once else ''}{'; '.join(filter(None, parts))}."
        if len(text.split()) <= POINT:
            break
    if not any(c.isdigit() for c in text):
        smallest, largest = (names.bare(FACTOR, end(both[0].means)) for end in (min, max))
        said = next((s for s in ("arger codes", "size of the code") if s in text), text[:-1])
        text = text.replace(said, f"{said} ({smallest} to {largest})", 1)
    return Numbers().sentence(text, both)


def _rebuilt(found: Sequence[Levels], strengths: Strengths, early: str) -> str:
    if not found:
        return ""
    each = [course(f, strengths) for f in found]
    shape = sizes.shape(each, strengths)
    if shape == "flat":
        return "the size of the code hardly changed reconstructions"
    if shape not in ("falls", "rises"):
        return _by_size(each, strengths)
    ends = [c.found.between(c.levels[0], c.levels[-1]) for c in each]
    strength, where = sizes.surely(ends, strengths)
    front, back = levels.sure(strength)
    how = "worse" if shape == "rises" else f"better{_until(each, early) if early else ''}"
    told = f"larger codes {front}rebuilt images {how}{back}"
    rest = [dataset_label(c.dataset) for c in ends if c.dataset not in where]
    on = f"on {names.listing(map(dataset_label, where))} "
    return f"{on}{told} (undecided on {names.listing(rest)})" if where else told


def _by_size(each: Sequence[Course], strengths: Strengths) -> str:
    """ "latent 16 and 32 rebuilt images better than 8 on MNIST (undecided on Fashion-MNIST)"."""
    ahead = sizes.ahead(each, strengths)
    if not ahead:
        return "for reconstructions no size stands out"
    front, back = _sure([f.between(f.order[0], f.order[-1]) for f in ahead], strengths)
    top = sizes.top(ahead, strengths)
    if not top:
        return _best_at(each, f"reconstructions were {front}best at", strengths, back)
    who = names.listing(names.levels(FACTOR, top))
    rest = names.listing(names.bare(FACTOR, v) for v in ahead[0].means if v not in top)
    text = f"{who} {front}rebuilt images better than {rest}"
    where = f" on {names.listing(dataset_label(f.dataset) for f in ahead)}"
    return f"{text}{where if len(ahead) < len(each) else ''}{back}{_elsewhere(each, strengths)}"


def _elsewhere(found: Sequence[Course], strengths: Strengths) -> str:
    """ " (undecided on Fashion-MNIST)": where no size leads; empty if one does everywhere."""
    where, flat = sizes.undecided(found, strengths)
    said = "no matter" if flat else "undecided"
    return f" ({said} on {names.listing(map(dataset_label, where))})" if where else ""


def _sure(found: Sequence[Contrast], strengths: Strengths) -> tuple[str, str]:
    """What stands before and after a verb that holds on several data sets."""
    strength, where = sizes.surely(found, strengths)
    if not where:
        return levels.sure(strength)
    return "", f", {levels.AHEAD[strength]} on {names.listing(map(dataset_label, where))}"


def _until(each: Sequence[Course], early: str) -> str:
    """How early most of the gain is had, where that is so on every data set."""
    how, level = sizes.gain(each)
    words = {"early": early, "settled": " up to {}"}
    return words.get(how, "").format(names.bare(FACTOR, level))


def _drawn(found: Sequence[Levels], strengths: Strengths) -> str:
    if not found:
        return ""
    each = [course(f, strengths) for f in found]
    shown = sizes.best_drawn(each, strengths)
    return DRAWN.get(shown) or _best_at(each, "by FID, samples were best at", strengths)


def _best_at(found: Sequence[Course], start: str, strengths: Strengths, back: str = "") -> str:
    """ "new samples were best at 8 on MNIST and 16 on Fashion-MNIST"; not all courses are flat."""
    ahead = sizes.ahead(found, strengths)
    best = [" or ".join(names.bare(FACTOR, v) for v in at_the_top(f, strengths)) for f in ahead]
    each = (size + place(f.dataset) for size, f in zip(best, ahead, strict=True))
    text = f"{start} {names.listing(each)}"
    if len(best) == len(found) and len(set(best)) == 1:
        text = f"{start} {best[0]}"
    return f"{text}{back}{_elsewhere(found, strengths)}"


def samples(found: Sequence[Levels], strengths: Strengths) -> list[Sentence]:
    """Which size gave the best new samples; where none stands out, how far they lie apart."""
    if sizes.told_by_values(found, strengths):
        return [_values(found)]
    if not sizes.none_stands_out(found, strengths):
        return telling.best(found, strengths)
    n = Numbers()
    ranges = names.listing(" to ".join(n.span(f)) + place(f.dataset) for f in found)
    text = f"the samples' {names.measured(found[0])} was {ranges}, {levels.AHEAD['within noise']}"
    return [n.sentence(f"{text}.", found)]


def _values(found: Sequence[Levels]) -> Sentence:
    """ "The samples' FID was 5.0 (8), 6.9 (16) and 7.5 (32) on MNIST; 9.1, 8.0 and 8.6 on ..."."""
    n, told = Numbers(), list[str]()
    for f in found:
        each = [n.mean(f, v) + ("" if told else f" ({names.bare(FACTOR, v)})") for v in f.means]
        told.append(names.listing(each) + place(f.dataset))
    return n.sentence(f"the samples' {names.measured(found[0])} was {'; '.join(told)}.", found)


def total(found: Sequence[Levels]) -> list[Sentence]:
    """The size that is best by the whole loss on all data sets; else that the largest gains nothing."""
    best, over = sizes.best_in_total(found), sizes.gained_nothing(found)
    where = {1: "", 2: " on both data sets"}.get(len(found), " everywhere")
    nowhere = {1: "", 2: " on either data set"}.get(len(found), " anywhere")
    if best is not None:
        told = f"{names.level(FACTOR, best)} was best{where}"
    elif over:
        average = "on average " * (found[0].n_seeds > 1)
        told = (
            f"{{}} was {average}no better than {{}}".format(*names.levels(FACTOR, over)) + nowhere
        )
    else:
        return []
    name = f"{names.metric(found[0].metric)} (reconstruction plus KL)"
    return [Numbers().sentence(f"by {name}, {told}.", found)]
