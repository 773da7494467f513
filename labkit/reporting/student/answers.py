"""The student's own words: read, filled in, and held against the table.

``answers.md`` is Markdown with a heading per question. Two marks are understood, and
nothing is ever evaluated:

- ``{{ value("MNIST_GAN_hinge_z64", "proxy_fid") }}`` becomes that value;
- ``[claim: best loss by proxy_fid on MNIST is hinge]`` becomes the sentence with its
  verdict (see :mod:`labkit.claims.statements`).

A plain number that matches no value of the table within its own rounding is marked.
"""

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path

from labkit.catalog import QUESTIONS, words_of
from labkit.claims.answers import questions_for
from labkit.claims.claim import Answer, Claim
from labkit.claims.table import Table
from labkit.errors import LabkitError
from labkit.reporting.student.marks import FENCE, Segment, expand, without_comments
from labkit.text.language import _, catalogue, languages

#: How alike a heading and a question must be (0 to 1) to be taken for the same.
CLOSE = 0.72
_HEADING = re.compile(r"(#{1,6}\s+|#{2,6})(?P<text>[^#\s].*?)\s*#*\s*")


#: A word: a Chinese character, or a run of other letters.
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff](?:[^\W\u3400-\u9fff]|['’.-])*")


@dataclass(frozen=True)
class Section:
    """A question's part of the file."""

    heading: str
    line: int  # of the heading, from 1; 0 of what stands before the first
    text: str  # the student's Markdown, comments taken out, line for line as in the file


@dataclass(frozen=True)
class Answers:
    """A parsed ``answers.md``."""

    sections: Mapping[str, Section]  # by the question's catalog key
    unmatched: tuple[Section, ...]  # parts under headings that match no question


@dataclass(frozen=True)
class Students:
    """A student's own words, held against the table."""

    answers: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)  # by question key
    #: Heading and text of what belongs to no question.
    others: tuple[tuple[str, tuple[Segment, ...]], ...] = ()

    def remarks(self, asked: Collection[str]) -> Iterator[tuple[str, tuple[Segment, ...]]]:
        """Yield heading and words of what stands under none of the questions asked."""
        for key, pieces in self.answers.items():
            if key not in asked:
                yield _(words_of(key)), pieces
        yield from self.others


NOBODY = Students()


@dataclass(frozen=True)
class Check:
    """The result of checking an ``answers.md``."""

    #: Values, statements and doubtful numbers by the file's lines, from 1, and stray headings.
    findings: tuple[Segment, ...]
    unanswered: tuple[str, ...]  # catalog keys of questions without a word
    words: Mapping[str, int]  # a question's, code fences and marks included as written

    @property
    def ok(self) -> bool:
        """Whether nothing is left to look at."""
        return not self.unanswered and all(f.ok for f in self.findings)


def template(questions: Sequence[str]) -> str:
    """The ``answers.md`` to start from: a heading per question key and how the marks work."""
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
    for i, key in enumerate(questions, 1):
        parts.append(f"## {i}. {_(words_of(key))}\n\n<!-- {_('your answer')} -->\n")
    return "\n".join(parts)


def prepare(path: Path | None, answers: Sequence[Answer]) -> None:
    """Write an ``answers.md`` with a heading for each question, unless there is a file already."""
    if path is None:
        return
    # Exclusive creation: what a student wrote is never written over. Where the folder may not
    # be written to, the report does without.
    with contextlib.suppress(OSError), path.open("x", encoding="utf-8") as file:
        file.write(template([answer.question for answer in answers]))


def read_words(path: Path) -> str:
    """Read an ``answers.md``; a LabkitError if not UTF-8: some of its letters would be guesses."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LabkitError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error


def parse(text: str, own: Collection[str] = ()) -> Answers:
    """Parse an ``answers.md`` by its headings, which may name a course's `own` questions.

    A heading belongs to a question if it is its text, its key, its number with either, or
    close to it; a first heading that matches none is a title. Nested headings stay in the
    answer they stand in. Words before any heading belong to no question, and are kept.
    """
    lines = without_comments(text).splitlines()
    starts = [("", "", 0)]
    fenced = False
    for number, line in enumerate(lines, 1):
        fenced ^= bool(FENCE.match(line))
        heading = None if fenced else _HEADING.fullmatch(line)
        if heading:
            key = match_question(heading["text"], own)
            inside = starts[-1][0] and _level(line) > _level(lines[starts[-1][2] - 1])
            if key or not inside:
                starts.append((key, heading["text"], number))
    ends = [number - 1 for _key, _title, number in starts[1:]]
    sections: dict[str, Section] = {}
    unmatched = []
    for (key, title, start), end in zip(starts, [*ends, len(lines)], strict=True):
        section = Section(title or _("Remarks"), start, "\n".join(lines[start:end]))
        if key and (first := sections.get(key)):
            sections[key] = replace(first, text=f"{first.text}\n\n{section.text}")
        elif key:
            sections[key] = section
        elif section.text.strip():
            unmatched.append(section)
    return Answers(sections, tuple(unmatched))


def match_question(heading: str, own: Collection[str] = ()) -> str:
    """The key of the question a heading means, in any of the languages there are, or ""."""
    number = r"^\s*(question|q|frage|问题)?\s*\d+\s*[.:)、．：-]?\s*"
    plain = _plain(re.sub(number, "", heading.lower()))
    if not plain:
        return ""
    texts = [
        (_plain(text), key)
        for key, each in (*_wordings(), *((q, [q]) for q in own))
        for text in each
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


def _wordings() -> list[tuple[str, set[str]]]:
    """Every question's key and its words in English, in each catalogue and as in use."""
    known = [catalogue(code) for code in languages()]
    texts = ((key, q.text) for key, q in QUESTIONS.items())
    return [(key, {text, _(text), *(each.gettext(text) for each in known)}) for key, text in texts]


def students(path: Path | None, table: Table, answers: Sequence[Answer]) -> Students:
    """The student's words, read from ``answers.md`` if it is there and held against the table.

    A statement may be among the claims of the computed `answers`. Raises what `read_words` does.
    """
    if path is None or not path.is_file():
        return NOBODY
    taken = parse(read_words(path), _own(answer.question for answer in answers))
    claims = [claim for answer in answers for claim in answer.claims]

    def expanded(section: Section) -> tuple[Segment, ...]:
        return expand(section.text.strip("\n"), table, claims)

    return Students(
        {key: expanded(each) for key, each in taken.sections.items() if each.text.strip()},
        tuple((section.heading, expanded(section)) for section in taken.unmatched),
    )


def check(
    text: str, table: Table, claims: Sequence[Claim] = (), questions: Sequence[str] | None = None
) -> Check:
    """Everything there is to say about the text of an ``answers.md``, line by line.

    `claims` were computed; `questions` are the catalog keys to answer, None for those the table
    calls for.
    """
    found = parse(text, _own(questions or ()))
    asked = questions_for(table.cells) if questions is None else questions
    findings = [
        replace(segment, line=section.line + segment.line, text=_cut(segment.text, 300))
        for section in (*found.sections.values(), *found.unmatched)
        for segment in expand(section.text, table, claims)
        if segment.kind != "text"
    ]
    for stray in found.unmatched:
        said, why = stray.heading, "matches no question"
        if stray.line == 0:
            said, why = _cut(stray.text.strip().splitlines()[0], 60), "stands under no question"
        if stray.line != 1:  # a heading in the first line is a title
            findings.append(Segment("heading", said, why, line=stray.line or 1))
    findings.sort(key=lambda f: (f.line, f.kind != "heading"))
    counted = ((key, _WORD.findall(s.text)) for key, s in found.sections.items())
    words = {key: len(each) for key, each in counted if each}
    return Check(tuple(findings), tuple(key for key in asked if key not in words), words)


def _own(questions: Iterable[str]) -> list[str]:
    """The questions of a course's own, not the catalog's."""
    return [key for key in questions if key not in QUESTIONS]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _level(line: str) -> int:
    return len(line) - len(line.lstrip("#"))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))
