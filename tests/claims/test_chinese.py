"""Chinese sentences: the functions of the English ones, their numbers, and no English words."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from labkit.catalog import DATASETS, FAMILIES, METRICS, QUESTIONS
from labkit.claims import Answer, Table, answers_of, conclude, table_of
from labkit.claims.sentences import SPOKEN, voice
from labkit.claims.sentences.judged import PATTERNS
from labkit.claims.sentences.numbers import size
from labkit.text.language import catalogue, using
from scripts.messages import NAMES
from tests.builders.tables import lab1
from tests.claims.numbers_in import is_printed_form
from tests.claims.recount import Recount
from tests.claims.test_shape import CHUNK, CHUNKS, COMMITTED, OVERPOWERED, asked

#: What is called alike in any language, beside names of models and losses.
KNOWN = NAMES | {
    "FID", "MMD", "nats", "labkit", "run", "seeds", "only", "dropout", "hinge", "Holm", "Clopper",
    "Pearson", "lab1", "blobs", "circles", "DCGAN", "Vendi", "PyTorch", "Adversarial", "low",
    "batch",
}  # fmt: skip
#: Names of authors and "et al." in a source.
SOURCE = re.compile(r"（[A-Z][a-z]+ (?:et al\. |& [A-Z][a-z]+ )?\d{4}）")
BROKEN = re.compile(
    r"  |（）|\bNone\b|\bnan\b|[，；：]。|。。|，，|[\u3400-\u9fff][A-Za-z0-9]"
    r"|[a-z]{3}[\u3400-\u9fff]"
)
NUMBERS = [
    pytest.param(k, marks=() if k < 1 else pytest.mark.slow, id=f"tables {k * CHUNK} on")
    for k in range(CHUNKS)
]


def functions(language: str) -> dict[str, str]:
    """What a language offers: each function by module and name, with what it takes and gives."""
    found = {}
    for name, module in inspect.getmembers(voice(language), inspect.ismodule):
        if name == "grammar":  # each language's own
            continue
        for each, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not each.startswith("_"):
                text = re.sub(r" = '[^']*'", " = ''", str(inspect.signature(function)))
                found[f"{name}.{each}"] = re.sub(r"[\w.]*\bNumbers\b", "Numbers", text)
    return found


@pytest.mark.parametrize("language", sorted(set(SPOKEN) - {"en"}))
def test_a_language_has_the_functions_of_english(language: str) -> None:
    english = functions("en")
    assert len(english) > 60
    assert functions(language) == english


def thresholds(language: str) -> Iterator[str]:
    """Numbers that decide something in a language's sentences: compared with, or kept for it."""
    for name, module in inspect.getmembers(voice(language), inspect.ismodule):
        if name in ("names", "grammar"):  # one, two and several; what fits a word
            continue
        tree = ast.parse(inspect.getsource(module))
        kept = (n.value for n in tree.body if isinstance(n, ast.Assign) and not is_room(n))
        compared = (n for n in ast.walk(tree) if isinstance(n, ast.Compare))
        for node in (*kept, *(part for each in compared for part in each.comparators)):
            number = isinstance(node, ast.Constant) and isinstance(node.value, int | float)
            if number and node.value not in (0, 1, 2):
                yield f"{language}/{name}.py:{node.lineno}: {node.value}"


def is_room(node: ast.Assign) -> bool:
    """Whether it is how long names may be together: in words here, in characters there."""
    return [getattr(target, "id", "") for target in node.targets] == ["ROOM"]


@pytest.mark.parametrize("language", sorted(SPOKEN))
def test_no_language_has_a_threshold_of_its_own(language: str) -> None:
    assert list(thresholds(language)) == []


@pytest.mark.parametrize("name", ["AHEAD", "BEST", "SHORT", "LEVEL_TEMPLATES", "LEVELS"])
def test_a_language_names_what_english_names(name: str) -> None:
    module = "levels" if name == "AHEAD" else "names"
    english, chinese = (getattr(getattr(voice(code), module), name) for code in ("en", "zh"))
    missing = set(english) - set(chinese) - {"epochs"}  # "one epoch" is English
    assert missing == set()


def test_a_language_has_a_reason_for_every_pattern_and_a_clause_for_all_that_is_missing() -> None:
    english, chinese = voice("en"), voice("zh")
    assert chinese.sure.REASONS.keys() == english.sure.REASONS.keys()
    assert chinese.evidence.CLAUSES.keys() == english.evidence.CLAUSES.keys()
    assert chinese.evidence.RULES.keys() == english.evidence.RULES.keys()
    assert set(PATTERNS.values()) <= chinese.sure.REASONS.keys()
    for key, reason in english.sure.REASONS.items():  # the same source
        assert re.findall(r"\d{4}", reason) == re.findall(r"\d{4}", chinese.sure.REASONS[key])


def spoken(table: Table, keys: list[str] | None = None) -> tuple[Answer, ...]:
    with using(catalogue("zh")):
        return answers_of(table, keys)


def faults(
    english: tuple[Answer, ...], chinese: tuple[Answer, ...], count: Recount
) -> Iterator[str]:
    for ours, theirs in zip(chinese, english, strict=True):
        here = f"{ours.question}: "
        if len(ours.paragraph) > 300:
            yield f"{here}{len(ours.paragraph)} characters"
        if ours.point is None or not ours.point.text:
            yield f"{here}no point"
        for a, b in zip(ours.claims, theirs.claims, strict=True):
            if (a.id, a.strength, dict(a.sentence.numbers)) != (
                b.id, b.strength, dict(b.sentence.numbers)
            ):  # fmt: skip
                yield f"{here}other numbers than in English: {a.text}"
        for sentence in ours.sentences:
            for name, value in sentence.numbers.items():
                shown = sentence.shown[name]
                if shown.removesuffix("%") not in sentence.text:
                    yield f"{here}{name} is not in the text: {sentence.text}"
                mine = count.value(name, sentence, ours)
                if not is_printed_form(shown.rstrip("%"), [100 * mine if "%" in shown else mine]):
                    yield f"{here}{name} is {mine}, not {shown} ({value}): {sentence.text}"
        texts = [s.text for s in ours.sentences] + [ours.sure, ours.heading]
        texts += [text for c in ours.claims for text in (c.text, c.rule, c.scope)]
        cells = [cell for claim in ours.claims for cell in claim.finding.cells]
        data = {c.dataset for c in cells} | {str(v) for c in cells for v in c.settings.values()}
        yield from (here + each for text in texts for each in misspoken(text, data))


def misspoken(text: str, data: Collection[str] = ()) -> Iterator[str]:
    """Broken punctuation and English words, but for names of data."""
    plain = SOURCE.sub("", re.sub(r"`[^`]*`", "", text))
    if BROKEN.search(plain) or plain.count("（") != plain.count("）"):
        yield f"broken: {text}"
    classes = {word for d in DATASETS.values() for name in d.classes for word in name.split("/")}
    names = (
        KNOWN
        | set(data)
        | {d.label for d in DATASETS.values()}
        | {f.label for f in FAMILIES.values()}
    )
    for name in sorted(
        names | classes | {"T-shirt", "Ankle boot", OVERPOWERED}, key=len, reverse=True
    ):
        plain = re.sub(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", "", plain)
    if words := re.findall(r"[A-Za-z]{3,}", plain):
        yield f"English {words}: {text}"


@pytest.mark.parametrize("path", COMMITTED, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_answers_to_committed_tables_are_chinese_and_right(path: Path) -> None:
    frame = pd.read_csv(path)
    table = table_of(frame)
    found = [*faults(answers_of(table), spoken(table), Recount(frame))]
    with using(catalogue("zh")):
        lines = [line.text for line in conclude(table, answers_of(table))]
    found += [each for line in lines for each in misspoken(line)]
    assert found == []


@pytest.mark.parametrize("seeds", [1, 3, 5])
def test_answers_to_an_invented_lab1_are_chinese_and_right(seeds: int) -> None:
    frame = lab1(seeds)
    table = table_of(frame)
    assert [*faults(answers_of(table), spoken(table), Recount(frame))] == []


@pytest.mark.parametrize("chunk", NUMBERS)
def test_answers_to_random_tables_are_chinese_and_right(chunk: int) -> None:
    found = []
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        each, whole, english = asked(number)
        chinese = spoken(whole, [answer.question for answer in english])
        count = Recount(each.cells, each.decimals, each.epochs)
        found += [f"{number} {fault}" for fault in faults(english, chinese, count)]
    assert found == []


def test_every_metric_setting_and_question_has_a_chinese_name() -> None:
    names: ModuleType = voice("zh").names
    with using(catalogue("zh")):
        said = [names.metric(name) for name in METRICS]
        for family in FAMILIES.values():
            for name, param in family.params.items():
                said += [names.factor(name), names.level(name, param.default)]
        said += [voice("zh").conclusion.point(q.topic, "x") for q in QUESTIONS.values()]
    assert [
        each for text in said for each in misspoken(voice("zh").grammar.spaced(str(text)))
    ] == []


def test_an_unspaced_text_is_as_long_as_its_words() -> None:
    assert size("Hinge was ahead of BCE in five of six pairs.") == 10
    assert 8 < size("hinge 领先于 BCE，6 对比较中有 5 对如此。") < 12
    assert size("全" * 60) == 30
