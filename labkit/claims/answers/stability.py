"""What hyperparameters most influenced GAN stability in your runs?

Stability is read from the drawdown: how far the FID rose again above an earlier epoch's. Where
nothing rose by more than other samples could have made it, no setting influenced anything, and
what did differ, the samples' quality, is quoted from its own question.
"""

from collections.abc import Sequence

from labkit.claims.answers.asked import Asked, quality
from labkit.claims.claim import Answer
from labkit.claims.findings import absence
from labkit.claims.findings.levels import Levels
from labkit.claims.measure import STABILITY, first_measured
from labkit.claims.sentences import voice
from labkit.claims.table import Table
from labkit.claims.verdict import FIRM

#: Sentences on the samples' quality beside the point: the largest effects.
QUOTED = 3
#: With fewer pairs, a setting is not said to have gone with it; the point tells it of more.
TOLD, NOTABLE = 4, 6
#: Strengths of differences whose usual variation is not known.
OPEN_TO_COUNTS = ("seen once", "not measured")
PICTURE = "gan_fid_comparison"


def answer(key: str, table: Table) -> Answer:
    """Unsteady trainings by setting, how far the discriminator was ahead, and quality."""
    say, gans = voice().stability, table.cells.of("gan")
    best, finished = quality(gans, table), absence.finished(gans)
    metric = first_measured(STABILITY, gans)
    unsteady = absence.unsteady(gans, table.measure(metric or STABILITY[0]))
    if metric is None:
        asked = Asked(key, table, (), (finished, unsteady), best)
        point = say.not_measured(finished, unsteady)
        told = say.quality(best.told(), best.known, best.strengths)
        return asked.answer(point, told, PICTURE, rests_on=best.contrasts)
    steadiness, ahead = quality(gans, table, metric), quality(gans, table, "d_dominance")
    collapsed = absence.collapse(gans)
    beside = (finished, unsteady, collapsed, *ahead.contrasts)
    asked = Asked(
        key, table, tuple(steadiness.contrasts), beside, best,
        odd=next((f.odd for each in best.by_factor.values() for f in each if f.odd), None),
    )  # fmt: skip
    # The setting that went with how far the discriminator was ahead most, and others that did.
    always = ([f for f in ahead.by_factor[name] if _always(f)] for name in ahead.largest_first)
    led: list[Levels] = next((f for f in always if _pairs(f) >= TOLD), [])
    # A level that most which collapsed have is no point: further down, both are told together.
    against = say.notwithstanding(collapsed, led)
    notable = led if _beaten(led) >= NOTABLE and not against else []
    firm = [c for c in steadiness.contrasts if asked.strengths[c.id] in FIRM]
    if firm:
        largest = max(firm, key=lambda c: abs(c.estimate or 0.0))
        point = say.influenced(largest, asked.strengths[largest.id])
    elif unsteady.hit:
        # Where the usual variation is known and covers it all, no count of rises is a cause.
        unknown = all(asked.strengths[c.id] in OPEN_TO_COUNTS for c in steadiness.contrasts)
        factors = list(steadiness.by_factor)
        apart = absence.separating(unsteady, factors) if unknown else ""
        point = say.unsteady(unsteady, table.measure(metric), apart, factors, notable)
    else:
        point = say.steady(unsteady, list(steadiness.by_factor))
    counted = bool(unsteady.hit) and unsteady.id not in point.findings
    rises = say.largest_rise(unsteady, table.measure(metric), counted)
    rises += [say.failed(finished)] if finished.hit else []
    named = bool(notable) and counted
    overpowered = say.dominance(gans, led, named)
    likewise = [say.likewise(f) for f in ahead.by_factor.values() if led and _nearly(f, led)]
    told = say.quality(best.told()[: 1 if firm else QUOTED], best.known, best.strengths)
    last = say.last_epoch(unsteady)
    how_often, least = overpowered[:1], overpowered[1:]
    why = [*rises, *last, *how_often, *told, *least, *likewise]
    if least and against:
        why = [*rises, *last, *how_often, *least, *against, *told, *likewise]
    if named:  # the point speaks of it
        alike = say.collapsed_alike(collapsed, list(gans.factors))
        why = [*overpowered, *likewise, *rises, *alike, *last, *told]
    basis = [unsteady, *steadiness.contrasts, *best.contrasts]
    return asked.answer(point, why, PICTURE, rests_on=basis)


def _always(found: Levels) -> bool:
    """Whether the best level is well ahead of the last in all pairs."""
    if found.missing is not None:
        return False
    ends = found.between(found.order[0], found.order[-1])
    return ends.wins == ends.pairs and abs(ends.estimate or 0.0) > ends.margin


def _pairs(found: Sequence[Levels]) -> int:
    """Pairs of the best level with the last, over some data sets."""
    return sum(f.between(f.order[0], f.order[-1]).pairs for f in found)


def _beaten(found: Sequence[Levels]) -> int:
    """Pairs in which the best level was ahead: of every other, else of the last; 0: not alike."""
    if len({f.order[0] for f in found}) != 1:
        return 0
    rivals = [c for f in found for c in f.rivals]
    if all(c.wins == c.pairs for c in rivals):
        return sum(c.pairs for c in rivals)
    return _pairs(found) if len({f.order[-1] for f in found}) == 1 else 0


def _nearly(found: Sequence[Levels], led: Sequence[Levels]) -> bool:
    """Whether one of another setting's two levels is ahead in nine of ten pairs or more."""
    if any(f.missing or f in led or len(f.order) != 2 or f.order != found[0].order for f in found):
        return False
    wins, pairs = sum(f.contrasts[0].wins for f in found), _pairs(found)
    return pairs >= NOTABLE and 10 * wins >= 9 * pairs
