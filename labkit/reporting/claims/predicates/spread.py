"""How much do seeds differ, and does one level of a factor spread less than another?"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from statistics import variance

from labkit.reporting.claims.cells import Cells, Level
from labkit.reporting.claims.claim import InTheseRuns
from labkit.reporting.claims.contrasts import Comparison, compare
from labkit.reporting.claims.judge import Context, Draft
from labkit.reporting.claims.measure import Measure
from labkit.reporting.claims.predicates import common
from labkit.reporting.claims.statistics import p_spread_less, spread_ratio_interval
from labkit.reporting.claims.writer import decimals_for


def seed_spread(cells: Cells, factor: str, measure: Measure, context: Context) -> Draft:
    """The statement that one level of a factor varies less from seed to seed.

    Args:
        cells: of one family and one data set, with two seeds or more.
        factor: the setting whose levels are compared.

    A level's spread is the standard deviation over seeds, pooled over blocks. The ratio
    of two gets an F interval (normal noise); of more than two levels the smallest has to
    beat the next, and with it all others.
    """
    words = context.words
    comparison = compare(cells, factor, measure)
    dataset = common.single_dataset(cells)
    spoken = common.spoken(measure, words)
    writer = context.writer()
    draft = Draft(
        id=".".join(("seed-spread", factor, common.name_of(measure), dataset or "all")),
        scope=common.scope_of(cells, words),
        dataset=dataset,
        predicate={
            "kind": "seed-spread",
            "factor": factor,
            "metric": measure.name,
            "dataset": dataset,
        },
        writer=writer,
        topic=words.say("topic.spread", metric=spoken),
        missing=common.reasons(comparison, writer),
        quantity="ratio",
        decimals=2,
        margin=1.0,
        rule=words.say("rule.spread"),
    )
    if draft.missing:
        return draft
    if len(comparison.seeds) < 2:
        return replace(draft, missing=(words.say("missing.one_seed"),))
    spreads = {lv: _pooled(comparison, lv) for lv in comparison.levels}
    known = {lv: found for lv, found in spreads.items() if found[1] > 0}
    if len(known) < 2:
        return replace(draft, missing=(words.say("missing.one_seed"),))
    order = sorted(known, key=lambda lv: known[lv][0])
    least, nextto = order[0], order[1]
    (sd_a, df_a), (sd_b, df_b) = known[least], known[nextto]
    slack = max((m.half for c in comparison.cells if (m := measure.of(c)) is not None), default=0.0)
    shown: InTheseRuns = "yes" if sd_b - sd_a > 2 * slack * (1 + 1e-9) else "tie"
    ratio = sd_a / sd_b if sd_b else 1.0
    interval = spread_ratio_interval(ratio, df_a, df_b) if sd_a > 0 else None
    typed = comparison.decimals
    decimals = decimals_for(
        [sd for sd, _ in known.values()], 2, None if typed is None else typed + 1
    )
    values = words.listing(
        words.say(
            "value_for",
            level=writer.level(factor, lv),
            value=writer.number(f"spread, {lv}", known[lv][0], decimals),
        )
        for lv in order
    )
    return replace(
        draft,
        statement=words.say(
            "spread.statement",
            level=writer.level(factor, least),
            rival=writer.level(factor, nextto),
            metric=spoken,
        ),
        tie=words.say("spread.tie", levels=writer.levels(factor, [least, nextto]), metric=spoken),
        detail=words.say("spread.detail", values=values),
        in_these_runs=shown,
        estimate=ratio,
        interval=interval,
        p=p_spread_less(ratio, df_a, df_b) if sd_a > 0 else 1.0,
        identical=sd_a == 0,
        n_seeds=len(comparison.seeds),
        n_blocks=len(comparison.blocks),
        cells=comparison.cells,
        predicate={**draft.predicate, "level": least, "rival": nextto},
        notes=common.notes(comparison, words),
        seeds_wanted=next((n for n in (3, 5, 8, 12, 20) if n > len(comparison.seeds)), 0),
    )


def _pooled(comparison: Comparison, level: Level) -> tuple[float, int]:
    """Standard deviation over seeds pooled over blocks, and its degrees of freedom."""
    squares, degrees = 0.0, 0
    for block in comparison.blocks:
        found = comparison.values(level, block)
        if len(found) > 1:
            squares += variance(found) * (len(found) - 1)
            degrees += len(found) - 1
    return (sqrt(squares / degrees) if degrees else 0.0), degrees
