"""Why nothing can be said, as clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.claims.sentences.en import names

if TYPE_CHECKING:
    from labkit.claims.finding import Missing

CLAUSES = {
    "factor_absent": "the table has no column for the {factor}",
    "factor_constant": "the {factor} did not vary",
    "not_comparable": "values of {metric} are not comparable across {factors}",
    "metric_absent": "the table does not give the {metric}",
    "metric_absent_for": "the table does not give the {metric} of {families}",
    "not_run": "none of the cells it needs was run yet",
    "not_run_for": "no {family} was run yet",
    "not_finished": "none of the cells it needs was finished",
    "not_finished_for": "no {family} was finished",
    "one_level": "only {level} has values of {metric}",
    "confounded": "the {factor} was never varied with the rest held fixed ({others} changed with "
    "it)",
    "no_shared_levels": "no two levels were measured everywhere",
    "few_factors": "fewer than two factors were varied",
    "incomplete_grid": "too few cells of the grid were measured to divide the spread",
    "collapse": "the table does not say whether anything collapsed",
    "finished": "the table does not say how the cells ended",
    "no_first": "there is no first-epoch value of the {metric}",
    "no_matching_cell": "no such cell has a {metric} in the table",
    "said": "{why}",
}


def missing(found: Missing) -> str:
    """A reason as a clause without a full stop."""
    about = found.about
    named: dict[str, str] = {}
    if factor := str(about.get("factor", "")):
        named |= {"factor": names.factor(factor), "factors": names.factor(factor, True)}
        if "level" in about:
            named["level"] = names.level(factor, about["level"])  # type: ignore[arg-type]
    if "metric" in about:
        named["metric"] = names.metric(str(about["metric"]))
    if "family" in about:
        family = str(about["family"])
        named |= {"family": names.family(family), "families": names.family(family, True)}
    if "others" in about:
        others = [names.factor(str(v)) for v in about["others"]]  # type: ignore[attr-defined]
        named["others"] = names.listing(others if len(others) < 4 else [*others[:2], "more"])
    if "why" in about:
        named["why"] = str(about["why"])
    return CLAUSES[found.reason].format(**named)
