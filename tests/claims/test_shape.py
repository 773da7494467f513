"""Every answer, of any table, has the shape that can be read, and no number of its own making."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pytest

from labkit.catalog import METRICS
from labkit.claims import Answer, Claim, Sentence, Table, answers_of, conclude, table_of
from labkit.claims.reflect import read
from labkit.claims.sentences.en import names
from tests.builders.random_tables import Made, made
from tests.builders.tables import lab1
from tests.claims.numbers_in import is_printed_form, unexplained
from tests.claims.recount import Recount

ROOT = Path(__file__).parents[2]
COMMITTED = sorted(
    [*ROOT.glob("reports/showcase/*/metrics.csv"), *ROOT.glob("tests/claims/fixtures/*.csv")]
)
#: Random tables: some in every run of the tests, all of them in the slow ones.
CHUNK, CHUNKS = 25, 13
NUMBERS = [
    pytest.param(k, marks=() if k < 2 else pytest.mark.slow, id=f"tables {k * CHUNK} on")
    for k in range(CHUNKS)
]

BROKEN = re.compile(
    r"  |\(\)|\bone of one\b|\ball one\b|\ball two\b|\bNone\b(?!:| of)|\bnan\b|\binf\b| [,.;:)]|\( "
    r"|\.\.|[;,:]\.|\bthe the\b|\bNAN\b"
)
COUNTED = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|both|all|none|no|not|never"
    r"|nothing|hardly|level|tied?|largest|smallest)\b",
    re.IGNORECASE,
)
#: How much of its batch a discriminator is right in that overpowers: a threshold, not measured.
OVERPOWERED = "95 %"
#: A word of strength, and the strengths any of which must stand behind it.
STRENGTHS = {
    "clearly": {"clear"},
    "more than the usual run-to-run variation": {"beyond usual"},
    "within the usual variation": {"within noise", "level"},
}


def table(found: Made) -> Table:
    """A random table as the engine reads it: typed ones from a file, as people hand them in."""
    if found.decimals is None:
        return table_of(found.cells, found.epochs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.csv"
        path.write_text(found.csv(), "utf-8")
        return Table(read(path).cells)


@lru_cache(maxsize=64)
def asked(number: int) -> tuple[Made, Table, tuple[Answer, ...]]:
    found = made(number)
    whole = table(found)
    answers = answers_of(whole)
    if found.epochs is not None and found.decimals is None:
        answers += answers_of(whole, ["training"])
    return found, whole, answers


def faults(answers: tuple[Answer, ...], count: Recount, where: object) -> Iterator[str]:
    """Everything wrong with some answers, a line each."""
    for answer in answers:
        here = f"{where} {answer.question}: "
        yield from (here + f for f in shapeless(answer))
        for sentence in answer.sentences:
            yield from (here + f for f in misworded(sentence, answer))
            yield from (here + f for f in miscounted(sentence, answer, count))
        for text in (answer.sure, *(c.text for c in answer.claims)):
            if BROKEN.search(text) or text.count("(") != text.count(")"):
                yield f"{here}broken: {text}"


def shapeless(answer: Answer) -> Iterator[str]:
    words = len(answer.paragraph.split())
    values = sum(len(s.numbers) for s in answer.sentences)
    if words > 150 or values > 14:
        yield f"{words} words, {values} values"
    point = answer.point
    if point is None or not point.text:
        yield "no point"
    elif not COUNTED.search(point.text) and not any(
        level in point.text for level in levels(answer)
    ):
        yield f"neither a level nor a count nor a negation: {point.text}"


def levels(answer: Answer) -> set[str]:
    """What the levels in an answer's evidence are called."""
    return {
        name
        for claim in answer.claims
        for cell in claim.finding.cells
        for factor, value in cell.settings.items()
        for name in (names.level(factor, value), names.bare(factor, value))
    }


def misworded(sentence: Sentence, answer: Answer) -> Iterator[str]:
    text = sentence.text
    if len(text.split()) > 30:
        yield f"{len(text.split())} words: {text}"
    if BROKEN.search(text) or text.count("(") != text.count(")"):
        yield f"broken: {text}"
    strengths = {claim.strength for claim in behind(sentence, answer)}
    for words, needed in STRENGTHS.items():
        if words in text and not needed & strengths:
            yield f"'{words}' rests on {strengths}: {text}"
    if "both data sets" in text:
        datasets = {claim.finding.dataset for claim in behind(sentence, answer)}
        if len(datasets) != 2:
            yield f"both data sets are {datasets}: {text}"
        if " ahead of " in text and len(set(winners(sentence))) != 1:
            yield f"not so on both: {text}"


def behind(sentence: Sentence, answer: Answer) -> list[Claim]:
    """The claims a sentence rests on; for all levels of a factor, its pairs."""
    ids = [i.replace("levels.", "contrast.", 1) + "." for i in sentence.findings]
    return [c for c in answer.claims if any(f"{c.finding.id}.".startswith(i) for i in ids)]


def winners(sentence: Sentence) -> list[str]:
    """Who has the better number, data set by data set, by what the sentence itself prints."""
    by: dict[str, dict[str, float]] = {}
    for name, value in sentence.numbers.items():
        head, _, dataset = name.partition(" on ")
        metric, _, who = head.partition(", ")
        distance = "off by" in sentence.text
        sign = 1 if METRICS[metric].better == "higher" and not distance else -1
        by.setdefault(dataset, {})[who] = sign * value
    return [max(each, key=each.__getitem__) for each in by.values()]


def miscounted(sentence: Sentence, answer: Answer, count: Recount) -> Iterator[str]:
    for name, value in sentence.numbers.items():
        ours = count.value(name, sentence, answer)
        if not math.isclose(value, ours, rel_tol=1e-9, abs_tol=1e-12):
            yield f"{name} is {ours}, not {value}: {sentence.text}"
        shown = sentence.shown[name]
        plain, percent, _ = shown.partition(" %")
        if shown not in sentence.text and f"{plain} to" not in sentence.text:
            yield f"{name} is not in the text: {sentence.text}"
        if not is_printed_form(plain, [100 * ours if percent else ours]):
            yield f"{name} is {ours} and not {shown}: {sentence.text}"
    quoted = {c.collapse.text for a in answer.claims for c in a.finding.cells if c.collapse}
    for token in unexplained(sentence.text, sentence.numbers):
        if token not in {*levels(answer), OVERPOWERED} and not any(token in t for t in quoted):
            yield f"{token} is no measured value it tells: {sentence.text}"


@pytest.mark.parametrize("chunk", NUMBERS)
def test_answers_to_random_tables_can_be_read_and_are_right(chunk: int) -> None:
    found = []
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        each, whole, answers = asked(number)
        found += faults(answers, Recount(each.cells, each.decimals, each.epochs), number)
        for line in conclude(whole, answers):
            if BROKEN.search(line.text):
                found.append(f"{number} conclusion: {line.text}")
    assert found == []


@pytest.mark.parametrize("path", COMMITTED, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_answers_to_committed_tables_can_be_read_and_are_right(path: Path) -> None:
    frame = pd.read_csv(path)
    answers = answers_of(table_of(frame))
    assert len(answers) > 0
    assert list(faults(answers, Recount(frame), path.stem)) == []


@pytest.mark.parametrize("seeds", [1, 3, 5])
def test_answers_to_an_invented_lab1_can_be_read_and_are_right(seeds: int) -> None:
    frame = lab1(seeds)
    assert list(faults(answers_of(table_of(frame)), Recount(frame), seeds)) == []


def test_nine_in_ten_answers_are_short() -> None:
    sizes = [
        (len(a.paragraph.split()), sum(len(s.numbers) for s in a.sentences))
        for number in range(2 * CHUNK)
        for a in asked(number)[2]
    ]
    short = sum(words <= 120 and values <= 10 for words, values in sizes)
    assert short >= 0.9 * len(sizes)


@pytest.mark.parametrize("number", range(0, CHUNK, 2))
def test_swapping_two_levels_swaps_the_sentence(number: int) -> None:
    found = made(number)
    before = pairs(answers_of(table(found)))
    swapped = 0
    for family, factor, a, b in sorted({key[:4] for key in before}, key=str)[:4]:
        frame = found.cells.copy()
        mine = frame["family"] == family
        frame.loc[mine, factor] = frame.loc[mine, factor].map(
            lambda v, a=a, b=b: b if v == a else a if v == b else v
        )
        after = pairs(answers_of(table(Made(frame, found.epochs, found.decimals))))
        for key, claim in before.items():
            if key[:4] != (family, factor, a, b):
                continue
            other = after[key]
            assert other.finding.ahead == {a: b, b: a, None: None}[claim.finding.ahead]
            assert other.strength == claim.strength
            if claim.finding.ahead is not None:
                assert other.text == exchanged(claim.text, factor, a, b)
                swapped += 1
    assert swapped or not any(c.finding.ahead is not None for c in before.values())


def pairs(answers: tuple[Answer, ...]) -> dict[tuple, Claim]:  # type: ignore[type-arg]
    """Claims on two levels by family, factor, both levels, question, metric and data set."""
    return {
        (f.family, f.factor, f.a, f.b, a.question, f.metric, f.dataset): c
        for a in answers
        for c in a.claims
        if (f := c.finding).kind == "contrast"
    }


def exchanged(text: str, factor: str, a: object, b: object) -> str:
    """A text with two levels' names in each other's place."""
    first, second = names.level(factor, a), names.level(factor, b)  # type: ignore[arg-type]
    other = {first.lower(): second, second.lower(): first}
    either = "|".join(sorted(map(re.escape, (first, second)), key=len, reverse=True))

    def swap(match: re.Match[str]) -> str:
        said = other[match[0].lower()]
        return said[0].upper() + said[1:] if match[0][0].isupper() and match.start() == 0 else said

    return re.sub(rf"(?<!\w)(?:{either})(?![\w.])", swap, text, flags=re.IGNORECASE)
