"""One hand-in, looked at rung by rung, as a record."""

import base64
import io
import random
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from labkit.claims import Answer
from labkit.errors import LabkitError, one_line, reason
from labkit.experiment.spec import CellFailure, CellResult, CellSpec
from labkit.grade.found import Found
from labkit.grade.record import GradedAnswer, GradedCell, HandIn
from labkit.grade.sketch import of_picture, of_weights
from labkit.handin import content
from labkit.handin.container import MAX_INNER_BYTES, Container, ContainerError
from labkit.handin.ladder import Rung, printable
from labkit.handin.unpack import Unpacked
from labkit.handin.verify import verify
from labkit.reporting.build import Computed, computed
from labkit.reporting.render.templates import to_html
from labkit.reporting.student.answers import Check, Students, check, read_words, students
from labkit.reporting.student.marks import Segment
from labkit.reporting.view import View, read_view
from labkit.store.commits import read_commit
from labkit.store.file_names import LOG

#: The longer side of a picture beside an answer, in pixels at most.
PICTURE = 720
_COLOURS = 32
#: A page is no place for a novel; the whole is in the hand-in. Of an answer, and of a rung's lines.
_LETTERS, _LINES = 20_000, 50


def opened(found: Found, highest: int = 2, salt: str = "", **asked: Any) -> HandIn:
    """The record of a hand-in, its rungs climbed up to the highest asked for.

    What is chosen by chance follows from `salt` and what the hand-in holds. Other arguments are
    those of :func:`labkit.handin.verify.verify`. Nothing in the hand-in makes
    this raise but a MemoryError; why it cannot be read is the record's `problem`.
    """
    known: dict[str, Any] = {
        "file": found.file, "student": found.student, "identifier": found.identifier
    }  # fmt: skip
    if found.problem:
        return HandIn(**known, problem=found.problem)
    path = found.path
    try:
        known["digest"] = found.digest()
        asked["chance"] = random.Random(f"{salt} {known['digest']}")
        with TemporaryDirectory(prefix="labkit-grade-") as scratch:
            path = _taken_out(found, Path(scratch))
            return _climbed(path, known, highest, asked)
    except (LabkitError, ContainerError) as error:
        said = str(error).replace(f"{path}: ", "")
    except OSError as error:
        said = f"cannot be read: {reason(error)}"
    return HandIn(**known, problem=printable(said))


def _taken_out(found: Found, scratch: Path) -> Path:
    """The hand-in itself, which may be a member of an archive."""
    if not found.member:
        return found.path
    with closing(Container(found.path)) as container:
        path = scratch / "hand-in.zip"
        path.write_bytes(container.read(found.member, MAX_INNER_BYTES))
        return path


def _climbed(
    path: Path, known: Mapping[str, Any], highest: int, asked: Mapping[str, Any]
) -> HandIn:
    seen: dict[str, Any] = {}

    def look(unpacked: Unpacked) -> None:
        seen.update(_looked_at(unpacked))

    ladder = verify(path, highest=highest, look=look, **asked)
    rungs = tuple(map(_shortened, ladder.rungs))
    if not seen:
        problem = next((line for rung in ladder.rungs for line in rung.found), "cannot be read")
        return HandIn(**known, problem=problem, rungs=rungs, author=ladder.author)
    author = {name: printable(value) for name, value in ladder.author.items()}
    return HandIn(**known, **seen, author=author, rungs=rungs)


def _shortened(rung: Rung) -> Rung:
    """The rung with its first findings and how many more there are."""
    more = len(rung.found) - _LINES
    found = [*rung.found[:_LINES], f"and {more} more"] if more > 0 else rung.found
    return replace(rung, found=found)


def _looked_at(found: Unpacked) -> dict[str, Any]:
    """What goes into the record from the unpacked hand-in."""
    plan, store = found.plan, found.store
    about = {"plan": plan.to_json(), "newest": store.newest_commit(plan.cells)}
    try:
        view = read_view(store, options=found.experiment.overrides()["report"])
        cells = tuple(_cell(found, spec) for spec in plan.cells)
        return {**about, "cells": cells, "answers": tuple(_answers(found, view))}
    except MemoryError:
        raise
    except Exception as error:  # as on rung 2: what a stranger's files do cannot be foreseen
        return {**about, "notes": (f"its results cannot be shown: {one_line(error)}",)}


def _cell(found: Unpacked, spec: CellSpec) -> GradedCell:
    store = found.store
    outcome = store.outcome(spec, found.plan.sheet_gan(spec))
    known = spec.name, spec.fingerprint, spec.family, spec.dataset, spec.seed
    if not isinstance(outcome, CellResult):
        return GradedCell(*known, "failed" if isinstance(outcome, CellFailure) else "missing")
    train = store.train_folder(spec)
    best = outcome.metrics.get("best_epoch") or spec.training["epochs"]
    return GradedCell(
        *known,
        "done" if outcome.measured else "trained",
        metrics=_numbers(outcome.metrics),
        history=tuple(map(_numbers, outcome.history)),
        files=dict(_committed(train, "train"))
        | (dict(_committed(store.eval_folder(spec), "eval")) if outcome.measured else {}),
        thumb=of_picture(train / "images" / f"samples_epoch{best}.png"),
        weights=of_weights(train),
    )


def _numbers(values: Mapping[str, Any]) -> dict[str, float | None]:
    """Numbers as a record has them, now and when it is read again: finite, or None."""
    kept = {k: v for k, v in values.items() if v is None or type(v) in (int, float)}
    return {k: float(v) if v is not None and isfinite(v) else None for k, v in kept.items()}


def _committed(folder: Path, kind: str) -> Iterator[tuple[str, str]]:
    for name, stated in read_commit(folder)["files"].items():
        if name != LOG:
            yield f"{kind}/{name}", stated["sha256"]


# --------------------------------------------------------------------- questions


def _answers(found: Unpacked, view: View) -> Iterator[GradedAnswer]:
    """Every question asked, in order, then what stands under none of them."""
    made, path = computed(view), found.scratch / content.ANSWERS
    held = Check((), (), {})
    if path.is_file():
        claims = [claim for answer in made.answers for claim in answer.claims]
        asked = [answer.question for answer in made.answers]
        held = check(read_words(path), made.table, claims, asked)
    student = students(path, made.table, made.answers)
    for answer in made.answers:
        yield _answer(found, made, answer, student, held)
    for heading, pieces in student.remarks({answer.question for answer in made.answers}):
        text, html = _written(pieces)
        words = len(text.split())
        yield GradedAnswer(heading.lower(), heading, text, html, words, _doubts(pieces))


def _answer(
    found: Unpacked, made: Computed, answer: Answer, student: Students, held: Check
) -> GradedAnswer:
    pieces = student.answers.get(answer.question, ())
    said = [answer.paragraph, f"How sure: {answer.sure}" if answer.sure else ""]
    picture, alt = _picture(found, answer)
    return GradedAnswer(
        answer.question,
        answer.heading,
        *_written(pieces),
        held.words.get(answer.question, 0),
        _doubts(pieces),
        tuple(filter(None, said)),
        picture,
        alt,
    )


def _written(pieces: tuple[Segment, ...]) -> tuple[str, str]:
    """An author's words as written and as safe HTML; of very many, the first."""
    text = "".join(piece.text for piece in pieces).strip()
    if len(text) > _LETTERS:
        text = f"{text[:_LETTERS]} …"
        pieces = (Segment("text", text),)
    return text, to_html(pieces) if text else ""


def _doubts(pieces: tuple[Segment, ...]) -> tuple[str, ...]:
    wrong = [piece for piece in pieces if piece.kind != "text" and not piece.ok][:_LINES]
    return tuple(f"{piece.text}: {piece.note}" for piece in wrong)


def _picture(found: Unpacked, answer: Answer) -> tuple[str, str]:
    """The figure that goes with an answer, as base64 of a PNG, and what it shows; or nothing.

    It is the hand-in's own, which rung 2 has compared, painted anew: whatever else its file held
    is gone.
    """
    kind, _, run = answer.picture.partition(":")
    name = f"{content.REPORT}/plots/{kind}.png"
    if kind == "samples":
        cell = next((spec for spec in found.plan.cells if spec.name == run), None)
        best = cell and found.store.outcome(cell)
        if cell is None or not isinstance(best, CellResult):
            return "", ""
        folder = found.store.train_folder(cell) / "images"
        path = folder / f"samples_epoch{best.metrics['best_epoch'] or cell.training['epochs']}.png"
        data = path.read_bytes() if path.is_file() else b""
        alt = f"Samples of {run}"
    else:
        data, alt = found.bag.read(name) if name in found.bag else b"", f"Plot: {kind}"
    return (_painted(data), alt) if data else ("", "")


def _painted(png: bytes) -> str:
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        small = image.convert("RGB")
        small.thumbnail((PICTURE, PICTURE), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        few = small.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(file, "PNG", optimize=True)
        return base64.b64encode(file.getvalue()).decode()
