"""Do two data sets tell the same story? Do two measures ask for different settings?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

from labkit.claims.cell import Level
from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.contrasts import Comparison, Contrast, compare
from labkit.claims.judge import Context
from labkit.claims.measure import Measure
from labkit.claims.predicates import common
from labkit.claims.texts import Writer


def same_pattern(cells: Cells, factor: str, measure: Measure, context: Context) -> Draft:
    """The statement that the levels of a factor come in the same order on every data set.

    Args:
        cells: of one family, on several data sets.
        factor: the setting whose levels are ordered by their means.

    One pair of levels in opposite orders beyond rounding refutes it. For *supported*
    every neighbouring pair has to be told apart, in the same direction, on every data
    set; the estimate is the pair hardest to tell, as a share of the values compared.
    """
    words = context.words
    spoken = common.spoken(measure, words)
    comparisons = {d: compare(cells.of(dataset=d), factor, measure) for d in cells.datasets}
    names = words.listing(words.dataset(d) for d in comparisons)
    draft = Draft(
        id=f"same-pattern.{factor}.{common.name_of(measure)}",
        scope=common.scope_of(cells, words),
        dataset="",
        predicate={
            "kind": "same-pattern",
            "factor": factor,
            "metric": measure.name,
            "datasets": list(comparisons),
            "target": measure.target,
        },
        writer=context.writer(),
        topic=words.say(
            "topic.same_pattern", factor=words.factor(factor), metric=spoken, datasets=names
        ),
        unit="%",
    )
    if len(comparisons) < 2:
        return replace(draft, missing=(words.say("missing.one_dataset"),))
    empty: dict[str, list[str]] = {}
    for dataset, found in comparisons.items():
        for reason in common.reasons(found, draft.writer):
            empty.setdefault(reason, []).append(dataset)
    if empty:
        missing = tuple(
            reason
            if len(where) == len(comparisons)
            else reason + words.say("where", dataset=words.listing(map(words.dataset, where)))
            for reason, where in empty.items()
        )
        return replace(draft, missing=missing)
    shared = [
        lv
        for lv in next(iter(comparisons.values())).levels
        if all(lv in c.levels for c in comparisons.values())
    ]
    if len(shared) < 2:
        return replace(draft, missing=(words.say("missing.no_shared_levels"),))
    towards = common.sign_towards(measure) if measure.better else -1
    orders = {d: _order(c, shared, towards) for d, c in comparisons.items()}
    signs = {
        pair: {d: c.contrast(*pair).sign for d, c in comparisons.items()}
        for pair in combinations(shared, 2)
    }
    reversed_pairs = [p for p, by in signs.items() if {1, -1} <= set(by.values())]
    tied = any(0 in by.values() for by in signs.values())
    unresolved = any(common.is_blurred(c.cells, measure, d) for d, c in comparisons.items())
    if unresolved:
        reversed_pairs = []
    shown: InTheseRuns = "no" if reversed_pairs else "tie" if tied or unresolved else "yes"
    writer = draft.writer
    for dataset, found in comparisons.items():
        writer.keep(
            {f"{measure.name}, {lv}{words.where(dataset)}": found.mean(lv) for lv in shared}
        )
    statement = words.say(
        "pattern.statement", factor=words.factor(factor), metric=spoken, datasets=names
    )
    order_words = {d: _order_words(writer, comparisons[d], o) for d, o in orders.items()}
    first = order_words[next(iter(orders))]
    if shown == "yes":
        detail = words.say("pattern.same", order=first, sense=_sense(measure, context))
    else:
        detail = words.say(
            "pattern.orders",
            orders=words.listing(
                words.say("pattern.on", dataset=words.dataset(d), order=o)
                for d, o in order_words.items()
            ),
            sense=_sense(measure, context),
        )
    order = next(iter(orders.values()))
    hardest = common.hardest_in_percent(_neighbours(comparisons, order, towards))
    used = [c for comparison in comparisons.values() for c in comparison.cells]
    return replace(
        draft,
        statement=statement,
        tie_reason="reason.unresolved" if unresolved else "reason.tie",
        tie=words.say("pattern.tie", factor=words.factor(factor), metric=spoken, datasets=names),
        detail=detail,
        in_these_runs=shown,
        **hardest,
        decimals=1,
        n_seeds=min(len(c.seeds) for c in comparisons.values()),
        n_blocks=min(len(c.blocks) for c in comparisons.values()),
        cells=tuple(used),
        counterexamples=tuple(
            words.say("pair", a=words.level(factor, a), b=words.level(factor, b))
            for a, b in reversed_pairs
        ),
        quantity="gap",
        predicate={**draft.predicate, "orders": orders},
        rule=words.say("rule.same_pattern"),
        slight=_slight(comparisons, reversed_pairs) if shown == "no" else None,
        notes=tuple(dict.fromkeys(n for c in comparisons.values() for n in common.notes(c, words))),
    )


def _slight(comparisons: dict[str, Comparison], pairs: list[tuple[Level, Level]]) -> bool:
    """Whether every pair in opposite orders differs by less than the margin somewhere."""

    def small(dataset: str, pair: tuple[Level, Level]) -> bool:
        contrast = comparisons[dataset].contrast(*pair)
        return abs(contrast.mean) <= comparisons[dataset].measure.margin(contrast.size, dataset)

    return all(any(small(d, pair) for d in comparisons) for pair in pairs)


def _order(comparison: Comparison, levels: list[Level], towards: int) -> list[Level]:
    return sorted(levels, key=lambda lv: -towards * comparison.mean(lv))


def _order_words(writer: Writer, comparison: Comparison, order: list[Level]) -> str:
    """ "64, then 16 and 32 level": neighbours that tie share a place."""
    words, factor = writer.words, comparison.factor
    places: list[list[Level]] = [[order[0]]]
    for a, b in pairwise(order):
        if comparison.contrast(a, b).sign == 0:
            places[-1].append(b)
        else:
            places.append([b])
    named = []
    for i, place in enumerate(places):
        for level in place:
            writer.level(factor, level)
        text = words.level(factor, place[0]) if i == 0 else words.bare(factor, place[0])
        named.append(
            words.listing([text, *(words.bare(factor, lv) for lv in place[1:])])
            + (words.say("pattern.level") if len(place) > 1 else "")
        )
    return words.say("pattern.then").join(named)


def _sense(measure: Measure, context: Context) -> str:
    return context.words.say("sense.best" if measure.better else "sense.lowest")


def _neighbours(
    comparisons: dict[str, Comparison], order: list[Level], towards: int
) -> Iterator[tuple[Contrast, int, float]]:
    """Every step of one order on every data set."""
    for dataset, comparison in comparisons.items():
        for better, worse in pairwise(order):
            contrast = comparison.contrast(better, worse)
            yield contrast, towards, comparison.measure.margin(contrast.size, dataset)


def trade_off(
    cells: Cells, factor: str, first: Measure, second: Measure, context: Context
) -> Draft:
    """The statement that two measures ask for different levels of a factor.

    Args:
        cells: of one family and one data set.
        first, second: measures with a direction.

    It holds in these runs if each measure's best level is beaten by the other's; for
    *supported* both of these differences have to clear their margins.
    """
    words = context.words
    dataset = common.single_dataset(cells)
    spoken = [common.spoken(m, words) for m in (first, second)]
    draft = Draft(
        id=".".join(
            (
                "trade-off",
                factor,
                f"{common.name_of(first)}-{common.name_of(second)}",
                dataset or "all",
            )
        ),
        scope=common.scope_of(cells, words),
        dataset=dataset,
        predicate={
            "kind": "trade-off",
            "factor": factor,
            "metrics": [first.name, second.name],
            "dataset": dataset,
        },
        writer=context.writer(),
        topic=words.say("topic.trade_off", factor=words.factor(factor), a=spoken[0], b=spoken[1]),
        unit="%",
    )
    pair = [compare(cells, factor, m) for m in (first, second)]
    reasons = tuple(dict.fromkeys(r for c in pair for r in common.reasons(c, draft.writer)))
    reasons += tuple(
        words.say("missing.no_direction", metric=s)
        for s, m in zip(spoken, (first, second), strict=True)
        if not m.better
    )
    shared = [lv for lv in pair[0].levels if lv in pair[1].levels]
    if not reasons and len(shared) < 2:
        reasons = (words.say("missing.no_shared_levels"),)
    if reasons:
        return replace(draft, missing=reasons)
    towards = [common.sign_towards(m) for m in (first, second)]
    best = [
        max(shared, key=lambda lv, c=c, t=t: t * c.mean(lv))  # type: ignore[misc]
        for c, t in zip(pair, towards, strict=True)
    ]
    tops = [
        {lv for lv in shared if c.contrast(lv, b).sign == 0}
        for c, b in zip(pair, best, strict=True)
    ]
    writer = draft.writer
    for found in pair:
        writer.keep({f"{found.measure.name}, {lv}": found.mean(lv) for lv in shared})
    decimals = [
        common.text_decimals([c.mean(lv) for lv in dict.fromkeys(best)], c.measure, c.decimals)
        for c in pair
    ]
    levels = list(dict.fromkeys(best))
    values = [
        words.listing(
            words.say(
                "value_at",
                value=writer.number(f"{c.measure.name}, {lv}", c.mean(lv), d),
                level=writer.level(factor, lv),
            )
            for lv in levels
        )
        for c, d in zip(pair, decimals, strict=True)
    ]
    shared_best = tops[0] & tops[1]
    one = len(tops[0]) == len(tops[1]) == 1
    shown: InTheseRuns = "yes" if not shared_best else "no" if one else "tie"
    fields = {
        "factor": words.factor(factor),
        "a": spoken[0],
        "b": spoken[1],
        "level_a": writer.level(factor, best[0]),
        "level_b": writer.level(factor, best[1]),
        "values_a": values[0],
        "values_b": values[1],
    }
    numbers: dict[str, Any] = {}
    if shown == "no":
        numbers["slight"] = any(
            abs((gap := c.contrast(top, lv)).mean) <= c.measure.margin(gap.size, dataset)
            for c, top in zip(pair, best, strict=True)
            for lv in shared
            if lv != top
        )
    if shown == "yes":
        numbers = common.hardest_in_percent(_halves(pair, best, towards, dataset))
        if numbers["p"] is not None and len(shared) > 3:
            # Each best level was picked among all others, any of which might have led.
            numbers["p"] = min(1.0, numbers["p"] * (len(shared) - 1) / 2)
    return replace(
        draft,
        statement=words.say("trade_off.statement", **fields),
        tie=words.say("trade_off.tie", **fields),
        detail=words.say(f"trade_off.detail.{'same' if shown == 'no' else 'differ'}", **fields),
        in_these_runs=shown,
        **numbers,
        decimals=1,
        quantity="gap",
        n_seeds=min(len(c.seeds) for c in pair),
        n_blocks=min(len(c.blocks) for c in pair),
        cells=tuple({c.where: c for x in pair for c in x.cells}.values()),
        predicate={**draft.predicate, "best": best},
        rule=words.say("rule.trade_off"),
    )


def _halves(
    pair: list[Comparison], best: list[Level], towards: list[int], dataset: str
) -> Iterator[tuple[Contrast, int, float]]:
    """Each measure's own best level against the other measure's."""
    for comparison, own, other, sign in zip(pair, best, reversed(best), towards, strict=True):
        contrast = comparison.contrast(own, other)
        yield contrast, sign, comparison.measure.margin(contrast.size, dataset)
