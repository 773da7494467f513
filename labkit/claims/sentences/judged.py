"""What a sentence of any language tells of levels: who leads, what stands out, which pattern it is.

No words: a language's functions ask here and put the answer in theirs. So do :mod:`.sizes` (of a
VAE's code), :mod:`.outcomes` and :mod:`.models`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labkit.claims.finding import Comparison, known
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.levels import Levels, course
from labkit.claims.sentences.numbers import decimals_for, fixed
from labkit.claims.verdict import FIRM, Strength, weakest

if TYPE_CHECKING:
    from labkit.claims.cell import Level
    from labkit.claims.finding import Finding, Noise
    from labkit.claims.findings.levels import Contrast, Course

Strengths = dict[str, Strength]

#: With fewer pairs, one level may be ahead in all of them by chance.
FEW = 4
#: A level ahead in so large a part of its pairs is told of.
MOST = 0.85
#: At most so many rivals are listed with their numbers, and so many names of anything.
LISTED = 3
#: A course over more levels is told by its ends and its turn.
TOLD = 3
#: A place in the order, from ahead to behind, and a level that stands there, to a pattern's name.
PATTERNS = {
    (0, "gradient_penalty"): "gradient_penalty",
    (0, "spectral_norm"): "spectral_norm",
    (-1, "clip"): "clipping",
    (0, "progressive"): "growing",
    (-1, "wasserstein"): "wasserstein_few_steps",
}
#: Patterns whose explanation speaks for an idea, not for what was seen.
IDEAS = ("blurred",)


@dataclass(frozen=True)
class Standing:
    """How the best level of a factor stands on one data set."""

    found: Levels
    strength: Strength
    """The weakest over its rivals."""
    alike: bool
    """Whether nothing here tells the levels apart."""
    beside: Levels | None = None
    """The same by another measure, by which the best level here is last."""


def standing(found: Levels, strengths: Strengths) -> Standing:
    """The best level against all its rivals, with the weakest of their strengths."""
    weak = weakest([strengths[c.id] for c in found.rivals])
    return Standing(found, weak, all(_alike_here(c, strengths[c.id]) for c in found.contrasts))


def standings(
    found: Sequence[Levels], strengths: Strengths, beside: Sequence[Levels] = ()
) -> list[Standing]:
    """How the best levels stand where that was measured, the largest effect first."""
    other = {f.dataset: f for f in beside}
    each = [replace(standing(f, strengths), beside=other.get(f.dataset)) for f in known(found)]
    return sorted(each, key=lambda s: -s.found.largest)


#: A factor, its level that is best on all data sets, and that against all others.
Ahead = tuple[str, "Level", Sequence["Contrast"]]


def ahead_in_most(found: Mapping[str, Sequence[Levels]]) -> list[Ahead]:
    """Levels that are ahead of the others in nearly all pairs, on all data sets alike."""
    told: list[Ahead] = []
    for factor, each in found.items():
        best, rivals = {f.order[0] for f in known(each)}, [c for f in known(each) for c in f.rivals]
        wins, pairs = sum(c.wins for c in rivals), sum(c.pairs for c in rivals)
        if len(best) == 1 and pairs >= FEW and wins >= MOST * pairs:
            told.append((factor, best.pop(), rivals))
    return told


def _alike_here(found: Contrast, strength: Strength) -> bool:
    """Whether two levels cannot be told apart, or without any noise known hardly anyone would."""
    few = found.pairs < FEW or 3 * found.wins < 2 * found.pairs
    small = abs(found.estimate or 0.0) <= found.margin and few
    return _tied(found, strength) or (strength == "seen once" and small)


def _tied(found: Contrast, strength: Strength) -> bool:
    return found.here == "tie" or found.unresolved or strength == "level"


def leaders(found: Levels, strengths: Strengths) -> list[Level]:
    """The best level and those that nothing tells from it, in the levels' own order."""
    first = found.order[0]
    level = [v for v in found.order[1:] if _tied(c := found.between(first, v), strengths[c.id])]
    return [v for v in found.means if v == first or v in level]


def ahead_of(s: Standing, strengths: Strengths) -> tuple[list[Level], Strength, list[Contrast]]:
    """The levels that one which leads alone is said to be ahead of, how surely, and its pairs.

    Those it is surely ahead of, if not all; one rival; of several that are alike, none is named.
    """
    rivals = list(s.found.rivals)
    firm = [c for c in rivals if strengths[c.id] in FIRM]
    if firm and len(firm) < len(rivals):
        return [c.behind for c in firm if c.behind is not None], strengths[firm[0].id], firm
    return list(s.found.order[1:]) if len(rivals) == 1 else [], s.strength, rivals


def closeness(each: Sequence[Standing]) -> tuple[bool, bool]:
    """Of levels that nothing tells apart: whether they are level, and whether by rounding."""
    tie = all(s.found.here == "tie" for s in each)
    slack = any(c.slack for c in each[0].found.contrasts)
    return all(s.strength == "level" for s in each), tie and slack


def apart_in_quality(found: Sequence[Levels], strengths: Strengths) -> tuple[bool, bool]:
    """Whether any levels differ, and whether that was seen in these runs alone."""
    strong = {strengths[c.id] for f in found for c in f.contrasts}
    once = "seen once" in strong
    differ = once and not all(standing(f, strengths).alike for f in found)
    return bool(strong & set(FIRM)) or differ, once


def agree(each: Sequence[Standing], strengths: Strengths) -> bool:
    """Whether one level leads alone on several data sets, each time as surely."""
    if len(each) < 2:
        return False
    first = each[0]
    return all(
        not s.alike
        and leaders(s.found, strengths) == [first.found.order[0]]
        and s.found.means.keys() == first.found.means.keys()
        and s.strength == first.strength
        for s in each
    )


def in_every_pair(contrasts: Sequence[Contrast]) -> bool:
    """Whether the one ahead is so in all of several pairs: more than chance would often do."""
    every = all(c.wins == c.pairs for c in contrasts)
    return every and sum(c.pairs for c in contrasts) >= FEW


def won(contrasts: Sequence[Contrast]) -> tuple[int, int]:
    """In how many of how many pairs the one ahead is so; a single pair is always won."""
    wins, pairs = sum(c.wins for c in contrasts), sum(c.pairs for c in contrasts)
    return (wins if pairs > 1 else 1), pairs


def open_course(found: Course, strengths: Strengths) -> bool:
    """Whether it moved, but nowhere by more than the usual variation."""
    known = {strengths.get(c.id) for c in found.found.contrasts}
    return found.shape != "flat" and known <= {"within noise", "level"}


def stops(it: Course, open_: bool) -> tuple[str, list[Level], list[Level]]:
    """How a course is told: its shape, the levels it passes, and those that added nothing.

    Within the usual variation it is ``open``: nothing is said to have fallen or risen. Of many
    levels, and of a ``mixed`` course, the lowest and the highest are told.
    """
    means, (first, *rest) = it.found.means, it.levels
    if it.shape == "flat":
        return "flat", [], []
    if open_ and len(rest) <= TOLD:
        return "open", [first, *rest], []
    if open_ or it.shape == "mixed":
        ends = [end(means, key=means.__getitem__) for end in (min, max)]
        return "open" if open_ else "mixed", ends, []
    if it.shape in ("valley", "hill"):
        turn = (min if it.shape == "valley" else max)(rest[:-1], key=means.__getitem__)
        return it.shape, [first, turn, rest[-1]], []
    moved, still = rest[: it.settled], rest[it.settled :]
    values = [means[v] for v in (first, *moved)]
    if len(moved) > TOLD or values not in (sorted(values), sorted(values, reverse=True)):
        moved = moved[-1:]
    return it.shape, [first, *moved], still


def stands_out(found: Levels, strengths: Strengths) -> bool:
    """Whether a difference is beyond the usual variation, or the variation is not known."""
    return any(strengths[c.id] not in ("level", "within noise") for c in found.contrasts)


def at_the_top(found: Levels, strengths: Strengths) -> Sequence[Level]:
    """The best level and those that are not behind it by more than the usual variation."""
    if all(strengths[c.id] == "seen once" for c in found.contrasts):
        return leaders(found, strengths)
    first, *rest = found.order
    behind = [v for v in rest if strengths[found.between(first, v).id] in FIRM]
    return [v for v in found.means if v not in behind]


def led(found: Course, strengths: Strengths) -> bool:
    """Whether some levels are ahead of others."""
    return found.shape != "flat" and len(at_the_top(found.found, strengths)) < len(
        found.found.means
    )


def of_larger_codes(rebuilt: Levels, drawn: Levels, strengths: Strengths) -> str:
    """The textbook pattern reconstructions and samples show together; empty for none."""
    if not stands_out(drawn, strengths):
        return ""
    shapes = [course(f, strengths).shape for f in (rebuilt, drawn)]
    known = {"rises": "larger_codes_worse_samples", "falls": "larger_codes_better_both"}
    return known.get(shapes[1], "") if shapes[0] == "falls" else ""


def of_setting(factor: str, found: Sequence[Levels], strengths: Strengths) -> str:
    """The textbook explanation of what is ahead or behind on every data set; empty for none."""
    if not found or any(
        standing(f, strengths).alike or not stands_out(f, strengths) for f in found
    ):
        return ""
    for (place, level), name in PATTERNS.items():
        if all(f.order[place] == level for f in found):
            return name
    if factor == "info_weight" and all(
        min(f.means) == 0 and f.order[0] == max(f.means) for f in found
    ):
        return "free_codes"
    smallest = factor == "beta" and all(f.order[0] == min(f.means) for f in found)
    return "larger_beta" if smallest else ""


def basis_of(found: Sequence[Finding]) -> tuple[Noise | None, int]:
    """Whose noise findings were judged by, if any is known, and the most seeds of a setting."""
    noise = next((f.noise for f in found if f.noise is not None), None)
    return noise, max((f.n_seeds for f in found), default=0)


def only_compared(found: Sequence[Finding], beside: Sequence[Finding]) -> list[str]:
    """Measures that are told beside findings which were judged, and were not."""
    judged = {f.metric for f in found if f.noise is not None}
    compared = dict.fromkeys(f.metric for f in beside if isinstance(f, Comparison))
    return [m for m in compared if judged and m not in judged]


def difference(found: Finding) -> tuple[str, str]:
    """The estimate and its noise as shown, "−9 ± 4", of the one ahead, and its unit.

    Both are empty where there is none.
    """
    if found.estimate is None or isinstance(found, Absence):
        return "", ""
    # The statement names the one that is ahead first, so its sign is that of the difference.
    turned = isinstance(found, Comparison) and found.ahead == found.b
    values = [found.shown(-found.estimate if turned else found.estimate)]
    if found.noise is not None:
        values.append(abs(found.shown(found.noise.error)))
    decimals = 0 if found.log and abs(values[0]) >= 10 else decimals_for(values, apart=False)
    return " ± ".join(fixed(v, decimals) for v in values), "%" if found.log else found.unit
