"""What a sentence of any language tells of how trainings went: rises, collapses, what they share.

No words: a language's functions ask here and put the answer in theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from labkit.claims.cells import Cells
from labkit.claims.findings.absence import by_level, separating
from labkit.claims.noise import MIN_SEEDS

if TYPE_CHECKING:
    from labkit.claims.cell import Cell, Level
    from labkit.claims.findings.absence import Absence
    from labkit.claims.findings.configurations import Configurations
    from labkit.claims.findings.levels import Contrast, Levels
    from labkit.claims.measure import Measure

#: At most so many trainings are named.
NAMED = 3
#: A setting is named where its levels' shares of unsteady trainings lie so far apart.
APART = 0.5
#: Measures of the whole course of the FID: zero means that it never rose.
WHOLE_COURSE = ("fid_drawdown", "fid_oscillation")
#: Smaller shares of samples in the wrong class are not worth a word.
SEEN = 0.005
#: Of generators that did not collapse, so large a share in the wrong class is.
UNEVEN = 0.1
#: A class is told of where its share differs by so much of the real share.
NOTABLE = 0.5
#: Shares of samples in the wrong class that differ by less than this part of them are alike.
ALIKE = 0.1
#: At most so many settings are told that collapses have in common, and so many other levels.
SHARED = 2
#: Fewer collapses than that credit no setting with preventing them.
FEW_COLLAPSES = 4


def named(called: Sequence[str], fit: Callable[[Sequence[str]], bool]) -> Sequence[str]:
    """The first names of trainings, as many as `NAMED` of them that fit together, one at least."""
    tried = (called[:n] for n in range(min(NAMED, len(called)), 0, -1))
    return next(some for some in tried if len(some) == 1 or fit(some))


def told_apart(found: Absence, factor: str) -> bool:
    """Whether the levels of a setting differ that much in how often they were hit."""
    if not factor or found.every:
        return False
    rates = [hit / of for hit, of in by_level(found, factor).values()]
    return max(rates) - min(rates) >= APART


def only_known(cells: Cells, metric: str) -> Cell | None:
    """The one of several cells that has a measure, if it is one."""
    known = [cell for cell in cells if metric in cell.metrics]
    return known[0] if len(known) == 1 < len(cells) else None


def least_dominated(found: Sequence[Levels]) -> tuple[Sequence[Contrast], bool]:
    """Which pairs tell of the level with which the discriminator was least ahead, over data sets.

    Those with every other level and True where it was so in all of them; else those with the last.
    """
    rivals = [c for f in found for c in f.rivals]
    if len(found[0].order) > 2 and all(c.wins == c.pairs for c in rivals):
        return rivals, True
    return [f.between(f.order[0], f.order[-1]) for f in found], False


@dataclass(frozen=True)
class Rise:
    """The largest rise of the FID in some trainings."""

    value: float
    cell: Cell
    floor: float
    """What other samples from the same network could change; 0 where that is unknown."""
    none: bool
    """Whether none rose at all."""
    whole: bool
    """Whether the measure sees the whole course: else a training may have risen before."""
    never: tuple[int, int] | None
    """How many of how many never rose, where that is worth a word."""

    @property
    def drawn(self) -> bool:
        """Whether other samples alone could have made it."""
        return bool(self.floor) and self.value <= self.floor


def rise(found: Absence, measure: Measure) -> Rise:
    """The largest rise, of a training that was hit if any was."""
    rises = [(m.value, c) for c in found.cells if (m := measure.of(c)) is not None]
    never = sum(value == 0 for value, _ in rises)
    value, cell = max(rises, key=lambda each: (each[1] in found.hit, each[0]))
    whole = measure.name in WHOLE_COURSE
    told = (never, len(rises)) if never and whole and not found.hit else None
    none = never == len(rises)
    return Rise(value, cell, measure.resolution(cell.dataset), none, whole, told)


def notwithstanding(found: Absence, led: Sequence[Levels]) -> tuple[int, int] | None:
    """How many of how many that collapsed have the level said to be better: most, if any."""
    if not led or not found.hit:
        return None
    level = led[0].order[0]
    has = sum(c.settings.get(led[0].factor) == level for c in found.hit)
    return (has, len(found.hit)) if 2 * has > len(found.hit) else None


def resolved(found: Absence, measure: Measure) -> bool:
    """Whether it is known what redrawn samples change."""
    return any(measure.resolution(cell.dataset) for cell in found.cells)


def still_best(found: Absence) -> bool:
    """Whether every one of several trainings was best at its last epoch."""
    excess = [c.metrics.get("fid_final_excess") for c in found.cells]
    return len(excess) > 1 and all(m is not None and not m.value for m in excess)


def rises_of_one_seed(found: Absence) -> list[tuple[str, int]]:
    """Data set and seed where all of several rises were one seed's: chance, not a setting."""
    told = []
    for dataset in dict.fromkeys(c.dataset for c in found.cells):
        seeds = {c.seed for c in found.cells if c.dataset == dataset}
        hit = [c.seed for c in found.hit if c.dataset == dataset]
        if len(seeds) >= MIN_SEEDS <= len(hit) and len(set(hit)) == 1:
            told.append((dataset, hit[0]))
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


def every_class(found: Absence) -> bool:
    """Whether it is known of all trainings that their samples miss no class."""
    missing = [c.metrics.get("missing_classes") for c in found.cells]
    return all(m is not None and m.value == 0 for m in missing)


def on_one(found: Absence) -> str:
    """The data set that all of several hits are on, where there are others; empty for none."""
    where = {c.dataset for c in found.hit}
    others = {c.dataset for c in found.cells} - where
    return where.pop() if len(found.hit) > 1 and len(where) == 1 and others else ""


def among(found: Absence) -> Cells:
    """The trainings that those named are told from: of the one data set that all of them are on."""
    one = on_one(found)
    return Cells(tuple(c for c in found.asked if not one or c.dataset == one))


def uneven_too(
    found: Absence, uneven: Sequence[Configurations]
) -> tuple[Configurations, list[float]] | None:
    """Class imbalances of those that did not collapse, where one has no less than one that did.

    Of several such data sets, on the one with most collapses, then the most uneven.
    """
    hits = {cell.run for cell in found.hit}
    spared = {cell.run for cell in found.cells} - hits
    each = [
        [[c.metrics[f.metric].value for c in f.cells if c.run in some] for some in (hits, spared)]
        for f in uneven
    ]
    told = [
        (len(hit), max(rest), f, rest)
        for f, (hit, rest) in zip(uneven, each, strict=True)
        if hit and rest and max(rest) >= max(min(hit), UNEVEN)
    ]
    top = max(told, key=lambda one: one[:2], default=None)
    return None if top is None else top[2:]


def lost_a_class(found: Absence) -> tuple[int, int]:
    """How many that collapsed lost a class, and how many kept all."""
    gone = sum(c.collapse is not None and bool(c.collapse.classes) for c in found.hit)
    return gone, len(found.hit) - gone


def told_of(found: Absence) -> Iterator[Collection[Cell]]:
    """Where to tell what was seen, if all are named: in all, or in what lost a class."""
    if 1 < len(found.hit) <= NAMED and not found.every:
        yield found.hit
        yield [c for c in found.hit if c.collapse is not None and c.collapse.classes]


class Common(NamedTuple):
    """A level that all that collapsed have, and the others of its setting, which had none."""

    factor: str
    level: Level
    others: tuple[Level, ...]
    """Empty where they are too many to be listed."""
    spared: int


def helped(found: Absence, factors: Sequence[str]) -> tuple[str, Sequence[Sequence[Common]], str]:
    """What can be said of what helped: of some that collapsed, not all.

    ``one`` (too few), ``shared`` with what they have in common, the most first, ``apart`` with the
    setting that tells them apart, ``everywhere`` (each level of each setting has some), or nothing.
    """
    if found.every:
        return "", (), ""
    if len(found.hit) == 1:
        return "one", (), ""
    if shared := in_common(found, factors):
        return "shared", [shared[:n] for n in range(len(shared), 0, -1)], ""
    if factor := separating(found, factors):
        return "apart", (), factor
    every = all(hit for f in factors for hit, _ in by_level(found, f).values())
    return "everywhere" if every else "", (), ""


def in_common(found: Absence, factors: Sequence[str]) -> list[Common]:
    """Settings that all hit cells share where others have another level, the most others first."""
    shared = []
    for factor in factors:
        levels = {c.settings.get(factor) for c in found.hit}
        others = sum(c.settings.get(factor) not in levels for c in found.cells)
        if len(levels) == 1 and others:
            level = found.hit[0].settings[factor]
            rest = tuple(v for v in Cells(found.cells).levels[factor] if v != level)
            shared.append(Common(factor, level, rest if len(rest) <= SHARED else (), others))
    return sorted(shared, key=lambda each: -each.spared)[:SHARED]


def nearest_cell(uneven: Sequence[Configurations]) -> Cell | None:
    """The cell whose classes are shared out least like the real ones."""
    worst = [(c.metrics[f.metric].value, c) for f in uneven for c in f.cells]
    top, cell = max(worst, key=lambda each: each[0], default=(0.0, None))
    return cell if top >= SEEN else None


def odd_shares(cell: Cell) -> list[tuple[str, float, float]]:
    """Class, share and real share: of the rarest notable class, and of another too frequent one."""
    every = [(label, *both) for label, both in cell.shares.items()]
    odd = [each for each in every if abs(each[1] - each[2]) > NOTABLE * each[2]]
    odd.sort(key=lambda each: each[1] / each[2])
    return [*odd[:1], *(each for each in odd[1:][-1:] if each[1] > each[2])]


def most_uneven(found: Absence, cell: Cell) -> list[float]:
    """The shares in the wrong class of a cell and of those about as uneven on its data set."""
    values = [c.metrics["class_imbalance"].value for c in found.cells if c.dataset == cell.dataset]
    return [v for v in values if v >= (1 - ALIKE) * max(values)]
