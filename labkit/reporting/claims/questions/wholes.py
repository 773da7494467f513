"""Settings that differ in several things at once: compared as wholes, without a cause."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.reporting.claims.cells import Cells
from labkit.reporting.claims.claim import Claim
from labkit.reporting.claims.judge import Context, Draft
from labkit.reporting.claims.measure import first_measured
from labkit.reporting.claims.predicates.setting import best_setting
from labkit.reporting.claims.questions.essay import Essay


def needed(drafts: Sequence[Draft]) -> bool:
    """Whether no setting was varied with the rest held fixed, so that only wholes are left."""
    return all(draft.missing for draft in drafts if draft.predicate["kind"] == "best-of")


def compare_wholes(cells: Cells, metrics: Sequence[str], context: Context) -> list[Draft]:
    """One setting as a whole against the others, by each metric that was measured."""
    measures = [context.measure(name) for name in metrics if first_measured([name], cells)]
    return [
        best_setting(cells.of(dataset=dataset), measure, context)
        for measure in measures
        if not set(measure.within) & set(cells.factors)
        for dataset in cells.datasets
    ]


def ahead(essay: Essay) -> list[Claim]:
    """The claims that say which whole was ahead."""
    return [
        c
        for c in essay.claims
        if c.predicate["kind"] == "best-setting" and c.in_these_runs == "yes"
    ]


def tell_wholes(essay: Essay) -> list[Claim]:
    """Which whole was ahead, metric by metric, and that what made the difference is not known."""
    words, told = essay.words, ahead(essay)
    for claim in told:
        metric = claim.predicate["metric"]
        setting, following = claim.predicate["words"]
        essay.add(
            "factor.whole",
            [claim],
            metric=words.metric(metric),
            family=words.family(claim.predicate["family"]),
            hedge=essay.hedge(claim),
            where=words.where(claim.predicate["dataset"]),
            setting=setting,
            value=claim.shown[f"{metric}, best"],
            other=claim.shown[f"{metric}, next"],
            next=following,
        )
    if told:
        refused = confounded(essay)
        essay.add("factor.which", refused, reason=refused[0].reasons[0])
    return told


def confounded(essay: Essay) -> list[Claim]:
    """The comparisons of single settings that could not be made."""
    return [
        c for c in essay.claims if c.predicate["kind"] == "best-of" and c.verdict == "not measured"
    ]
