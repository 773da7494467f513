"""What a sentence of any language tells of families and whole settings: who leads, what it costs.

No words: a language's functions ask here and put the answer in theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from labkit.claims.finding import by_dataset, known
from labkit.claims.verdict import weakest

if TYPE_CHECKING:
    from labkit.claims.cell import Cell
    from labkit.claims.findings.change import Change
    from labkit.claims.findings.configurations import Configurations
    from labkit.claims.findings.families import Families
    from labkit.claims.sentences.judged import Strengths
    from labkit.claims.verdict import Strength

#: A decoder loses more than the prior where reconstructions have so much of the samples' FID.
DECODER = 0.5
#: Who loses no more of the sharpness of real images loses hardly any.
SHARP = 0.05
#: More settings than that are counted, not named.
NAMED = 2
#: Of more families than that, the best are told.
RANKED = 3
#: The largest number of sampling steps that is tried.
MOST_STEPS = 32
#: Trainings whose arithmetic differs by a smaller ratio are said to have taken the same.
SAME_COST = 1.05
#: FIDs of a VAE's reconstructions and of its samples.
Fids = tuple[float, float]


def alike(found: Sequence[Families], strengths: Strengths) -> list[list[Families]]:
    """What one sentence tells: all data sets where the same is ahead as surely, else each alone."""
    measured = [f for f in found if f.missing is None]
    together = len({(f.ahead, strengths[f.id]) for f in measured}) == 1
    return [measured] if together else [[f] for f in measured]


def every_cell(found: Sequence[Families], strength: Strength) -> bool:
    """Whether each of several cells is ahead of each of several others."""
    return strength != "level" and all(f.every and min(f.n_a, f.n_b) > 1 for f in found)


def ahead_everywhere(family: str, found: Sequence[Families]) -> bool:
    """Whether a family is ahead wherever the two were compared."""
    return bool(found) and all(f.ahead == family for f in found)


def by_decoder(recon: float, samples: float) -> bool:
    """Whether reconstructions have so much of the samples' FID that the decoder is to blame."""
    return recon >= DECODER * samples


def lost_to(lost: Mapping[str, Fids], decoder: bool) -> dict[str, Fids]:
    """Data sets to a VAE's FIDs of reconstructions and samples: where the decoder is to blame.

    Or, if not `decoder`, where codes drawn at random are.
    """
    return {d: both for d, both in lost.items() if by_decoder(*both) == decoder}


def blur_of_gans(found: Sequence[Families]) -> float | None:
    """How much of the sharpness of real images GANs lose at most; None for hardly any."""
    most = max(f.mean_a for f in found)
    return None if most <= SHARP else most


def kept_sharp(found: Sequence[Families]) -> dict[str, float]:
    """Hybrid to how far at most it is from real images' sharpness, if nowhere half as far as VAEs.

    Each finding has the hybrid first and VAEs second.
    """
    mine: dict[str, list[Families]] = {}
    for each in found:
        mine.setdefault(each.a, []).append(each)
    sharp = {h: each for h, each in mine.items() if all(2 * f.mean_a < f.mean_b for f in each)}
    return {h: max(f.mean_a for f in each) for h, each in sharp.items()}


def beat_both(
    hybrids: Sequence[str], found: Sequence[Families], strengths: Strengths
) -> tuple[list[str], bool]:
    """The hybrids that beat both parents everywhere, and whether clearly."""
    mine = {h: [f for f in found if h in (f.a, f.b)] for h in hybrids}
    won = [h for h in hybrids if ahead_everywhere(h, mine[h])]
    return won, bool(won) and weakest([strengths[f.id] for h in won for f in mine[h]]) == "clear"


def exception(
    best: Sequence[Configurations], fid: Sequence[Families]
) -> tuple[Configurations, Configurations] | None:
    """The weaker family's best setting and the other's, where it beats all of that: first by FID.

    Else by coverage; None where it does nowhere.
    """
    by = {(f.metric, f.dataset, f.family): f for f in best if f.order}
    for metric, sign in (("proxy_fid", -1), ("coverage", 1)):
        for each in (f for f in fid if f.ahead is not None):
            pair = (str(each.behind), str(each.ahead))
            mine, theirs = (by.get((metric, each.dataset, side)) for side in pair)
            if mine is None or theirs is None:
                continue
            # How far rounding leaves the two best values open.
            values = (f.best.metrics.get(metric) for f in (mine, theirs))
            slack = sum(value.half for value in values if value)
            if sign * (mine.values[0] - theirs.values[0]) > slack:
                return mine, theirs
    return None


def by_family(found: Configurations) -> dict[str, list[Cell]]:
    """Settings that nothing tells from the best, by family; empty where they are too many."""
    told: dict[str, list[Cell]] = {}
    for cell in found.order[: found.tied] if found.tied <= NAMED else ():
        told.setdefault(cell.family, []).append(cell)
    return told


class Cost(NamedTuple):
    """The families whose training takes least and most arithmetic, and how much more that is."""

    least: str
    most: str
    ratio: float

    @property
    def apart(self) -> float | None:
        """The share they differ by at most, rounded up; None where that is worth a word."""
        share = ceil(round(100 * (self.ratio - 1), 6)) / 100
        return share if self.ratio < SAME_COST else None


def training_cost(found: Sequence[Configurations]) -> Cost | None:
    """What the trainings of some families cost; None where settings of one differ in it."""
    total = {f.family: whole for f in found if (whole := whole_training(f)) is not None}
    if len(total) < max(2, len({f.family for f in found})):
        return None
    least, most = (end(total, key=total.__getitem__) for end in (min, max))
    return Cost(least, most, total[most] / (total[least] or 1.0))


def whole_training(found: Configurations) -> float | None:
    """Operations for each training image in all epochs; None where settings differ in it."""
    each = set[float]()
    for cell, flops in zip(found.order, found.values, strict=True):
        epochs = cell.settings.get("epochs")
        each.add(flops * epochs if isinstance(epochs, int) else 0.0)
    (only, *others) = each
    return None if others or not only else only


def directions(found: Sequence[Change]) -> dict[tuple[int, int, int], list[str]]:
    """Where most changes of a metric went (1, -1 or 0), in how many of how many: the metrics."""
    by_metric: dict[str, list[int]] = {}
    for each in found:
        by_metric.setdefault(each.metric, []).append(each.went)
    same: dict[tuple[int, int, int], list[str]] = {}
    for metric, went in by_metric.items():
        fell, rose, n = went.count(-1), went.count(1), len(went)
        most = (-1, fell, n) if fell >= rose else (1, rose, n)
        same.setdefault(most if most[1] else (0, n, n), []).append(metric)
    return same


def tracked(found: Change) -> bool:
    """Whether a change is of the tracking FID, which is measured every epoch with fewer samples."""
    return found.metric == "proxy_fid" and not any(cell.from_table for cell in found.cells)


class Ranked(NamedTuple):
    """A family with its mean on a data set, and a finding that has it."""

    family: str
    mean: float
    found: Families


def ranked(found: Sequence[Families]) -> tuple[dict[str, list[Ranked]], bool]:
    """Data set to its families, the best first, `RANKED` at most, and whether those are all."""
    each: dict[str, list[Ranked]] = {}
    for dataset, here in by_dataset(known(found)).items():
        sides = {f.a: Ranked(f.a, f.mean_a, f) for f in here}
        sides |= {f.b: Ranked(f.b, f.mean_b, f) for f in here}
        each[dataset] = sorted(sides.values(), key=lambda side: -here[0].towards * side.mean)
    whole = all(len(sides) <= RANKED for sides in each.values())
    return {dataset: sides[:RANKED] for dataset, sides in each.items()}, whole
