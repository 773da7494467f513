"""What did one setting change? The loss kind, a constraint, regularisation, β, ..."""

from __future__ import annotations

from labkit.catalog import QUESTIONS
from labkit.claims.cell import Level
from labkit.claims.cells import Cells
from labkit.claims.claim import Answer, Claim, Draft
from labkit.claims.judge import Context
from labkit.claims.measure import LOSSES, STABILITY, first_measured
from labkit.claims.predicates.best_of import best_of
from labkit.claims.predicates.change import change
from labkit.claims.predicates.helped import helped, mark_collapsed
from labkit.claims.predicates.pattern import same_pattern, trade_off
from labkit.claims.predicates.setting import best_settings
from labkit.claims.predicates.trend import trend
from labkit.claims.questions.clauses import (
    by_label,
    confounded,
    course,
    moved,
    needed,
    tell_wholes,
    winners,
)
from labkit.claims.questions.essay import Essay

#: What a setting is judged by, where measured.
MEASURES = (
    "proxy_fid",
    "coverage",
    "test_recon_loss",
    "test_total_loss",
    "total_loss",
    "recon_loss",
)
#: What whole settings are compared by where nothing less can be.
WHOLE = ("proxy_fid", "test_total_loss")


def answer(key: str, cells: Cells, context: Context) -> Answer:
    """The effect of the first of the question's factors that was varied, family by family."""
    question = QUESTIONS[key]
    some = cells.filter(lambda c: c.family in question.families) if question.families else cells
    factor = next((f for f in question.factors if f in some.factors), question.factors[0])
    families = [f for f in some.families if factor in some.of(f).levels]
    drafts: list[Draft] = []
    for family in families:
        drafts += _drafts(some.of(family), factor, context)
    essay = Essay(key, drafts, context)
    told: list[Claim] = []
    for name in dict.fromkeys(
        c.predicate["metric"] for c in essay.claims if c.predicate["kind"] in ("best-of", "trend")
    ):
        told += _sentence(essay, name)
    told = told or tell_wholes(essay)
    if not told:
        refused = confounded(essay)
        essay.add(
            "factor.confounded" if refused else "factor.nothing",
            refused,
            reason=refused[0].reasons[0] if refused else "",
            factors=context.words.factor(factor, True),
        )
    _losses(essay, some, factor)
    essay.certainty(told)
    return essay.answer()


def _drafts(cells: Cells, factor: str, context: Context) -> list[Draft]:
    drafts: list[Draft] = []
    within = first_measured(STABILITY, cells)
    present = [n for n in (*MEASURES, within or STABILITY[0]) if first_measured([n], cells)]
    for name in present or ["proxy_fid"]:
        for dataset in cells.datasets:
            some = cells.of(dataset=dataset)
            drafts.append(best_of(some, factor, context.measure(name), context))
            if _numeric(cells.levels[factor]):
                drafts.append(trend(some, factor, context.measure(name), context))
        if len(cells.datasets) > 1:
            drafts.append(same_pattern(cells, factor, context.measure(name), context))
    if cells.families == ("gan",):
        drafts.append(helped(mark_collapsed(cells), factor, context))
    if needed(drafts):
        drafts += best_settings(cells, WHOLE, context)
    if factor == "beta":
        drafts += [
            trade_off(
                cells.of(dataset=d),
                factor,
                context.measure("test_recon_loss"),
                context.measure("proxy_fid"),
                context,
            )
            for d in cells.datasets
        ]
    for name in LOSSES:
        drafts += _changes(cells, factor, name, context)
    return drafts


def _changes(cells: Cells, factor: str, name: str, context: Context) -> list[Draft]:
    """First to last epoch, each level of the factor by itself: one kind of loss at a time."""
    found = []
    for dataset in cells.datasets:
        for level in cells.levels[factor]:
            some = cells.of(dataset=dataset).filter(
                lambda c, level=level: c.settings.get(factor) == level  # type: ignore[misc]
            )
            if any(name in c.first and not c.from_table for c in some):
                found.append(
                    change(
                        some,
                        context.measure(name),
                        context,
                        key=f"{factor}-{level}",
                        label=context.words.level(factor, level),
                    )
                )
    return found


def _numeric(levels: tuple[Level, ...]) -> bool:
    return len(levels) > 2 and all(
        isinstance(v, (int, float)) and not isinstance(v, bool) for v in levels
    )


def _sentence(essay: Essay, name: str) -> list[Claim]:
    trends = essay.of_kind("trend", name)
    if trends:
        essay.add(
            "factor.trend", trends, metric=essay.words.metric(name), clauses=course(essay, trends)
        )
        return trends
    claims = essay.of_kind("best-of", name)
    if claims:
        essay.add(
            "factor.measure",
            claims,
            metric=essay.words.metric(name),
            clauses=winners(essay, claims, "verb.best"),
        )
    return claims


def _losses(essay: Essay, cells: Cells, factor: str) -> None:
    """What each loss did within its kind, never one against another kind."""
    words = essay.words
    for name in LOSSES:
        if factor in essay.context.measure(name).within and any(name in c.metrics for c in cells):
            essay.add(
                "factor.never_ranked",
                factors=words.factor(factor, several=True),
                metric=words.metric(name),
            )
            break
    for group in by_label(essay.of_kind("change")):
        essay.write(moved(essay, group), group)
