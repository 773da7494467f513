"""Did a factor that was varied go with fewer collapses?"""

from __future__ import annotations

from dataclasses import replace
from math import comb

from labkit.claims.cell import Level, Measured
from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.contrasts import Comparison, compare
from labkit.claims.judge import Context
from labkit.claims.measure import Measure
from labkit.claims.predicates import common
from labkit.claims.statistics import ALPHA, proportion_interval

_COLLAPSED = "collapsed"
#: Reasons that lie in the grid; all others are that the collapse was not measured.
_STRUCTURAL = ("factor_absent", "factor_constant", "confounded")


def mark_collapsed(cells: Cells) -> Cells:
    """The cells with nothing but their collapse as a measure: 1 or 0, absent if unknown."""
    return Cells(
        tuple(
            replace(c, status="", metrics={_COLLAPSED: Measured(float(state == "present"))})
            if (state := c.collapsed) != "unknown"
            else replace(c, metrics={})
            for c in cells
        )
    )


def helped(cells: Cells, factor: str, context: Context) -> Draft:
    """The statement that one level of a factor had fewer collapses than another.

    Args:
        cells: of one family, as `mark_collapsed` leaves them; data sets are blocks.
        factor: a setting that was varied.

    Pairs of cells that differ in the factor only are compared. Among the pairs that
    disagree (one collapsed, the other did not) the share in which the named level is the
    clean one gets an exact interval against one half (McNemar 1947): a 0/1 outcome bears
    no t-interval. Of more than two levels the best and the worst are compared, with a
    Bonferroni correction for the pairs there are.
    """
    words = context.words
    dataset = common.single_dataset(cells)
    draft = Draft(
        id=f"helped.{factor}.collapse.{dataset or 'all'}",
        scope=common.scope_of(cells, words),
        dataset=dataset,
        predicate={"kind": "helped", "factor": factor, "dataset": dataset},
        writer=context.writer(),
        topic=words.say("topic.helped", factor=words.factor(factor)),
        quantity="share",
        decimals=2,
        margin=0.5,
        rule=words.say("rule.helped"),
    )
    comparison = compare(cells, factor, Measure(_COLLAPSED, "lower"))
    missing = tuple(
        text if key in _STRUCTURAL else words.say("missing.collapse")
        for (key, _), text in zip(
            comparison.missing, common.reasons(comparison, draft.writer), strict=True
        )
    )
    if missing:
        return replace(draft, missing=missing)
    counts = {
        lv: sum(int(g.cells[lv].metrics[_COLLAPSED].value) for g in comparison.groups)
        for lv in comparison.levels
    }
    if not any(counts.values()):
        return replace(draft, missing=(words.say("missing.no_collapse"),))
    n = len(comparison.groups)
    best = min(comparison.levels, key=lambda lv: counts[lv])
    worst = max(comparison.levels, key=lambda lv: (counts[lv], str(lv)))
    for_it, against = _discordant(comparison, best, worst)
    shown: InTheseRuns = "yes" if counts[best] < counts[worst] else "tie"
    # The extremes of k levels are one of k (k − 1) / 2 pairs, picked after looking.
    pairs = comb(len(comparison.levels), 2)
    interval = (
        proportion_interval(for_it, for_it + against, 1 - ALPHA / pairs)
        if for_it + against
        else None
    )
    writer = draft.writer
    values = words.listing(
        words.say(
            "helped.rate",
            level=writer.level(factor, lv),
            hits=writer.digits(f"collapsed, {lv}", counts[lv]),
            n=writer.digits("pairs", n),
        )
        for lv in comparison.levels
    )
    return replace(
        draft,
        statement=words.say(
            "helped.statement", level=writer.level(factor, best), rival=writer.level(factor, worst)
        ),
        tie=words.say("helped.tie", factor=words.factor(factor)),
        detail=words.say("helped.detail", values=values) + common.coverage(comparison, writer),
        in_these_runs=shown,
        estimate=for_it / (for_it + against) if for_it + against else None,
        interval=interval,
        p=min(1.0, 2 * pairs * _tail(for_it, for_it + against)),
        n_seeds=len(comparison.seeds),
        n_blocks=len(comparison.blocks),
        cells=comparison.cells,
        predicate={**draft.predicate, "level": best, "rival": worst},
        notes=common.notes(comparison, words),
    )


def _discordant(comparison: Comparison, best: Level, worst: Level) -> tuple[int, int]:
    pairs = [
        (g.cells[best].metrics[_COLLAPSED].value, g.cells[worst].metrics[_COLLAPSED].value)
        for g in comparison.groups
    ]
    return pairs.count((0.0, 1.0)), pairs.count((1.0, 0.0))


def _tail(hits: int, n: int) -> float:
    """P(at least `hits` of `n` fair coins)."""
    return float(sum(comb(n, k) for k in range(hits, n + 1)) / 2**n)
