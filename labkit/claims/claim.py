"""A claim: one statement, what the rows at hand show, and what may be concluded.

The two are kept apart. ``in_these_runs`` is a fact about a table: the hinge rows are
lower, or they are not, or they tie at their rounding. The ``verdict`` is about what
would happen if the runs were made again, and needs several seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from labkit.claims.cell import Cell

if TYPE_CHECKING:
    from labkit.claims.texts import Writer

Verdict = Literal["supported", "not supported", "inconclusive", "not measured"]
InTheseRuns = Literal["yes", "no", "tie"]

#: A sign for each verdict, so that it never rests on a colour alone.
MARKS: dict[Verdict, str] = {
    "supported": "✓",
    "not supported": "✗",
    "inconclusive": "?",
    "not measured": "–",
}


@dataclass(frozen=True)
class Reference:
    """A published value and what it is compared with here."""

    metric: str
    """Catalog key."""
    value: float
    tolerance: float
    """How far ours may be, in the metric's unit, and still count as reproduced."""
    source: str
    """Where it stands, in words."""
    where: Mapping[str, Any] = field(default_factory=dict)
    """Which cells it speaks of: ``family``, ``dataset`` and any setting."""
    not_comparable: str = ""
    """If the two cannot be compared, why; then no number is set beside another."""


@dataclass(frozen=True)
class Draft:
    """What a predicate found, before all drafts of a question are judged together."""

    id: str
    scope: str
    dataset: str
    """Data set the statement is about; "" if it is about several or none is named."""
    predicate: Mapping[str, Any]
    writer: Writer
    """Holds the numbers used so far; the verdict's clause adds its own."""
    topic: str
    """The subject as a noun phrase, for when nothing can be said: "the effect of ..."."""
    statement: str = ""
    """The statement, lower case, no full stop: "hinge has a lower proxy FID than BCE"."""
    detail: str = ""
    """The numbers behind it, with their own punctuation: ": 12.3 against 14.2"."""
    tie: str = ""
    """The statement to make where rounding does not separate the values."""
    in_these_runs: InTheseRuns | None = None
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    unit: str = ""
    decimals: int = 3
    n_seeds: int = 0
    n_blocks: int = 0
    margin: float | None = None
    p: float | None = None
    """Two-sided p-value that the statement's effect does not exceed the margin."""
    opposite: bool = False
    """The interval lies wholly on the other side."""
    identical: bool = False
    """Several seeds gave the very same values."""
    slight: bool | None = None
    """Whether a step that decides is below its margin; None: the estimate against `margin`."""
    deviation: float | None = None
    """Standard deviation of the estimate over seeds, to plan further ones."""
    rule: str = ""
    quantity: str = "difference"
    """Message key suffix naming the estimate: difference, gap, share, rate, change."""
    cells: tuple[Cell, ...] = ()
    counterexamples: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Why it is not measured, as clauses."""
    notes: tuple[str, ...] = ()
    """Caveats that do not change the verdict, as clauses."""
    tie_reason: str = "reason.tie"
    """Message key of what a tie means here."""
    seeds_wanted: int | None = None
    """Seeds that could settle it where that is known otherwise; 0: no seed can."""


@dataclass(frozen=True)
class Settle:
    """The run that could turn *inconclusive* into something else."""

    text: str
    """What to run and about how long it takes, as a clause a sentence can end with."""
    command: str
    """Ready to paste: ``labkit run --seeds 3 --only 'MNIST_GAN_*'``; empty if none helps."""
    seeds: int
    """Seeds per cell after that run."""
    trainings: int
    """Trainings it adds."""
    seconds: float | None
    """Their time one after another, from the measured times of the same cells; None: unknown."""

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "command": self.command,
            "seeds": self.seeds,
            "trainings": self.trainings,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Claim:
    """One statement with all it rests on."""

    id: str
    """Stable and readable: ``stability.best-of.loss.proxy_fid.MNIST``."""
    question: str
    """Catalog key of the question it answers."""
    scope: str
    """The cells it speaks of, in words: ``GAN on MNIST``."""
    text: str
    """The statement as a sentence; every number in it is in ``numbers``."""
    verdict: Verdict
    in_these_runs: InTheseRuns | None
    """None where a needed metric or factor is absent."""
    estimate: float | None
    """Size of the effect in ``unit``; its sign is explained by ``rule``."""
    interval: tuple[float, float] | None
    """95 % interval of the estimate; None below two seeds."""
    unit: str
    n_seeds: int
    n_blocks: int
    """Settings of the other factors over which the contrast is averaged."""
    margin: float | None
    """What the interval must clear, in ``unit``."""
    rule: str
    """How estimate, interval and verdict were computed, in one or two sentences."""
    numbers: Mapping[str, float]
    """Every number of the text (and a few more), by what it is."""
    runs: tuple[str, ...]
    """The cells the numbers were computed from."""
    predicate: Mapping[str, Any] = field(default_factory=dict)
    """What was tested, for programs: kind, factor, metric, dataset, levels, ..."""
    counterexamples: tuple[str, ...] = ()
    """Cells, blocks or steps that contradict the statement."""
    reasons: tuple[str, ...] = ()
    """Why the verdict is not better, one clause each."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """The numbers as the text prints them, by the same names."""
    settle: Settle | None = None
    below_margin: bool = False
    """Whether what these runs show is too small to be worth calling a difference."""

    @property
    def mark(self) -> str:
        """The verdict's sign: ✓ ✗ ? –."""
        return MARKS[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; a number that is not finite becomes None."""
        return {
            "id": self.id,
            "question": self.question,
            "scope": self.scope,
            "text": self.text,
            "verdict": self.verdict,
            "in_these_runs": self.in_these_runs,
            "estimate": _finite(self.estimate),
            "interval": None if self.interval is None else [_finite(end) for end in self.interval],
            "unit": self.unit,
            "n_seeds": self.n_seeds,
            "n_blocks": self.n_blocks,
            "margin": _finite(self.margin),
            "rule": self.rule,
            "numbers": {name: _finite(value) for name, value in self.numbers.items()},
            "runs": list(self.runs),
            "predicate": dict(self.predicate),
            "counterexamples": list(self.counterexamples),
            "reasons": list(self.reasons),
            "settle": None if self.settle is None else self.settle.to_json(),
        }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True)
class Sentence:
    """One sentence of a computed paragraph and the claims it rests on."""

    text: str
    claims: tuple[str, ...]
    """Ids; a report links the sentence to their evidence."""


@dataclass(frozen=True)
class Answer:
    """A reflection question, answered from the table."""

    question: str
    """Catalog key."""
    heading: str
    """The question's words."""
    paragraph: str
    """The sentences, joined: what a student may defend and build on."""
    claims: tuple[Claim, ...]
    sentences: tuple[Sentence, ...] = ()
    """The same paragraph, sentence by sentence."""

    def to_json(self) -> dict[str, Any]:
        """Question, paragraph and claims as plain JSON values."""
        return {
            "question": self.question,
            "heading": self.heading,
            "paragraph": self.paragraph,
            "claims": [claim.to_json() for claim in self.claims],
        }
