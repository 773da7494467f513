"""The best single setting of a family; and one measure of a cell against another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.contrasts import Contrast
from labkit.claims.judge import Context
from labkit.claims.measure import Measure, first_measured, unfinished
from labkit.claims.predicates import common
from labkit.claims.texts import Words, Writer


def best_setting(cells: Cells, measure: Measure, context: Context) -> Draft:
    """The statement that one setting of a family has the best mean of a measure.

    Args:
        cells: of one family and one data set; a setting is a cell but for its seed.
        measure: needs a direction.

    The winner of many is flattered by its luck: with one seed nothing else can be said,
    and with several it must beat each other setting by itself.
    """
    words = context.words
    dataset, family = common.single_dataset(cells), cells.families[0] if cells.families else ""
    towards = common.sign_towards(measure)
    sense = common.sense(measure, towards)
    spoken = common.spoken(measure, words)
    draft = Draft(
        id=".".join(("best-setting", family, common.name_of(measure), dataset or "all")),
        scope=common.scope_of(cells, words),
        dataset=dataset,
        predicate={
            "kind": "best-setting",
            "family": family,
            "metric": measure.name,
            "dataset": dataset,
        },
        writer=context.writer(),
        topic=words.say("topic.best_setting", family=words.family(family), metric=spoken),
        unit=measure.unit,
        rule=words.say("rule.best_setting"),
        n_blocks=1,
    )
    groups: dict[tuple[Any, ...], dict[int, Cell]] = {}
    for cell in cells:
        if measure.of(cell) is not None:
            groups.setdefault(cell.where[:-1], {})[cell.seed] = cell
    if not groups:
        reason = common.nothing_of(family, measure, cells, words)
        return replace(draft, missing=(reason,))
    means = {key: _mean(group.values(), measure) for key, group in groups.items()}
    order = sorted(groups, key=lambda key: (-towards * means[key], str(key)))
    top, used = order[0], [c for group in groups.values() for c in group.values()]
    fields = {
        "family": words.family(family),
        "metric": spoken,
        "end": words.say(f"superlative.{sense}"),
    }
    draft = replace(draft, cells=tuple(used))
    typed = [m.decimals for c in used if (m := measure.of(c)) and m.decimals is not None]
    decimals = common.text_decimals(
        [means[key] for key in order[:2]], measure, min(typed) if typed else None
    )
    writer = draft.writer
    some = {key: next(iter(group.values())) for key, group in groups.items()}
    writer.keep({f"{measure.name}, {_named(some[k], cells, words)}": means[k] for k in order})
    value = writer.number(f"{measure.name}, best", means[top], decimals)
    setting = _setting(writer, some[top], cells, words)
    predicate = {**draft.predicate, "settings": dict(some[top].settings)}
    if len(order) == 1:
        reason = words.say("missing.one_setting")
        return replace(draft, predicate=predicate, missing=(reason,), cells=(), n_blocks=0)
    contrasts = {
        key: _paired(groups[top], groups[key], measure)
        for key in order[1:]
        if groups[top].keys() & groups[key].keys()
    }
    if not contrasts:
        return replace(draft, missing=(words.say("missing.no_shared_seed"),))
    margins = {key: measure.margin(c.size, dataset) for key, c in contrasts.items()}
    ps = {key: c.p(towards, margins[key]) for key, c in contrasts.items()}
    hardest = min(
        contrasts, key=lambda key: (-(ps[key] or 0.0), towards * contrasts[key].mean, str(key))
    )
    contrast = contrasts[hardest]
    other = writer.number(f"{measure.name}, next", means[order[1]], decimals)
    following = _setting(writer, some[order[1]], cells, words)
    tied = [key for key, c in contrasts.items() if c.sign == 0]
    beaten = any(towards * c.sign < 0 for c in contrasts.values())
    shown: InTheseRuns = "tie" if tied or beaten else "yes"
    both = [_setting(writer, some[k], cells, words) for k in tied]
    return replace(
        draft,
        statement=words.say("best_setting.statement", setting=setting, **fields),
        tie=words.say("best_setting.tie", setting=words.listing([setting, *both]), **fields),
        detail=words.say(
            "best_setting.detail" if shown == "yes" else "best_setting.tie_detail",
            value=value,
            other=other,
            next=following,
        ),
        in_these_runs=shown,
        estimate=contrast.mean,
        interval=contrast.interval,
        margin=margins[hardest],
        p=ps[hardest],
        identical=contrast.identical,
        deviation=contrast.deviation,
        decimals=decimals,
        n_seeds=contrast.n,
        predicate={**predicate, "words": [setting, following]},
    )


def best_settings(cells: Cells, metrics: Sequence[str], context: Context) -> list[Draft]:
    """One setting as a whole against the others, by each metric that was measured."""
    measures = [context.measure(name) for name in metrics if first_measured([name], cells)]
    return [
        best_setting(cells.of(dataset=dataset), measure, context)
        for measure in measures
        if not set(measure.within) & set(cells.factors)
        for dataset in cells.datasets
    ]


def share_within(cells: Cells, part: Measure, whole: Measure, context: Context) -> Draft:
    """The statement that one measure is less (more) than half of another, cell by cell.

    Args:
        cells: of one family and one data set.
        part, whole: measures in the same unit, such as the proxy FID of reconstructions
            and that of samples.
    """
    words = context.words
    dataset, family = common.single_dataset(cells), cells.families[0] if cells.families else ""
    names = {
        "part": common.spoken(part, words),
        "whole": common.spoken(whole, words),
        "family": words.family(family),
    }
    draft = Draft(
        id=".".join(("share-within", part.name, whole.name, dataset or "all")),
        scope=common.scope_of(cells, words),
        dataset=dataset,
        predicate={"kind": "share-within", "metrics": [part.name, whole.name], "dataset": dataset},
        writer=context.writer(),
        topic=words.say("topic.share_within", **names),
        unit=part.unit,
        rule=words.say("rule.share_within", **names),
        n_blocks=1,
    )
    used = [(c, p, w) for c in cells if (p := part.of(c)) and (w := whole.of(c))]
    if not used:
        missing = (
            next(m for m in (part, whole) if not any(m.of(c) for c in cells))
            if not all(any(m.of(c) for c in cells) for m in (part, whole))
            else part
        )
        reason = f"missing.{unfinished(cells) or 'metric_absent'}"
        spoken = common.spoken(missing, words)
        return replace(draft, missing=(words.say(reason, metric=spoken),))
    seeds = sorted({c.seed for c, _, _ in used})
    contrast = Contrast(
        tuple(fmean(p.value - w.value / 2 for c, p, w in used if c.seed == seed) for seed in seeds),
        fmean(p.half + w.half / 2 for _, p, w in used),
        fmean(abs(p.value) for _, p, _ in used),
    )
    towards = contrast.sign or -1
    margin = part.margin(contrast.size, dataset)
    a, b = fmean(p.value for _, p, _ in used), fmean(w.value for _, _, w in used)
    decimals = common.text_decimals([a, b], part, None)
    writer = draft.writer
    return replace(
        draft,
        statement=words.say("share_within.below" if towards < 0 else "share_within.above", **names),
        tie=words.say("share_within.tie", **names),
        detail=words.say(
            "share_within.detail" if len(used) > 1 else "share_within.detail_single",
            a=writer.number(part.name, a, decimals),
            b=writer.number(whole.name, b, decimals),
            n=writer.count("cells", len(used)),
        ),
        in_these_runs="yes" if contrast.sign else "tie",
        estimate=contrast.mean,
        interval=contrast.interval,
        margin=margin,
        p=contrast.p(towards, margin),
        identical=contrast.identical,
        deviation=contrast.deviation,
        decimals=decimals,
        n_seeds=len(seeds),
        cells=tuple(c for c, _, _ in used),
        predicate={**draft.predicate, "below": towards < 0},
    )


def _named(cell: Cell, among: Cells, words: Words) -> str:
    return common.describe(cell, among, words, seeds=False)


def _setting(writer: Writer, cell: Cell, among: Cells, words: Words) -> str:
    """A setting in words, its numbers kept: "hinge, z 64"."""
    for name, level in cell.settings.items():
        if name in among.factors:
            writer.level(name, level)
    return _named(cell, among, words)


def _mean(cells: Any, measure: Measure) -> float:
    return fmean(m.value for c in cells if (m := measure.of(c)) is not None)


def _paired(a: dict[int, Cell], b: dict[int, Cell], measure: Measure) -> Contrast:
    """Differences seed by seed, over the seeds both have."""
    pairs = [
        (x, y)
        for seed in sorted(a.keys() & b.keys())
        if (x := measure.of(a[seed])) is not None and (y := measure.of(b[seed])) is not None
    ]
    return Contrast(
        tuple(x.value - y.value for x, y in pairs),
        fmean(x.half + y.half for x, y in pairs),
        fmean((abs(x.value) + abs(y.value)) / 2 for x, y in pairs),
    )
