"""What is known of one hand-in once it was opened: plain values, kept as a JSON file.

Tables, the page and the comparison of hand-ins are made from these records alone, so that a late
hand-in costs its own time and no other's.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter, ValidationError

from labkit.handin.ladder import Rung

#: Of another format a record is made anew.
FORMAT = 1
#: Side of a cell's small grid, in pixels.
THUMB = 28


@dataclass(frozen=True)
class GradedCell:
    """A cell of a hand-in's plan, and what of it can be compared with others'."""

    name: str
    fingerprint: str
    family: str
    dataset: str
    seed: int
    state: str  # ``done``: trained and measured; ``trained``, ``failed`` or ``missing``
    metrics: dict[str, float | None] = field(default_factory=dict)
    """Measures by their catalog name, and ``best_epoch``; empty unless it is trained."""
    history: tuple[dict[str, float | None], ...] = ()
    """A row an epoch, as recorded."""
    files: dict[str, str] = field(default_factory=dict)
    """``train/best.safetensors``, ``eval/samples.npz``, ... to the SHA-256 that its commit states.

    Also of files that were left out of the hand-in. Never ``log.txt``.
    """
    thumb: str = ""
    """The best epoch's grid of samples, see :func:`labkit.grade.sketch.of_picture`."""
    weights: str = ""
    """What :func:`labkit.grade.sketch.of_weights` keeps of them; empty where there are none."""


@dataclass(frozen=True)
class GradedAnswer:
    """A question, what the author wrote, and what labkit computed from the table."""

    question: str  # the catalog's key; of words under no question, the heading in lower case
    heading: str
    text: str = ""  # the author's Markdown, comments taken out; empty if there is none
    html: str = ""  # the same as safe HTML, numbers that match nothing marked
    words: int = 0
    doubts: tuple[str, ...] = ()  # numbers and statements that the table does not bear, a line each
    computed: tuple[str, ...] = ()  # labkit's own answer, paragraph by paragraph
    picture: str = ""  # base64 of a PNG without metadata that goes with it
    alt: str = ""


@dataclass(frozen=True)
class HandIn:
    """One hand-in as it was found in the folder; also one that cannot be read."""

    file: str  # its path in the folder, as an archive's member after a "/": ``all.zip/Ada/lab.zip``
    student: str = ""  # whom the learning platform names in that path
    identifier: str = ""  # ``Participant 1234567`` of Moodle, a number of Canvas
    problem: str = ""  # why nothing of it could be read, in one line; else empty
    gave_up: bool = False  # whether that was for want of time or memory: more of it may help
    digest: str = ""  # SHA-256 of the archive; of a folder, of its files' names and contents
    author: dict[str, str] = field(default_factory=dict)  # name, id, group, course as handed in
    plan: dict[str, Any] = field(default_factory=dict)  # ``plan.json``: Plan.from_json reads it
    rungs: tuple[Rung, ...] = ()
    cells: tuple[GradedCell, ...] = ()
    answers: tuple[GradedAnswer, ...] = ()
    newest: str = ""  # time of the newest commit, UTC, as recorded
    notes: tuple[str, ...] = ()
    format: int = FORMAT

    @cached_property
    def verdicts(self) -> dict[int, str]:
        """Rung to verdict: passed, failed, not checkable, not asked for."""
        return {rung.number: rung.verdict for rung in self.rungs}

    @property
    def name(self) -> str:
        """The author's own name, or whom the platform names, or the file."""
        return self.author.get("name", "") or self.student or self.file

    @property
    def words(self) -> dict[str, int]:
        """Words by question."""
        return {answer.question: answer.words for answer in self.answers}

    @property
    def doubts(self) -> list[str]:
        """Numbers and statements in its answers that its table does not bear, a line each."""
        return [line for answer in self.answers for line in answer.doubts]

    def count(self, state: str) -> int:
        """How many cells ended like this."""
        return sum(cell.state == state for cell in self.cells)

    @cached_property
    def id(self) -> str:
        """What it is called where no name may stand: the same for the same path.

        It begins with a letter: no spreadsheet takes it for a number.
        """
        whole = hashlib.sha256(self.file.encode("utf-8", "surrogateescape")).hexdigest()
        return f"h{whole[:9]}"


_ADAPTER = TypeAdapter(HandIn)


def to_bytes(record: HandIn) -> bytes:
    """A record as JSON, the same bytes for the same record."""
    return _ADAPTER.dump_json(record, indent=1) + b"\n"


def from_bytes(data: bytes) -> HandIn | None:
    """The record again; None where it is damaged or of another format."""
    try:
        found = _ADAPTER.validate_json(data)
    except ValidationError:
        return None
    return found if found.format == FORMAT else None
