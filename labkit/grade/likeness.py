"""Which hand-ins are like each other, and in what: pairs with the evidence, never a verdict.

Copying leaves equal numbers, and equal numbers have honest causes: one seed on one machine trains
one model. So each piece of evidence says whether honest hand-ins would have it too, and why.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.grade import words_alike
from labkit.grade.record import HandIn
from labkit.grade.runs_alike import alike
from labkit.handin.ladder import first

if TYPE_CHECKING:
    from labkit.sheet.reading import Sheet

#: What can be alike, in the order of how much it says.
KINDS = ("times", "weights", "history", "pictures", "answers")
#: Shares of two texts, as a whole and under one question, from which on they are told of.
TEXT, ANSWER = 0.25, 0.4

ABOUT = (
    "Likeness is no verdict: it says what two hand-ins have in common, for you to ask about. With "
    "one seed, the same settings on the same kind of machine train the same model to the last "
    "digit, so there equal weights, numbers and pictures are as they should be, and are shown in "
    "grey; only recorded times, which no two trainings share, and answers tell. With seeds by "
    "student (`seeds: student`) every training differs, and equal or nearly equal results do not "
    "come about by themselves. Partners of one group may hand in the same results. Nearly equal "
    "histories are looked for in classes of eight or more, which show what is usual. "
    "In answers, words of labkit and of the lab sheet count for nobody."
)


@dataclass(frozen=True)
class Evidence:
    """One thing that two hand-ins have in common."""

    kind: str  # one of `KINDS`
    value: float  # how much, 0 to 1: a share or a correlation
    text: str  # a sentence without names of people
    expected: str = ""  # why honest hand-ins would have it too; empty if they would not


@dataclass(frozen=True)
class Pair:
    """Two hand-ins by their files, and what they have in common."""

    a: str
    b: str
    evidence: tuple[Evidence, ...]  # what is telling first, then by `KINDS`

    @property
    def telling(self) -> bool:
        """Whether something of it would not be there in honest hand-ins."""
        return any(not each.expected for each in self.evidence)

    @property
    def value(self) -> float:
        """How much is alike in what tells most, 0 to 1; 0 where all of it is to be expected."""
        return max((each.value for each in self.evidence if not each.expected), default=0.0)


def pairs(handins: Sequence[HandIn], sheet: "Sheet | None" = None) -> list[Pair]:
    """Compare every two hand-ins of a class that could be read; telling pairs come first.

    The words of a lab `sheet` count for nobody. The same hand-ins, in any order, give the same.
    """
    class_ = sorted((each for each in handins if not each.problem), key=lambda each: each.file)
    found: dict[tuple[int, int], list[Evidence]] = defaultdict(list)
    for each in alike(class_):
        why = _related(class_[each.first], class_[each.second])
        if each.kind != "times" and each.same_seed:
            why = why or "the same seed"
        found[each.first, each.second].append(
            Evidence(each.kind, _rounded(each.value), each.text, why)
        )
    for (i, j), value, text in _answers(class_, sheet):
        found[i, j].append(
            Evidence("answers", _rounded(value), text, _related(class_[i], class_[j]))
        )
    made = [
        Pair(class_[i].file, class_[j].file, tuple(sorted(evidence, key=_order)))
        for (i, j), evidence in found.items()
    ]
    return sorted(made, key=lambda pair: (not pair.telling, -pair.value, pair.a, pair.b))


def _rounded(value: float) -> float:
    """Without the last bits of a sum of products, which may differ from one call to the next."""
    return round(value, 6)


def _order(evidence: Evidence) -> tuple[bool, int]:
    return bool(evidence.expected), KINDS.index(evidence.kind)


def _related(first: HandIn, second: HandIn) -> str:
    """Why two hand-ins may be one work: one group's, or handed in twice by one author.

    Not where two accounts of a platform handed in what names one author.
    """
    accounts = {each.identifier for each in (first, second) if each.identifier}
    for key, why in (("group", "one group"), ("id", "one author")):
        if key == "id" and len(accounts) > 1:
            continue
        a, b = (" ".join(each.author.get(key, "").split()).casefold() for each in (first, second))
        if a and a == b:
            return why
    return ""


def _answers(
    class_: Sequence[HandIn], sheet: "Sheet | None"
) -> Iterator[tuple[tuple[int, int], float, str]]:
    """Yield the pairs whose answers are alike, how much, and in what words."""
    said = [q.text for q in QUESTIONS.values()] + ([sheet.text] if sheet else [])
    said += [a.heading for each in class_ for a in each.answers]
    said += [line for each in class_ for a in each.answers for line in a.computed]
    common = words_alike.known(said)
    texts = ["\n\n".join(answer.text for answer in each.answers) for each in class_]
    under: dict[tuple[int, int], dict[str, float]] = defaultdict(dict)
    headings = {a.question: a.heading for each in class_ for a in each.answers}
    for question in sorted(headings):
        one = [
            next((a.text for a in each.answers if a.question == question), "") for each in class_
        ]
        for pair, share in words_alike.overlaps(one, common):
            if share > ANSWER:
                under[pair][question] = share
    for (i, j), share in words_alike.overlaps(texts, common):
        if share <= TEXT and not under[i, j]:
            continue
        most = max(share, *under[i, j].values(), 0.0)
        asked = [f"“{headings[question]}”" for question in under[i, j]]
        where = f", most under {first(asked, 2)}" if asked else ""
        longest = words_alike.passage(texts[i], texts[j])
        quoted = longest if len(longest) <= 200 else f"{longest[:199]}…"
        text = f"{most:.0%} of the word sequences of an answer are in both{where}: “{quoted}”"
        yield (i, j), most, text
