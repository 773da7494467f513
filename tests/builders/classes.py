"""A class of hand-ins as a learning platform exports it, with everything that happens in one.

python -m tests.builders.classes OUT RUN... --size 80

From some real tiny runs (folders with ``experiments.yaml`` and ``results``) come honest students of
other seeds, copies of several kinds, tampering, incomplete and late ones, and archives that mean
harm. What each is stands in ``OUT/../expected.json``: by file, its kind and what must be found.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from PIL import Image

from labkit.execution import image_grid
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.handin.submit import Size, submit
from labkit.store.commits import COMMIT, read_commit
from labkit.store.store import Store
from tests.builders import forgeries
from tests.builders.archives import archive, info
from tests.builders.handins import payload

NAMES = [f"{first} {last}" for last in ("Ohm", "Volta", "Curie", "Noether", "Gauss", "Hopper",
         "Turing", "Bose", "Raman", "Franklin") for first in ("Ada", "Ben", "Cleo", "Dan",
         "Eva", "Finn", "Gita", "Hugo", "Ines", "Jon")]  # fmt: skip
#: What students' sentences are of; in an order that chance gives, no two have much in common.
_WORDS = """\
loss noise momentum digits sevens strokes critic decoder prior blur edges saturation epoch
learning rate modes gradients posterior means data hinge bce codes size sharper early late often
never mostly because while after seems shows fewer more than both neither grid table curve plot
drops rises collapsed stable wobbles helps hurts balance capacity dimension features real fake
samples classes thin thick shirts bags sneakers balanced doubtful likely small large second
third run seed"""


@dataclass
class Maker:
    """Makes hand-ins below a folder, and remembers what each is."""

    out: Path
    scratch: Path
    rng: random.Random
    expected: dict[str, dict[str, Any]] = field(default_factory=dict)
    _number: int = 0

    def place(self, name: str, kind: str, **about: Any) -> Path:
        """Where the next student's file goes, as Moodle names it."""
        self._number += 1
        student = NAMES[self._number % len(NAMES)]
        path = self.out / f"{student}_{1_000_000 + self._number}_assignsubmission_file_" / name
        path.parent.mkdir(parents=True)
        self.expected[path.relative_to(self.out).as_posix()] = {"kind": kind, **about}
        return path

    def file_of(self, path: Path) -> str:
        return path.relative_to(self.out).as_posix()

    def project(self, run: Path, alter: Callable[[str, bytes], bytes], words: str) -> Path:
        """A student of their own: the run's files as `alter` leaves them, with another id."""
        n = self._number + 1
        folder = self.scratch / f"p{n}"
        folder.mkdir(parents=True)
        text = (run / "experiments.yaml").read_text()
        who = f'author: {{name: {NAMES[n % len(NAMES)]}, id: "{n + 7000}", course: Deep Learning}}'
        (folder / "experiments.yaml").write_text(re.sub(r"author: .*", who, text))
        (folder / "answers.md").write_text(words)
        plan = make_plan(read_experiment(folder / "experiments.yaml"), download=False)
        before, after = Store(run / "results"), Store(folder / "results")
        after.write_plan(plan)
        for old, new in zip(before.plan().cells, plan.cells, strict=True):
            for kind, source in (
                ("train", before.train_folder(old)),
                ("eval", before.eval_folder(old)),
            ):
                attempt = after.begin(new, kind)
                for name in read_commit(source)["files"]:
                    data = alter(f"{kind}/{name}", (source / name).read_bytes())
                    if name == "spec.json":
                        data = json.dumps(new.to_json()).encode()
                    path = attempt.folder / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
                after.commit(attempt, new, kind)
        return folder

    def hand_in(self, folder: Path, path: Path, size: Size = "usual") -> Path:
        file = folder / "experiments.yaml"
        submit(read_experiment(file), file, folder / "results", path, size)
        return path


def words_of(rng: random.Random) -> str:
    """An ``answers.md`` of a student's own."""
    heads = ("stability", "mode_collapse", "latent_dim", "combining")
    said = (
        f"## {head}\n\n{' '.join(rng.choices(_WORDS.split(), k=30)).capitalize()}.\n"
        for head in heads
    )
    return "\n".join(said)


# --------------------------------------------------------------------- what is altered


def another_seed(rng: random.Random) -> Callable[[str, bytes], bytes]:
    """Results as another seed would give them: every number, weight and pixel is another."""
    return lambda name, data: _altered(name, data, rng, 0.15, weights=1.0, pixels=255)


def lightly(rng: random.Random) -> Callable[[str, bytes], bytes]:
    """Results of somebody else, changed where nobody looks."""
    return lambda name, data: _altered(name, data, rng, 0.002, weights=0.001, pixels=2)


def same(name: str, data: bytes) -> bytes:
    return data


def _altered(
    name: str, data: bytes, rng: random.Random, numbers: float, weights: float, pixels: int
) -> bytes:
    noise = np.random.default_rng(rng.getrandbits(32))
    if name.endswith((".jsonl", "metrics.json", "cost.json")):
        rows = [json.loads(line) for line in data.splitlines()] if name.endswith(".jsonl") else [
            json.loads(data)
        ]  # fmt: skip
        made = [json.dumps(_scaled(row, noise, numbers), allow_nan=False) for row in rows]
        return "".join(f"{line}\n" for line in made).encode()
    if name.endswith(".safetensors"):
        tensors = safetensors.numpy.load(data)
        for key, tensor in tensors.items():
            if tensor.dtype == np.float32:
                spread = weights * (float(tensor.std()) or 1.0)
                drawn = noise.normal(0, spread, tensor.shape).astype(np.float32)
                tensors[key] = np.asarray(drawn if weights >= 1 else tensor + drawn)
        return safetensors.numpy.save(tensors, metadata={"facts": "{}"})
    if name.endswith(".npz"):
        samples = np.load(io.BytesIO(data))["samples"]
        samples = samples + noise.integers(0, pixels + 1, samples.shape).astype(np.uint8)
        return image_grid.npz(samples)
    if name.endswith(".png"):
        with Image.open(io.BytesIO(data)) as image:
            page = np.asarray(image.convert("L")).astype(np.int16)
        if pixels == 255:  # another picture: its tiles drawn anew
            page = np.kron(noise.integers(0, 256, (30, 30)), np.ones((4, 4)))[
                : len(page), : len(page)
            ]
        else:
            page = page + noise.integers(-pixels, pixels + 1, page.shape)
        file = io.BytesIO()
        Image.fromarray(page.clip(0, 255).astype(np.uint8)).save(file, "PNG")
        return file.getvalue()
    return data


def _scaled(value: Any, noise: np.random.Generator, by: float, key: str = "") -> Any:
    """All fractions times a random factor; whole numbers stay."""
    if isinstance(value, dict):
        return {k: _scaled(v, noise, by, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_scaled(each, noise, by, key) for each in value]
    return value * float(np.exp(noise.normal(0, by))) if isinstance(value, float) else value


def rezipped(source: Path, target: Path) -> None:
    """The same files, packed by another program."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))


# --------------------------------------------------------------------- what happens in a class


def make_class(runs: Sequence[Path], out: Path, size: int = 80, start: int = 0) -> Maker:
    """A class of so many hand-ins: a quarter copies, a fifth harmful or tampered with.

    Students are numbered from `start` on, so that several parts make one class.
    """
    rng = random.Random(start)
    maker = Maker(out, out.with_name(f"{out.name}.scratch{start}"), rng, _number=start)
    out.mkdir(parents=True, exist_ok=True)
    honest = _honest(maker, runs, max(len(runs), size * 38 // 80))
    _copies(maker, honest, size // 4)
    tampering = _tampering(payload(honest[0][1]))
    for name, (rung, change) in list(tampering.items())[: max(4, size // 10)]:
        path = maker.place("lab.zip", "tampered", what=name, rung=rung)
        if rung == 1:
            _unmended(honest[0][1], path, change)
        else:
            forgeries.forged(payload(honest[0][1]), path, change)
    _unusual(maker, runs, max(1, size // 20))
    for name, make in islice(_harmful(), max(11, size - len(maker.expected))):
        make(maker.place("lab.zip", "harmful", what=name))
    text = json.dumps(maker.expected, indent=1)
    out.with_name(f"{out.name}.expected{start or ''}.json").write_text(text)
    return maker


def _honest(maker: Maker, runs: Sequence[Path], number: int) -> list[tuple[Path, Path, str]]:
    """Students of their own: project, hand-in, words."""
    made = []
    for i in range(number):
        words = words_of(maker.rng)
        alter = another_seed(maker.rng) if i >= len(runs) else same
        folder = maker.project(runs[i % len(runs)], alter, words)
        path = maker.hand_in(folder, maker.place("lab.zip", "honest"))
        made.append((folder, path, words))
    return made


def _copies(maker: Maker, honest: Sequence[tuple[Path, Path, str]], number: int) -> None:
    """One of each source: renamed, packed again, numbers and weights altered, words alone."""
    for i in range(number):
        folder, source, words = honest[-1 - i % len(honest)]
        kind = ("renamed", "packed again", "altered", "words")[i % 4]
        of = maker.file_of(source)
        if kind == "packed again":
            rezipped(source, maker.place("hand-in.zip", "copy", of=of, how=kind))
            continue
        alter = {"renamed": same, "altered": lightly(maker.rng)}.get(kind, another_seed(maker.rng))
        other = maker.project(folder, alter, words if kind == "words" else words_of(maker.rng))
        maker.hand_in(other, maker.place("lab.zip", "copy", of=of, how=kind))


def _tampering(files: dict[str, bytes]) -> dict[str, tuple[int, forgeries.Change]]:
    """What is done, where it must be found."""
    grids = sorted(
        n for n in files if n.startswith("results/") and n.endswith("samples_epoch1.png")
    )
    measures = sorted(n for n in files if n.endswith("metrics.json") and "/eval-" in n)
    plots = sorted(n for n in files if n.startswith("report/plots/"))

    def number(data: bytes) -> bytes:
        return re.sub(
            rb"(\d\.\d)(\d)", lambda m: m[1] + b"%d" % ((int(m[2]) + 1) % 10), data, count=1
        )

    def swap(a: str, b: str) -> forgeries.Change:
        def apply(held: dict[str, bytes]) -> None:
            held[a], held[b] = held[b], held[a]

        return apply

    return {
        "a number of metrics.csv": (2, forgeries.edit("report/metrics.csv", number)),
        "a number of a history, hashes as they were": (
            1, forgeries.edit(next(n for n in files if n.endswith("history.jsonl")), number)),
        "two plots exchanged": (2, swap(plots[0], plots[1])),
        "pictures of two cells exchanged": (2, swap(grids[0], grids[1])),
        "a measure, hashes mended": (2, forgeries.edit(measures[0], number)),
        "other answers": (2, forgeries.edit("answers.md", lambda data: data + b"\nMore.\n")),
        "the experiment file": (
            2, forgeries.edit("experiments.yaml", lambda d: d.replace(b"epochs: 3", b"epochs: 9"))),
        "a commit gone": (
            2, lambda held: held.pop(next(n for n in sorted(held) if n.endswith(f"train/{COMMIT}"))
                                     ) and None),
    }  # fmt: skip


def _unmended(source: Path, target: Path, change: forgeries.Change) -> None:
    """A change in the archive whose manifest stays."""
    files = payload(source)
    before = dict(files)
    change(files)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            inside = name.partition("/data/")[2]
            new.writestr(name, files[inside] if inside in before else old.read(name))


def _unusual(maker: Maker, runs: Sequence[Path], each: int) -> None:
    """Honest ones that are incomplete, light, unpacked, or an archive in an archive."""
    for i in range(each):
        folder = maker.project(runs[i % len(runs)], another_seed(maker.rng), words_of(maker.rng))
        store = Store(folder / "results")
        shutil.rmtree(store.cell_folder(store.plan().cells[0]))
        maker.hand_in(folder, maker.place("lab.zip", "incomplete"))
    for how in ("light", "unpacked", "nested"):
        folder = maker.project(runs[0], another_seed(maker.rng), words_of(maker.rng))
        plain = maker.hand_in(folder, folder / "lab.zip", "light" if how == "light" else "usual")
        path = maker.place("lab" if how == "unpacked" else "lab.zip", "honest", how=how)
        if how == "unpacked":
            del maker.expected[maker.file_of(path)]
            maker.expected[f"{maker.file_of(path)}/lab"] = {"kind": "honest", "how": how}
            with zipfile.ZipFile(plain) as held:
                held.extractall(path)
        elif how == "nested":
            archive(path, ("in/lab.zip", plain.read_bytes()))
        else:
            shutil.copy(plain, path)


def _harmful() -> Iterator[tuple[str, Callable[[Path], Any]]]:
    zeros = bytes(50_000_000)
    yield "zeros, packed a thousandfold", lambda path: archive(path, ("lab/bagit.txt", zeros))
    yield "1 GB of zeros", _sparse
    yield "a path out of it", lambda path: archive(path, ("../../evil", b"x"))
    link = info("lab/bagit.txt", stat.S_IFLNK | 0o777)
    yield "a link", lambda path: archive(path, (link, b"/etc/passwd"))
    yield "cut short", lambda path: path.write_bytes(_of_many(3).getvalue()[:-30])
    yield "no archive", lambda path: path.write_bytes(b"%PDF-1.7 my report")
    yield "empty", lambda path: path.write_bytes(b"")
    yield "very many entries", lambda path: path.write_bytes(_of_many(30_000).getvalue())
    yield "nothing of labkit's", lambda path: archive(path, ("report.docx", b"words"))
    yield (
        "a bag of nonsense",
        lambda path: archive(path, ("lab/bagit.txt", b"BagIt"), ("lab/data/x", b"y")),
    )
    while True:
        yield "archives in archives", _nested


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**9)


def _of_many(entries: int) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for i in range(entries):
            made.writestr(f"lab/{i}", b"")
    return file


def _nested(path: Path) -> None:
    data = b"x"
    for _ in range(10):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as made:
            made.writestr("a.zip", data)
        data = file.getvalue()
    path.write_bytes(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--size", type=int, default=80)
    parser.add_argument("--start", type=int, default=0)
    asked = parser.parse_args()
    made = make_class(asked.runs, asked.out, asked.size, asked.start)
    print(f"{len(made.expected)} hand-ins in {asked.out}")


if __name__ == "__main__":
    main()
