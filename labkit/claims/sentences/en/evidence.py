"""A row of the evidence: the statement of one finding, its difference and its rule, in English.

Kinds of findings that answers tell of in several ways have modules of their own.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from labkit.claims.cells import Cells
from labkit.claims.claim import Sentence
from labkit.claims.finding import Finding, Missing
from labkit.claims.findings.absence import Absence
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.published import Reproduction
from labkit.claims.findings.spread import Spread
from labkit.claims.findings.statement import Statement
from labkit.claims.sentences import judged, telling
from labkit.claims.sentences.en import absence, grammar, names
from labkit.claims.sentences.numbers import Numbers, decimals_for, place
from labkit.claims.verdict import Strength

#: How a strength is decided, said once under each table of evidence.
RULES = {
    "own": "Student's t against this factor's own variation over seeds, pooled over data sets; "
    "Holm's correction over all that the question tests",
    "reference": "Student's t against the variation of repeated trainings of the same kind "
    "({name}); Holm's correction over all that the question tests",
    "": "counted in these runs; no run-to-run noise is known",
    "told": "counted in these runs; the question's tests are of another measure",
    "absence": "counted; one case refutes it; the interval is that of Clopper and Pearson",
    "missing": "not measured: {reason}",
}
#: Why nothing can be said, as clauses.
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
    """Why nothing can be said, as a clause without a full stop."""
    about: defaultdict[str, Any] = defaultdict(str, found.about)
    others = [names.factor(each) for each in about["others"]]
    return CLAUSES[found.reason].format(
        factor=names.factor(about["factor"]), factors=names.factor(about["factor"], True),
        family=names.family(about["family"]), families=names.family(about["family"], True),
        level=names.level(about["factor"], about["level"]), metric=names.metric(about["metric"]),
        others=names.listing(others if len(others) <= judged.LISTED else [*others[:2], "more"]),
        why=about["why"],
    )  # fmt: skip


def nothing(
    found: Sequence[Finding], start: str = "not measured", why: str = "", of: Sequence[Finding] = ()
) -> Sentence:
    """That nothing can be said `of` findings: as the first missing one found has it, or `why`."""
    why = next((missing(f.missing) for f in found if f.missing is not None), why)
    return Numbers().sentence(f"{start}{why and ': '}{why}.", of)


def unmeasured(found: Finding, why: Missing) -> Sentence:
    """The statement of a finding that nothing is known of."""
    about = names.metric(found.metric) if found.metric else found.kind
    if isinstance(found, Absence):
        about = absence.ABOUT[found.what]
    if found.factor:
        about = f"the effect of the {names.factor(found.factor)} on the {about}"
    text = f"{about}{place(found.dataset)}: {missing(why)}."
    return Numbers().sentence(text, [found])


def difference(found: Finding) -> str:
    """The estimate and its noise as shown, "−9 % ± 4 %", of the one ahead; empty where none is."""
    values, unit = judged.difference(found)
    return values + (unit and f" {unit}")


def checked(found: Finding, strength: Strength) -> Sentence:
    """Say whether a checked statement holds in the table, with the values that decide it."""
    if not isinstance(found, Statement) or found.missing is not None:
        return telling.statement(found, strength)
    said = "seen once" if strength == "refuted" else strength
    shown = [telling.shown(each, found.form, said) for each in found.shows]
    first, *rest = (each.text.rstrip(".") for each in shown)
    text = "; ".join([first, *map(grammar.lower, rest)]) + "."
    if found.here == "no":
        front = "this does not hold" if strength == "refuted" else "not so in these runs"
        text = f"{front}: {grammar.lower(text)}"
    return Numbers.of(shown).sentence(text, found.shows)


def configurations(found: Configurations, strength: Strength) -> Sentence:
    """The best whole setting and the next."""
    n, among = Numbers(), Cells(found.cells)
    value = n.whole(found, "best", found.values[0])
    if len(found.order) == 1:
        of = f" of the {names.family(found.family)}" if found.family else ""
        text = f"{names.metric(found.metric)}{of}{place(found.dataset)}: {value}."
        return n.sentence(text, [found])
    of = f" of {names.family(found.family, several=True)}" if found.family else ""
    what = f"the best {names.metric(found.metric)}{of}{place(found.dataset)}"
    if found.here == "tie":
        tied = names.counted(found.tied, "setting")
        return n.sentence(f"{tied} tie for {what} ({value}).", [found])
    best, other = (names.cell(c, among, seeds=False) for c in found.order[:2])
    led = f", ahead in {names.part(found.led, found.n_seeds, 'seed')}" if found.n_seeds > 1 else ""
    behind = n.whole(found, "next", found.values[1])
    text = f"{what} is that of {best} ({value}), before {other} ({behind}){led}."
    return n.sentence(text, [found])


def spread(found: Spread, strength: Strength) -> Sentence:
    """ "Of the spread of proxy FID on MNIST, z dimension has 37 %, loss 5 %, ..., noise 50 %"."""
    n, on = Numbers(), place(found.dataset)
    parts = [
        f"the {names.factor(f)} {'has ' if i == 0 else ''}{n.share(f'{f}, share{on}', share)}"
        for i, (f, share) in enumerate(found.shares.items())
    ]
    noise = ", or noise," if found.rest is None else ""
    parts.append(f"how they combine{noise} {n.share(f'combination{on}', found.combination)}")
    if found.rest is not None:
        parts.append(f"noise {n.share(f'noise{on}', found.rest)}")
    text = f"of the spread of {names.metric(found.metric)}{on}, {names.listing(parts)}."
    return n.sentence(text, [found])


def published(found: Reproduction, strength: Strength) -> Sentence:
    """One published value and ours."""
    n, what = Numbers(), f"{names.metric(found.metric)} of {found.source}"
    if found.missing is not None:
        return n.sentence(f"{what}: not comparable here, {missing(found.missing)}.", [found])
    decimals = decimals_for((found.published, found.ours), apart=False)
    ours = n.value(f"ours, {found.number}", found.ours, decimals)
    theirs = n.value(f"published, {found.number}", found.published, decimals)
    room = n.value(f"tolerance, {found.number}", found.tolerance, decimals_for([found.tolerance]))
    verb = "is reproduced" if found.here == "yes" else "is not reproduced"
    runs = {c.seedless for c in found.cells}
    by = f" by {runs.pop()}" if len(runs) == 1 else ""
    sure = ", clearly" if strength in ("clear", "refuted") else ""
    text = f"{what} {verb}{by}{sure}: {ours} against {theirs} (within {room})."
    return n.sentence(text, [found])


def reproduced(found: Sequence[Reproduction]) -> Sentence:
    """How many published values were reproduced."""
    total, same = sum(f.missing is None for f in found), sum(f.here == "yes" for f in found)
    left = len(found) - total
    more = f"; {grammar.count(left)} cannot be compared" if left else ""
    are = "is" if same == 1 else "are"
    text = f"{names.part(same, total, 'published value')} {are} reproduced{more}"
    if not total:
        text = "none of the published values can be compared with these runs"
    elif total == 1:
        yes, is_ = ("yes", "is") if same else ("no", "is not")
        text = f"{yes}: the one published value {is_} reproduced{more}"
    elif same == total:
        text = f"yes: {names.part(same, total, 'published value')} are reproduced{more}"
    return Numbers().sentence(f"{text}.", found)
