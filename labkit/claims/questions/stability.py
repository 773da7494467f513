"""What hyperparameters most influenced GAN stability in your runs?"""

from __future__ import annotations

from collections.abc import Sequence

from labkit.claims.cell import Level
from labkit.claims.cells import Cells
from labkit.claims.claim import Answer, Claim, Draft
from labkit.claims.judge import Context
from labkit.claims.measure import STABILITY, first_measured
from labkit.claims.predicates.absence import all_finished
from labkit.claims.predicates.best_of import best_of
from labkit.claims.predicates.constant import held_constant
from labkit.claims.predicates.pattern import same_pattern
from labkit.claims.predicates.ranking import ranking
from labkit.claims.predicates.setting import best_settings
from labkit.claims.predicates.spread import seed_spread
from labkit.claims.questions.clauses import ahead, needed, on, tell_wholes, winners
from labkit.claims.questions.essay import Essay
from labkit.claims.texts import Words

QUALITY = "proxy_fid"
DOMINANCE = "d_dominance"
#: At most so many varied settings are taken through all measures.
MAX_FACTORS = 4


def answer(key: str, cells: Cells, context: Context) -> Answer:
    """Divergence, drawdown, dominance and seed spread, by every setting that was varied."""
    gans = cells.of("gan")
    within = first_measured(STABILITY, gans)
    factors = list(gans.factors)[:MAX_FACTORS]
    essay = Essay(key, list(_drafts(gans, within, factors, context)), context)
    subject = within or QUALITY
    if not within:
        quality = first_measured([QUALITY], gans)
        essay.add("stability.not_measured" if quality else "stability.nothing")
    told = _shares(essay, gans, subject)
    if within and not told and _comparable(essay, within):
        essay.add(
            "stability.read_from",
            metric=context.words.metric(within),
            about=context.words.say(f"about.{within}"),
        )
    finished = _finished(essay)
    if not told or not all(c.predicate["unresolved"] for c in told):
        told += _by_factor(essay, gans, factors, subject, "stability.by_factors")
    if within:
        told += _by_factor(essay, gans, factors[:1], QUALITY, "stability.quality")
    told += _dominance(essay, gans, factors)
    told += _spread(essay, gans, factors)
    told += tell_wholes(essay)
    constant = essay.claim("constant", "gan")
    if constant.predicate["settings"]:
        one = ".one" if len(constant.predicate["settings"]) == 1 else ""
        essay.add(f"stability.constant{one}", [constant], settings=constant.predicate["words"])
    essay.certainty(told or [finished])
    return essay.answer()


def _comparable(essay: Essay, metric: str) -> bool:
    """Whether any training is held against another by this metric."""
    wholes = (c.predicate["metric"] == metric for c in ahead(essay))
    return bool(essay.of_kind("best-of", metric)) or any(wholes)


def _drafts(
    gans: Cells, within: str | None, factors: Sequence[str], context: Context
) -> list[Draft]:
    drafts = [all_finished(gans, context)]
    subjects = [context.measure(name) for name in dict.fromkeys([within or STABILITY[0], QUALITY])]
    read = context.measure(within or QUALITY)
    for dataset in gans.datasets:
        some = gans.of(dataset=dataset)
        drafts.append(ranking(some, read, context))
        for factor in factors or ["loss"]:
            drafts += [best_of(some, factor, each, context) for each in subjects]
        if factors:
            drafts.append(best_of(some, factors[0], context.measure(DOMINANCE), context))
            drafts.append(seed_spread(some, factors[0], context.measure(QUALITY), context))
    if len(gans.datasets) > 1:
        drafts.append(ranking(gans, read, context))
        for factor in factors:
            drafts.append(same_pattern(gans, factor, read, context))
    if factors and needed(drafts):
        drafts += best_settings(gans, [within or QUALITY], context)
    drafts.append(held_constant(gans, context))
    return drafts


def _finished(essay: Essay) -> Claim:
    claim = next(c for c in essay.claims if c.predicate.get("what") == "finished")
    if claim.verdict == "not measured":
        return claim
    if claim.in_these_runs == "yes":
        n, planned = claim.predicate["n"], claim.shown.get("cells planned", "")
        if planned:
            shown = claim.shown["cells"]
            essay.add("stability.finished_so_far", [claim], n=shown, planned=planned)
        else:
            essay.add(essay.words.of("stability.finished", n), [claim], n=essay.words.count(n))
    else:
        essay.write(claim.text, [claim])
    return claim


def _shares(essay: Essay, gans: Cells, subject: str) -> list[Claim]:
    """Which factor carries most of the spread, data set by data set."""
    words = essay.words
    claims = essay.by_dataset(gans, "ranking", subject)
    if not claims:
        return []
    parts = []
    unresolved = [c for c in claims if c.predicate["unresolved"]]
    told = [c for c in claims if c not in unresolved]
    ties = {_tie(words, c, words.say("stability.anywhere")) for c in told}
    if len(told) > 1 and len(ties) == 1 and all(c.in_these_runs == "tie" for c in told):
        parts.append(ties.pop())
        told = []
    for claim in told:
        order = claim.predicate["order"]
        where = words.where(claim.predicate["dataset"])
        if claim.in_these_runs == "tie":
            parts.append(_tie(words, claim, where))
            continue
        others = words.listing(
            words.say(
                "stability.share_of", share=claim.shown[f"{f}, share"], factor=words.factor(f)
            )
            for f in order[1:]
        )
        parts.append(
            words.say(
                _share_key(claim),
                where=where,
                hedge=essay.hedge(claim),
                factor=words.factor(order[0]),
                share=claim.shown[f"{order[0]}, share"],
                others=others,
                rest=_rest(words, claim, where),
            )
        )
    parts += _unresolved(words, unresolved, claims)
    essay.add(
        "stability.shares_fid" if subject == QUALITY else "stability.shares",
        claims,
        metric=words.metric(subject),
        about="" if subject == QUALITY else words.say(f"about.{subject}"),
        clauses=words.say("clause.while").join(parts),
    )
    return claims


def _unresolved(words: Words, claims: Sequence[Claim], among: Sequence[Claim]) -> list[str]:
    """ "the trainings hardly differ: 0 to 0.18 on MNIST, less than other samples ... (0.60)"."""

    def values(key: str, some: Sequence[Claim]) -> str:
        return words.listing(
            words.say(
                key,
                lowest=c.shown["lowest"],
                highest=c.shown["highest"],
                where=on(words, c, among),
            )
            for c in some
        )

    same = [c for c in claims if c.shown["lowest"] == c.shown["highest"]]
    close = [c for c in claims if c not in same]
    parts = []
    if same:
        parts.append(words.say("stability.same", values=values("stability.value", same)))
    if close:
        floors = words.listing(c.shown["resolution"] for c in close)
        ranges = values("stability.range", close)
        parts.append(words.say("stability.unresolved", ranges=ranges, resolutions=floors))
    return parts


def _share_key(claim: Claim) -> str:
    """Most of the spread, the largest part of it, or only more than the other settings."""
    own = claim.numbers[f"{claim.predicate['order'][0]}, share"]
    if own > 50:
        return "stability.share"
    rest = [claim.numbers[n] for n in ("rest", "combination", "noise") if n in claim.numbers]
    return "stability.share_part" if own > max(rest) else "stability.share_more"


def _tie(words: Words, claim: Claim, where: str) -> str:
    """ "no single setting stands out on MNIST: 63 % of the spread lies ..."."""
    leader = claim.numbers[f"{claim.predicate['order'][0]}, share"]
    # With one seed all that is left says nothing: it is how a share below chance was cut off.
    nothing = leader <= 0 and "rest" in claim.shown
    key = "stability.share_none" if nothing else "stability.share_tie"
    return words.say(key, where=where, rest=_rest(words, claim))


def _rest(words: Words, claim: Claim, where: str = "") -> str:
    """What no setting carries: "63 % of the spread lies in how loss and z combine, or in noise"."""
    factors = words.listing(words.factor(f) for f in sorted(claim.predicate["order"]))
    key = "stability.rest_split" if "combination" in claim.shown else "stability.rest"
    return words.say(
        key,
        where=where,
        factors=factors,
        rest=claim.shown.get("rest", ""),
        combination=claim.shown.get("combination", ""),
        noise=claim.shown.get("noise", ""),
    )


def _by_factor(
    essay: Essay, gans: Cells, factors: Sequence[str], metric: str, key: str
) -> list[Claim]:
    """Which level of each factor was ahead, in one sentence."""
    words = essay.words
    verb = "verb.lower_fid" if metric == QUALITY else "verb.steadier"
    told: list[Claim] = []
    clauses = []
    for factor in factors:
        claims = essay.by_dataset(gans, "best-of", factor, metric)
        if claims:
            told += claims
            clause = winners(essay, claims, verb)
            clauses.append(words.say("stability.by", factor=words.factor(factor), clause=clause))
    if clauses:
        essay.add(key, told, clauses=words.say("clause.semicolon").join(clauses))
    return told


def _dominance(essay: Essay, gans: Cells, factors: Sequence[str]) -> list[Claim]:
    """How far the discriminator was ahead, level by level of the first factor."""
    if not factors:
        return []
    claims = essay.by_dataset(gans, "best-of", factors[0], DOMINANCE)
    parts = [_values(essay.words, c, DOMINANCE, factors[0], c.predicate["order"]) for c in claims]
    if parts:
        essay.add(
            "stability.dominance", claims, clauses=essay.words.say("clause.semicolon").join(parts)
        )
    return claims


def _spread(essay: Essay, gans: Cells, factors: Sequence[str]) -> list[Claim]:
    """How far seeds lay apart, level by level of the first factor."""
    if not factors:
        return []
    claims = essay.by_dataset(gans, "seed-spread", factors[0], QUALITY)
    levels = gans.factors[factors[0]]
    parts = [_values(essay.words, c, "spread", factors[0], levels) for c in claims]
    if parts:
        essay.add(
            "stability.spread", claims, clauses=essay.words.say("clause.semicolon").join(parts)
        )
    return claims


def _values(words: Words, claim: Claim, name: str, factor: str, levels: Sequence[Level]) -> str:
    """ "0.03 with hinge and 0.21 with BCE on MNIST", of the levels that have a value."""
    values = words.listing(
        words.say("clause.with", value=claim.shown[f"{name}, {lv}"], level=words.level(factor, lv))
        for lv in levels
        if f"{name}, {lv}" in claim.shown
    )
    return values + words.where(claim.predicate["dataset"])
