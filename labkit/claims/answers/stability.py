"""What hyperparameters most influenced GAN stability in your runs?

Stability is read from the drawdown: how far the FID rose again above an earlier epoch's. Where
nothing rose by more than other samples could have made it, no setting influenced anything, and
what did differ, the samples' quality, is quoted from its own question.
"""

from __future__ import annotations

from labkit.claims.answers.asked import Asked, quality
from labkit.claims.claim import Answer, Sentence
from labkit.claims.findings import absence
from labkit.claims.findings.levels import Levels
from labkit.claims.measure import STABILITY, first_measured
from labkit.claims.sentences import voice
from labkit.claims.table import Table
from labkit.claims.verdict import FIRM

#: Sentences on the samples' quality beside the point: the largest effects.
QUOTED = 3
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
        return asked.answer(point, say.quality(best.told()), PICTURE, rests_on=best.contrasts)
    steadiness, ahead = quality(gans, table, metric), quality(gans, table, "d_dominance")
    asked = Asked(
        key, table, tuple(steadiness.contrasts), (finished, unsteady, *ahead.contrasts), best,
        odd=next((f.odd for each in best.by_factor.values() for f in each if f.odd), None),
    )  # fmt: skip
    firm = [c for c in steadiness.contrasts if asked.strengths[c.id] in FIRM]
    if firm:
        largest = max(firm, key=lambda c: abs(c.estimate or 0.0))
        point = say.influenced(largest, asked.strengths[largest.id])
    elif unsteady.hit:
        # Where the usual variation is known and covers it all, no count of rises is a cause.
        unknown = all(asked.strengths[c.id] in OPEN_TO_COUNTS for c in steadiness.contrasts)
        factors = list(steadiness.by_factor)
        apart = absence.separating(unsteady, factors) if unknown else ""
        point = say.unsteady(unsteady, table.measure(metric), apart, factors)
    else:
        point = say.steady(unsteady)
    why: list[Sentence] = [say.largest_rise(unsteady, table.measure(metric))]
    if finished.hit:
        why.append(say.failed(finished))
    # The setting that went with how far the discriminator was ahead most.
    always = ([f for f in ahead.by_factor[name] if _always(f)] for name in ahead.largest_first)
    why += say.dominance(gans, next(filter(None, always), []))
    why += say.quality(best.told()[: 1 if firm else QUOTED])
    return asked.answer(
        point, why, PICTURE, rests_on=[unsteady, *steadiness.contrasts, *best.contrasts]
    )


def _always(found: Levels) -> bool:
    """Whether the best level is well ahead of the last in all of four pairs or more."""
    if found.missing is not None:
        return False
    ends = found.between(found.order[0], found.order[-1])
    return ends.wins == ends.pairs >= 4 and abs(ends.estimate or 0.0) > ends.margin
