"""Which level of a factor is best? And does one beat all others in every block?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from labkit.claims.cell import Level
from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.contrasts import Comparison, Contrast, compare
from labkit.claims.judge import Context
from labkit.claims.measure import Measure
from labkit.claims.predicates import common
from labkit.claims.texts import Writer


@dataclass(frozen=True)
class _Lead:
    """How far the named level is ahead of a rival, in the direction that counts."""

    rival: Level
    contrast: Contrast
    """level − rival."""
    sign: int
    """1 ahead beyond rounding, 0 tied, −1 behind."""
    margin: float
    p: float | None


def best_of(
    cells: Cells,
    factor: str,
    measure: Measure,
    context: Context,
    *,
    level: Level | None = None,
    extreme: str = "best",
) -> Draft:
    """The statement that one level has the best mean of a measure.

    Args:
        cells: of one family and one data set.
        factor: the setting whose levels compete.
        measure: needs a direction unless `extreme` is "lowest" or "highest".
        level: the level the statement names; None: the one that is ahead.
        extreme: "best", "lowest" or "highest".

    The level must beat *every* rival (an intersection-union test, Berger 1982, which
    needs no correction of its own); estimate and interval are those of the rival it is
    hardest to tell from.
    """
    words = context.words
    towards = {"lowest": -1, "highest": 1}.get(extreme) or common.sign_towards(measure)
    comparison = compare(cells, factor, measure)
    draft = common.begin("best-of", cells, comparison, context)
    draft = replace(draft, predicate={**draft.predicate, "extreme": _end(towards)})
    if extreme == "best" and not measure.better:
        reason = words.say("missing.no_direction", metric=common.spoken(measure, words))
        return replace(draft, missing=(*draft.missing, reason))
    if draft.missing:
        return draft
    means = {lv: comparison.mean(lv) for lv in comparison.levels}
    ahead = max(comparison.levels, key=lambda lv: towards * means[lv])
    named = ahead if level is None else level
    if named not in means:
        reason = words.say("missing.level_absent", level=draft.writer.level(factor, named))
        return replace(draft, missing=(reason,))
    leads = [_lead(comparison, named, r, towards) for r in comparison.levels if r != named]
    shown: InTheseRuns = (
        "no"
        if any(x.sign < 0 for x in leads)
        else "tie"
        if any(x.sign == 0 for x in leads)
        else "yes"
    )
    unresolved = common.is_blurred(comparison.cells, measure, comparison.dataset)
    if unresolved:
        shown = "tie"
    tied = [r.rival for r in leads if unresolved or r.sign == 0]
    hardest = min(leads, key=_ease)
    numbers = _numbers(hardest, towards)
    if unresolved:
        numbers["opposite"] = False
    decimals = common.text_decimals(means.values(), measure, _typed(comparison))
    order = sorted(comparison.levels, key=lambda lv: -towards * means[lv])
    return replace(
        draft,
        **numbers,
        **_texts(draft.writer, comparison, named, order, means, decimals, towards, shown, tied),
        in_these_runs=shown,
        tie_reason="reason.unresolved" if unresolved else "reason.tie",
        decimals=decimals,
        n_seeds=len(comparison.seeds),
        n_blocks=len(comparison.blocks),
        cells=comparison.cells,
        counterexamples=()
        if unresolved
        else tuple(words.level(factor, x.rival) for x in leads if x.sign < 0),
        predicate={
            **draft.predicate,
            "level": named,
            "rival": hardest.rival,
            "order": order,
        },
        rule=words.say(
            "rule.best_of",
            level=words.level(factor, named),
            rival=words.level(factor, hardest.rival),
        ),
        notes=common.notes(comparison, words),
    )


def dominates(
    cells: Cells, factor: str, measure: Measure, context: Context, *, level: Level | None = None
) -> Draft:
    """The statement that one level beats every other in every block: "at every z".

    A universal statement: one block where a rival is ahead beyond rounding refutes it.
    For *supported* each block's own interval over seeds has to clear the margin.
    """
    words = context.words
    towards = common.sign_towards(measure)
    comparison = compare(cells, factor, measure)
    draft = common.begin("dominates", cells, comparison, context)
    if not measure.better:
        reason = words.say("missing.no_direction", metric=common.spoken(measure, words))
        return replace(draft, missing=(*draft.missing, reason))
    if draft.missing:
        return draft
    means = {lv: comparison.mean(lv) for lv in comparison.levels}
    named = level if level is not None else max(means, key=lambda lv: towards * means[lv])
    if named not in means:
        reason = words.say("missing.level_absent", level=draft.writer.level(factor, named))
        return replace(draft, missing=(reason,))
    leads = [
        (block, _lead(comparison, named, rival, towards, block))
        for block in comparison.blocks
        for rival in comparison.levels
        if rival != named
    ]
    against = [(b, x) for b, x in leads if x.sign < 0]
    ties = [x for _, x in leads if x.sign == 0]
    hardest = min((x for _, x in leads), key=_ease)
    held = {b for b, _ in leads} - {b for b, x in leads if x.sign <= 0}
    decimals = common.text_decimals(means.values(), measure, _typed(comparison))
    writer = draft.writer
    writer.keep({f"{measure.name}, {lv}": mean for lv, mean in means.items()})
    detail = words.say(
        "dominates.detail",
        held=writer.digits("blocks where it holds", len(held)),
        n=writer.digits("blocks", len(comparison.blocks)),
    )
    return replace(
        draft,
        **_numbers(hardest, towards),
        in_these_runs="no" if against else "tie" if ties else "yes",
        statement=words.say(
            "dominates.statement",
            level=writer.level(factor, named),
            relation=words.say(f"relation.{_end(towards)}"),
            metric=common.spoken(measure, words),
            factors=words.listing(words.factor(f, several=True) for f in comparison.varied)
            or words.say("settings"),
        ),
        tie=words.say(
            "dominates.tie", level=writer.level(factor, named), metric=common.spoken(measure, words)
        ),
        detail=detail + common.coverage(comparison, writer),
        decimals=decimals,
        n_seeds=min(
            len({g.seed for g in comparison.groups if g.block == b}) for b in comparison.blocks
        ),
        n_blocks=len(comparison.blocks),
        cells=comparison.cells,
        counterexamples=tuple(
            f"{common.block_words(b, comparison.varied, words)}: {words.level(factor, x.rival)}"
            for b, x in against
        ),
        predicate={**draft.predicate, "level": named},
        rule=words.say("rule.dominates"),
        notes=common.notes(comparison, words),
    )


def _lead(
    comparison: Comparison,
    level: Level,
    rival: Level,
    towards: int,
    block: tuple[tuple[str, Level], ...] | None = None,
) -> _Lead:
    contrast = comparison.contrast(level, rival, block)
    margin = comparison.measure.margin(contrast.size, comparison.dataset)
    return _Lead(rival, contrast, towards * contrast.sign, margin, contrast.p(towards, margin))


def _ease(lead: _Lead) -> tuple[float, float]:
    """Sorts leads from the hardest to the easiest to tell."""
    ahead = lead.sign * abs(lead.contrast.mean)
    return (-lead.p if lead.p is not None else 0.0, ahead)


def _numbers(hardest: _Lead, towards: int) -> dict[str, Any]:
    contrast = hardest.contrast
    interval = contrast.interval
    return {
        "estimate": contrast.mean,
        "interval": interval,
        "margin": hardest.margin,
        "p": hardest.p,
        "opposite": interval is not None and (interval[0] > 0 if towards < 0 else interval[1] < 0),
        "identical": contrast.identical,
        "deviation": contrast.deviation,
    }


def _texts(
    writer: Writer,
    comparison: Comparison,
    named: Level,
    order: list[Level],
    means: dict[Level, float],
    decimals: int,
    towards: int,
    shown: InTheseRuns,
    tied: list[Level],
) -> dict[str, Any]:
    words, factor, measure = writer.words, comparison.factor, comparison.measure
    sense = common.sense(measure, towards)
    unit = words.say("unit", unit=measure.unit) if measure.unit else ""

    def value(level: Level) -> str:
        text = writer.number(f"{measure.name}, {level}", means[level], decimals) + unit
        return text if measure.target is None else words.say("away", value=text)

    rest = [lv for lv in order if lv != named]
    fields = {
        "level": writer.level(factor, named),
        "value": value(named),
        "metric": common.spoken(measure, words),
        "factors": words.factor(factor, several=True),
        "k": writer.count("levels", len(order)),
    }
    if len(rest) == 1:
        fields["rival"] = writer.level(factor, rest[0])
        percent = ""
        if shown == "yes" and means[rest[0]] > 0 and means[named] >= 0:
            share = 100 * abs(means[named] - means[rest[0]]) / means[rest[0]]
            percent = words.say(
                f"percent.{sense}", share=writer.number("percent", share, 0 if share >= 10 else 1)
            )
        statement = words.say(f"best_of.two.{sense}", **fields)
        detail = words.say("best_of.two.detail", **fields, other=value(rest[0]), percent=percent)
    else:
        others = words.listing(
            words.say("value_for", value=value(lv), level=writer.level(factor, lv)) for lv in rest
        )
        statement = words.say(f"best_of.many.{sense}", **fields)
        detail = words.say("best_of.many.detail", **fields, others=others)
    if shown == "tie":
        each = (
            words.say("value_for", value=value(lv), level=words.level(factor, lv)) for lv in order
        )
        detail = words.say("best_of.tie_detail", values=words.listing(each))
    detail += common.over_blocks(comparison, writer)
    if shown == "yes" and len(comparison.blocks) > 1:
        held = _agree(comparison, named, towards)
        n = len(comparison.blocks)
        detail += words.say(
            "best_of.held_all" if held == n else "best_of.held",
            relation=words.say(f"{'relation' if len(rest) == 1 else 'superlative'}.{sense}"),
            held=writer.digits("blocks where it leads", held),
            n=writer.digits("blocks", n),
        )
    tie = words.say(
        "best_of.tie",
        levels=writer.levels(factor, [named, *tied]),
        metric=common.spoken(measure, words),
        end=words.say(f"superlative.{sense}"),
    )
    return {
        "statement": statement,
        "detail": detail + common.coverage(comparison, writer),
        "tie": tie,
    }


def _agree(comparison: Comparison, named: Level, towards: int) -> int:
    """Blocks in which the level is ahead of every rival beyond rounding."""
    rivals = [lv for lv in comparison.levels if lv != named]
    return sum(
        all(towards * comparison.contrast(named, r, block).sign > 0 for r in rivals)
        for block in comparison.blocks
    )


def _typed(comparison: Comparison) -> int | None:
    """Decimals a mean of typed values deserves: theirs, and one more if several are averaged."""
    decimals = comparison.decimals
    return decimals if decimals is None or len(comparison.groups) == 1 else decimals + 1


def _end(towards: int) -> str:
    return "lowest" if towards < 0 else "highest"
