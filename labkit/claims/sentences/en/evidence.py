"""A row of the evidence: the statement of one finding, its difference and its rule, in English."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from labkit.claims.findings.absence import Absence
from labkit.claims.findings.change import Change
from labkit.claims.findings.configurations import Configurations
from labkit.claims.findings.families import Families
from labkit.claims.findings.levels import Contrast
from labkit.claims.findings.published import Reproduction
from labkit.claims.findings.spread import Spread
from labkit.claims.sentences.en import (
    absence,
    change,
    configurations,
    families,
    levels,
    names,
    published,
    spread,
)
from labkit.claims.sentences.en.missing import missing
from labkit.claims.sentences.numbers import Numbers, decimals_for, fixed

if TYPE_CHECKING:
    from labkit.claims.claim import Sentence
    from labkit.claims.finding import Finding
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


#: A kind of finding to the function that states it.
STATEMENTS: dict[type[Finding], Callable[..., Sentence]] = {
    Absence: absence.statement,
    Change: change.statement,
    Configurations: configurations.statement,
    Contrast: levels.contrast,
    Families: families.statement,
    Reproduction: published.statement,
    Spread: spread.statement,
}


def statement(found: Finding, strength: Strength) -> Sentence:
    """The statement of one finding as a sentence."""
    if found.missing is not None and not isinstance(found, Reproduction):
        return Numbers().sentence(f"{subject(found)}: {missing(found.missing)}.", [found])
    return STATEMENTS[type(found)](found, strength)


def subject(found: Finding) -> str:
    """What a finding is about, as a noun phrase."""
    about = names.metric(found.metric) if found.metric else found.kind
    if isinstance(found, Absence):
        about = absence.ABOUT[found.what]
    if found.factor:
        about = f"the effect of the {names.factor(found.factor)} on the {about}"
    return about + names.on(found.dataset)


def rule(found: Finding, strength: Strength) -> str:
    """How a finding was computed, and how it came to its strength."""
    if found.missing is not None:
        return RULES["missing"].format(reason=missing(found.missing))
    if isinstance(found, Absence):
        return RULES["absence"]
    if found.noise is None:
        return RULES[""]
    if strength == "seen once":
        return RULES["told"]
    return RULES[found.noise.source].format(name=found.noise.name)


def difference(found: Finding) -> str:
    """The estimate and its noise as shown, "−9 % ± 4 %", of the one ahead; empty where none is."""
    if found.estimate is None or isinstance(found, Absence):
        return ""
    unit = " %" if found.log else (f" {found.unit}" if found.unit else "")
    # The statement names the one that is ahead first, so its sign is that of the difference.
    turned = isinstance(found, Contrast | Families) and found.ahead == found.b
    values = [found.shown(-found.estimate if turned else found.estimate)]
    if found.noise is not None:
        values.append(found.shown(found.noise.error))
    decimals = 0 if found.log and abs(values[0]) >= 10 else decimals_for(values, apart=False)
    text = " ± ".join(fixed(v if i == 0 else abs(v), decimals) for i, v in enumerate(values))
    return f"{text}{unit}"
