"""The student's own words: read, filled in, and held against the table.

``answers.md`` is Markdown with a heading per question. Two marks are understood, and
nothing is ever evaluated:

- ``{{ value("MNIST_GAN_hinge_z64", "proxy_fid") }}`` becomes that value;
- ``[claim: best loss by proxy_fid on MNIST is hinge]`` becomes the sentence with its
  verdict (see :mod:`labkit.claims.statements`).

A plain number that matches no value of the table within its own rounding is marked.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.claims.answers import questions_for
from labkit.reporting.student.marks import (
    FENCE,
    Segment,
    expand,
    without_comments,
)
from labkit.reporting.student.reflections import NOBODY, Students, read_words
from labkit.text.language import _

if TYPE_CHECKING:
    from labkit.claims.claim import Answer, Claim
    from labkit.claims.table import Table

#: How alike a heading and a question must be (0 to 1) to be taken for the same.
CLOSE = 0.72
_HEADING = re.compile(r"(#{1,6}\s+|#{2,6})(?P<text>[^#\s].*?)\s*#*\s*")


@dataclass(frozen=True)
class Section:
    """A question's part of the file."""

    question: str
    """Catalog key; "" if the heading matches no question."""
    heading: str
    line: int
    """Line of the heading, from 1."""
    text: str
    """The student's Markdown, comments taken out, line for line as in the file."""

    @property
    def words(self) -> int:
        """Words in it, code fences and marks included as written."""
        return len(re.findall(r"\w[\w'’.-]*", self.text))


@dataclass(frozen=True)
class Answers:
    """A parsed ``answers.md``."""

    sections: Mapping[str, Section]
    """By catalog key."""
    unmatched: tuple[Section, ...]
    """Parts under headings that match no question."""


@dataclass(frozen=True)
class Check:
    """The result of checking an ``answers.md``."""

    findings: tuple[Segment, ...]
    """Values, statements and doubtful numbers by the file's lines, from 1, and stray headings."""
    unanswered: tuple[str, ...]
    """Catalog keys of questions without a word."""
    words: Mapping[str, int]
    """Words per answered question."""

    @property
    def ok(self) -> bool:
        """Whether nothing is left to look at."""
        return not self.unanswered and all(f.ok for f in self.findings)


def template(questions: Sequence[str]) -> str:
    """The ``answers.md`` to start from: a heading per question and how the marks work.

    Args:
        questions: catalog keys.
    """
    about = _(
        "Your own words go under each heading; labkit never overwrites this file and puts the\n"
        "computed evidence after them, marked as computed. You may write\n"
        "  {value}                          a value of the table\n"
        "  {claim}     a statement with its verdict\n"
        "`labkit check` compares every number and statement here with the table.",
        value='{{ value("RUN", "METRIC") }}',
        claim="[claim: best loss by proxy_fid on MNIST is hinge]",
    )
    parts = [f"# {_('Reflection')}\n", f"<!--\n{about}\n-->\n"]
    parts += [
        f"## {i}. {_(QUESTIONS[key].text)}\n\n<!-- {_('your answer')} -->\n"
        for i, key in enumerate(questions, 1)
    ]
    return "\n".join(parts)


def prepare(path: Path | None, answers: Sequence[Answer]) -> None:
    """Write an ``answers.md`` with a heading for each question, unless there is a file already."""
    if path is None:
        return
    # Exclusive creation: what a student wrote is never written over. Where the folder may not
    # be written to, the report does without.
    with contextlib.suppress(OSError), path.open("x", encoding="utf-8") as file:
        file.write(template([answer.question for answer in answers]))


def parse(text: str) -> Answers:
    """Parse an ``answers.md`` by its headings.

    A heading belongs to a question if it is its text, its key, its number with either, or
    close to it; a first heading that matches none is a title. Nested headings stay in the
    answer they stand in. Words before any heading belong to no question, and are kept.
    """
    lines = without_comments(text).splitlines()
    found: list[tuple[str, str, int, list[str]]] = [("", "", 0, [])]
    fenced = False
    for number, line in enumerate(lines, 1):
        if FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else _HEADING.fullmatch(line)
        if heading:
            key = match_question(heading["text"])
            inside = found[-1][0] and _level(line) > _level(lines[found[-1][2] - 1])
            if key or not inside:
                found.append((key, heading["text"], number, []))
                continue
        found[-1][3].append(line)
    sections: dict[str, Section] = {}
    unmatched = []
    for key, title, number, body in found:
        section = Section(key, title, number, "\n".join(body))
        if key and key not in sections:
            sections[key] = section
        elif key:
            both = f"{sections[key].text}\n\n{section.text}"
            sections[key] = Section(key, sections[key].heading, sections[key].line, both)
        elif section.text.strip():
            unmatched.append(section if title else replace(section, heading=_("Remarks")))
    return Answers(sections, tuple(unmatched))


def match_question(heading: str) -> str:
    """The catalog key a heading means, in English or the report's language, or ""."""
    plain = _plain(re.sub(r"^\s*(question|q|frage)?\s*\d+\s*[.:)-]?\s*", "", heading.lower()))
    if not plain:
        return ""
    texts = [
        (_plain(text), key)
        for key, question in QUESTIONS.items()
        for text in dict.fromkeys((question.text, _(question.text)))
    ]
    for words, key in texts:
        if plain in (words, _plain(key)):
            return key
    inside = {key for words, key in texts if set(plain.split()) <= set(words.split())}
    if len(inside) == 1:
        return inside.pop()
    scores = [(SequenceMatcher(None, plain, words).ratio(), key) for words, key in texts]
    score, best = max(scores, key=lambda each: each[0])
    return best if score >= CLOSE else ""


def students(path: Path | None, table: Table, answers: Sequence[Answer]) -> Students:
    """The student's answers, read from a file and held against the table.

    Args:
        path: ``answers.md``; nothing is read if it is None or not there.
        table: the cells, as the claims see them.
        answers: what was computed, whose claims a student's statement may be among.

    Raises:
        LabkitError: the file is not UTF-8.
    """
    if path is None or not path.is_file():
        return NOBODY
    taken = parse(read_words(path))
    claims = [claim for answer in answers for claim in answer.claims]

    def expanded(section: Section) -> tuple[Segment, ...]:
        return expand(section.text.strip("\n"), table, claims)

    written = {key: section for key, section in taken.sections.items() if section.text.strip()}
    return Students(
        {key: expanded(section) for key, section in written.items()},
        tuple((section.heading, expanded(section)) for section in taken.unmatched),
    )


def check(
    text: str,
    table: Table,
    claims: Sequence[Claim] = (),
    questions: Sequence[str] | None = None,
) -> Check:
    """Everything there is to say about an ``answers.md``, line by line.

    Args:
        text: the file's content.
        table: the cells.
        claims: the computed claims.
        questions: catalog keys to answer; None: those the table calls for.
    """
    found = parse(text)
    asked = questions_for(table.cells) if questions is None else questions
    findings = [
        Segment("heading", s.heading, s.line, "matches no question")
        if s.line
        else Segment(
            "heading", _cut(s.text.strip().splitlines()[0], 60), 1, "stands under no question"
        )
        for s in found.unmatched
        if s.line != 1
    ]
    findings += [
        replace(segment, line=section.line + segment.line, text=_cut(segment.text, 300))
        for section in (*found.sections.values(), *found.unmatched)
        for segment in expand(section.text, table, claims)
        if segment.kind != "text"
    ]
    findings.sort(key=lambda f: f.line)
    counts = {key: s.words for key, s in found.sections.items() if s.words}
    unanswered = tuple(key for key in asked if not counts.get(key))
    return Check(tuple(findings), unanswered, counts)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _level(line: str) -> int:
    return len(line) - len(line.lstrip("#"))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))
