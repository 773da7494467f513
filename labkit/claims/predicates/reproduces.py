"""Do these runs reproduce a published value?"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns, Reference
from labkit.claims.contrasts import Contrast
from labkit.claims.judge import Context
from labkit.claims.predicates import common


def reproduces(cells: Cells, reference: Reference, context: Context, key: str = "") -> Draft:
    """The statement that our value lies within a tolerance of a published one.

    *Supported* needs three seeds and an interval wholly within the tolerance (two
    one-sided tests, Schuirmann 1987): closeness has to be shown, not merely not refuted.
    """
    words = context.words
    m = context.measure(reference.metric)
    spoken = words.metric(m.name)
    matching = cells.filter(
        lambda c: all(
            {"family": c.family, "dataset": c.dataset, **c.settings}.get(n) == v
            for n, v in reference.where.items()
        )
    )
    dataset = common.single_dataset(matching) if len(matching) else ""
    names = {cell.seedless for cell in matching}
    by = words.say("reproduces.by", cell=names.pop()) if len(names) == 1 else ""
    draft = Draft(
        id=".".join(p for p in ("reproduces", m.name, key, dataset) if p),
        scope=common.scope_of(matching, words) if len(matching) else "",
        dataset=dataset,
        predicate={
            "kind": "reproduces",
            "metric": m.name,
            "source": reference.source,
            "by": by,
            "published": reference.value,
            "tolerance": reference.tolerance,
        },
        writer=context.writer(),
        topic=words.say("topic.reproduces", metric=spoken, source=reference.source, by=by),
        unit=m.unit,
        margin=reference.tolerance,
        rule=words.say("rule.reproduces"),
        n_blocks=1,
    )
    if reference.not_comparable:
        return replace(draft, missing=(reference.not_comparable,))
    used = [c for c in matching if m.of(c) is not None]
    if not used:
        return replace(draft, missing=(words.say("missing.no_matching_cell", metric=spoken),))
    seeds = sorted({c.seed for c in used})
    values, halves = [], []
    for seed in seeds:
        found = [v for c in used if c.seed == seed and (v := m.of(c)) is not None]
        values.append(fmean(v.value for v in found) - reference.value)
        halves.append(fmean(v.half for v in found))
    ours = Contrast(tuple(values), fmean(halves), abs(reference.value))
    off = abs(ours.mean)
    shown: InTheseRuns = "yes" if off <= reference.tolerance + ours.slack + 1e-12 else "no"
    interval = ours.interval
    # Both one-sided tests must reject; at n = 1 there is no p.
    ps = [
        Contrast(tuple(reference.tolerance + s * v for v in values), ours.slack, 1.0).p(1, 0.0)
        for s in (1, -1)
    ]
    decimals = len(f"{reference.value:.6f}".rstrip("0").partition(".")[2])
    writer = draft.writer
    return replace(
        draft,
        statement=words.say("reproduces.statement", metric=spoken, source=reference.source, by=by),
        detail=words.say(
            "reproduces.detail",
            ours=writer.number("ours", reference.value + ours.mean, decimals),
            published=writer.number("published", reference.value, decimals),
            tolerance=writer.number("tolerance", reference.tolerance, decimals),
        ),
        in_these_runs=shown,
        estimate=ours.mean,
        interval=interval,
        p=None if None in ps else max(p for p in ps if p is not None),
        identical=ours.identical,
        deviation=ours.deviation,
        decimals=decimals,
        n_seeds=len(seeds),
        cells=tuple(used),
        counterexamples=tuple(c.run for c in used) if shown == "no" else (),
        seeds_wanted=next((n for n in (3, 5, 8, 12, 20) if n > len(seeds)), 0),
    )
