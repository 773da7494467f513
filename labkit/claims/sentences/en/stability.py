"""What influenced stability, in English."""

from collections.abc import Sequence
from dataclasses import replace

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.levels import Contrast, Levels
from labkit.claims.measure import Measure
from labkit.claims.sentences import judged, outcomes
from labkit.claims.sentences.en import absence, grammar, levels, names
from labkit.claims.sentences.judged import Strengths
from labkit.claims.sentences.numbers import Numbers, decimals_for, fits, place
from labkit.claims.verdict import Strength


def not_measured(finished: Absence, unknown: Absence) -> Sentence:
    """Nothing in the table tells how a training went, but perhaps that all came to their end."""
    text = "the table does not tell how the FID went epoch by epoch"
    if finished.here == "yes":
        text = f"{absence.nothing(finished)}, but the table has no epoch by epoch FID"
    return Numbers().sentence(f"not measured: {text}.", [unknown])


def steady(found: Absence, factors: Sequence[str]) -> Sentence:
    """No setting influenced anything: no training was unsteady."""
    which = "none"
    if len(factors) == 2:
        which = "in these runs, neither the {} nor the {}".format(*map(names.factor, factors))
    text = f"{which}: {absence.nothing(found)}{absence.unknown(found)}"
    return Numbers().sentence(f"{text}.", [found])


def influenced(found: Contrast, strength: Strength) -> Sentence:
    """The setting that made trainings steadier."""
    sides = (found.ahead, found.behind)
    better, worse = (names.bare(found.factor, v) for v in sides if v is not None)
    front, back = levels.sure(strength)
    text = f"the {names.factor(found.factor)}: {better} was {front}steadier than {worse}"
    return Numbers().sentence(f"{text}{place(found.dataset)}{back}.", [found])


def dominated(found: Sequence[Levels]) -> Sentence:
    """No setting stands out by the FID, but one by how far the discriminator was ahead."""
    least, most = names.levels(found[0].factor, (found[0].order[0], found[0].order[-1]))
    rivals, all_others = outcomes.least_dominated(found)
    most = "any other" if all_others else most
    where = "" if len(found) > 1 else place(found[0].dataset)
    what = "the discriminator overpowered the generator"
    text = f"{what} less with {least} than with {most}{where}, {levels.pairs(*rivals)}"
    return Numbers().sentence(f"no setting stands out by the FID's rises; {text}.", found)


def notwithstanding(found: Absence, led: Sequence[Levels]) -> list[Sentence]:
    """That most which collapsed have the very setting with which the generator kept up best."""
    told = outcomes.notwithstanding(found, led)
    if told is None:
        return []
    level = names.level(led[0].factor, led[0].order[0])
    if told[1] == 1:
        return [Numbers().sentence(f"yet the one GAN that collapsed has {level}.", [found])]
    some = "both GANs" if told == (2, 2) else names.part(*told, "GAN")
    return [Numbers().sentence(f"yet {some} that collapsed have {level}.", [found])]


def collapsed_alike(found: Absence, factors: Sequence[str]) -> list[Sentence]:
    """What all of several that collapsed have in common."""
    shared = outcomes.in_common(found, factors) if len(found.hit) > 1 else []
    if not shared:
        return []
    who = "both GANs" if len(found.hit) == 2 else f"all {grammar.count(len(found.hit))} GANs"
    common = names.listing(names.level(each.factor, each.level) for each in shared)
    return [Numbers().sentence(f"{who} that collapsed have {common}.", [found])]


def _risen(found: Absence, measure: Measure) -> str:
    known = outcomes.resolved(found, measure)
    how = ", beyond what redrawing samples does," if known else " at some point"
    told = f"the FID rose again{how} in {absence.hits(found)}"
    return f"{told}{absence.unknown(found)}{absence.all_on_one(found)}"


def unsteady(
    found: Absence, measure: Measure, factor: str, factors: Sequence[str], led: Sequence[Levels]
) -> Sentence:
    """Some trainings were unsteady, and how they fall on the levels of one of the settings.

    `led` is a setting that went with how far the discriminator was ahead in many pairs, if any.
    """
    none, named = "no setting stands out", [f"the {names.factor(f)}" for f in factors]
    text = f"; {_risen(found, measure)}."
    whole = Numbers().sentence(f"{none}{text}", [found])
    if len(named) == 2:
        both = Numbers().sentence(f"neither {named[0]} nor {named[1]} stands out{text}", [found])
        whole = both if fits(both) else whole
    whole = dominated(led) if led else whole
    if outcomes.told_apart(found, factor):
        each = absence.shared_out(found, factor)
        text = f"the {names.factor(factor)}, in these runs: {absence.something(found, each)}"
        return Numbers().sentence(f"{text}.", [found])
    return whole


def largest_rise(found: Absence, measure: Measure, counted: bool = False) -> list[Sentence]:
    """How far the FID rose again at most, and how often it never did, or, counted, did.

    Nothing where none rose by a measure that sees the last epoch alone.
    """
    n = Numbers()
    top = outcomes.rise(found, measure)
    if top.none:
        return [n.sentence("the FID never rose.", [found])] if top.whole else []
    fell = ""
    if top.never:
        never, of = map(grammar.count, top.never)
        fell = f"in {never} of {of} the FID never rose; "
    decimals = decimals_for([top.value, top.floor] if top.floor else [top.value])
    what = "drawdown" if measure.name == "fid_drawdown" else names.metric(measure.name)
    value = n.value("largest rise", top.value, decimals)
    told = f"{fell}the largest rise ({what}) was {value}"
    if top.drawn:
        drawn = n.value("what other samples change", top.floor, decimals)
        return [n.sentence(f"{told}; redrawn samples alone can make one of {drawn}.", [found])]
    where = f", with {names.cell(top.cell, Cells(found.asked))}"
    risen = f"{_risen(found, measure)}; " if counted else ""
    tried = [
        n.sentence(f"{first}{told}{more}.", [found])
        for first in (risen, "")
        for more in (where, "")
    ]
    return [next(filter(fits, tried), tried[-1])]


def last_epoch(found: Absence) -> list[Sentence]:
    """That every training was best at its last epoch, where that is so; and one seed's rises."""
    if not outcomes.still_best(found):
        return []
    every = f"every {names.family(found.family)}"
    last = f"every rise was made good: {every} was best at its last epoch"
    if not found.hit:
        last = f"{every} was still best at its last epoch"
    return [Numbers().sentence(f"{last}{_of_one_seed(found)}.", [found])]


def _of_one_seed(found: Absence) -> str:
    """ "; on MNIST only seed 42 had rises": chance, not a setting, told them apart."""
    return "".join(
        f";{place(dataset)} only seed {seed} had rises"
        for dataset, seed in outcomes.rises_of_one_seed(found)
    )


def quality(
    said: Sequence[Sentence], found: Sequence[Levels], strengths: Strengths
) -> list[Sentence]:
    """Sentences on the samples' quality, the first of which says so; one, where nothing differs."""
    if not said:
        return []
    differ, once = judged.apart_in_quality(found, strengths)
    runs = " in these runs" if once else ""
    start = f"What did differ{runs} is quality: " if differ else "In sample quality, "
    if not (differ or once):
        nothing = "Sample quality (FID) differs only within the usual variation."
        return [replace(said[0], text=nothing, numbers={}, shown={})]
    first = replace(said[0], text=start + grammar.lower(said[0].text))
    return [first if fits(first) else said[0], *(said[1:] if differ else ())]


def failed(found: Absence) -> Sentence:
    named = f": {absence.listed(found)}" if len(found.hit) <= outcomes.NAMED else ""
    return Numbers().sentence(f"{absence.something(found)}{named}.", [found])


def dominance(cells: Cells, found: Sequence[Levels], named: bool = False) -> list[Sentence]:
    """How often the discriminator overpowered the generator, and with which level least.

    `found` is the setting that went with it, an entry for each data set where it always did;
    `named` says whether the point has told so.
    """
    n = Numbers()
    values = [c.metrics["d_dominance"].value for c in cells if "d_dominance" in c.metrics]
    what = "overpowered the generator (was right in over 95 % of a batch)"
    if not any(values):
        return [n.sentence(f"the discriminator never {what}.")] if values else []
    alike = len({(f.order[0], f.order[-1]) for f in found}) == 1
    if named and fits(both := _from_to(found) if alike else _least(found, what="")):
        return [both]
    most = n.share("dominance, highest", max(values))
    at_most = "at most " if len(values) > 1 else ""
    one = outcomes.only_known(cells, "d_dominance")
    whose = f" of {names.cell(one, cells)}" if one is not None else ""
    told = n.sentence(f"the discriminator{whose} {what} in {at_most}{most} of steps.")
    least = len({f.order[0] for f in found}) == 1
    return [told, _least(found, "the discriminator did so least")] if least else [told]


def likewise(found: Sequence[Levels]) -> Sentence:
    """Another setting, of two levels, that nearly always went with it, too."""
    first, other = names.levels(found[0].factor, found[0].order)
    pairs = levels.pairs(*(f.contrasts[0] for f in found))
    text = f"with {first}, too, it did so less than with {other}, {pairs}."
    return Numbers().sentence(text, found)


def _from_to(found: Sequence[Levels]) -> Sentence:
    """ "It judged over 95 % of images right in 9 % of steps with z 32 and 15 % with 128 on MNIST"."""
    n, told = Numbers(), list[str]()
    extremes = (found[0].order[0], found[0].order[-1])
    least, most = names.levels(found[0].factor, extremes)
    for f in found:
        low, high = (n.measured(f, level, f.means[level], 0) for level in extremes)
        both = f"{low} of steps with {least} and {high} with {most}"
        told.append((f"{low} and {high}" if told else both) + place(f.dataset))
    return n.sentence(f"it judged over 95 % of images right in {', '.join(told)}.", found)


def _least(found: Sequence[Levels], what: str) -> Sentence:
    """ "It did so least with z 32: in 9 % on MNIST (others: 14 % or more)"."""
    n, told = Numbers(), list[str]()
    for f in found:
        least, other = (n.measured(f, v, f.means[v], 0) for v in f.order[:2])
        of = " of steps" if not (told or what) else ""
        others = "" if told else "others: "
        told.append(f"{least}{of}{place(f.dataset)} ({others}{other} or more)")
    level = names.level(found[0].factor, found[0].order[0])
    start = f"{what} with {level}:" if what else f"it judged over 95 % of images right with {level}"
    return n.sentence(f"{start} in {names.listing(told)}.", found)
