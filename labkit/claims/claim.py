"""A claim: a finding, what may be concluded from it, and the sentence that says both."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from labkit.claims.finding import Finding, Here, plain
from labkit.claims.verdict import Strength, Verdict, verdict
from labkit.text.numbers import joined


@dataclass(frozen=True)
class Published:
    """A published value and what it is compared with here."""

    metric: str
    value: float
    tolerance: float
    """How far ours may be, in the metric's unit, and still count as reproduced."""
    source: str
    where: Mapping[str, Any] = field(default_factory=dict)
    """Which cells it speaks of: ``family``, ``dataset`` and any setting."""
    not_comparable: str = ""
    """If the two cannot be compared, why; then no number is set beside another."""


@dataclass(frozen=True)
class Settle:
    """The run that could settle what is open, or that none can."""

    text: str = ""
    """What to run and about how long it takes, as a clause a sentence can end with."""
    command: str = ""
    """Ready to paste: ``labkit run --seeds 3 --only 'MNIST_GAN_*'``; empty if none helps."""
    seeds: int = 0
    """Seeds per cell after that run; 0 if no number of seeds would do."""
    trainings: int = 0
    seconds: float | None = None
    """Their time one after another, from the measured times of the same cells; None: unknown."""


@dataclass(frozen=True)
class Sentence:
    """One sentence with the numbers it prints and the ids of the findings it rests on."""

    text: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Every measured value in it, by what it is; ``shown`` has them as the text prints them."""
    shown: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    """One statement with all it rests on."""

    question: str
    finding: Finding
    strength: Strength
    sentence: Sentence
    scope: str
    """The cells it speaks of, in words: ``GAN on MNIST``."""
    rule: str
    """How estimate, interval and strength were computed, in one or two sentences."""
    difference: str = ""
    """The estimate as a reader sees it, of the one ahead: "−24 %"."""
    reasons: tuple[str, ...] = ()
    """Why nothing more can be said, one clause each."""
    settle: Settle | None = None

    @property
    def id(self) -> str:
        """Stable and readable: ``stability.contrast.gan.loss.fid_drawdown.MNIST.bce-hinge``."""
        return f"{self.question}.{self.finding.id}"

    @property
    def text(self) -> str:
        return self.sentence.text

    @property
    def verdict(self) -> Verdict:
        """The formal verdict: ``supported`` for what is clear alone."""
        return verdict(self.strength)

    @property
    def in_these_runs(self) -> Here | None:
        """What the rows at hand show, at their rounding; None where nothing was measured."""
        return None if self.strength == "not measured" else self.finding.here

    @property
    def runs(self) -> tuple[str, ...]:
        """The cells the numbers were computed from."""
        return tuple(sorted({cell.run for cell in self.finding.cells}))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, those in ``unit`` in percent where ratios are compared."""
        found, interval, noise = self.finding, self.finding.interval(), self.finding.noise
        said = {
            "id": self.id,
            "question": self.question,
            "scope": self.scope,
            "text": self.text,
            "verdict": self.verdict,
            "strength": self.strength,
            "in_these_runs": self.in_these_runs,
            "estimate": None if found.estimate is None else found.shown(found.estimate),
            "interval": interval and tuple(map(found.shown, interval)),
            "unit": "%" if found.log else found.unit,
            "n_seeds": found.n_seeds,
            "n_blocks": found.n_blocks,
            "margin": found.shown(found.margin),
            "noise": noise
            and {
                "standard_error": found.shown(noise.error),
                "degrees_of_freedom": noise.df,
                "source": noise.source,
                "reference": noise.name,
            },
            "rule": self.rule,
            "numbers": self.sentence.numbers,
            "runs": self.runs,
            "predicate": found.to_json(),
            "counterexamples": found.counterexamples,
            "reasons": self.reasons,
            "settle": self.settle and asdict(self.settle),
        }
        return {name: plain(value) for name, value in said.items()}


@dataclass(frozen=True)
class Answer:
    """A reflection question (its catalog key and its words), answered from the table."""

    question: str
    heading: str
    point: Sentence | None = None
    """What answers the question as asked; None where nothing is computed for it."""
    why: tuple[Sentence, ...] = ()
    """The numbers that carry the point, the largest effect first, exceptions included."""
    picture: str = ""
    """The figure that shows it: a plot's catalog key, or ``samples:RUN``."""
    reason: Sentence | None = None
    """What the literature says of such a pattern, with its source; it was not tested here."""
    sure: str = ""
    """Whose noise was used, or that there is none; what would settle what matters most."""
    claims: tuple[Claim, ...] = ()
    settle: Settle | None = None
    """The run that would settle what matters most, as `sure` says; None: nothing is open."""

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Point, why and likely reason, in order."""
        found = (self.point, *self.why, self.reason)
        return tuple(sentence for sentence in found if sentence is not None)

    @property
    def paragraph(self) -> str:
        """The sentences, joined: what a student may defend and build on."""
        return joined(sentence.text for sentence in self.sentences)

    def to_json(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "heading": self.heading,
            "point": self.point.text if self.point else "",
            "paragraph": self.paragraph,
            "sure": self.sure,
            "claims": [claim.to_json() for claim in self.claims],
        }
