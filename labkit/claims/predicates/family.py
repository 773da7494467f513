"""One family of models against another, over the settings tried here."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.contrasts import Contrast
from labkit.claims.judge import Context
from labkit.claims.measure import Measure
from labkit.claims.predicates import common


def family_versus(
    cells: Cells,
    first: str,
    second: str,
    measure: Measure,
    context: Context,
    *,
    claimed: str | None = None,
) -> Draft:
    """The statement that one family does better than another by a measure.

    Args:
        cells: the table, or one data set of it.
        first, second: families; their cells need share no setting, so there are no
            matched blocks: each seed gives the mean over the family's settings.
        measure: needs a direction.
        claimed: the family the statement puts ahead; None: the one that is.

    This compares two sets of runs. Families differ in everything at once, so it names
    no cause.
    """
    words = context.words
    dataset = common.single_dataset(cells)
    spoken = common.spoken(measure, words)
    draft = Draft(
        id=".".join(("family", f"{first}-{second}", common.name_of(measure), dataset or "all")),
        scope=common.scope_of(cells.filter(lambda c: c.family in (first, second)), words),
        dataset=dataset,
        predicate={
            "kind": "family",
            "families": [first, second],
            "metric": measure.name,
            "dataset": dataset,
            "target": measure.target,
        },
        writer=context.writer(),
        topic=words.say(
            "topic.family",
            metric=spoken,
            a=words.family(first, several=True),
            b=words.family(second, several=True),
        ),
        unit=measure.unit,
        n_blocks=1,
    )
    sides = {f: [c for c in cells.of(f) if measure.of(c) is not None] for f in (first, second)}
    absent = [f for f, found in sides.items() if not found]
    if absent:
        reason = common.nothing_of(absent[0], measure, cells.of(absent[0]), words)
        return replace(draft, missing=(reason,))
    if "family" in measure.within:
        reason = words.say("missing.not_comparable_families", metric=spoken)
        return replace(draft, missing=(reason,))
    if not measure.better:
        return replace(draft, missing=(words.say("missing.no_direction", metric=spoken),))
    if dataset == "" and len(cells.datasets) > 1:
        return replace(draft, missing=(words.say("missing.datasets_mixed", metric=spoken),))
    seeds = sorted({c.seed for c in sides[first]} & {c.seed for c in sides[second]})
    if not seeds:
        return replace(draft, missing=(words.say("missing.no_shared_seed"),))
    # What only one of the two was run with is compared with nothing.
    sides = {f: [c for c in found if c.seed in seeds] for f, found in sides.items()}
    towards = common.sign_towards(measure)
    means = {f: _mean(found, seeds, measure) for f, found in sides.items()}
    named = claimed or max((first, second), key=lambda f: towards * means[f][0])
    other = second if named == first else first
    contrast = _contrast(sides[named], sides[other], seeds, measure)
    ahead = towards * contrast.sign
    shown: InTheseRuns = "yes" if ahead > 0 else "no" if ahead < 0 else "tie"
    margin = measure.margin(contrast.size, dataset)
    interval = contrast.interval
    decimals = common.text_decimals([m for m, _ in means.values()], measure, _typed(sides, measure))
    writer = draft.writer
    values = {
        f: writer.number(f"{measure.name}, {f}", mean, decimals) for f, (mean, _) in means.items()
    }
    if measure.target is not None:
        values = {f: words.say("away", value=text) for f, text in values.items()}
    apart = _apart(sides[named], sides[other], measure, towards)
    relation = words.say(f"relation.{common.sense(measure, towards)}")
    counts = [len(sides[named]), len(sides[other])]
    detail = words.say(
        "family.detail"
        if min(counts) > 1
        else "family.detail_uneven"
        if max(counts) > 1
        else "family.detail_single",
        a=values[named],
        b=values[other],
        na=writer.count(f"cells, {named}", counts[0]),
        nb=writer.count(f"cells, {other}", counts[1]),
    )
    if shown == "yes" and max(counts) > 1:
        detail += words.say(
            "family.apart" if apart else "family.overlap",
            relation=relation,
            a=words.family(named),
            b=words.family(other),
        )
    planned = len(cells.filter(lambda c: c.family in (first, second)))
    used = sum(len(found) for found in sides.values())
    if used < planned:
        detail += words.say(
            "coverage",
            used=writer.digits("cells used", used),
            planned=writer.digits("cells planned", planned),
        )
    return replace(
        draft,
        statement=words.say(
            "family.statement" if measure.target is None else "family.statement.closest",
            a=words.family(named, several=True),
            b=words.family(other, several=True),
            relation=relation,
            metric=spoken,
        ),
        tie=words.say(
            "family.tie",
            a=words.family(named, several=True),
            b=words.family(other, several=True),
            metric=spoken,
        ),
        detail=detail,
        in_these_runs=shown,
        estimate=contrast.mean,
        interval=interval,
        margin=margin,
        p=contrast.p(towards, margin),
        opposite=interval is not None and (interval[0] > 0 if towards < 0 else interval[1] < 0),
        identical=contrast.identical,
        deviation=contrast.deviation,
        decimals=decimals,
        n_seeds=contrast.n,
        cells=(*sides[named], *sides[other]),
        counterexamples=(words.family(other),) if shown == "no" else (),
        predicate={**draft.predicate, "ahead": named, "apart": apart},
        rule=words.say(
            "rule.family", a=words.family(named, several=True), b=words.family(other, several=True)
        ),
        notes=(words.say("note.no_cause"),),
    )


def _by_seed(found: list[Cell], seed: int, measure: Measure) -> tuple[float, float]:
    values = [m for c in found if c.seed == seed and (m := measure.of(c)) is not None]
    return fmean(m.value for m in values), fmean(m.half for m in values)


def _mean(found: list[Cell], seeds: list[int], measure: Measure) -> tuple[float, float]:
    """Mean over settings within a seed, then over seeds; and its rounding."""
    each = [_by_seed(found, s, measure) for s in seeds]
    return fmean(m for m, _ in each), fmean(h for _, h in each)


def _contrast(a: list[Cell], b: list[Cell], seeds: list[int], measure: Measure) -> Contrast:
    pairs = [(_by_seed(a, s, measure), _by_seed(b, s, measure)) for s in seeds]
    return Contrast(
        per_seed=tuple(x - y for (x, _), (y, _) in pairs),
        slack=fmean(h + k for (_, h), (_, k) in pairs),
        size=fmean((abs(x) + abs(y)) / 2 for (x, _), (y, _) in pairs),
    )


def _apart(a: list[Cell], b: list[Cell], measure: Measure, towards: int) -> bool:
    """Whether every cell of a is ahead of every cell of b, beyond rounding."""
    worst = min(towards * m.value - m.half for c in a if (m := measure.of(c)) is not None)
    best = max(towards * m.value + m.half for c in b if (m := measure.of(c)) is not None)
    return worst > best


def _typed(sides: dict[str, list[Cell]], measure: Measure) -> int | None:
    decimals = [
        m.decimals
        for found in sides.values()
        for c in found
        if (m := measure.of(c)) is not None and m.decimals is not None
    ]
    return min(decimals) + 1 if decimals else None
