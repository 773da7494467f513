"""What answers are made of: findings judged together, their strengths, and the claims of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.claims.cell import Cell
from labkit.claims.cells import Cells
from labkit.claims.claim import Answer, Claim, Sentence, Settle
from labkit.claims.finding import Finding, known
from labkit.claims.findings.levels import Contrast, Levels, levels, pairs_of_levels, turned_round
from labkit.claims.measure import first_measured
from labkit.claims.seeds_needed import plan
from labkit.claims.sentences import voice
from labkit.claims.sentences.numbers import size
from labkit.claims.verdict import Strength, judge
from labkit.text.language import _
from labkit.text.numbers import joined
from labkit.text.typography import has_han

if TYPE_CHECKING:
    from labkit.claims.table import Table

#: At most so many varied settings are compared.
MAX_FACTORS = 5
#: A whole answer has at most so many words and measured values; most have fewer.
WORDS, VALUES = 126, 11
#: And so many characters where no spaces stand between words.
CHARACTERS = 300
#: How varied samples are, the first that was measured.
DIVERSITY = ("coverage", "recall", "vendi")
#: Two measures of how much of the real images is covered.
COVERING = ("coverage", "recall")
#: Strengths that more seeds could settle.
OPEN: tuple[Strength, ...] = ("within noise", "seen once")


@dataclass(frozen=True)
class Quality:
    """What each setting of a family did to one measure, judged together."""

    by_factor: Mapping[str, tuple[Levels, ...]] = field(default_factory=dict)

    @cached_property
    def contrasts(self) -> list[Contrast]:
        """Every pair that was tested."""
        return pairs_of_levels(each for found in self.by_factor.values() for each in found)

    @cached_property
    def strengths(self) -> dict[str, Strength]:
        """Every pair's strength, by its id."""
        return judge(self.contrasts)

    @property
    def known(self) -> list[Levels]:
        """What could be compared, setting by setting."""
        return [each for found in self.by_factor.values() for each in known(found)]

    @property
    def largest_first(self) -> list[str]:
        """Factors by the largest difference of theirs, measured ones only."""
        measured = {name: known(found) for name, found in self.by_factor.items()}
        sizes = {name: max(f.largest for f in found) for name, found in measured.items() if found}
        return sorted(sizes, key=lambda name: -sizes[name])

    def told(
        self,
        strengths: dict[str, Strength] | None = None,
        most: int = MAX_FACTORS,
        brief: int = 0,
        beside: Sequence[Levels] = (),
    ) -> list[Sentence]:
        """Which level of each setting was best, in sentences, the largest effects first."""
        say = voice().telling
        return [
            sentence
            for factor in self.largest_first[:most]
            for sentence in say.best(
                self.by_factor[factor], strengths or self.strengths, brief,
                [f for f in beside if f.factor == factor],
            )
        ]  # fmt: skip

    def turned_round(self, cells: Cells, table: Table) -> list[Levels]:
        """Where what covers most is last by the other measure of that, settings as here."""
        by = {f.metric for f in self.known}
        others = [m for m in COVERING if m not in by] if by & {*COVERING} else []
        return [
            f
            for metric in others
            if first_measured([metric], cells)
            for f in turned_round(
                self.known, quality(cells, table, metric, list(self.by_factor)).known
            )
        ]


def quality(
    cells: Cells, table: Table, metric: str = "proxy_fid", settings: Sequence[str] = ()
) -> Quality:
    """Settings of one family (else all varied ones) against themselves, by one measure."""
    measure, factors = table.measure(metric), settings or list(cells.factors)[:MAX_FACTORS]
    return Quality({factor: levels(cells, factor, measure, table) for factor in factors})


@dataclass(frozen=True)
class Asked:
    """The findings of one question, judged together."""

    question: str
    table: Table
    tested: tuple[Finding, ...]
    """What the question tests, fixed before any value was read."""
    told: tuple[Finding, ...] = ()
    """What is told beside it."""
    quoted: Quality = field(default_factory=Quality)
    """What another question tests and this one quotes."""
    odd: Cell | None = None
    """The cell that kept a reference from being used."""

    @cached_property
    def strengths(self) -> dict[str, Strength]:
        """Every finding's strength, by its id."""
        return judge(self.tested, self.told) | self.quoted.strengths

    def answer(
        self,
        point: Sentence,
        why: Sequence[Sentence] = (),
        picture: str = "",
        reason: Sentence | None = None,
        rests_on: Sequence[Finding] = (),
    ) -> Answer:
        """The answer, with the evidence of all findings; it rests on those tested, or on others."""
        found = {f.id: f for f in (*self.tested, *self.told, *self.quoted.contrasts)}
        kept = _short(point, why, reason)
        told = {id_ for each in (point, *kept) for id_ in each.findings}
        beside = [f for f in self.told if f.id in told and self.strengths[f.id] == "seen once"]
        basis = voice().sure.basis(rests_on or self.tested, self.odd, self.table.cells, beside)
        settle = self._settle()
        said = [text[:1].upper() + text[1:] for text in (basis, settle and settle.text) if text]
        return Answer(
            self.question, _(QUESTIONS[self.question].text), point, kept,
            picture, reason, joined(said), tuple(self._claim(f) for f in found.values()), settle,
        )  # fmt: skip

    def _settle(self) -> Settle | None:
        """The run that would settle the largest difference that is open."""
        factors = QUESTIONS[self.question].factors

        def still_open(f: Finding) -> bool:
            asked = not factors or f.factor in factors
            return asked and self.strengths[f.id] in OPEN and not f.unresolved

        left = [*filter(still_open, self.tested)] or [*filter(still_open, self.quoted.contrasts)]
        if not left:
            return None
        size = {f.id: abs(f.estimate or 0.0) / (f.noise.error if f.noise else 1) for f in left}
        if all(f.kind == "families" and f.noise is None for f in left):
            size = {key: -gap for key, gap in size.items()}  # of these, the closest is in doubt
        largest = max(_leads(left), key=lambda f: size[f.id])
        run = plan(largest, self.table, len(self.tested))
        return replace(run, text=voice().sure.settle(run, largest))

    def _claim(self, found: Finding) -> Claim:
        """A finding with its strength in words: a row of the evidence."""
        say, strength, settle = voice(), self.strengths[found.id], None
        if strength in OPEN:
            run = plan(found, self.table, len(self.tested))
            settle = replace(run, text=say.sure.settle(run))
        statement = say.telling.statement(found, strength)
        made: Claim = say.telling.claim(self.question, found, strength, statement, settle)
        return made


def _leads(found: Sequence[Finding]) -> Sequence[Finding]:
    """The best level against the next best of each factor and data set, the hardest to tell apart.

    Only for pairs without a known noise; findings with one are returned as they are.
    """
    pairs = [f for f in found if isinstance(f, Contrast) and f.noise is None]
    if len(pairs) < len(found):
        return found
    behind = {(f.factor, f.metric, f.dataset, f.behind) for f in pairs}
    best = [f for f in pairs if (f.factor, f.metric, f.dataset, f.ahead) not in behind]
    best.sort(key=lambda f: -abs(f.estimate or 0.0))
    return list({(f.factor, f.metric, f.dataset): f for f in best}.values()) or found


def _short(
    point: Sentence, why: Sequence[Sentence], reason: Sentence | None
) -> tuple[Sentence, ...]:
    """The first sentences that one reading takes in: the most important stand first."""
    rest = [reason.text] if reason else []
    words = sum(map(size, (point.text, *rest)))
    values = len(point.numbers)
    for i, each in enumerate(why):
        words += size(each.text)
        values += len(each.numbers)
        whole = joined([point.text, *(s.text for s in why[: i + 1]), *rest])
        long = has_han(whole) and len(whole) > CHARACTERS
        if i and (words > WORDS or values > VALUES or long):
            return tuple(why[:i])
    return tuple(why)
