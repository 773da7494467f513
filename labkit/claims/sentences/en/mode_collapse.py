"""Mode collapse, in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.findings import absence
from labkit.claims.findings.absence import Absence
from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.absence import hits, listed, shared_out, trainings, unknown
from labkit.claims.sentences.en.missing import missing
from labkit.claims.sentences.numbers import Numbers, fits

if TYPE_CHECKING:
    from labkit.claims.cell import Cell, Level
    from labkit.claims.findings.configurations import Configurations

#: A class is told of where its share differs by so much of the real share.
NOTABLE = 0.5
#: More other levels than that are not listed.
MANY = 2
#: Fewer collapses than that credit no setting with preventing them.
FEW = 4
#: Smaller shares of samples in the wrong class are not worth a word.
SEEN = 0.005


def not_measured(found: Absence) -> Sentence:
    """Nothing in the table tells."""
    assert found.missing is not None
    return Numbers().sentence(f"not measured: {missing(found.missing)}.", [found])


def none(found: Absence) -> Sentence:
    """No generator collapsed."""
    n = Numbers()
    if found.n == 1:
        return n.sentence(
            f"no: the one {trainings(found)[4:]} did not collapse{unknown(found)}.", [found]
        )
    return n.sentence(f"no: none of the {trainings(found)} collapsed{unknown(found)}.", [found])


def collapsed(found: Absence) -> Sentence:
    """How many did."""
    return Numbers().sentence(f"yes: {hits(found)} collapsed{unknown(found)}.", [found])


def which(found: Absence) -> Sentence:
    """Which cells, and what is missing in the first of them."""
    cell, n = found.hit[0], Numbers()
    gone = cell.collapse.classes if cell.collapse else ()
    reasons = cell.collapse.reasons if cell.collapse else ()
    said = reasons[0] if reasons else "samples too alike"
    if gone:
        said = (
            f"no {names.listing(gone)}" if len(gone) < 4 else f"no {names.count(len(gone))} classes"
        )
        said = said.replace(" and ", " or ").replace("no ", "without ")
    if found.n == 1:
        return n.sentence(f"this was seen in its samples ({said}).", [found])
    if len(found.hit) == len(found.asked):
        name = names.cell(cell, Cells(found.asked))
        return n.sentence(f"an example is {name} ({said}).", [found])
    verb = "it is" if len(found.hit) == 1 else "they are"
    return n.sentence(f"{verb} {listed(found, f' ({said})')}.", [found])


def by_level(found: Absence, factors: Sequence[str]) -> list[Sentence]:
    """What all that collapsed have in common, and how often it happened without it."""
    if len(found.hit) == found.n:
        return []
    if len(found.hit) == 1:
        return [Sentence("One collapse is too few to say what helped.")]
    without: dict[str, int] = {}
    for factor in factors:
        levels = {c.settings.get(factor) for c in found.hit}
        others = sum(c.settings.get(factor) not in levels for c in found.cells)
        if len(levels) == 1 and others:
            without[factor] = others
    shared = sorted(without, key=lambda f: -without[f])[:MANY]
    factor = absence.separating(found, factors)
    said = [_common(found, {f: without[f] for f in shared[:n]}) for n in range(len(shared), 0, -1)]
    if not said and factor:
        said = [Numbers().sentence(f"{shared_out(found, factor)} collapsed.", [found])]
    elif not said and all(hit for f in factors for hit, _ in absence.by_level(found, f).values()):
        text = "every level of every setting has some of them: none is seen to have helped."
        said = [Numbers().sentence(text, [found])]
    return next(([s] for s in said if fits(s)), [])


def _common(found: Absence, without: Mapping[str, int]) -> Sentence:
    """ "Both have hinge and z 32; none of six with BCE and none of eight with z 64 or 128 collapsed"."""
    levels = {f: found.hit[0].settings[f] for f in without}
    spared = [
        f"none of {names.count(n)} with {_others(found, f, levels[f])}" for f, n in without.items()
    ]
    who = "both" if len(found.hit) == 2 else "all of them"
    common = names.listing(names.level(f, v) for f, v in levels.items())
    few = ", which is too few to say what helped" if len(found.hit) < FEW else ""
    text = f"{who} have {common}; {names.listing(spared)} collapsed{few}."
    return Numbers().sentence(text, [found])


def _others(found: Absence, factor: str, level: Level) -> str:
    """The other levels of a setting: "z 32 or 64"."""
    rest = [v for v in Cells(found.cells).levels[factor] if v != level]
    if len(rest) > MANY:
        return f"another {names.factor(factor)}"
    return " or ".join([names.level(factor, rest[0]), *(names.bare(factor, v) for v in rest[1:])])


def nearest_cell(uneven: Sequence[Configurations]) -> Cell | None:
    """The cell whose classes are shared out least like the real ones."""
    worst = [(c.metrics[f.metric].value, c) for f in uneven for c in f.cells]
    top, cell = max(worst, key=lambda each: each[0], default=(0.0, None))
    return cell if top >= SEEN else None


def nearest(found: Absence, uneven: Sequence[Configurations]) -> Sentence | None:
    """What came nearest to a collapse, by its class shares; None where they were not measured."""
    cell = nearest_cell(uneven)
    if cell is None:
        return None
    n = Numbers()
    name = names.cell(cell, Cells(found.asked))
    odd = sorted(
        ((share, real, label) for label, (share, real) in cell.shares.items()
         if abs(share - real) > NOTABLE * real),
        key=lambda each: each[0] / each[1],
    )  # fmt: skip
    if odd:
        share, real, label = odd[0]
        text = (
            f"{label} makes up {n.share(f'share of {label}', share)} of its samples instead of "
            f"{n.share(f'real share of {label}', real)}"
        )
        if odd[-1][0] > odd[-1][1]:
            share, _, label = odd[-1]
            text += f", {label} {n.share(f'share of {label}', share)}"
        return n.sentence(f"nearest to it is {name}: {text}.", uneven)
    value = cell.metrics["class_imbalance"].value
    return n.sentence(
        f"nearest to it is {name}: {n.share('class imbalance', value)} of its samples would have to "
        "change class.", uneven,
    )  # fmt: skip


def nothing_helped() -> Sentence:
    """What does not follow from no collapse."""
    return Sentence("Since nothing collapsed, nothing can be credited with preventing it.")
