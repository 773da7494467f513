"""Which hand-ins are called alike: real honest ones never, copies always, however they are altered.

``class.json.gz`` holds the records of twelve real hand-ins: two small GANs and two VAEs each,
trained for three epochs by seeds of their own. ``answers.txt`` holds what ten people wrote.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labkit.grade import sketch
from labkit.grade.likeness import KINDS, Pair, pairs
from labkit.grade.record import GradedAnswer, GradedCell, HandIn, from_bytes
from labkit.grade.words_alike import passage, shingles

HERE = Path(__file__).parent
QUESTIONS = ("stability", "mode_collapse")


@cache
def honest() -> tuple[HandIn, ...]:
    """Twelve students, ten of whom have answered."""
    stored = json.loads(gzip.decompress((HERE / "class.json.gz").read_bytes()))
    records = [from_bytes(json.dumps(each).encode()) for each in stored]
    texts = (HERE / "answers.txt").read_text("utf-8").split("---\n")
    found = []
    for i, record in enumerate(records):
        assert record is not None
        found.append(replace(record, answers=answered(texts[i]) if i < len(texts) else ()))
    return tuple(found)


def answered(text: str) -> tuple[GradedAnswer, ...]:
    both = zip(QUESTIONS, text.split("===\n"), strict=True)
    return tuple(GradedAnswer(key, key, said) for key, said in both)


# --------------------------------------------------------------- what a copy is altered by


def renamed(handin: HandIn, file: str = "z/copy.zip") -> HandIn:
    """Handed in under another name, as a file of other bytes."""
    return replace(handin, file=file, author={"name": "Another", "id": "999"}, digest="0" * 64)


def each_cell(handin: HandIn, **change: Any) -> HandIn:
    """Every cell changed: each keyword a function of a cell that gives the field's new value."""
    return replace(handin, cells=tuple(
        replace(cell, **{name: make(cell) for name, make in change.items()})
        for cell in handin.cells
    ))  # fmt: skip


def other_seed(handin: HandIn) -> HandIn:
    """Said to be of another seed, all that is stated of files another."""
    return each_cell(
        handin, seed=lambda c: c.seed + 1, fingerprint=lambda c: c.fingerprint[::-1],
        files=lambda c: {name: sha[::-1] for name, sha in c.files.items()},
    )  # fmt: skip


def noisy(cell: GradedCell, share: float, rng: random.Random) -> tuple[dict[str, Any], ...]:
    """Every number of a history off by about a share of it, times too."""
    return tuple(
        {n: v * (1 + rng.gauss(0, share)) if isinstance(v, float) else v for n, v in row.items()}
        for row in cell.history
    )


def with_noise(handin: HandIn, share: float, seed: int = 1) -> HandIn:
    rng = random.Random(seed)
    return each_cell(handin, history=lambda c: noisy(c, share, rng))


def weights_moved(handin: HandIn, share: float) -> HandIn:
    """Weights off by a share of their spread."""
    rng = np.random.default_rng(1)

    def moved(cell: GradedCell) -> str:
        lines = []
        for name, (digest, values) in sketch.read(cell.weights).items():
            off = values + rng.normal(0, share * values.std(), len(values))
            coded = base64.b64encode(off.astype("<f4").tobytes()).decode()
            lines.append(f"{name} {digest[::-1]} {coded}")
        return "\n".join(lines)

    return each_cell(handin, weights=moved)


def generators(handin: HandIn) -> HandIn:
    """Handed in without the networks that no sample needs."""

    def kept(cell: GradedCell) -> str:
        lines = cell.weights.splitlines()
        return "\n".join(line for line in lines if "/discriminator/" not in line)

    return each_cell(handin, weights=kept)


def without(handin: HandIn, **fields: Any) -> HandIn:
    return each_cell(handin, **{name: lambda _cell, to=to: to for name, to in fields.items()})


def pictures_moved(handin: HandIn, seed: int = 1) -> HandIn:
    rng = np.random.default_rng(seed)

    def moved(cell: GradedCell) -> str:
        greys = np.frombuffer(base64.b64decode(cell.thumb), np.uint8)
        off = np.clip(greys + rng.normal(0, 4, greys.size), 0, 255).astype(np.uint8)
        return base64.b64encode(off.tobytes()).decode()

    return each_cell(handin, thumb=moved)


def found(handin: HandIn, *others: HandIn) -> list[Pair]:
    """The telling pairs of the honest class and one hand-in more."""
    return [pair for pair in pairs([*honest(), handin, *others]) if pair.telling]


# -------------------------------------------------------------------------------- honest ones


def test_seeds_of_their_own_make_nobody_alike() -> None:
    assert len(honest()) == 12
    assert pairs(honest()) == []
    assert pairs(honest()[:2]) == []


def test_one_seed_is_alike_by_design_and_says_so() -> None:
    """Trained twice with one seed on one machine: all equal but the times."""
    first = replace(honest()[0], answers=())
    rng = random.Random(2)
    again = each_cell(renamed(first), history=lambda c: tuple(
        {**row, "seconds": row["seconds"] * rng.uniform(0.9, 1.1)} for row in c.history
    ))  # fmt: skip
    (pair,) = pairs([*honest()[1:], first, again])
    assert not pair.telling
    assert pair.value == 0
    assert {e.kind for e in pair.evidence} == {"weights", "history", "pictures"}
    assert {e.expected for e in pair.evidence} == {"the same seed"}
    assert all(e.value == 1 for e in pair.evidence)


def test_the_same_training_handed_in_twice_tells_by_its_times() -> None:
    (pair,) = found(renamed(replace(honest()[0], answers=())))
    first = pair.evidence[0]
    assert (first.kind, first.value, first.expected) == ("times", 1, "")
    assert "12 of 12 recorded times of epochs are equal to the last digit" in first.text


@pytest.mark.parametrize(("field", "why"), [("group", "one group"), ("id", "one author")])
def test_partners_and_second_hand_ins_are_alike_by_design(field: str, why: str) -> None:
    first = replace(honest()[0], author={"name": "A", field: " Blue "})
    again = replace(first, file="z.zip", author={"name": "B", field: "blue"})
    (pair,) = pairs([first, again, *honest()[1:]])
    assert not pair.telling
    assert {e.expected for e in pair.evidence} == {why}
    assert {e.kind for e in pair.evidence} == set(KINDS)


def test_what_could_not_be_read_is_like_nothing() -> None:
    assert pairs([HandIn("a.zip", problem="no"), HandIn("b.zip", problem="no")]) == []
    assert pairs([HandIn("a.zip"), HandIn("b.zip")]) == []
    torn = without(
        renamed(honest()[0]), weights="no sketch\nx y z", thumb="?", history=({},), fingerprint=""
    )
    assert [e.kind for e in found(replace(torn, answers=()))[0].evidence] == ["pictures"]


# ------------------------------------------------------------------------------------- copies


@pytest.mark.parametrize(("kind", "altered"), [
    ("times", lambda h: h),
    ("weights", lambda h: without(h, history=())),
    ("weights", lambda h: weights_moved(without(h, history=()), 0.3)),
    ("history", lambda h: without(with_noise(h, 0), weights="", thumb="")),
    ("history", lambda h: without(with_noise(h, 1e-3), weights="", thumb="")),
    ("history", lambda h: without(with_noise(h, 1e-2), weights="", thumb="")),
    ("weights", lambda h: generators(weights_moved(without(h, history=(), thumb=""), 0.3))),
    ("pictures", lambda h: pictures_moved(without(h, weights="", history=()))),
])  # fmt: skip
@pytest.mark.parametrize("source", range(12))
def test_results_alike_are_found_by_each_of_their_parts(
    source: int, kind: str, altered: Any
) -> None:
    copy = altered(other_seed(renamed(replace(honest()[source], answers=()))))
    if kind == "history":
        copy = each_cell(copy, history=lambda c: tuple(
            {n: v for n, v in row.items() if n != "seconds"} for row in c.history
        ))  # fmt: skip
    (pair,) = found(copy)
    assert {pair.a, pair.b} == {honest()[source].file, "z/copy.zip"}
    assert kind in {e.kind for e in pair.evidence}
    assert all(0.5 < e.value <= 1 for e in pair.evidence)


def test_weights_on_both_sides_of_the_limit() -> None:
    """Noise as large as the weights themselves leaves a correlation of 0.7, three times it 0.3."""
    for share, there in ((0.9, True), (3.0, False)):
        bare = without(other_seed(renamed(honest()[3])), history=(), thumb="")
        copy = weights_moved(replace(bare, answers=()), share)
        assert bool(found(copy)) == there


def test_one_cell_of_anothers_is_enough_and_is_named() -> None:
    mine, theirs = honest()[4], other_seed(honest()[5])
    mixed = replace(mine, cells=(*mine.cells[:2], theirs.cells[2], mine.cells[3]))
    rest = [each for each in honest() if each != mine]
    (pair,) = [p for p in pairs([*rest, mixed]) if p.telling]
    assert {pair.a, pair.b} == {mine.file, theirs.file}
    assert all(theirs.cells[2].name in e.text for e in pair.evidence)


def test_equal_times_on_both_sides_of_the_limit() -> None:
    first = replace(honest()[0], answers=())
    for epochs, there in ((3, True), (2, False)):
        cells = tuple(replace(c, history=c.history[:epochs], weights="", thumb="", files={})
                      for c in honest()[1].cells)  # fmt: skip
        times = [row["seconds"] for row in first.cells[0].history[:epochs]]
        rows = tuple({**r, "seconds": t} for r, t in zip(cells[0].history, times, strict=True))
        mine = replace(honest()[1], answers=(), cells=(replace(cells[0], history=rows), *cells[1:]))
        assert [[e.kind for e in p.evidence] for p in pairs([first, mine])] == [["times"]] * there


def test_one_cells_history_alone_is_found_if_it_is_long_enough() -> None:
    """Histories of 38 numbers, those of two cells as one; of weights and pictures nothing."""

    def longer(handin: HandIn) -> HandIn:
        first, second, *rest = handin.cells
        rows = tuple(
            {**row, **{f"also_{name}": v for name, v in other.items() if name != "seconds"}}
            for row, other in zip(first.history, second.history, strict=True)
        )
        return replace(handin, answers=(), cells=(replace(first, history=rows), *rest))

    class_ = [longer(each) for each in honest()]
    for share, there in ((2e-4, True), (3e-2, False)):
        theirs = with_noise(without(other_seed(class_[5]), weights="", thumb=""), share)
        mixed = replace(class_[4], cells=(theirs.cells[0], *class_[4].cells[1:]))
        telling = [p for p in pairs([*class_[:4], mixed, *class_[5:]]) if p.telling]
        assert [[e.kind for e in p.evidence] for p in telling] == [["history"]] * there


def test_one_cell_trained_again_does_not_hide_the_others() -> None:
    copy = other_seed(renamed(replace(honest()[6], answers=())))
    fresh = each_cell(honest()[7], fingerprint=lambda c: "f" * 64).cells[0]
    rest = [each for each in honest() if each != honest()[7]]
    (pair,) = [
        p for p in pairs([*rest, replace(copy, cells=(fresh, *copy.cells[1:]))]) if p.telling
    ]
    assert {pair.a, pair.b} == {honest()[6].file, "z/copy.zip"}


def test_settings_that_are_claimed_do_not_hide_equal_numbers() -> None:
    copy = other_seed(renamed(replace(honest()[8], answers=())))
    cells = tuple(replace(cell, name=f"other{k}") for k, cell in enumerate(copy.cells))
    (pair,) = found(replace(copy, cells=cells, plan={"cells": []}))
    assert [e.kind for e in pair.evidence] == ["times", "weights", "history"]


def test_a_ring_of_copies_is_every_pair_of_it() -> None:
    ring = [other_seed(renamed(honest()[1], f"z/{k}.zip")) for k in range(5)]
    ring = [replace(h, author={"name": h.file}) for h in ring]
    names = {honest()[1].file, *(h.file for h in ring)}
    telling = found(*ring)
    assert {(p.a, p.b) for p in telling} == {(a, b) for a in names for b in names if a < b}


def test_the_order_of_the_files_changes_nothing() -> None:
    class_ = [*honest(), other_seed(renamed(honest()[2])), with_noise(renamed(honest()[3]), 1e-3)]
    assert pairs(class_) == pairs(class_[::-1])


# ------------------------------------------------------------------------------------ answers

#: Words for others, as somebody uses who copies and hopes.
SYNONYMS = {
    "loss": "objective", "looked": "checked", "think": "believe", "every": "each",
    "more": "further", "little": "hardly anything", "and": "as well as", "bit": "little",
    "only": "just", "the": "this", "pictures": "images", "helped": "improved things",
    "again": "once more", "is": "was",
}  # fmt: skip


def reworded(text: str, every: int) -> str:
    """One word in so many replaced, or left out where there is no other for it."""
    words = text.split()
    for k in range(every // 2, len(words), every):
        words[k] = SYNONYMS.get(words[k].lower(), "")
    return " ".join(filter(None, words))


@pytest.mark.parametrize("every", [5, 8, 12])
@pytest.mark.parametrize("source", range(10))
def test_reworded_answers_are_found_and_quoted(source: int, every: int) -> None:
    said = honest()[source].answers
    answers = tuple(replace(a, text=reworded(a.text, every)) for a in said)
    other = replace(honest()[11], answers=answers)  # with results of its own
    (pair,) = [p for p in pairs([*honest()[:11], other]) if p.telling]
    assert (pair.a, pair.b) == (honest()[source].file, other.file)
    (evidence,) = pair.evidence
    assert evidence.kind == "answers"
    quoted = evidence.text.rpartition("“")[2].removesuffix("”").rstrip("…")
    assert len(quoted.split()) >= 3
    assert quoted in " ".join(" ".join(a.text for a in said).split())


def test_one_answer_of_several_is_enough() -> None:
    mine, theirs = honest()[0], honest()[1]
    other = replace(mine, answers=(mine.answers[0], theirs.answers[1]))
    (pair,) = [p for p in pairs([other, *honest()[1:]]) if p.telling]
    assert "mode_collapse" in pair.evidence[0].text
    assert pair.value > 0.9


def test_words_of_labkit_and_of_the_sheet_count_for_nobody() -> None:
    """Two who paste what labkit computed, and have written the rest themselves."""
    computed = (
        "By the drawdown of tracking FID, its largest rise above an earlier epoch, loss had the "
        "largest influence on MNIST: hinge was apparently the steadier choice (0.228 against "
        "0.449). The share of steps in which the discriminator was right almost every time was "
        "0.106 with hinge and 0.147 with BCE. All twelve GANs trained to the end without an error."
    )
    pasted = computed.replace("0.228", "0.31").replace("0.449", "0.6")

    def with_it(handin: HandIn, known: tuple[str, ...]) -> HandIn:
        first, *rest = handin.answers
        first = replace(first, text=f"{pasted}\n\n{first.text}", computed=known)
        return replace(handin, answers=(first, *rest))

    for known in ((computed,), ()):
        two = [with_it(each, known) for each in honest()[:2]]
        assert bool(pairs([*two, *honest()[2:]])) == (not known)


def test_marks_numbers_and_scripts_without_spaces() -> None:
    assert shingles('a {{ value("b", "c") }} 3.5 [claim: best loss is x] d') == {("a", "#", "d")}
    assert len(shingles("生成器的损失")) == 4
    assert (
        passage("The Cat sat on it, 3 times.", "a cat SAT on it 4 times")
        == "Cat sat on it, 3 times"
    )
    assert passage("one", "two") == ""


# ------------------------------------------------------------------------------------ sketches


def test_a_sketch_of_real_weights_survives_what_a_copyist_does(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.numpy import load_file, save_file

    from labkit.execution.sampling import build
    from labkit.grade.runs_alike import _together
    from labkit.train import checkpoint
    from tests.builders.cells import spec

    weights = {}
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        family = build(replace(spec(), seed=seed), torch.device("cpu"))
        (folder / "best.safetensors").write_bytes(checkpoint.dump(family, optimisers=False))
        weights[seed] = sketch.read(sketch.of_weights(folder))
    tensors = load_file(tmp_path / "1" / "best.safetensors")
    generator = {n: t for n, t in tensors.items() if "generator" in n}
    save_file(generator, tmp_path / "draws.safetensors")
    part = sketch.read(sketch.of_weights(tmp_path))
    assert part
    assert all(weights[1][name][0] == digest for name, (digest, _values) in part.items())
    rng = np.random.default_rng(0)
    moved = {
        n: t + rng.normal(0, 0.05, t.shape).astype(t.dtype) * t.std()
        for n, t in tensors.items()
        if t.ndim
    }
    save_file(moved, tmp_path / "draws.safetensors")
    near = sketch.read(sketch.of_weights(tmp_path))

    def together(a: dict[str, Any], b: dict[str, Any]) -> float:
        return float(_together([a, b])[0, 1])

    assert together(weights[1], near) > 0.99
    assert abs(together(weights[1], weights[2])) < 0.25


def test_files_that_are_none_have_no_sketch(tmp_path: Path) -> None:
    assert sketch.of_weights(tmp_path) == ""
    (tmp_path / "best.safetensors").write_bytes(b"\xff" * 100)
    assert sketch.of_weights(tmp_path) == ""
    (tmp_path / "x.png").write_bytes(b"no picture")
    assert sketch.of_picture(tmp_path / "x.png") == ""
    assert sketch.tiles("").size == 0
    assert sketch.tiles(base64.b64encode(bytes(784)).decode()).size == 0
