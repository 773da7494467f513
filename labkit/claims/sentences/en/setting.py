"""What one setting changed, in English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.claims.cells import Cells
from labkit.claims.findings.absence import Absence, by_level
from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.absence import hits, shared_out
from labkit.claims.sentences.en.configurations import measured
from labkit.claims.sentences.en.levels import standing
from labkit.claims.sentences.en.missing import missing
from labkit.claims.sentences.numbers import Numbers

if TYPE_CHECKING:
    from labkit.claims.claim import Sentence
    from labkit.claims.finding import Missing
    from labkit.claims.findings.configurations import Configurations
    from labkit.claims.findings.levels import Levels
    from labkit.claims.sentences.en.levels import Strengths

#: A level whose being ahead or behind has an explanation to the pattern's name.
PATTERNS = {
    "gradient_penalty": "gradient_penalty",
    "spectral_norm": "spectral_norm",
    "clip": "clipping",
    "wasserstein": "wasserstein_few_steps",
}


def nothing(factor: str, reasons: Sequence[Missing]) -> Sentence:
    """Why nothing can be credited to the setting."""
    why = f": {missing(reasons[0])}" if reasons else ""
    text = f"nothing can be credited to the {names.factor(factor)}{why}."
    return Numbers().sentence(text)


def whole(found: Sequence[Configurations]) -> list[Sentence]:
    """The best whole setting where single ones cannot be told apart, a sentence a data set."""
    sentences = []
    for each in found:
        n, among = Numbers(), Cells(each.cells)
        if each.here == "tie" or len(each.order) < 2:
            continue
        best, other = (names.cell(c, among, seeds=False) for c in (each.order[0], each.order[-1]))
        a, b = (
            measured(n, each, k, v)
            for k, v in (("best", each.values[0]), ("last", each.values[-1]))
        )
        between = "the other" if len(each.order) == 2 else "the last"
        sentences.append(
            n.sentence(
                f"as a whole, {best} had the best {names.metric(each.metric)}"
                f"{names.on(each.dataset)} ({a}; {between}, {other}, {b}).", [each],
            )
        )  # fmt: skip
    return sentences


def counted(found: Absence, factor: str) -> Sentence | None:
    """How often something happened, level by level; None where the setting has one level."""
    counts = by_level(found, factor)
    if len(counts) < 2:
        return None
    if len(found.hit) == found.n:
        text = f"whatever the {names.factor(factor)}, {_everywhere(found)}."
    elif found.what == "collapse":
        text = f"{shared_out(found, factor)} collapsed."
    else:
        text = f"the FID rose again in {shared_out(found, factor)}."
    return Numbers().sentence(text, [found])


def _everywhere(found: Absence) -> str:
    if found.what == "collapse":
        return f"{hits(found)} collapsed"
    return f"the FID rose again in {hits(found)}"


def pattern(factor: str, found: Sequence[Levels], strengths: Strengths) -> str:
    """The textbook explanation of what is ahead or behind on every data set; empty for none."""
    if any(standing(f, strengths).alike for f in found):
        return ""
    for name in ("gradient_penalty", "spectral_norm"):
        if all(f.order[0] == name for f in found):
            return PATTERNS[name]
    for name in ("clip", "wasserstein"):
        if all(f.order[-1] == name for f in found):
            return PATTERNS[name]
    falls = all(f.order[0] == min(f.means) for f in found if factor == "beta")
    return "larger_beta" if factor == "beta" and falls else ""
