"""Mode collapse, in English."""

import re
from collections.abc import Callable, Sequence
from itertools import product

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.sentences import outcomes
from labkit.claims.sentences.en import grammar, names
from labkit.claims.sentences.en.absence import (
    all_on_one,
    listed,
    nothing,
    shared_out,
    something,
    unknown,
)
from labkit.claims.sentences.en.levels import pairs
from labkit.claims.sentences.judged import Ahead
from labkit.claims.sentences.numbers import Numbers, fits, place
from labkit.claims.sentences.outcomes import FEW_COLLAPSES, NAMED, Common

RealValue = Callable[[str], float | None]
#: What does not follow from no collapse.
NOTHING_HELPED = Sentence("Since nothing collapsed, nothing can be credited with preventing it.")


def none(found: Absence) -> Sentence:
    """No generator collapsed, nor left out a class, where that was measured of all."""
    text = nothing(found) + unknown(found)
    if outcomes.every_class(found):
        text += f"; every class appears in {'its' if found.n == 1 else 'the'} samples"
        text += " of each" if found.n > 1 else ""
    return Numbers().sentence(f"no: {text}.", [found])


def collapsed(found: Absence) -> Sentence:
    """How many did, and how many of them left a class out altogether."""
    gone, mild = outcomes.lost_a_class(found)
    told = all_on_one(found)
    if gone and mild:
        told += f"; {grammar.count(gone)} of them all but lost a class"
    return Numbers().sentence(f"yes: {something(found)}{unknown(found)}{told}.", [found])


def uneven(found: Absence, each: Sequence[Configurations], real: RealValue) -> list[Sentence]:
    """How uneven classes are where some that did not collapse are no more even than some that did.

    `real` tells the class imbalance of as many real images of a data set, if it is known.
    """
    told = outcomes.uneven_too(found, each)
    if told is None:
        return []
    (shown, values), n = told, Numbers()
    where = place(shown.dataset)
    shares = " to ".join(n.shares("class imbalance of others", values, where))
    text = f"yet class shares are uneven without a collapse, too:{where} {shares} of"
    text = f"{text} samples would have to change class"
    return [n.sentence(f"{text}{_real(n, real(shown.dataset))}.", [found, shown])]


def covered(metric: str, each: Sequence[Ahead]) -> Sentence:
    """ "Coverage was higher with z 32 in 23 of 24 pairs and with hinge in 16 of 18 pairs"."""
    told = (f"with {names.level(f, v)} {pairs(*contrasts)}" for f, v, contrasts in each)
    rows = [c for _, _, contrasts in each for c in contrasts]
    return Numbers().sentence(f"{names.metric(metric)} was higher {names.listing(told)}.", rows)


def others(found: Absence, gans: Absence) -> Sentence:
    """No GAN collapsed, but other models did."""
    text = f"yes: {something(found)}{unknown(found)}; {nothing(gans)}{unknown(gans)}."
    return Numbers().sentence(text, [found, gans])


def too(found: Absence) -> Sentence:
    """Other models collapsed, too: which, and what was seen in the first."""
    first = listed(found, f" ({_seen(found.hit[0])})")
    return Numbers().sentence(f"of other models, {something(found)}: {first}.", [found])


def which(found: Absence) -> Sentence:
    """Which cells, and what was seen in each, in those that lost a class, or in the first."""
    cell, said, among = found.hit[0], _seen(found.hit[0]), outcomes.among(found)
    text = f"{'it is' if len(found.hit) == 1 else 'they are'} {listed(found, f' ({said})', among)}."
    for some in outcomes.told_of(found):
        each = [names.cell(c, among) + f" ({_seen(c)})" * (c in some) for c in found.hit]
        whole = Numbers().sentence(f"they are {'; '.join(each)}.", [found])
        if some and fits(whole):
            return whole
    if found.n == 1:
        text = f"this was seen in its samples ({said})."
    elif found.every and not found.unknown:
        text = f"an example is {names.cell(cell, among)} ({said})."
    return Numbers().sentence(text, [found])


def _seen(cell: Cell) -> str:
    """What the verdict on a cell's samples rests on, in a few words."""
    gone, reasons = (cell.collapse.classes, cell.collapse.reasons) if cell.collapse else ((), ())
    if gone:
        named = (f"digit {each}" if each.isdigit() else each for each in gone)
        some = names.listing(named).replace(" and ", " or ")
        return f"almost no {some if len(gone) <= NAMED else f'trace of {grammar.count(len(gone))} classes'}"
    # "under-represented: 1 (1.1 %)" stands in brackets itself.
    said = reasons[0].removeprefix("under-represented: ") if reasons else "samples too alike"
    said = re.sub(r" \((\S+ %)\)", r" at only \1", said)
    return re.sub(r"\b(\d) at", r"digit \1 at", said)


def by_level(found: Absence, factors: Sequence[str]) -> list[Sentence]:
    """What all that collapsed have in common, and how often it happened without it."""
    case, shared, factor = outcomes.helped(found, factors)
    if case == "one":
        return [Sentence("One collapse is too few to say what helped.")]
    said = [_common(found, each) for each in shared]
    if case == "apart":
        said = [f"{something(found, shared_out(found, factor))}{_few(found)}."]
    elif case == "everywhere":
        said = ["every level of every setting has some of them: none is seen to have helped."]
    sentences = (Numbers().sentence(text, [found]) for text in said)
    return next(([s] for s in sentences if fits(s)), [])


def _common(found: Absence, shared: Sequence[Common]) -> str:
    """ "Both have hinge and z 32; none of six with BCE and none of eight with z 64 or 128 collapsed"."""
    spared = []
    for factor, _level, others, n in shared:
        other = " or ".join(names.levels(factor, others)) if others else ""
        other = other or f"another {names.factor(factor)}"
        spared.append(f"none of {grammar.count(n)} with {other}")
    who = "both" if len(found.hit) == 2 else "all of them"
    common = names.listing(names.level(each.factor, each.level) for each in shared)
    return f"{who} have {common}; {names.listing(spared)} collapsed{_few(found)}."


def _few(found: Absence) -> str:
    """That so few collapses credit no setting, where they are few."""
    few = f"; {grammar.count(len(found.hit))} are too few to say what helped"
    return few if len(found.hit) < FEW_COLLAPSES else ""


def nearest(
    found: Absence, uneven: Sequence[Configurations], real: float | None
) -> Sentence | None:
    """What came nearest to a collapse, by its class shares; None where they were not measured.

    `real` is the class imbalance of as many real images of its data set, if that is known.
    """
    cell = outcomes.nearest_cell(uneven)
    if cell is None:
        return None
    n, name = Numbers(), names.cell(cell, Cells(found.asked))
    if odd := outcomes.odd_shares(cell):
        label, share, real_share = odd[0]
        told = f"{label} makes up {n.share(f'share of {label}', share)} of its samples instead of"
        told += f" {n.share(f'real share of {label}', real_share)}"
        for label, share, _real in odd[1:]:
            told += f", {label} {n.share(f'share of {label}', share)}"
        return n.sentence(f"nearest to it is {name}: {told}.", uneven)
    alike, which = outcomes.most_uneven(found, cell), f"is {name}"
    if len(alike) > 1:
        few = names.counted(len(alike), names.family(cell.family))
        which = f"are {few}{place(cell.dataset)}"
    start = f"most uneven in classes {which}:"
    tried = product((real, None), (" to match the real shares", ""))
    said = (_to_change(start, alike, beside, match, uneven) for beside, match in tried)
    return next(filter(fits, said), None)


def _to_change(
    start: str,
    values: Sequence[float],
    real: float | None,
    match: str,
    uneven: Sequence[Configurations],
) -> Sentence:
    """ "... 28 % of its samples would have to change class (a draw of real images: 0.9 %)"."""
    n, whose = Numbers(), "its" if len(values) == 1 else "their"
    shown = " to ".join(n.shares("class imbalance", values))
    text = f"{start} {shown} of {whose} samples would have to change class{match}{_real(n, real)}"
    return n.sentence(f"{text}.", uneven)


def _real(n: Numbers, value: float | None) -> str:
    """ " (a draw of real images: 0.9 %)"; empty where that is not known."""
    if value is None:
        return ""
    return f" (a draw of real images: {n.share('class imbalance of real images', value)})"
