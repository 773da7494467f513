"""The one place where the report asks for answers: the computed and the student's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.reporting.table import Tables

if TYPE_CHECKING:
    from labkit.reporting.claims.claim import Answer


def computed(found: Tables) -> tuple[Answer, ...]:
    """What the claims engine says to each question that applies to the tables."""
    from labkit.reporting.claims import answer_questions

    return answer_questions(found.cells, found.epochs)


def students(path: Path | None) -> Mapping[str, str]:
    """Question key to the student's own Markdown; empty without a file."""
    if path is None or not path.is_file():
        return {}
    from labkit.reporting.answers import parse

    return parse(path.read_text("utf-8"))
