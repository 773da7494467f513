"""What influenced stability, in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.claims.cells import Cells
from labkit.claims.findings.absence import Absence, by_level
from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.absence import NAMED, everyone, hits, listed, shared_out, unknown
from labkit.claims.sentences.numbers import Numbers, decimals_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labkit.claims.claim import Sentence
    from labkit.claims.findings.levels import Contrast, Levels
    from labkit.claims.measure import Measure
    from labkit.claims.verdict import Strength

#: Words of a sentence that may name a cell beside its value.
SHORT = 22


def not_measured(finished: Absence, unknown: Absence) -> Sentence:
    """Nothing in the table tells how a training went, but perhaps that all came to their end."""
    n = Numbers()
    if finished.missing is None and not finished.hit:
        ended = f"{everyone(finished)} finished"
        return n.sentence(
            f"not measured: {ended}, but the table has no epoch by epoch FID.", [unknown]
        )
    return n.sentence(
        "not measured: the table does not tell how the FID went epoch by epoch.", [unknown]
    )


def steady(found: Absence) -> Sentence:
    """No setting influenced anything: no training was unsteady."""
    return Numbers().sentence(
        f"none: {everyone(found)} {'was' if found.n == 1 else 'were'} steady{unknown(found)}.",
        [found],
    )


def influenced(found: Contrast, strength: Strength) -> Sentence:
    """The setting that made trainings steadier."""
    better, worse = (
        names.bare(found.factor, v) for v in (found.ahead, found.behind) if v is not None
    )
    how = "clearly" if strength == "clear" else "by more than the usual run-to-run variation"
    was = f"was {how} steadier" if strength == "clear" else "was steadier"
    tail = "" if strength == "clear" else f", {how}"
    text = f"the {names.factor(found.factor)}: {better} {was} than {worse}{names.on(found.dataset)}{tail}."
    return Numbers().sentence(text, [found])


def unsteady(found: Absence, factor: str) -> Sentence:
    """Some trainings were unsteady, and how they fall on the levels of one setting."""
    n = Numbers()
    where = hits(found)
    if not factor or len(found.hit) == found.n:
        return n.sentence(
            f"no setting stands out; the FID rose again at some point in {where}{unknown(found)}.",
            [found],
        )
    counts = by_level(found, factor)
    each = shared_out(found, factor)
    widest = [hit / of for hit, of in counts.values()]
    if max(widest) - min(widest) < 0.5:
        told = f" ({each})" if len(counts) == 2 else ""
        return n.sentence(
            f"no setting stands out; the FID rose again at some point in {where}{told}.", [found]
        )
    return n.sentence(
        f"the {names.factor(factor)}, in these runs: the FID rose again in {each}.", [found]
    )


def largest_rise(found: Absence, measure: Measure) -> Sentence:
    """How far the FID rose again at most, and how often it never did."""
    n = Numbers()
    rises = [(m.value, c) for c in found.cells if (m := measure.of(c)) is not None]
    never = sum(value == 0 for value, _ in rises)
    top, cell = max(rises, key=lambda each: (each[1] in found.hit, each[0]))
    small = len(rises) - never - len(found.hit)
    fell = f"in {names.count(never)} of {names.count(len(rises))} it never rose" if never else ""
    if fell and small and found.hit:
        fell += f", in {names.count(small)} by less than other samples could change it"
    fell += "; " if fell else ""
    if never == len(rises):
        return n.sentence("the FID fell at every epoch.", [found])
    floor = measure.resolution(cell.dataset)
    decimals = decimals_for([top, floor] if floor else [top])
    value = n.value("largest rise", top, decimals)
    what = "drawdown" if measure.name == "fid_drawdown" else names.metric(measure.name)
    if floor and top <= floor:
        drawn = n.value("what other samples change", floor, decimals)
        return n.sentence(
            f"{fell}the largest rise ({what}) was {value}, less than other samples from the same "
            f"network could change it ({drawn}).", [found],
        )  # fmt: skip
    told = f"{fell}the largest rise ({what}) was {value}"
    said = n.sentence(f"{told}, with {names.cell(cell, Cells(found.asked))}.", [found])
    return said if len(said.text.split()) <= SHORT else n.sentence(f"{told}.", [found])


def failed(found: Absence) -> Sentence:
    """Trainings that did not finish."""
    named = f": {listed(found)}" if len(found.hit) <= NAMED else ""
    return Numbers().sentence(f"{hits(found)} did not finish{named}.", [found])


def dominance(cells: Cells, found: Sequence[Levels]) -> list[Sentence]:
    """How often the discriminator overpowered the generator, and with which level least.

    Args:
        cells: the GANs.
        found: the setting that went with it, an entry for each data set where it always did.
    """
    values = [c.metrics["d_dominance"].value for c in cells if "d_dominance" in c.metrics]
    if not values:
        return []
    n = Numbers()
    what = "overpowered the generator (was right in over 95 % of a batch)"
    if max(values) == 0:
        return [n.sentence(f"the discriminator never {what}.")]
    most = n.share("dominance, highest", max(values))
    of = "" if len(values) == 1 else "at most "
    told = n.sentence(f"the discriminator {what} in {of}{most} of steps.")
    alike = len({(f.order[0], f.order[-1]) for f in found}) == 1
    return [told, *map(_least, [found] if alike else [[f] for f in found])]


def _least(found: Sequence[Levels]) -> Sentence:
    """ "It did so least with z 32 (9 % on MNIST and 0.7 % on Fashion-MNIST), most with 128 (...)"."""
    n, factor = Numbers(), found[0].factor
    ends = []
    for i in (0, -1):
        level = found[0].order[i]
        shares = [
            n.share(f"{f.metric}, {level}{names.on(f.dataset)}", f.means[level])
            + ("" if i else names.on(f.dataset))
            for f in found
        ]
        ends.append(f"{names.bare(factor, level)} ({names.listing(shares)})")
    least, most = ends
    text = f"it did so least with {least}, most with {most}"
    noun = names.level(factor, found[0].order[0])
    return n.sentence(f"{text.replace(least.partition(' (')[0], noun, 1)}.", found)
