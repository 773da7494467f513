"""From claims to a paragraph: sentences that only repeat what claims say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from labkit.catalog import QUESTIONS
from labkit.claims.cells import Cells
from labkit.claims.claim import Answer, Claim, Draft, Sentence
from labkit.claims.judge import MIN_SEEDS, Context, judge
from labkit.claims.settle import plan_for
from labkit.claims.texts import Words, capitalised
from labkit.text.language import _

Doubt = Literal["", "apparently", "narrowly"]


class Essay:
    """One answer in the making. Numbers enter a sentence only as a claim prints them."""

    def __init__(self, key: str, drafts: Sequence[Draft], context: Context) -> None:
        self.key = key
        self.context = context
        self.words: Words = context.words
        self.claims = judge(key, drafts, context)
        self._by_id = {claim.id: claim for claim in self.claims}
        self._sentences: list[Sentence] = []
        self._voiced: set[Doubt] = set()

    def claim(self, *parts: str) -> Claim:
        """The claim of an id, given without the question; `KeyError` if there is none."""
        return self._by_id[".".join((self.key, *parts))]

    def found(self, *parts: str) -> Claim | None:
        """The same, or None where it is absent or not measured."""
        claim = self._by_id.get(".".join((self.key, *parts)))
        return None if claim is None or claim.verdict == "not measured" else claim

    def by_dataset(self, cells: Cells, *parts: str) -> list[Claim]:
        """The same of each data set of some cells, where it was measured."""
        return [c for d in cells.datasets if (c := self.found(*parts, d or "all"))]

    def of_kind(self, kind: str, metric: str = "") -> list[Claim]:
        """The claims of one kind (and metric) that were measured."""
        return [
            c
            for c in self.claims
            if c.predicate["kind"] == kind
            and c.verdict != "not measured"
            and (not metric or c.predicate["metric"] == metric)
        ]

    def add(self, key: str, claims: Iterable[Claim] = (), **fields: object) -> None:
        """A sentence from a message; nothing is added if the message is empty."""
        self.write(self.words.say(key, **fields), claims)

    def write(self, text: str, claims: Iterable[Claim] = ()) -> None:
        """A sentence as it is."""
        if text:
            ids = tuple(dict.fromkeys(claim.id for claim in claims))
            self._sentences.append(Sentence(capitalised(text), ids))

    @property
    def seeds(self) -> int:
        """The most seeds that any claim of the question rests on."""
        return max((c.n_seeds for c in self.claims if c.verdict != "not measured"), default=0)

    def doubt(self, claim: Claim) -> Doubt:
        """What a finding has to be hedged with so that it says no more than it may.

        With three seeds or more, *apparently* where they leave it open (also where only
        other cells have so many); with fewer, *narrowly* for a difference below the margin,
        be it for the statement or against it (that one training proves little is said of
        everything at the paragraph's end).
        """
        if claim.verdict in ("supported", "not measured") or claim.in_these_runs == "tie":
            return ""
        if self.seeds >= MIN_SEEDS:
            settled = claim.in_these_runs == "no" and _lies_beyond_zero(claim)
            return "" if settled else "apparently"
        return "narrowly" if claim.below_margin else ""

    def first_doubt(self, claims: Iterable[Claim]) -> Doubt:
        """The doubt about a finding that rests on several claims: the first there is."""
        return next((doubt for claim in claims if (doubt := self.doubt(claim))), "")

    def hedge(self, *claims: Claim) -> str:
        """The first doubt about some claims in words, for a sentence that is then added."""
        return self.voiced(self.first_doubt(claims))

    def voiced(self, doubt: Doubt) -> str:
        """A doubt in words, with the space after it, for a sentence that is then added."""
        if not doubt:
            return ""
        self._voiced.add(doubt)
        return self.words.say(f"answer.{doubt}")

    def certainty(self, about: Sequence[Claim]) -> None:
        """The last sentences: how far all this may be trusted, and what would settle it.

        Args:
            about: the claims the paragraph was built from.
        """
        open_claims = [c for c in about if c.verdict == "inconclusive"]
        measured = [c for c in about if c.verdict != "not measured"]
        if not measured:
            return
        count = self.words.count(self.seeds)
        if self.seeds == 1:
            self.add("answer.one_seed")
        elif self.seeds < MIN_SEEDS:
            self.add("answer.few_seeds", n=count)
        elif "apparently" in self._voiced:
            uneven = any(c.n_seeds < self.seeds for c in measured)
            self.add("answer.open_uneven" if uneven else "answer.open", n=count)
        elif open_claims:
            self.add("answer.some_open", n=count)
        else:
            self.add("answer.all_settled", n=count)
        plans = [(c.settle.seeds, c) for c in open_claims if c.settle and c.settle.command]
        if plans:
            # The nearest step, for all that it could settle; what needs more says so itself.
            seeds = min(needed for needed, _claim in plans)
            runs = {run for needed, claim in plans if needed == seeds for run in claim.runs}
            names = {c.seedless for c in self.context.cells if c.run in runs}
            plan = plan_for(sorted(names), seeds, self.context)
            self.add("answer.settle", plan=plan.text)

    def answer(self) -> Answer:
        """Everything so far as an answer."""
        return Answer(
            question=self.key,
            heading=_(QUESTIONS[self.key].text) if self.key in QUESTIONS else self.key,
            paragraph=" ".join(s.text for s in self._sentences),
            claims=self.claims,
            sentences=tuple(self._sentences),
        )


def _lies_beyond_zero(claim: Claim) -> bool:
    """Whether the interval of a refuted statement shows more than chance against it.

    That of a trend is of the whole way and says nothing of the turn that refutes it.
    """
    if claim.predicate["kind"] == "trend" or claim.interval is None:
        return False
    low, high = claim.interval
    return low > 0 or high < 0
