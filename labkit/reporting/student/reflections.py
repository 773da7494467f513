"""A student's own words as a report shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.catalog import QUESTIONS
from labkit.errors import LabkitError
from labkit.text.language import _

if TYPE_CHECKING:
    from labkit.reporting.student.marks import Segment


@dataclass(frozen=True)
class Students:
    """A student's own words, held against the table."""

    answers: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)
    """Question key to the answer."""
    others: tuple[tuple[str, tuple[Segment, ...]], ...] = ()
    """Heading and text of what belongs to no question."""

    def remarks(self, asked: Collection[str]) -> Iterator[tuple[str, tuple[Segment, ...]]]:
        """Yield heading and words of what stands under none of the questions asked."""
        for key, pieces in self.answers.items():
            if key not in asked:
                yield _(QUESTIONS[key].text), pieces
        yield from self.others


NOBODY = Students()


def read_words(path: Path) -> str:
    """Read a student's ``answers.md``, with or without a byte order mark.

    Raises:
        LabkitError: not UTF-8, so that some of its letters would be guesses.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LabkitError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
