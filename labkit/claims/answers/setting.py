"""What did one setting change? The kind of loss, a constraint, regularisation, beta, ...

Tested: all pairs of levels of the question's first factor that was varied, on its primary measure.
"""

from labkit.catalog import QUESTIONS
from labkit.claims.answers.asked import Asked
from labkit.claims.cells import Cells
from labkit.claims.claim import Answer, Sentence
from labkit.claims.finding import known
from labkit.claims.findings import absence
from labkit.claims.findings.configurations import configurations
from labkit.claims.findings.levels import Levels, levels, pairs_of_levels
from labkit.claims.measure import STABILITY, first_measured
from labkit.claims.sentences import voice
from labkit.claims.sentences.judged import of_setting
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
    measures = {n: table.measure(n, n == "sharpness") for n in tried or [question.primary]}
    each = {
        name: [f for cells in families for f in levels(cells, factor, measure, table)]
        for name, measure in measures.items()
    }
    primary = next((n for n in each if known(each[n])), next(iter(each)))
    main, beside = each[primary], list[Levels]()
    for cells in families:
        others = [n for n in BESIDE if n != primary and first_measured([n], cells)][:MOST]
        beside += [f for n in others for f in known(each[n]) if f.family == cells.families[0]]
    lost = [f for cells in families if (f := absence.finished(cells)).hit]
    counts = [f for cells in families for f in _counts(cells, table)]
    if not known(main):
        measure = measures[primary]
        whole = [configurations(c.of(dataset=d), measure) for c in families for d in c.datasets]
        nothing, asked = say.setting.nothing(factor, main), Asked(key, table, (), (*whole, *counts))
        apart = [f for f in known(whole) if f.here != "tie" and len(f.order) > 1]
        return asked.answer(nothing, say.setting.whole(apart), rests_on=whole)
    asked = Asked(
        key, table, tuple(pairs_of_levels(main)), (*pairs_of_levels(beside), *lost, *counts),
        odd=next((f.odd for f in main if f.odd), None),
    )  # fmt: skip
    point, *rest = _sentences(known(main), asked)
    by_metric = {f.metric: [g for g in beside if g.metric == f.metric] for f in beside}
    told = [s for found in by_metric.values() for s in _sentences(found, asked)][:MOST]
    why = [*(say.stability.failed(f) for f in lost), *rest, *told]
    several = (f for f in counts if f.hit and len(absence.by_level(f, factor)) > 1)
    why += [say.setting.counted(f, factor) for f in several]
    if factor in table.measure("g_loss").within and any("g_loss" in c.metrics for c in some):
        why.append(say.change.NOT_RANKED)
    only_vaes = all(cells.families == ("vae",) for cells in families)
    return asked.answer(
        point, why, picture=f"{'vae' if only_vaes else 'gan'}_fid_comparison",
        reason=say.sure.likely(of_setting(factor, known(main), asked.strengths)),
    )  # fmt: skip


def _counts(cells: Cells, table: Table) -> list[absence.Absence]:
    """Collapses and rises of the FID, where there are generators to speak of."""
    if cells.families != ("gan",):
        return []
    # With a measure that none of the cells has, nothing is known of their steadiness.
    steadiness = table.measure(first_measured(STABILITY, cells) or STABILITY[0])
    return known([absence.collapse(cells), absence.unsteady(cells, steadiness)])


def _sentences(found: list[Levels], asked: Asked) -> list[Sentence]:
    """One measure's levels in words: a course where they are numbers, else who was ahead."""
    say = voice().telling
    along = all(len(f.means) > 2 and all(type(v) in (int, float) for v in f.means) for f in found)
    return list((say.along if along else say.best)(found, asked.strengths))
