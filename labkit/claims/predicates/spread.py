"""How much do seeds differ, and does one level of a factor spread less than another?"""

from __future__ import annotations

from dataclasses import replace

from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.contrasts import Contrast, compare
from labkit.claims.judge import Context
from labkit.claims.measure import Measure
from labkit.claims.predicates import common
from labkit.claims.statistics import fmean
from labkit.claims.texts import decimals_for


def seed_spread(cells: Cells, factor: str, measure: Measure, context: Context) -> Draft:
    """The statement that one level varies less from seed to seed.

    Args:
        cells: of one family and one data set, with two seeds or more.
        factor: the setting whose levels are compared.

    A level's spread is its mean distance from the median over seeds, block by block. The
    difference of two spreads is one number a seed, and gets the same t interval as every
    other difference (Brown & Forsythe 1974, J. Am. Stat. Assoc. 69). The ratio of two
    standard deviations with its F interval would find more, and with skewed noise call
    every fifth chance difference real: see docs/claims.md. Of more than two levels the
    least has to beat each of the others.
    """
    words, spoken = context.words, common.spoken(measure, context.words)
    comparison = compare(cells, factor, measure)
    draft = common.begin("seed-spread", cells, comparison, context, "topic.spread")
    draft = replace(draft, margin=0.0, rule=words.say("rule.spread"))
    writer = draft.writer
    if draft.missing:
        return draft
    if len(comparison.seeds) < 2:
        return replace(draft, missing=(words.say("missing.one_seed"),))
    everywhere = range(len(comparison.groups))
    per_seed = {
        lv: comparison.over_seeds(everywhere, comparison.distances(lv)) for lv in comparison.levels
    }
    spreads = {lv: fmean(found) for lv, found in per_seed.items()}
    order = sorted(spreads, key=lambda lv: spreads[lv])
    # Rounding moves a value and the median it is measured from.
    slack = 4 * max((m.half for c in comparison.cells if (m := measure.of(c))), default=0.0)
    leads = {
        rival: Contrast(
            per_seed=tuple(a - b for a, b in zip(per_seed[order[0]], per_seed[rival], strict=True)),
            slack=slack,
            size=(spreads[order[0]] + spreads[rival]) / 2,
        )
        for rival in order[1:]
    }
    hardest = max(leads, key=lambda rival: leads[rival].p(-1, 0.0) or 0.0)
    lead = leads[hardest]
    shown: InTheseRuns = "yes" if all(x.sign < 0 for x in leads.values()) else "tie"
    typed = comparison.decimals
    decimals = decimals_for(spreads.values(), 2, None if typed is None else typed + 1)
    values = words.listing(
        words.say(
            "value_for",
            level=writer.level(factor, lv),
            value=writer.number(f"spread, {lv}", spreads[lv], decimals),
        )
        for lv in order
    )
    return replace(
        draft,
        statement=words.say(
            "spread.statement",
            level=writer.level(factor, order[0]),
            rival=writer.level(factor, hardest),
            metric=spoken,
        ),
        tie=words.say("spread.tie", levels=writer.levels(factor, order), metric=spoken),
        detail=words.say("spread.detail", values=values),
        in_these_runs=shown,
        estimate=lead.mean,
        interval=lead.interval,
        decimals=decimals,
        p=lead.p(-1, 0.0),
        identical=lead.identical,
        deviation=lead.deviation,
        n_seeds=len(comparison.seeds),
        n_blocks=len(comparison.blocks),
        cells=comparison.cells,
        predicate={**draft.predicate, "level": order[0], "rival": hardest},
        notes=common.notes(comparison, words),
    )
