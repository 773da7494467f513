"""What a sentence of any language tells of: who leads, what stands out, which pattern is known.

No words: a language's functions ask here and put the answer in theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.claims.findings.levels import course
from labkit.claims.noise import MIN_SEEDS
from labkit.claims.verdict import FIRM, Strength, weakest

if TYPE_CHECKING:
    from labkit.claims.cell import Cell, Level
    from labkit.claims.findings.absence import Absence
    from labkit.claims.findings.configurations import Configurations
    from labkit.claims.findings.families import Families
    from labkit.claims.findings.levels import Contrast, Course, Levels

Strengths = dict[str, Strength]

#: With fewer pairs, one level may be ahead in all of them by chance.
FEW = 4
#: A decoder loses more than the prior where reconstructions have so much of the samples' FID.
DECODER = 0.5
#: Smaller shares of samples in the wrong class are not worth a word.
SEEN = 0.005
#: The largest number of sampling steps that is tried.
MOST_STEPS = 32
#: Trainings whose arithmetic differs by a smaller ratio are said to have taken the same.
SAME_COST = 1.05
#: A place in the order, from ahead to behind, and a level that stands there, to a pattern's name.
PATTERNS = {
    (0, "gradient_penalty"): "gradient_penalty",
    (0, "spectral_norm"): "spectral_norm",
    (-1, "clip"): "clipping",
    (0, "progressive"): "growing",
    (-1, "wasserstein"): "wasserstein_few_steps",
}


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
    weak = weakest([strengths[c.id] for c in found.rivals])
    return Standing(found, weak, all(_alike_here(c, strengths[c.id]) for c in found.contrasts))


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


def agree(each: Sequence[Standing], strengths: Strengths) -> bool:
    """Whether one level leads alone on all data sets, each time as surely."""
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


def open_course(found: Course, strengths: Strengths) -> bool:
    """Whether it moved, but nowhere by more than the usual variation."""
    known = {strengths.get(c.id) for c in found.found.contrasts}
    return found.shape != "flat" and known <= {"within noise", "level"}


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


def by_decoder(recon: float, samples: float) -> bool:
    """Whether reconstructions have so much of the samples' FID that the decoder is to blame."""
    return recon >= DECODER * samples


def exception(
    best: Sequence[Configurations], fid: Sequence[Families]
) -> tuple[Configurations, Configurations] | None:
    """The weaker family's best setting and the other's, where it beats all of that: first by FID.

    Else by coverage; None where it does nowhere.
    """
    by = {(f.metric, f.dataset, f.family): f for f in best if f.order}
    for metric, sign in (("proxy_fid", -1), ("coverage", 1)):
        for each in (f for f in fid if f.ahead is not None):
            sides = (str(each.behind), str(each.ahead))
            mine, theirs = (by.get((metric, each.dataset, side)) for side in sides)
            if mine is None or theirs is None:
                continue
            # How far rounding leaves the two best values open.
            values = (f.best.metrics.get(metric) for f in (mine, theirs))
            slack = sum(value.half for value in values if value)
            if sign * (mine.values[0] - theirs.values[0]) > slack:
                return mine, theirs
    return None


def sides(found: Families) -> tuple[str, str]:
    """Both families, the one that is ahead first."""
    return (found.b, found.a) if found.ahead == found.b else (found.a, found.b)


def nearest_cell(uneven: Sequence[Configurations]) -> Cell | None:
    """The cell whose classes are shared out least like the real ones."""
    worst = [(c.metrics[f.metric].value, c) for f in uneven for c in f.cells]
    top, cell = max(worst, key=lambda each: each[0], default=(0.0, None))
    return cell if top >= SEEN else None


def in_common(found: Absence, factors: Sequence[str], most: int) -> dict[str, int]:
    """Settings that all hit cells share, to how many others have another level of it.

    At most so many, those with the most others first.
    """
    without: dict[str, int] = {}
    for factor in factors:
        levels = {c.settings.get(factor) for c in found.hit}
        others = sum(c.settings.get(factor) not in levels for c in found.cells)
        if len(levels) == 1 and others:
            without[factor] = others
    return {f: without[f] for f in sorted(without, key=lambda f: -without[f])[:most]}


def rises_of_one_seed(found: Absence) -> list[tuple[str, int, int]]:
    """Data set, rises and seed where all rises were one seed's: chance, not a setting."""
    told = []
    for dataset in dict.fromkeys(c.dataset for c in found.cells):
        seeds = {c.seed for c in found.cells if c.dataset == dataset}
        hit = [c.seed for c in found.hit if c.dataset == dataset]
        if len(seeds) >= MIN_SEEDS <= len(hit) and len(set(hit)) == 1:
            told.append((dataset, len(hit), hit[0]))
    return told


def best_at_last(cells: Collection[Cell]) -> tuple[int, int] | None:
    """How many of how many trainings were best at their last epoch; None where few were."""
    known = [
        (c.best_epoch, c.settings["epochs"])
        for c in cells
        if c.best_epoch is not None and isinstance(c.settings.get("epochs"), int)
    ]
    last = sum(best == epochs for best, epochs in known)
    return None if len(known) < 2 or 2 * last < len(known) else (last, len(known))


def lost_to(
    lost: Mapping[str, tuple[float, float]], decoder: bool
) -> dict[str, tuple[float, float]]:
    """Data sets to a VAE's FIDs of reconstructions and samples: where the decoder is to blame.

    Or, if not `decoder`, where codes drawn at random are.
    """
    return {d: both for d, both in lost.items() if by_decoder(*both) == decoder}


def whole_training(found: Configurations) -> float | None:
    """Operations for each training image in all epochs; None where settings differ in it."""
    each = set[float]()
    for cell, flops in zip(found.order, found.values, strict=True):
        epochs = cell.settings.get("epochs")
        each.add(flops * epochs if isinstance(epochs, int) else 0.0)
    (only, *others) = each
    return None if others or not only else only
