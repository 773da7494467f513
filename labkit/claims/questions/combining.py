"""One idea to combine benefits of both models (e.g., VAE-GAN)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labkit.catalog import FAMILIES
from labkit.claims.cells import Cells
from labkit.claims.claim import Answer, Claim, Draft
from labkit.claims.judge import Context
from labkit.claims.predicates.family import family_versus
from labkit.claims.predicates.setting import best_setting, share_within
from labkit.claims.questions.clauses import everywhere, on
from labkit.claims.questions.essay import Doubt, Essay

PARENTS = ("gan", "vae")
#: What would mend where a VAE loses most: whether that is less in its decoder than in its prior.
REMEDIES = {
    prior: [key for key in reversed(FAMILIES) if FAMILIES[key].mends == mended]
    for prior, mended in ((False, "decoder"), (True, "prior"))
}
#: Families that join the two.
HYBRIDS = [*REMEDIES[False], *REMEDIES[True]]
COMPARED = (("proxy_fid", False), ("sharpness", True), ("coverage", False))


def answer(key: str, cells: Cells, context: Context) -> Answer:
    """The measured strengths of each family here, and what they suggest to try."""
    hybrids = [h for h in HYBRIDS if h in cells.families]
    drafts: list[Draft] = []
    for dataset in cells.datasets:
        some = cells.of(dataset=dataset)
        for name, to_target in COMPARED:
            drafts.append(family_versus(some, *PARENTS, context.measure(name, to_target), context))
        for family in (*PARENTS, *hybrids):
            if family in some.families:
                drafts.append(best_setting(some.of(family), context.measure("proxy_fid"), context))
        if "vae" in some.families:
            parts = context.measure("recon_proxy_fid"), context.measure("proxy_fid")
            drafts.append(share_within(some.of("vae"), *parts, context))
        for hybrid in hybrids:
            for parent in PARENTS:
                for name, to_target in COMPARED[:2]:
                    drafts.append(
                        family_versus(
                            some, hybrid, parent, context.measure(name, to_target), context
                        )
                    )
    essay = Essay(key, drafts, context)
    told = [claim for hybrid in hybrids for claim in _hybrid(essay, cells, hybrid)]
    told += _compared(essay, cells, PARENTS, "proxy_fid", "combining.fid")
    told += _compared(essay, cells, PARENTS, "sharpness-to-target", "combining.sharpness")
    told += _compared(essay, cells, PARENTS, "coverage", "combining.coverage")
    if not told:
        essay.add("combining.nothing", essay.claims)
    _encoder(essay, cells)
    told += _where_lost(essay, cells)
    if told and not hybrids:
        told += _suggestion(essay, cells)
    if not hybrids and any(f in cells.families for f in PARENTS):
        essay.add("combining.none_trained")
    essay.certainty(told)
    return essay.answer()


def _compared(
    essay: Essay, cells: Cells, pair: tuple[str, str], name: str, key: str
) -> list[Claim]:
    """One family against another by one measure, merged where the data sets agree."""
    words = essay.words
    claims = essay.by_dataset(cells, "family", "-".join(pair), name)
    if not claims:
        return []
    alike = {
        (c.predicate["ahead"], c.predicate["apart"], c.in_these_runs, essay.doubt(c))
        for c in claims
    }
    groups = [claims] if len(alike) == 1 else [[c] for c in claims]
    parts = [_ahead(essay, group, pair) for group in groups]
    essay.add(key, claims, clauses=words.say("clause.semicolon").join(parts))
    return claims


def _ahead(essay: Essay, claims: list[Claim], pair: tuple[str, str]) -> str:
    """ "the GANs are ahead on both data sets (165 on average against 301 on MNIST, ...)"."""
    words, first = essay.words, claims[0]
    ahead = first.predicate["ahead"]
    other = next(f for f in pair if f != ahead)
    metric, apart = first.predicate["metric"], first.predicate["apart"]
    several = {f: any(c.numbers[f"cells, {f}"] > 1 for c in claims) for f in pair}
    # Where the clause itself says "on average", the numbers in its brackets need not.
    averaged = any(several.values()) and not apart
    values = words.listing(
        words.say(
            "clause.against_plain" if i else _values_key(first, several, ahead, averaged),
            a=c.shown[f"{metric}, {ahead}"],
            b=c.shown[f"{metric}, {other}"],
        )
        + on(words, c, claims)
        for i, c in enumerate(claims)
    )
    where = everywhere(words, claims)
    if first.in_these_runs == "tie":
        return words.say("combining.tie", where=where, values=values)
    told = ""
    if any(several.values()):
        key = _apart_key(several, ahead) if apart else "combining.overlap"
        told = words.say(key, a=words.family(ahead), b=words.family(other))
    return words.say(
        "combining.ahead" if several[ahead] else "combining.ahead_single",
        ahead=words.family(ahead, several=several[ahead]),
        other=words.family(other, several=several[other]),
        average=words.say("combining.average") if averaged else "",
        where=where,
        hedge=essay.hedge(first),
        values=values,
        apart=told,
    )


def _apart_key(several: Mapping[str, bool], ahead: str) -> str:
    """The message that every cell of one family is ahead of every cell of the other."""
    if not several[ahead]:
        return "combining.apart_from_each"
    return "combining.apart" if all(several.values()) else "combining.apart_all"


def _values_key(claim: Claim, several: Mapping[str, bool], ahead: str, averaged: bool) -> str:
    """The message of the first pair of numbers: distances or values, and which are means."""
    key = "clause.against_plain" if claim.predicate["target"] is None else "combining.away_single"
    if averaged or not any(several.values()):
        return key
    kind = "values" if claim.predicate["target"] is None else "away"
    return f"combining.{kind}" if several[ahead] else f"combining.{kind}_other"


def _encoder(essay: Essay, cells: Cells) -> None:
    """Which family can reconstruct at all: a fact of the models, not of the runs."""
    can = [f for f in PARENTS if f in cells.families and FAMILIES[f].reconstructs]
    cannot = [f for f in PARENTS if f in cells.families and not FAMILIES[f].reconstructs]
    if can and cannot:
        essay.add(
            "combining.encoder",
            can=essay.words.family(can[0], several=True),
            cannot=essay.words.family(cannot[0], several=True),
        )


def _where_lost(essay: Essay, cells: Cells) -> list[Claim]:
    """Whether the VAE loses more in its decoder or between code and prior, and what to try.

    What was tried needs no pointing to: how it did is in the table.
    """
    words = essay.words
    claims = [
        c
        for d in cells.datasets
        if (c := essay.found("share-within", "recon_proxy_fid", "proxy_fid", d or "all"))
        and c.in_these_runs == "yes"
    ]
    parts = [
        words.say(
            _loss_key(c),
            hedge=essay.hedge(c),
            where=words.where(c.predicate["dataset"]).strip(),
            recon=c.shown["recon_proxy_fid"],
            samples=c.shown["proxy_fid"],
        )
        for c in claims
    ]
    if parts:
        essay.add("combining.lost", claims, clauses=words.say("clause.semicolon").join(parts))
        lessons = {c.predicate["below"] for c in claims}
        if not any(family in cells.families for below in lessons for family in REMEDIES[below]):
            key = "both" if len(lessons) > 1 else "prior" if lessons.pop() else "decoder"
            essay.add(f"combining.try_{key}", claims, hedge=essay.hedge(*claims))
    return claims


def _loss_key(claim: Claim) -> str:
    if claim.predicate["below"]:
        return "combining.prior"
    beyond = claim.numbers["recon_proxy_fid"] > claim.numbers["proxy_fid"]
    return "combining.decoder_beyond" if beyond else "combining.decoder"


def _best(essay: Essay, cells: Cells, family: str) -> list[Claim]:
    return essay.by_dataset(cells, "best-setting", family, "proxy_fid")


def _suggestion(essay: Essay, cells: Cells) -> list[Claim]:
    """The approaches the lab names, with the settings of the best cells."""
    best = {f: _best(essay, cells, f) for f in PARENTS}
    claims = [c for found in best.values() for c in found]
    if all(best.values()):
        doubts = {essay.doubt(c) for c in claims}
        shared: Doubt = doubts.pop() if len(doubts) == 1 else ""
        essay.add(
            "combining.settings",
            claims,
            hedge=essay.voiced(shared),
            **{f: _start(essay, cells, f, found, shared) for f, found in best.items()},
        )
    essay.add("combining.approaches")
    return claims


def _start(essay: Essay, cells: Cells, family: str, best: list[Claim], shared: Doubt) -> str:
    """The best settings of a family, each with the doubt that not all of them share."""
    words = essay.words
    factors = cells.of(family).factors
    each: list[tuple[str, str]] = []
    for claim in best:
        settings = claim.predicate["settings"]
        levels = [words.level(n, settings[n]) for n in factors if n in settings]
        text = ", ".join(levels) or words.family(family)
        if claim.in_these_runs == "tie":
            text = words.say("combining.tied", setting=text)
        elif essay.doubt(claim) and not shared:
            text = words.say("combining.hedged", setting=text, hedge=essay.hedge(claim).strip())
        each.append((text, claim.predicate["dataset"]))
    if len({text for text, _ in each}) == 1:
        return each[0][0]
    return words.listing(t + words.where(d) for t, d in each)


def _hybrid(essay: Essay, cells: Cells, hybrid: str) -> list[Claim]:
    """What a hybrid achieved against both parents, merged where the data sets agree."""
    words = essay.words
    outcomes: dict[tuple[str, Doubt], list[list[Claim]]] = {}
    for dataset in cells.datasets:
        claims = [
            c
            for parent in PARENTS
            if (c := essay.found("family", f"{hybrid}-{parent}", "proxy_fid", dataset or "all"))
        ]
        if len(claims) < len(PARENTS):
            continue
        won = [c.in_these_runs == "yes" and c.predicate["ahead"] == hybrid for c in claims]
        key = "beats_both" if all(won) else "between" if any(won) else "behind_both"
        if any(c.in_these_runs == "tie" for c in claims):
            key = "tie_hybrid"
        outcomes.setdefault((key, essay.first_doubt(claims)), []).append(claims)
    for (key, doubt), alike in outcomes.items():
        first = [claims[0] for claims in alike]
        one = _lone(alike, hybrid)
        values = words.say("clause.semicolon").join(
            words.say(
                "combining.hybrid_values",
                value=a.shown[f"proxy_fid, {hybrid}"],
                gan=a.shown["proxy_fid, gan"],
                vae=b.shown["proxy_fid, vae"],
                gans=words.family("gan", several=not _lone([[a]], "gan")),
                vaes=words.family("vae", several=not _lone([[b]], "vae")),
            )
            + on(words, a, first)
            for a, b in alike
        )
        essay.add(
            f"combining.{key}_one" if one else f"combining.{key}",
            [claim for claims in alike for claim in claims],
            hybrid=words.family(hybrid, several=not one),
            hedge="" if key == "tie_hybrid" else essay.voiced(doubt),
            where=everywhere(words, first),
            values=values,
        )
    return [claim for alike in outcomes.values() for claims in alike for claim in claims]


def _lone(alike: Sequence[Sequence[Claim]], family: str) -> bool:
    """Whether a family has but one cell wherever it is compared."""
    return all(claims[0].numbers[f"cells, {family}"] == 1 for claims in alike)
