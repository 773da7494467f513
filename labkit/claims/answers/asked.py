"""A question while it is answered: its findings with their strengths, and the claims of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.claims.claim import Answer, Claim, Sentence, Settle
from labkit.claims.seeds_needed import plan
from labkit.claims.sentences import voice
from labkit.claims.verdict import FIRM, Strength, judge
from labkit.text.language import _

if TYPE_CHECKING:
    from labkit.claims.cell import Cell
    from labkit.claims.finding import Finding
    from labkit.claims.table import Table


#: A whole answer has at most so many words, and so many measured values.
WORDS, VALUES = 120, 11


@dataclass(frozen=True)
class Asked:
    """The findings of one question, judged together."""

    question: str
    """Catalog key."""
    table: Table
    tested: tuple[Finding, ...]
    """What the question tests, fixed before any value was read."""
    told: tuple[Finding, ...] = ()
    """What is told beside it."""
    quoted: tuple[tuple[Finding, Strength], ...] = ()
    """What another question tests and this one quotes."""
    odd: Cell | None = None
    """The cell that kept a reference from being used."""

    @cached_property
    def strengths(self) -> dict[str, Strength]:
        """Every finding's strength, by its id."""
        return judge(self.tested, self.told) | {f.id: s for f, s in self.quoted}

    def firm(self, found: Iterable[Finding]) -> list[Finding]:
        """Those from which something follows beyond these runs, the largest first."""
        kept = [f for f in found if self.strengths[f.id] in FIRM]
        return sorted(kept, key=lambda f: -abs(f.estimate or 0.0))

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """A claim each: the evidence."""
        every = [*self.tested, *self.told, *(f for f, _s in self.quoted)]
        found = {f.id: f for f in every}
        return tuple(claim(self.question, f, self.strengths[f.id], self) for f in found.values())

    def open(self) -> tuple[Settle | None, Finding | None]:
        """The run that would settle the largest difference that is open, and which that is."""
        factors = QUESTIONS[self.question].factors
        left = [
            f
            for f in (*self.tested, *(f for f, _s in self.quoted))
            if self.strengths[f.id] in ("within noise", "seen once")
            and not f.unresolved
            and (not factors or f.factor in factors)
        ]
        if not left:
            return None, None
        largest = max(
            left, key=lambda f: abs(f.estimate or 0.0) / (f.noise.error if f.noise else 1)
        )
        return plan(largest, self.table, len(self.tested)), largest

    def sure(self, found: Sequence[Finding]) -> str:
        """How sure the answer is, and what would settle what is open."""
        say = voice().sure
        basis = say.basis(found, self.odd, self.table.cells)
        more = say.settle(*self.open())
        return " ".join(text[:1].upper() + text[1:] for text in (basis, more) if text)

    def answer(
        self,
        point: Sentence,
        why: Sequence[Sentence] = (),
        *,
        picture: str = "",
        reason: Sentence | None = None,
        rests_on: Sequence[Finding] | None = None,
    ) -> Answer:
        """The answer, with the evidence of all findings."""
        on = self.tested if rests_on is None else rests_on
        return Answer(
            self.question, _(QUESTIONS[self.question].text), point, _short(point, why, reason),
            picture, reason, self.sure(on), self.claims,
        )  # fmt: skip


def _short(
    point: Sentence, why: Sequence[Sentence], reason: Sentence | None
) -> tuple[Sentence, ...]:
    """The first sentences that one reading takes in: the most important stand first."""
    words = len(point.text.split()) + (len(reason.text.split()) if reason else 0)
    values = len(point.numbers)
    kept: list[Sentence] = []
    for each in why:
        words += len(each.text.split())
        values += len(each.numbers)
        if kept and (words > WORDS or values > VALUES):
            break
        kept.append(each)
    return tuple(kept)


def claim(question: str, found: Finding, strength: Strength, asked: Asked) -> Claim:
    """A finding with its strength in words."""
    say = voice()
    open_ = strength in ("within noise", "seen once")
    settled = plan(found, asked.table, len(asked.tested)) if open_ else None
    reasons = (say.evidence.missing(found.missing),) if found.missing else ()
    return Claim(
        question, found, strength, say.evidence.statement(found, strength),
        say.names.scope(found.cells), say.evidence.rule(found, strength),
        say.evidence.difference(found), reasons, None if settled is None else _settle(settled),
    )  # fmt: skip


def _settle(found: Settle) -> Settle:
    return replace(found, text=voice().sure.settle(found))
