"""What did one setting change? The kind of loss, a constraint, regularisation, beta, ...

Tested: all pairs of levels of the question's first factor that was varied, on its primary measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.claims.answers.asked import Asked
from labkit.claims.findings import absence
from labkit.claims.findings.configurations import configurations
from labkit.claims.findings.levels import Levels, levels, pairs_of_levels
from labkit.claims.measure import STABILITY, first_measured
from labkit.claims.sentences import voice

if TYPE_CHECKING:
    from labkit.claims.cells import Cells
    from labkit.claims.claim import Answer, Sentence
    from labkit.claims.table import Table

#: What is told beside the primary measure, at most so many of these.
BESIDE = ("coverage", "test_recon_loss", "test_total_loss", "recon_loss", "total_loss", "sharpness")
MOST = 2


def answer(key: str, table: Table) -> Answer:
    """The effect of the question's factor, family by family."""
    question, say = QUESTIONS[key], voice()
    some = table.cells.filter(lambda c: not question.families or c.family in question.families)
    factor = next((f for f in question.factors if f in some.factors), question.factors[0])
    families = [some.of(f) for f in some.families if factor in some.of(f).levels]
    # The first measure by which levels can be compared; where none can, the first there is.
    tried = [n for n in (question.primary, *BESIDE) if first_measured([n], some)]
    each = {n: _levels(families, factor, n, table) for n in tried or [question.primary]}
    comparable = (n for n in each if any(f.missing is None for f in each[n]))
    primary = next(comparable, next(iter(each)))
    main, measure = each[primary], table.measure(primary, to_target=primary == "sharpness")
    beside = _beside(families, factor, primary, table)
    lost = [f for cells in families if (f := absence.finished(cells)).hit]
    counts = [f for cells in families for f in _counts(cells, table)]
    known = [f for f in main if f.missing is None]
    asked = Asked(
        key, table, tuple(pairs_of_levels(main)), (*pairs_of_levels(beside), *lost, *counts),
        odd=next((f.odd for f in main if f.odd), None),
    )  # fmt: skip
    if not known:
        whole = [configurations(c.of(dataset=d), measure) for c in families for d in c.datasets]
        reasons = [f.missing for f in main if f.missing is not None]
        asked = Asked(key, table, (), (*whole, *counts))
        return asked.answer(
            say.setting.nothing(factor, reasons), say.setting.whole([w for w in whole if w.order]),
            rests_on=whole,
        )  # fmt: skip
    point, *rest = _sentences(known, asked)
    why = [*(say.stability.failed(f) for f in lost), *rest, *_told(beside, asked)]
    why += [s for f in counts if f.hit and (s := say.setting.counted(f, factor)) is not None]
    if factor in table.measure("g_loss").within and any("g_loss" in c.metrics for c in some):
        why.append(say.change.not_ranked())
    return asked.answer(
        point, why, picture=_picture(families), rests_on=pairs_of_levels(known),
        reason=say.sure.likely(say.setting.pattern(factor, known, asked.strengths)),
    )  # fmt: skip


def _levels(families: list[Cells], factor: str, metric: str, table: Table) -> list[Levels]:
    measure = table.measure(metric, to_target=metric == "sharpness")
    return [f for cells in families for f in levels(cells, factor, measure, table)]


def _beside(families: list[Cells], factor: str, primary: str, table: Table) -> list[Levels]:
    """The factor's levels by other measures, for the first few that were measured."""
    found: list[Levels] = []
    for cells in families:
        names = [n for n in BESIDE if n != primary and first_measured([n], cells)][:MOST]
        for name in names:
            found += [f for f in _levels([cells], factor, name, table) if f.missing is None]
    return found


def _counts(cells: Cells, table: Table) -> list[absence.Absence]:
    """Collapses and rises of the FID, where there are generators to speak of."""
    if cells.families != ("gan",):
        return []
    stability = first_measured(STABILITY, cells)
    found = [absence.collapse(cells)]
    if stability:
        found.append(absence.unsteady(cells, table.measure(stability)))
    return [f for f in found if f.missing is None]


def _sentences(found: list[Levels], asked: Asked) -> list[Sentence]:
    """One measure's levels in words: a course where they are numbers, else who was ahead."""
    say = voice()
    if all(len(f.means) > 2 and _numeric(f) for f in found):
        return list(say.courses.course(found, asked.strengths))
    return list(say.levels.best(found, asked.strengths))


def _told(beside: list[Levels], asked: Asked) -> list[Sentence]:
    by_metric: dict[str, list[Levels]] = {}
    for each in beside:
        by_metric.setdefault(each.metric, []).append(each)
    return [s for found in by_metric.values() for s in _sentences(found, asked)][:MOST]


def _numeric(found: Levels) -> bool:
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in found.means)


def _picture(families: list[Cells]) -> str:
    vae = all(cells.families == ("vae",) for cells in families)
    return "vae_fid_comparison" if vae else "gan_fid_comparison"
