"""From what a predicate found to a claim with its verdict.

The first rule that matches decides:

1. a needed metric or factor is absent or constant: **not measured**
2. these runs contradict the statement beyond rounding, or the interval lies wholly on
   the other side: **not supported**
3. at least three seeds, the interval clears the margin, and the statement survives
   Holm's correction for all statements of its question: **supported**
4. else **inconclusive**, with the run that could settle it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labkit.claims.cells import Cells
from labkit.claims.claim import Claim, Draft, Reference, Settle, Verdict
from labkit.claims.measure import Measure, Samples, measure
from labkit.claims.settle import settle
from labkit.claims.statistics import holm
from labkit.claims.texts import Words, Writer, capitalised

MIN_SEEDS = 3


@dataclass(frozen=True)
class Context:
    """What every claim of one table shares."""

    cells: Cells
    """The whole table."""
    words: Words
    resume: Callable[[Sequence[str], int], str] | None = None
    """Makes the command that gives some runs a number of seeds; None: ``labkit run``."""
    references: tuple[Reference, ...] = ()
    """Published values to compare with."""
    samples: Samples | None = None
    """How many labkit measured the values with; None where it did not measure them."""

    def writer(self) -> Writer:
        """A new writer."""
        return Writer(self.words)

    def measure(self, name: str, to_target: bool = False) -> Measure:
        """The measure of a catalog metric, for this table."""
        return measure(name, to_target, self.samples)


def judge(question: str, drafts: Sequence[Draft], context: Context) -> tuple[Claim, ...]:
    """All claims of one question, Holm-corrected together, in the order of the drafts."""
    tested = [d.p if d.n_seeds >= MIN_SEEDS and not d.missing else None for d in drafts]
    survives = holm(tested)
    family = sum(p is not None for p in tested)
    return tuple(
        _claim(question, draft, ok, family, context)
        for draft, ok in zip(drafts, survives, strict=True)
    )


def _verdict(draft: Draft, survives: bool) -> Verdict:
    if draft.missing or draft.in_these_runs is None:
        return "not measured"
    if draft.in_these_runs == "no" or draft.opposite:
        return "not supported"
    if draft.in_these_runs == "yes" and draft.n_seeds >= MIN_SEEDS and survives:
        return "supported"
    return "inconclusive"


def _claim(question: str, draft: Draft, survives: bool, family: int, context: Context) -> Claim:
    verdict = _verdict(draft, survives)
    words = context.words
    reasons = (*_reasons(draft, verdict, family, words), *draft.notes)
    text = _text(draft, verdict, words)
    plan: Settle | None = None
    if verdict == "inconclusive":
        plan = settle(draft, family, context)
    return Claim(
        id=f"{question}.{draft.id}",
        question=question,
        scope=draft.scope,
        text=text,
        verdict=verdict,
        in_these_runs=None if verdict == "not measured" else draft.in_these_runs,
        estimate=draft.estimate,
        interval=draft.interval,
        unit=draft.unit,
        n_seeds=draft.n_seeds,
        n_blocks=draft.n_blocks,
        margin=draft.margin,
        below_margin=_is_slight(draft),
        rule=draft.rule,
        numbers=dict(draft.writer.numbers),
        runs=tuple(sorted({cell.run for cell in draft.cells})),
        predicate={**draft.predicate},
        counterexamples=draft.counterexamples,
        reasons=reasons,
        shown=dict(draft.writer.shown),
        settle=plan,
    )


def _is_slight(draft: Draft) -> bool:
    """Whether what these runs show is too small to be worth calling a difference."""
    if draft.slight is not None:
        return draft.slight
    if draft.estimate is None or not draft.margin:
        return False
    return abs(draft.estimate) <= draft.margin


def _clears(draft: Draft) -> bool:
    return draft.p is not None and draft.p <= 0.05


def _reasons(draft: Draft, verdict: Verdict, family: int, words: Words) -> tuple[str, ...]:
    if verdict == "not measured":
        return draft.missing
    if verdict == "not supported":
        slightly = "reason.contradicted_slightly" if draft.slight else "reason.contradicted"
        return (words.say("reason.opposite" if draft.opposite else slightly),)
    if verdict == "supported":
        return ()
    found = []
    if draft.in_these_runs == "tie":
        found.append(words.say(draft.tie_reason))
        if draft.n_seeds > 1:
            return tuple(found)
    if draft.n_seeds in (1, 2):
        found.append(words.say("reason.one_seed" if draft.n_seeds == 1 else "reason.two_seeds"))
        # A small distance is a doubt, but for a statement of closeness.
        ahead = draft.in_these_runs == "yes" and draft.predicate["kind"] != "reproduces"
        if ahead and _is_slight(draft) and draft.quantity in ("difference", "gap", "change"):
            found.append(words.say("reason.small"))
    elif draft.identical:
        found.append(words.say("reason.identical"))
    elif _clears(draft):
        found.append(words.say("reason.holm", n=family))
    elif draft.interval is not None and draft.in_these_runs == "yes":
        found.append(words.say("reason.interval" if _spans_zero(draft) else "reason.margin"))
    return tuple(found)


def _spans_zero(draft: Draft) -> bool:
    assert draft.interval is not None
    return draft.interval[0] <= 0 <= draft.interval[1]


def _text(draft: Draft, verdict: Verdict, words: Words) -> str:
    where = words.where(draft.dataset)
    if verdict == "not measured":
        return words.say(
            "text.not_measured",
            topic=draft.topic,
            where=where,
            reason=words.listing(draft.missing) or words.say("reason.no_data"),
        )
    if draft.in_these_runs == "no":
        return words.say(
            "text.contradicted", where=where, statement=draft.statement, detail=draft.detail
        )
    body = draft.tie if draft.in_these_runs == "tie" else draft.statement
    tail = _tail(draft, verdict, words)
    if verdict != "supported":
        return words.say(
            "text.in_these_runs", where=where, statement=body, detail=draft.detail, tail=tail
        )
    if not draft.dataset:
        return words.say(
            "text.found_bare", statement=capitalised(body), detail=draft.detail, tail=tail
        )
    return words.say(
        "text.found",
        dataset=words.dataset(draft.dataset),
        statement=body,
        detail=draft.detail,
        tail=tail,
    )


def _tail(draft: Draft, verdict: Verdict, words: Words) -> str:
    """The clause that says how sure it is."""
    if draft.n_seeds == 0:
        return ""
    if draft.quantity == "rate" and draft.interval is not None:
        rate = draft.writer.number("rate at most, %", 100 * draft.interval[1], 0)
        return words.say(
            "tail.rate_supported" if verdict == "supported" else "tail.rate",
            what=words.say(f"rate.{draft.predicate['what']}"),
            high=rate,
        )
    if draft.n_seeds == 1:
        return words.say("tail.one_seed")
    if draft.in_these_runs == "tie":
        return ""
    if draft.n_seeds == 2:
        return words.say("tail.two_seeds")
    if draft.identical:
        return words.say("tail.identical", n=draft.writer.count("seeds", draft.n_seeds))
    if draft.interval is None or draft.estimate is None:
        return ""
    low, high = draft.interval
    fields: dict[str, object] = {
        "quantity": words.say(f"quantity.{draft.quantity}"),
        "estimate": draft.writer.number(draft.quantity, draft.estimate, draft.decimals),
        "low": draft.writer.number(f"{draft.quantity}, low", low, draft.decimals),
        "high": draft.writer.number(f"{draft.quantity}, high", high, draft.decimals),
        "unit": words.say("unit", unit=draft.unit) if draft.unit else "",
        "n": draft.writer.count("seeds", draft.n_seeds),
    }
    if verdict == "supported":
        return words.say("tail.supported", **fields)
    if draft.opposite:
        return words.say("tail.opposite", **fields)
    if _clears(draft):
        return words.say("tail.holm", **fields)
    if draft.quantity == "difference" and not _spans_zero(draft) and draft.margin:
        margin = draft.writer.number("margin", draft.margin, draft.decimals)
        return words.say("tail.margin", margin=margin, **fields)
    return words.say("tail.open", **fields)
