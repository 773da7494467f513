"""How did latent dim affect VAE reconstructions and samples?"""

from __future__ import annotations

from labkit.claims.cells import Cells
from labkit.claims.claim import Answer, Claim, Draft
from labkit.claims.judge import Context
from labkit.claims.measure import first_measured
from labkit.claims.predicates.pattern import same_pattern, trade_off
from labkit.claims.predicates.trend import trend
from labkit.claims.questions.clauses import briefly, course, monotone, on
from labkit.claims.questions.essay import Essay

FACTOR = "latent_dim"
RECONSTRUCTION = ("test_recon_loss", "recon_loss")
KL = ("test_kl_loss", "kl_loss")
SAMPLES = "proxy_fid"


def answer(key: str, cells: Cells, context: Context) -> Answer:
    """Trends per data set, where the data sets agree, and the trade-off or its absence."""
    vaes = cells.filter(lambda c: c.family == "vae" and FACTOR in c.settings)
    recon = first_measured(RECONSTRUCTION, vaes) or RECONSTRUCTION[0]
    kl = first_measured(KL, vaes) or KL[0]
    metrics = [recon, kl, "active_units", "recon_sharpness", SAMPLES, "sharpness", "mmd_prior"]
    drafts: list[Draft] = [
        trend(vaes.of(dataset=d), FACTOR, context.measure(name), context)
        for name in metrics
        for d in vaes.datasets
    ]
    if len(vaes.datasets) > 1:
        drafts += [same_pattern(vaes, FACTOR, context.measure(name), context) for name in metrics]
    drafts += [
        trade_off(
            vaes.of(dataset=d), FACTOR, context.measure(recon), context.measure(SAMPLES), context
        )
        for d in vaes.datasets
    ]
    essay = Essay(key, drafts, context)
    trends = {name: essay.by_dataset(vaes, "trend", FACTOR, name) for name in metrics}
    told: list[Claim] = []
    if not any(trends.values()):
        essay.add("latent.nothing", essay.claims, reason=_why(essay))
        return essay.answer()
    told += _recon(essay, trends[recon])
    told += _along(essay, {n: trends[n] for n in (kl, "active_units", "recon_sharpness")})
    told += _samples(essay, trends[recon], trends[SAMPLES])
    told += _trade_offs(essay, vaes, recon)
    told += _agreement(essay, (recon, SAMPLES))
    absent = [n for n in (recon, kl, "active_units", SAMPLES) if not trends[n]]
    if absent:
        essay.add(
            "latent.absent", metrics=essay.words.listing(essay.words.metric(n) for n in absent)
        )
    essay.certainty(told)
    return essay.answer()


def _why(essay: Essay) -> str:
    return essay.claims[0].reasons[0] if essay.claims and essay.claims[0].reasons else ""


def _recon(essay: Essay, claims: list[Claim]) -> list[Claim]:
    """The reconstruction loss, and how early most of its gain is had."""
    if not claims:
        return []
    words = essay.words
    essay.add(
        "latent.recon",
        claims,
        metric=words.metric(claims[0].predicate["metric"]),
        clauses=course(essay, claims),
    )
    if monotone(claims) and all(c.numbers.get("first step", 0.0) > 50 for c in claims):
        shares = words.listing(
            words.say("latent.early_share", share=c.shown["first step"], where=on(words, c, claims))
            for c in claims
        )
        levels = {c.predicate["levels"][1] for c in claims}
        if len(levels) == 1:
            essay.add(
                "latent.early", claims, level=words.level(FACTOR, levels.pop()), shares=shares
            )
    return claims


def _along(essay: Essay, trends: dict[str, list[Claim]]) -> list[Claim]:
    """KL, active units, sharpness of reconstructions: briefly where they go one way."""
    words = essay.words
    brief = {n: claims for n, claims in trends.items() if claims and monotone(claims)}
    told = [c for claims in brief.values() for c in claims]
    if brief:
        clauses = words.listing(
            words.say("latent.along_one", metric=words.metric(n), clause=briefly(essay, claims))
            for n, claims in brief.items()
        )
        essay.add("latent.along", told, clauses=clauses)
    for name, claims in trends.items():
        if claims and name not in brief:
            essay.add(
                "latent.recon", claims, metric=words.metric(name), clauses=course(essay, claims)
            )
            told += claims
    unused = [c for c in trends["active_units"] if _units_to_spare(c)]
    if unused:
        essay.add(
            "latent.spare_units",
            unused,
            clauses=words.listing(
                words.say(
                    "latent.spare" if i == 0 else "latent.spare_next",
                    used=c.shown[f"active_units, {c.predicate['levels'][-1]}"],
                    of=str(c.predicate["levels"][-1]),
                    where=on(words, c, trends["active_units"]),
                )
                for i, c in enumerate(unused)
            ),
        )
    return told


def _samples(essay: Essay, recon: list[Claim], samples: list[Claim]) -> list[Claim]:
    """The samples' proxy FID, and whether it goes the way of the reconstructions."""
    if not samples:
        return []
    shapes = {c.predicate["dataset"]: c.predicate["shape"] for c in recon}
    key = "latent.samples"
    clear = {"rises", "falls", "hill", "valley"}
    known = {*shapes.values(), *(c.predicate["shape"] for c in samples)} <= clear
    if known and all(c.predicate["dataset"] in shapes for c in samples):
        follow = all(c.predicate["shape"] == shapes[c.predicate["dataset"]] for c in samples)
        key = "latent.follow" if follow else "latent.not_follow"
    essay.add(key, samples, metric=essay.words.metric(SAMPLES), clauses=course(essay, samples))
    return samples


def _units_to_spare(claim: Claim) -> bool:
    """Whether the largest code leaves dimensions unused."""
    top = claim.predicate["levels"][-1]
    return claim.numbers[f"active_units, {top}"] < float(top) - 0.5


def _trade_offs(essay: Essay, vaes: Cells, recon: str) -> list[Claim]:
    words = essay.words
    claims = essay.by_dataset(vaes, "trade-off", FACTOR, f"{recon}-{SAMPLES}")
    parts = []
    for claim in claims:
        a, b = claim.predicate["best"]
        hedge = essay.hedge(claim).strip()
        key = {"yes": "latent.trade", "no": "latent.no_trade", "tie": "latent.trade_tie"}[
            claim.in_these_runs or "tie"
        ]
        parts.append(
            words.say(
                key,
                where=words.where(claim.predicate["dataset"]),
                hedge=f" ({hedge})" if hedge else "",
                a=words.level(FACTOR, a),
                b=words.level(FACTOR, b),
            )
        )
    if parts:
        same = len({c.in_these_runs for c in claims}) == 1
        link = words.say("clause.and" if same else "clause.but")
        essay.add("latent.trade_offs", claims, clauses=link.join(parts))
    return claims


def _agreement(essay: Essay, metrics: tuple[str, ...]) -> list[Claim]:
    words = essay.words
    claims = [c for n in metrics if (c := essay.found("same-pattern", FACTOR, n))]
    alike = [words.metric(c.predicate["metric"]) for c in claims if c.in_these_runs == "yes"]
    apart = [words.metric(c.predicate["metric"]) for c in claims if c.in_these_runs == "no"]
    key = "agree_partly" if alike and apart else "agree" if alike else "disagree"
    if alike or apart:
        essay.add(
            f"latent.{key}",
            claims,
            hedge=essay.hedge(*claims),
            alike=words.listing(alike),
            apart=words.listing(apart),
        )
    return claims
