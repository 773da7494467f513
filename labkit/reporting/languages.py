"""A report in several languages: every paragraph in each, one set of tables and figures.

A report is made once a language, and the reports, which differ in their words alone, become one:
paragraphs, lists and answers follow each other language by language; headings, labels and captions
stand side by side; figures, and what is read aloud of pictures, are of the first language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from itertools import zip_longest
from typing import Any

from labkit.claims.claim import Answer, Claim
from labkit.reporting.blocks import (
    Block,
    Code,
    Entry,
    Listing,
    Paragraph,
    Picture,
    Reflection,
    Report,
    Row,
)
from labkit.reporting.plots.fonts import lacking
from labkit.reporting.student.marks import Segment
from labkit.text.language import _, catalogue, using
from labkit.text.language import code as spoken
from labkit.text.said import Said
from labkit.text.typography import UNSPACED
from labkit.text.typography import typeset as set_in_type

#: Fields of which one language is enough, or that have no words.
FIRST = {"chart", "alt", "file", "source", "frames", "csv", "colours", "best"}


#: What is somebody's own words or a language's own sentences.
WRITTEN = (Answer, Segment, Code)


def together(reports: Sequence[Report], languages: Sequence[str]) -> Report:
    """The report of one store in several languages, the first of which has the figures."""
    first = reports[0]
    if len(reports) == 1:
        return replace(first, languages=tuple(languages))
    whole: Report = _one([replace(each, headlines=()) for each in reports], languages)
    lines = zip_longest(*(each.headlines for each in reports), fillvalue=Entry(""))
    headlines = tuple(_one(each, languages) for each in lines)
    return replace(whole, title=first.title, headlines=headlines, languages=tuple(languages))


def labelled(report: Report, language: str) -> Report:
    """The report, with a notice where no font has the letters of its figures' labels."""
    if not lacking(language):
        return report
    with using(catalogue(language)):
        said = _("The labels of figures are English: no installed font has Chinese characters.")
    return replace(report, notices=(*report.notices, Paragraph(said, "note")))


def typeset(value: Any) -> Any:
    """A report, or a part of one, with its texts set as the language in use is.

    What its author wrote, answers, which are sentences already, and code stay as they are.
    """
    if isinstance(value, Report) and spoken() not in UNSPACED:
        return value
    if isinstance(value, str):
        return set_in_type(value)
    if isinstance(value, tuple):
        return tuple(map(typeset, value))
    if not is_dataclass(value) or isinstance(value, (type, *WRITTEN)):
        return value
    names = [f.name for f in fields(value) if f.name not in ("csv", "file", "run")]
    if isinstance(value, Report):
        names.remove("title")
    return replace(value, **{name: typeset(getattr(value, name)) for name in names})


def _one(parts: Sequence[Any], languages: Sequence[str]) -> Any:
    """Equal parts of the reports as one: a value, a text, a tuple or a dataclass."""
    first = parts[0]
    if isinstance(first, str):
        return Said.of(parts, languages)
    if isinstance(first, tuple) and len({len(part) for part in parts}) == 1:
        rows = zip(*parts, strict=True)
        if first and isinstance(first[0], Block):
            return tuple(block for each in rows for block in _blocks(each, languages))
        return tuple(_one(each, languages) for each in rows)
    if isinstance(first, Row):
        entries = zip(*(part.entries for part in parts), strict=True)
        return replace(first, entries=tuple(_entry(each, languages) for each in entries))
    if isinstance(first, Picture):
        return first
    if is_dataclass(first) and not isinstance(first, type):
        names = (field.name for field in fields(first) if field.name not in FIRST)
        said = {n: _one([getattr(part, n) for part in parts], languages) for n in names}
        return replace(first, **said)
    return first


def _entry(parts: Sequence[Entry], languages: Sequence[str]) -> Entry:
    """One field of a table; a value, whose words are few, is said in the first language alone."""
    first = parts[0]
    value = any(map(str.isdigit, first.text))
    text = first.text if value else Said.of([each.text for each in parts], languages)
    return replace(first, text=text)


def _blocks(parts: Sequence[Any], languages: Sequence[str]) -> Iterator[Block]:
    """One block in all languages: itself, or where it is running text, one a language."""
    first = parts[0]
    if not isinstance(first, (Paragraph, Listing, Reflection)):
        yield _one(parts, languages)
    elif isinstance(first, Reflection):
        yield from _reflection(parts, languages)
    elif all(part == first for part in parts):
        yield first
    else:
        yield from (replace(each, lang=code) for each, code in zip(parts, languages, strict=True))


def _reflection(parts: Sequence[Reflection], languages: Sequence[str]) -> Iterator[Block]:
    """A question: the author's words, the answer in each language, then the evidence once."""
    answers = [part.answer for part in parts if part.answer]
    if not answers:
        yield parts[0]
        return
    claims = _evidence(answers, languages)
    last = len(parts) - 1
    for i, (part, code) in enumerate(zip(parts, languages, strict=True)):
        yield replace(
            part, lang=code, answer=replace(answers[i], claims=claims if i == last else ()),
            student=() if i else part.student, picture=None if i else part.picture,
            behind=answers[i].claims,
        )  # fmt: skip


def _evidence(answers: Sequence[Answer], languages: Sequence[str]) -> tuple[Claim, ...]:
    """The claims of all languages as one: same findings, numbers and strengths."""
    found = []
    for each in zip(*(answer.claims for answer in answers), strict=True):
        text = Said.of([claim.text for claim in each], languages)
        rule = Said.of([claim.rule for claim in each], languages)
        found.append(replace(each[0], sentence=replace(each[0].sentence, text=text), rule=rule))
    return tuple(found)
