"""Does a measure rise or fall with a numeric factor, step by step?"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Literal

from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.contrasts import compare
from labkit.claims.judge import Context
from labkit.claims.measure import Measure
from labkit.claims.predicates import common

Direction = Literal["rises", "falls"]


def trend(
    cells: Cells,
    factor: str,
    measure: Measure,
    context: Context,
    *,
    direction: Direction | None = None,
) -> Draft:
    """The statement that a measure rises (falls) at every step of a factor.

    Args:
        cells: of one family and one data set.
        factor: a setting with numeric levels.
        direction: what the statement says; None: the direction from the first level to
            the last.

    A step against the direction beyond rounding refutes it. Estimate and interval are
    those of the whole way, last level minus first; for *supported* each single step has
    to clear the margin, which makes the whole way clear it too.
    """
    words, spoken = context.words, common.spoken(measure, context.words)
    comparison = compare(cells, factor, measure)
    draft = common.begin("trend", cells, comparison, context, "topic.trend")
    writer = draft.writer
    levels = comparison.levels
    if not draft.missing and not all(isinstance(v, (int, float)) for v in levels):
        draft = replace(
            draft, missing=(words.say("missing.not_numeric", factor=words.factor(factor)),)
        )
    if draft.missing:
        return draft
    steps = [comparison.contrast(b, a) for a, b in pairwise(levels)]
    whole = comparison.contrast(levels[-1], levels[0])
    signs = [step.sign for step in steps]
    towards = {"rises": 1, "falls": -1, None: whole.sign or _first(signs) or 1}[direction]
    shown: InTheseRuns = (
        "no" if any(s == -towards for s in signs) else "tie" if 0 in signs else "yes"
    )
    margins = [measure.margin(s.size, draft.dataset) for s in steps]
    small = [abs(s.mean) <= m for s, m in zip(steps, margins, strict=True)]
    against = [is_small for is_small, sign in zip(small, signs, strict=True) if sign == -towards]
    ps = [step.p(towards, m) for step, m in zip(steps, margins, strict=True)]
    interval = whole.interval
    means = [comparison.mean(lv) for lv in levels]
    typed = comparison.decimals
    if typed is not None and len(comparison.groups) > 1:
        typed += 1
    decimals = common.text_decimals(means, measure, typed)
    unit = words.say("unit", unit=measure.unit) if measure.unit else ""
    values = [
        words.say(
            "value_at",
            value=writer.number(f"{measure.name}, {lv}", mean, decimals) + unit,
            level=writer.level(factor, lv) if i == 0 else words.bare(factor, lv),
        )
        for i, (lv, mean) in enumerate(zip(levels, means, strict=True))
    ]
    for lv in levels:
        writer.level(factor, lv)
    percent = ""
    if shown == "yes" and means[0] > 0 and means[-1] >= 0:
        share = 100 * (means[-1] - means[0]) / means[0]
        percent = words.say(
            "trend.percent.highest" if share > 0 else "trend.percent.lowest",
            share=writer.number("percent", abs(share), 0 if abs(share) >= 10 else 1),
        )
        if len(levels) > 2:
            way = 100 * (means[1] - means[0]) / (means[-1] - means[0])
            percent += words.say(
                "trend.first_step",
                share=writer.number("first step", way, 0),
                level=words.level(factor, levels[1]),
            )
    detail = words.say(
        "trend.detail",
        values=words.listing(values),
        percent=percent,
        over=common.over_blocks(comparison, writer),
        coverage=common.coverage(comparison, writer),
    )
    key = "rises" if towards > 0 else "falls"
    fields = {"metric": spoken, "factor": words.factor(factor)}
    bends = _bends(signs)
    if shown == "no" and direction is None and bends is not None:
        turn = levels[bends]
        detail = (
            words.say(
                "trend.turns",
                end=words.say("end.lowest" if signs[0] < 0 else "end.highest"),
                level=writer.level(factor, turn),
            )
            + detail
        )
    return replace(
        draft,
        statement=words.say(
            "trend.one_way" if shown == "no" and direction is None else f"trend.{key}", **fields
        ),
        tie=words.say("trend.flat" if not any(signs) else "trend.weak", **fields),
        detail=detail,
        in_these_runs=shown,
        estimate=whole.mean,
        interval=interval,
        margin=max(margins),
        slight=all(against) if shown == "no" else any(small),
        p=None if any(p is None for p in ps) else max(p for p in ps if p is not None),
        opposite=interval is not None and (interval[1] < 0 if towards > 0 else interval[0] > 0),
        identical=any(step.identical for step in steps),
        deviation=whole.deviation,
        decimals=decimals,
        n_seeds=len(comparison.seeds),
        n_blocks=len(comparison.blocks),
        cells=comparison.cells,
        counterexamples=tuple(
            words.say("step", a=words.bare(factor, a), b=words.bare(factor, b))
            for a, b, s in zip(levels, levels[1:], signs, strict=False)
            if s == -towards
        ),
        predicate={
            **draft.predicate,
            "direction": key,
            "levels": list(levels),
            "signs": signs,
            "shape": shape(signs),
        },
        rule=words.say("rule.trend"),
        notes=common.notes(comparison, words),
    )


def shape(signs: list[int]) -> str:
    """rises, falls, flat, "rises then flat" and the like as one of a few words.

    ``rises``/``falls``: every step; ``weakly``: some steps tie; ``valley``/``hill``: one
    turn; ``mixed``: more turns; ``flat``: no step beyond rounding.
    """
    moves = [s for s in signs if s]
    if not moves:
        return "flat"
    if len(set(moves)) == 1:
        return ("rises" if moves[0] > 0 else "falls") if len(moves) == len(signs) else "weakly"
    turns = sum(a != b for a, b in pairwise(moves))
    if turns > 1:
        return "mixed"
    return "valley" if moves[0] < 0 else "hill"


def _bends(signs: list[int]) -> int | None:
    """Index of the level at which a single turn happens; None if there are more or ties."""
    if 0 in signs or shape(signs) not in ("valley", "hill"):
        return None
    return next(i for i, (a, b) in enumerate(pairwise(signs), 1) if a != b)


def _first(signs: list[int]) -> int:
    return next((s for s in signs if s), 0)
