"""The student's own answers: a file to write them in, read and held against the table."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.errors import LabkitError
from labkit.reporting.blocks import Piece
from labkit.reporting.language import _
from labkit.reporting.table import Tables

if TYPE_CHECKING:
    from labkit.reporting.claims.claim import Answer, Claim


@dataclass(frozen=True)
class Students:
    """A student's own words, held against the table."""

    answers: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)
    """Question key to the answer."""
    others: tuple[tuple[str, tuple[Piece, ...]], ...] = ()
    """Heading and text of what belongs to no question."""

    def remarks(self, asked: Collection[str]) -> Iterator[tuple[str, tuple[Piece, ...]]]:
        """Everything written that stands under none of the questions asked: it is not lost."""
        for key, pieces in self.answers.items():
            if key not in asked:
                yield _(QUESTIONS[key].text), pieces
        yield from self.others


NOBODY = Students()


def prepare(path: Path | None, answers: Sequence[Answer]) -> None:
    """Write an ``answers.md`` with a heading for each question, unless there is a file already."""
    if path is None:
        return
    from labkit.reporting.answers import template

    # Exclusive creation: what a student wrote is never written over. Where the folder may not
    # be written to, the report does without.
    with contextlib.suppress(OSError), path.open("x", encoding="utf-8") as file:
        file.write(template([answer.question for answer in answers]))


def read_words(path: Path) -> str:
    """A student's ``answers.md``, whatever editor wrote it.

    Raises:
        LabkitError: not UTF-8, so that some of its letters would be guesses.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LabkitError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error


def students(path: Path | None, found: Tables, answers: Sequence[Answer]) -> Students:
    """The student's answers, read from a file and held against the table.

    Args:
        path: ``answers.md``; nothing is read if it is None or not there.
        found: the tables.
        answers: what was computed, whose claims a student's statement may be among.

    Raises:
        LabkitError: the file is not UTF-8.
    """
    if path is None or not path.is_file():
        return NOBODY
    from labkit.reporting.answers import parse

    taken = parse(read_words(path))
    claims = [claim for answer in answers for claim in answer.claims]
    return Students(
        {
            key: _pieces(section.text, found, claims)
            for key, section in taken.sections.items()
            if section.text.strip()
        },
        tuple((s.heading, _pieces(s.text, found, claims)) for s in taken.unmatched),
    )


def _pieces(text: str, found: Tables, claims: Sequence[Claim]) -> tuple[Piece, ...]:
    from labkit.reporting.answers import expand
    from labkit.reporting.claims.claim import MARKS

    pieces = []
    for segment in expand(text.strip("\n"), found.cells, claims):
        verdict = segment.checked.verdict if segment.checked else None
        mark = MARKS[verdict] if verdict else ""
        pieces.append(Piece(segment.text, segment.kind, segment.note, verdict or "", mark))
    return tuple(pieces)
