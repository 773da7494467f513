"""Claims of several data sets in one clause: merged where they say the same.

"Hinge was the steadier choice on both data sets (...)" stands only where it was ahead
on each; otherwise every data set gets its own words.
"""

from __future__ import annotations

from collections.abc import Sequence

from labkit.claims.cell import Level
from labkit.claims.claim import Claim, Draft
from labkit.claims.questions.essay import Essay
from labkit.claims.texts import Words


def everywhere(words: Words, claims: Sequence[Claim]) -> str:
    """ " on MNIST", " on both data sets", " on all three data sets"."""
    if len(claims) == 1:
        return words.where(claims[0].predicate["dataset"])
    key = "everywhere.both" if len(claims) == 2 else "everywhere.all"
    return words.say(key, n=words.count(len(claims)))


def on(words: Words, claim: Claim, among: Sequence[Claim]) -> str:
    """ " on MNIST" where several data sets share a bracket; "" where there is one."""
    return words.where(claim.predicate["dataset"]) if len(among) > 1 else ""


def winners(essay: Essay, claims: Sequence[Claim], verb: str) -> str:
    """ "hinge was steadier on MNIST (6.6 against 25.7), but BCE on Fashion-MNIST (...)".

    Args:
        claims: *best-of* claims of one factor and one metric, one a data set.
        verb: message key of what the winner did: "was the steadier choice".
    """
    words = essay.words
    tops = {(str(c.predicate["level"]), c.in_these_runs, essay.doubt(c)) for c in claims}
    if len(tops) == 1 and all(_leads(c) for c in claims):
        factor, level = claims[0].predicate["factor"], claims[0].predicate["level"]
        values = words.say("clause.semicolon").join(
            _against(words, c) + on(words, c, claims) for c in claims
        )
        return words.say(
            "clause.wins",
            level=words.level(factor, level),
            verb=words.say(verb, hedge=essay.hedge(claims[0])),
            where=everywhere(words, claims),
            values=values,
        )
    parts = [
        _winner(essay, claim, verb, None if i == 0 else claims[i - 1])
        for i, claim in enumerate(claims)
    ]
    found = {(str(c.predicate["level"]), _leads(c)) for c in claims if c.in_these_runs == "yes"}
    return words.say("clause.and" if len(found) < 2 else "clause.but").join(parts)


def _winner(essay: Essay, claim: Claim, verb: str, before: Claim | None) -> str:
    words, factor = essay.words, claim.predicate["factor"]
    where = words.where(claim.predicate["dataset"])
    if claim.in_these_runs == "tie":
        values = words.listing(
            words.say("clause.of", value=_value(claim, lv), level=words.bare(factor, lv))
            for lv in claim.predicate["order"]
        )
        return words.say("clause.tie", where=where, values=values)
    if not _leads(claim):
        top = claim.predicate["level"]
        return words.say(
            "clause.average_only",
            level=words.level(factor, top),
            hedge=essay.hedge(claim),
            where=where,
            value=_value(claim, top),
            rest=_rivals(words, claim),
            held=claim.shown["blocks where it leads"],
            n=claim.shown["blocks"],
        )
    key = "clause.wins"
    if before is not None and _leads(before):
        again = before.predicate["level"] == claim.predicate["level"]
        key = "clause.wins_again" if again else "clause.wins_next"
    return words.say(
        key,
        level=words.level(factor, claim.predicate["level"]),
        hedge=essay.hedge(claim),
        verb=words.say(verb, hedge=essay.hedge(claim)),
        where=where,
        values=_against(words, claim),
    )


def _leads(claim: Claim) -> bool:
    """Whether the best mean is also ahead in more than half of the single comparisons."""
    held, n = (claim.numbers.get(k, 1) for k in ("blocks where it leads", "blocks"))
    return claim.in_these_runs == "yes" and 2 * held > n


def _rivals(words: Words, claim: Claim) -> str:
    top = claim.predicate["level"]
    return words.listing(_value(claim, lv) for lv in claim.predicate["order"] if lv != top)


def _against(words: Words, claim: Claim) -> str:
    """ "6.6 against 25.7": of means, so it is said where they hide that it was not always so."""
    top = claim.predicate["level"]
    rest = _rivals(words, claim)
    held, n = (claim.shown.get(k, "") for k in ("blocks where it leads", "blocks"))
    key = "clause.against" if held == n else "clause.against_mixed"
    return words.say(key, value=_value(claim, top), rest=rest, held=held, n=n)


def _value(claim: Claim, level: object) -> str:
    return claim.shown[f"{claim.predicate['metric']}, {level}"]


def course(essay: Essay, claims: Sequence[Claim]) -> str:
    """ "falls at every step on both data sets, from 74.92 at latent 8 to 61.98 at 32 on ...".

    Args:
        claims: *trend* claims of one factor and one metric, one a data set.
    """
    words = essay.words
    shapes = {c.predicate["shape"] for c in claims}
    alike = len({essay.doubt(c) for c in claims}) == 1
    if alike and monotone(claims):
        steps = words.listing(_step(words, c, on(words, c, claims)) for c in claims)
        return words.say(
            _monotone_key(claims[0]),
            hedge=essay.hedge(claims[0]),
            where=everywhere(words, claims),
            steps=steps,
        )
    turns = {(c.predicate["shape"], _turn(c)) for c in claims}
    turning = len(turns) == 1 and shapes <= {"valley", "hill"}
    if alike and turning and len(claims) > 1:
        values = words.say("clause.semicolon").join(
            words.say("course.turn", value=_value(c, _turn(c)), rest=_others(words, c))
            + on(words, c, claims)
            for c in claims
        )
        return words.say(
            f"course.{claims[0].predicate['shape']}_all",
            hedge=essay.hedge(claims[0]),
            level=words.level(claims[0].predicate["factor"], _turn(claims[0])),
            where=everywhere(words, claims),
            values=values,
        )
    parts = [_course(essay, claim) for claim in claims]
    return words.say("clause.and" if len(shapes) == 1 else "clause.but").join(parts)


def _monotone_key(claim: Claim) -> str:
    """Two levels are one step, of which nobody says that it holds at every one."""
    throughout = "_throughout" if len(claim.predicate["levels"]) > 2 else ""
    return f"course.{claim.predicate['shape']}{throughout}"


def _turn(claim: Claim) -> Level:
    """The level with the extreme value: the lowest of a valley, else the highest."""
    metric, levels = claim.predicate["metric"], claim.predicate["levels"]
    pick = min if claim.predicate["shape"] == "valley" else max
    found: Level = pick(levels, key=lambda lv: claim.numbers[f"{metric}, {lv}"])
    return found


def _others(words: Words, claim: Claim) -> str:
    """ "312 at 8 and 302 at 32": the values a turn stands against; all of them if mixed."""
    factor, levels = claim.predicate["factor"], claim.predicate["levels"]
    return words.listing(
        words.say("clause.at", value=_value(claim, lv), level=words.bare(factor, lv))
        for lv in levels
        if lv != _turn(claim) or claim.predicate["shape"] == "mixed"
    )


def monotone(claims: Sequence[Claim]) -> bool:
    """Whether every one of some *trend* claims rises, or every one falls, at each step."""
    shapes = {c.predicate["shape"] for c in claims}
    return shapes in ({"rises"}, {"falls"})


def briefly(essay: Essay, claims: Sequence[Claim]) -> str:
    """ "rises (14.08 to 17.66 on MNIST, 12.44 to 14.27 on Fashion-MNIST)"; monotone ones only."""
    words = essay.words
    ends = [words.say("course.ends", first=_end(c, 0), last=_end(c, -1)) for c in claims]
    if len(set(ends)) == 1:
        values = ends[0] + everywhere(words, claims)
    else:
        each = zip(ends, claims, strict=True)
        values = ", ".join(text + on(words, c, claims) for text, c in each)
    key = f"course.brief.{claims[0].predicate['shape']}"
    return words.say(key, hedge=essay.hedge(*claims), values=values)


def _end(claim: Claim, index: int) -> str:
    return _value(claim, claim.predicate["levels"][index])


def _step(words: Words, claim: Claim, where: str = "") -> str:
    factor, levels = claim.predicate["factor"], claim.predicate["levels"]
    percent = ""
    if "percent" in claim.shown:
        up = claim.predicate["direction"] == "rises"
        percent = words.say("course.up" if up else "course.down", share=claim.shown["percent"])
    return words.say(
        "course.step",
        first=_end(claim, 0),
        a=words.level(factor, levels[0]),
        last=_end(claim, -1),
        b=words.bare(factor, levels[-1]),
        where=where,
        percent=percent,
    )


def _course(essay: Essay, claim: Claim) -> str:
    words, predicate = essay.words, claim.predicate
    factor, levels = predicate["factor"], predicate["levels"]
    where, shape = words.where(predicate["dataset"]), predicate["shape"]
    if shape in ("rises", "falls", "weakly"):
        weakly = f"course.weakly.{predicate['direction']}"
        return words.say(
            weakly if shape == "weakly" else _monotone_key(claim),
            hedge=essay.hedge(claim),
            where=where,
            steps=_step(words, claim),
        )
    if shape == "flat":
        values = words.listing(_value(claim, lv) for lv in levels)
        return words.say("course.flat", where=where, values=values)
    return words.say(
        f"course.{shape}",
        hedge=essay.hedge(claim),
        where=where,
        level=words.level(factor, _turn(claim)),
        value=_value(claim, _turn(claim)),
        rest=_others(words, claim),
    )


def by_label(claims: Sequence[Claim]) -> list[list[Claim]]:
    """*Change* claims grouped by the trainings they speak of."""
    groups: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        key = (claim.predicate["label"], claim.predicate["dataset"])
        groups.setdefault(key, []).append(claim)
    return list(groups.values())


def moved(essay: Essay, claims: Sequence[Claim]) -> str:
    """ "The VAE on MNIST, from the first epoch to the last: the training loss fell from ...".

    Args:
        claims: *change* claims of the same trainings; signs and percentages as computed.
    """
    words = essay.words
    clauses = []
    for claim in claims:
        share = claim.shown.get("percent", "")
        clauses.append(
            words.say(
                f"moved.{claim.predicate['direction']}",
                metric=words.metric(claim.predicate["metric"]),
                first=claim.shown["first"],
                last=claim.shown["last"],
                share=words.say("moved.share", share=share) if share else "",
            )
        )
    predicate = claims[0].predicate
    return words.say(
        "moved",
        label=predicate["label"],
        where=words.where(predicate["dataset"]),
        clauses=words.listing(clauses),
    )


# ------------------------------------------------------------------ wholes


def needed(drafts: Sequence[Draft]) -> bool:
    """Whether no setting was varied with the rest held fixed, so that only wholes are left."""
    return all(draft.missing for draft in drafts if draft.predicate["kind"] == "best-of")


def ahead(essay: Essay) -> list[Claim]:
    """The claims that say which whole was ahead."""
    return [c for c in essay.of_kind("best-setting") if c.in_these_runs == "yes"]


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
