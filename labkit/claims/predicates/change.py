"""What a quantity did between the first epoch and the last: sign and percent computed."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import Literal

from labkit.claims.cell import ENDED_BADLY
from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.contrasts import Contrast
from labkit.claims.judge import Context
from labkit.claims.measure import Measure
from labkit.claims.predicates import common

Direction = Literal["rises", "falls"]


def change(
    cells: Cells,
    measure: Measure,
    context: Context,
    *,
    label: str = "",
    key: str = "",
    direction: Direction | None = None,
    percent: float | None = None,
    percent_half: float = 0.5,
) -> Draft:
    """The statement that a quantity rose (fell) during training, by so many percent.

    Args:
        cells: trainings whose losses are of one kind (same loss, family, data set).
        label: what the cells are called in the text.
        key: what they are called in the claim's id.
        direction: what the statement says; None: the direction computed.
        percent: what the statement says the change amounts to, signed, in percent of the
            first value's size; None: not part of the statement.
        percent_half: rounding half-width of `percent`.

    A negative quantity that goes from −0.13 to −0.02 *rises*, whatever its size does; the
    percentage is 100 (last − first) / |first|.
    """
    words = context.words
    dataset = common.single_dataset(cells)
    spoken = common.spoken(measure, words)
    draft = Draft(
        id=".".join(p for p in ("change", measure.name, key, dataset or "all") if p),
        scope=label or common.scope_of(cells, words),
        dataset=dataset,
        predicate={
            "kind": "change",
            "metric": measure.name,
            "dataset": dataset,
            "key": key,
            "label": label,
        },
        writer=context.writer(),
        topic=words.say("topic.change", metric=spoken, label=label),
        unit=measure.unit,
        quantity="change",
        n_blocks=1,
        rule=words.say("rule.change"),
    )
    used = [
        c
        for c in cells
        if measure.name in c.first and measure.name in c.last and c.status not in ENDED_BADLY
    ]
    if not used:
        return replace(draft, missing=(words.say("missing.no_first", metric=spoken),))
    mixed = [
        n
        for n in measure.within
        if len({c.settings.get(n) for c in used}) > 1 or (n == "dataset" and dataset == "")
    ]
    if mixed:
        reason = words.say(
            "missing.not_comparable",
            factor=words.factor(mixed[0]),
            factors=words.factor(mixed[0], several=True),
            metric=spoken,
        )
        return replace(draft, missing=(reason,))
    seeds = sorted({c.seed for c in used})
    ends = [
        (
            fmean(c.first[measure.name].value for c in used if c.seed == s),
            fmean(c.last[measure.name].value for c in used if c.seed == s),
        )
        for s in seeds
    ]
    half = fmean(c.first[measure.name].half + c.last[measure.name].half for c in used)
    contrast = Contrast(
        tuple(b - a for a, b in ends), half, fmean((abs(a) + abs(b)) / 2 for a, b in ends)
    )
    first, last = fmean(a for a, _ in ends), fmean(b for _, b in ends)
    sign = contrast.sign
    towards = {"rises": 1, "falls": -1, None: sign or 1}[direction]
    shown: InTheseRuns = "tie" if sign == 0 else "yes" if sign == towards else "no"
    share = 100 * contrast.mean / abs(first) if first else None
    wrong_percent = False
    if percent is not None and shown == "yes":
        slack = 100 * half / abs(first) if first else 0.0
        wrong_percent = share is None or abs(share - percent) > percent_half + slack + 1e-9
        shown = "no" if wrong_percent else "yes"
    typed = [
        d for c in used for m in (c.first, c.last) if (d := m[measure.name].decimals) is not None
    ]
    decimals = common.text_decimals([first, last], measure)
    if typed:
        decimals = max(typed)
    writer = draft.writer
    percent_text = ""
    if share is not None and sign and first * last > 0:
        percent_text = words.say(
            "change.percent.up" if share > 0 else "change.percent.down",
            share=writer.number("percent", abs(share), 0 if abs(share) >= 100 else 1),
        )
    margin = measure.margin(contrast.size, dataset)
    interval = contrast.interval
    statement = words.say(
        "change.rises" if towards > 0 else "change.falls",
        metric=spoken,
        label=words.say("of_label", label=label) if label else "",
    )
    if percent is not None:
        statement += words.say(
            "change.by", percent=writer.number("claimed percent", abs(percent), 1)
        )
    closer = words.say("change.closer") if first < 0 and last < 0 and sign > 0 else ""
    return replace(
        draft,
        statement=statement,
        tie=words.say(
            "change.same", metric=spoken, label=words.say("of_label", label=label) if label else ""
        ),
        detail=words.say(
            "change.detail",
            first=writer.number("first", first, decimals),
            last=writer.number("last", last, decimals),
            percent=percent_text,
            closer=closer,
        ),
        in_these_runs=shown,
        estimate=contrast.mean,
        interval=interval,
        margin=margin,
        p=contrast.p(towards, margin) if shown == "yes" else (1.0 if contrast.n > 1 else None),
        opposite=interval is not None and (interval[1] < 0 if towards > 0 else interval[0] > 0),
        identical=contrast.identical,
        deviation=contrast.deviation,
        decimals=decimals,
        n_seeds=len(seeds),
        cells=tuple(used),
        counterexamples=(words.say("change.percent_wrong"),) if wrong_percent else (),
        predicate={
            **draft.predicate,
            "direction": "rises" if sign > 0 else "falls" if sign else "same",
            "percent": share,
        },
    )
