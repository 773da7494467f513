"""Evidence of mode collapse (if any)? What helped?"""

from __future__ import annotations

from labkit.claims.cells import Cells
from labkit.claims.claim import Answer, Claim, Draft
from labkit.claims.judge import Context
from labkit.claims.measure import first_measured
from labkit.claims.predicates.absence import no_collapse
from labkit.claims.predicates.best_of import best_of
from labkit.claims.predicates.constant import held_constant
from labkit.claims.predicates.helped import helped, mark_collapsed
from labkit.claims.questions.clauses import winners
from labkit.claims.questions.essay import Essay

#: How varied the samples are, the first that was measured.
DIVERSITY = ("coverage", "recall", "vendi")


def answer(key: str, cells: Cells, context: Context) -> Answer:
    """The measure's verdict, and what was varied that went with fewer collapses."""
    gans = cells.of("gan")
    words = context.words
    diversity = first_measured(DIVERSITY, gans)
    factors = list(gans.factors)[:3]
    drafts: list[Draft] = [no_collapse(gans, context)]
    marked = mark_collapsed(gans)
    drafts += [helped(marked, factor, context) for factor in factors]
    drafts += [
        best_of(gans.of(dataset=d), factor, context.measure(diversity or DIVERSITY[0]), context)
        for d in gans.datasets
        for factor in factors
    ]
    drafts.append(held_constant(gans, context))
    essay = Essay(key, drafts, context)
    found = essay.claims[0]
    told: list[Claim] = [found]
    if found.verdict == "not measured":
        essay.add("collapse.not_measured", [found])
    elif found.in_these_runs == "yes":
        quote = found.predicate["quote"]
        n, planned = found.predicate["n"], found.shown.get("cells planned", "")
        essay.add(
            "collapse.none_judged" if planned else words.of("collapse.none", n),
            [found],
            n=found.shown["cells"] if planned else words.count(n),
            planned=planned,
            quote=words.say("collapse.quote", quote=quote) if quote else "",
            rate=found.shown["rate at most, %"],
        )
    else:
        essay.add(
            "collapse.found.one" if found.predicate["hits"] == 1 else "collapse.found",
            [found],
            where=words.where(found.predicate["dataset"]),
            hits=found.shown["cells with it"],
            n=found.shown["cells"],
            listed=found.predicate["listed"],
            unknown=found.predicate["unknown"],
        )
    told += _helped(essay, factors, found)
    if diversity:
        told += _diversity(essay, gans, factors, diversity, found)
    constant = essay.claim("constant", "gan")
    if constant.predicate["settings"]:
        essay.add("collapse.constant", [constant], settings=constant.predicate["words"])
    essay.certainty(told)
    return essay.answer()


def _helped(essay: Essay, factors: list[str], found: Claim) -> list[Claim]:
    """What went with fewer collapses; that nothing could, where nothing collapsed."""
    helped = [c for c in essay.claims if c.predicate["kind"] == "helped"]
    if found.in_these_runs == "yes":
        essay.add("collapse.nothing_to_help", helped or [found])
        return []
    claims = [
        c
        for f in factors
        for c in helped
        if c.predicate["factor"] == f and c.verdict != "not measured"
    ]
    for claim in claims:
        factor = claim.predicate["factor"]
        if claim.in_these_runs == "tie":
            essay.add("collapse.no_help", [claim], factor=essay.words.factor(factor))
            continue
        level, rival = claim.predicate["level"], claim.predicate["rival"]
        essay.add(
            "collapse.helped",
            [claim],
            hedge=essay.hedge(claim),
            level=essay.words.level(factor, level),
            rival=essay.words.level(factor, rival),
            a=claim.shown[f"collapsed, {level}"],
            b=claim.shown[f"collapsed, {rival}"],
            n=claim.shown["pairs"],
        )
    return claims


def _diversity(
    essay: Essay, gans: Cells, factors: list[str], metric: str, found: Claim
) -> list[Claim]:
    words = essay.words
    told: list[Claim] = []
    clauses = []
    for factor in factors:
        claims = essay.by_dataset(gans, "best-of", factor, metric)
        if claims:
            told += claims
            clause = winners(essay, claims, f"verb.{metric}")
            clauses.append(words.say("stability.by", factor=words.factor(factor), clause=clause))
    if clauses:
        key = "collapse.diversity" if found.in_these_runs == "yes" else "collapse.diversity_too"
        essay.add(
            key,
            told,
            metric=words.metric(metric),
            about=words.say(f"about.{metric}"),
            clauses=words.say("clause.semicolon").join(clauses),
        )
    return told
