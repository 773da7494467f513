"""One family of models against another, in English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.claims.sentences.en import names
from labkit.claims.sentences.en.levels import AHEAD, Strengths
from labkit.claims.sentences.numbers import Numbers, decimals_of, typed_decimals

if TYPE_CHECKING:
    from labkit.claims.claim import Sentence
    from labkit.claims.findings.families import Families
    from labkit.claims.verdict import Strength


def statement(found: Families, strength: Strength) -> Sentence:
    """The statement with its numbers: a row of the evidence."""
    n = Numbers()
    values = _values(n, found)
    if found.ahead is None:
        a, b = (names.family(f, several=True) for f in (found.a, found.b))
        return n.sentence(f"{a} and {b} tie{names.on(found.dataset)} ({values}).", [found])
    other = found.b if found.ahead == found.a else found.a
    several = {found.a: found.n_a > 1, found.b: found.n_b > 1}
    tail = AHEAD.get(strength, "")
    text = (
        f"{_named(found.ahead, several)} "
        f"{'are' if several[found.ahead] else 'is'} ahead of "
        f"{_named(other, several)}{names.on(found.dataset)}"
        f"{f', {tail}' if tail else ''} ({values})."
    )
    return n.sentence(text, [found])


def _values(n: Numbers, found: Families, label: bool = True) -> str:
    """ "FID 3.8 against 6.4", the better one first."""
    decimals = decimals_of(found.metric, (found.mean_a, found.mean_b), typed_decimals([found]))
    pair = [(found.a, found.mean_a), (found.b, found.mean_b)]
    if found.ahead == found.b:
        pair.reverse()
    first, second = (
        n.measured(
            found.metric, f"{found.metric}, {family}{names.on(found.dataset)}", mean, decimals
        )
        for family, mean in pair
    )
    return f"{names.measured(found) + ' ' if label else ''}{first} against {second}"


def against(found: Sequence[Families], strengths: Strengths) -> list[Sentence]:
    """Who is ahead on which data set, in as few sentences as the data sets allow."""
    measured = [f for f in found if f.missing is None]
    if len(measured) > 1 and len({(f.ahead, strengths[f.id]) for f in measured}) == 1:
        return [_together(measured, strengths[measured[0].id])]
    return [_together([f], strengths[f.id]) for f in measured]


def _named(family: str, several: dict[str, bool]) -> str:
    """ "GANs", or "the GAN" where it was trained with one setting."""
    return names.family(family, True) if several[family] else f"the {names.family(family)}"


def _settings(found: Sequence[Families], family: str) -> list[int]:
    return [f.n_a if f.a == family else f.n_b for f in found]


def _together(found: Sequence[Families], strength: Strength) -> Sentence:
    n, first = Numbers(), found[0]
    values = names.listing(_values(n, f, label=f is first) + names.on(f.dataset) for f in found)
    where = {1: "", 2: " on both data sets"}.get(len(found), " on all data sets")
    several = {f: any(n_ > 1 for n_ in _settings(found, f)) for f in (first.a, first.b)}
    if first.ahead is None:
        a, b = (_named(f, several) for f in (first.a, first.b))
        return n.sentence(f"{a} and {b} tied{where} ({values}).", found)
    other = first.b if first.ahead == first.a else first.a
    front = "clearly " if strength == "clear" else ""
    back = f", {AHEAD[strength]}" if strength in AHEAD and not front else ""
    text = (
        f"{_named(first.ahead, several)} {'were' if several[first.ahead] else 'was'} {front}ahead of "
        f"{_named(other, several)}{where}{back} ({values})."
    )
    return n.sentence(text, found)
