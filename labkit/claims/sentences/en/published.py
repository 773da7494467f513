"""Published values beside these, in English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.missing import missing
from labkit.claims.sentences.numbers import Numbers, decimals_for

if TYPE_CHECKING:
    from labkit.claims.claim import Sentence
    from labkit.claims.findings.published import Reproduction
    from labkit.claims.verdict import Strength


def statement(found: Reproduction, strength: Strength) -> Sentence:
    """One published value and ours."""
    n = Numbers()
    if found.missing is not None:
        what = f"{names.metric(found.metric)} of {found.source}"
        return n.sentence(f"{what}: not comparable here, {missing(found.missing)}.", [found])
    decimals = decimals_for((found.published, found.ours), apart=False)
    ours = n.value(f"ours, {found.number}", found.ours, decimals)
    theirs = n.value(f"published, {found.number}", found.published, decimals)
    room = n.value(f"tolerance, {found.number}", found.tolerance, decimals_for([found.tolerance]))
    verb = "is reproduced" if found.here == "yes" else "is not reproduced"
    names_ = {c.seedless for c in found.cells}
    by = f" by {names_.pop()}" if len(names_) == 1 else ""
    sure = ", clearly" if strength in ("clear", "refuted") else ""
    return n.sentence(
        f"{names.metric(found.metric)} of {found.source} {verb}{by}{sure}: {ours} against {theirs} "
        f"(within {room}).", [found],
    )  # fmt: skip


def point(found: Sequence[Reproduction]) -> Sentence:
    """How many published values were reproduced."""
    known = [f for f in found if f.missing is None]
    if not known:
        return Numbers().sentence(
            "none of the published values can be compared with these runs.", found
        )
    same = sum(f.here == "yes" for f in known)
    total = len(known)
    left = len(found) - total
    more = f"; {names.count(left)} cannot be compared" if left else ""
    if total == 1:
        text = "yes, the one published value is" if same else "no, the one published value is not"
        return Numbers().sentence(f"{text} reproduced{more}.", found)
    if same == total:
        return Numbers().sentence(
            f"yes, all {names.count(total)} published values are{more}.", found
        )
    counted = f"{names.count(same) if same else 'none'} of {names.count(total)} published values"
    return Numbers().sentence(f"{counted} {'is' if same == 1 else 'are'} reproduced{more}.", found)
