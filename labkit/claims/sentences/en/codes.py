"""What the categories of a code came to mean, in English."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.claims.claim import Sentence
from labkit.claims.finding import Missing
from labkit.claims.findings.configurations import Configurations
from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.evidence import missing
from labkit.claims.sentences.numbers import Numbers

#: Not at all, in part, in the main.
DEGREES = ("did not find the classes", "found some of the classes", "found the classes")


def nothing(reasons: Sequence[Missing]) -> Sentence:
    """Nothing was measured."""
    why = missing(reasons[0]) if reasons else "there are no categories"
    return Numbers().sentence(f"not measured: {why}.")


def point(found: Sequence[tuple[Configurations, int]]) -> Sentence:
    """How far categories became classes on each data set, and the share that says so.

    Beside each finding stands its degree, a place in `DEGREES`.
    """
    n, parts = Numbers(), list[str]()
    for each, degree in found:
        share = n.share(f"accuracy{names.on(each.dataset)}", each.values[0])
        who, value = "they", f" ({share})"
        if not parts:
            who = "the categories"
            value = f": {share} of samples look like the class of their category"
        parts.append(f"{names.on(each.dataset).lstrip()} {who} {DEGREES[degree]}{value}".lstrip())
    return n.sentence(f"{'; '.join(parts)}.", [f for f, _ in found])
