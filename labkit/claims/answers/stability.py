"""What hyperparameters most influenced GAN stability in your runs?

Stability is read from the drawdown: how far the FID rose again above an earlier epoch's. Where
nothing rose by more than other samples could have made it, no setting influenced anything, and
what did differ, the samples' quality, is quoted from its own question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.claims.answers.asked import Asked
from labkit.claims.answers.quality import Quality, quality
from labkit.claims.findings import absence
from labkit.claims.measure import STABILITY, first_measured
from labkit.claims.sentences import voice

if TYPE_CHECKING:
    from labkit.claims.cells import Cells
    from labkit.claims.claim import Answer, Sentence
    from labkit.claims.findings.absence import Absence
    from labkit.claims.findings.levels import Levels
    from labkit.claims.table import Table

#: Sentences on the samples' quality beside the point: the largest effects.
QUOTED = 3


def answer(key: str, table: Table) -> Answer:
    """Unsteady trainings by setting, how far the discriminator was ahead, and quality."""
    say = voice().stability
    gans = table.cells.of("gan")
    metric = first_measured(STABILITY, gans)
    best = quality(gans, table)
    finished = absence.finished(gans)
    if metric is None:
        unknown = absence.unsteady(gans, table.measure(STABILITY[0]))
        asked = Asked(key, table, (), (finished, unknown), best.quoted)
        point = say.not_measured(finished, unknown)
        return asked.answer(
            point, best.told(), rests_on=best.contrasts, picture="gan_fid_comparison"
        )
    steadiness = quality(gans, table, metric)
    unsteady = absence.unsteady(gans, table.measure(metric))
    ahead = quality(gans, table, "d_dominance")
    asked = Asked(
        key, table, tuple(steadiness.contrasts), (finished, unsteady, *ahead.contrasts),
        best.quoted,
        odd=next((f.odd for each in best.by_factor.values() for f in each if f.odd), None),
    )  # fmt: skip
    point, why = _point(asked, steadiness, unsteady, gans)
    if finished.hit:
        why.append(say.failed(finished))
    why += _dominance(gans, ahead)
    why += best.told()[: QUOTED if not asked.firm(steadiness.contrasts) else 1]
    return asked.answer(
        point, why, picture="gan_fid_comparison",
        rests_on=[unsteady, *steadiness.contrasts, *best.contrasts],
    )  # fmt: skip


def _point(
    asked: Asked, steadiness: Quality, unsteady: Absence, gans: Cells
) -> tuple[Sentence, list[Sentence]]:
    """What influenced stability, and the rises behind it."""
    say = voice().stability
    measure = asked.table.measure(unsteady.metric)
    firm = asked.firm(steadiness.contrasts)
    rise = say.largest_rise(unsteady, measure)
    if firm:
        return say.influenced(firm[0], asked.strengths[firm[0].id]), [rise]
    if not unsteady.hit:
        return say.steady(unsteady), [rise]
    factor = absence.separating(unsteady, list(steadiness.by_factor))
    return say.unsteady(unsteady, factor), [rise]


def _dominance(gans: Cells, ahead: Quality) -> list[Sentence]:
    """How far the discriminator was ahead, and the setting that went with it most."""
    always = ([f for f in ahead.by_factor[name] if _always(f)] for name in ahead.largest_first)
    return list(voice().stability.dominance(gans, next(filter(None, always), [])))


def _always(found: Levels) -> bool:
    """Whether the best level is well ahead of the last in all of four pairs or more."""
    if found.missing is not None:
        return False
    ends = found.between(found.order[0], found.order[-1])
    return ends.wins == ends.pairs >= 4 and abs(ends.estimate or 0.0) > ends.margin
