"""Hand-ins to tamper with, and a forger who mends every hash on the way."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.experiment.spec import sha256_of
from labkit.handin import bag
from labkit.handin.container import Container
from labkit.handin.ladder import Ladder, Rung
from labkit.handin.submit import submit
from labkit.handin.unpack import unpack
from labkit.handin.verify import _head, verify
from labkit.reporting import build
from labkit.store.commits import COMMIT, json_bytes, signed
from labkit.store.store import Store
from tests.reporting import fake_store

TEXT = """\
name: {name}
title: "A lab"
author: {{name: Ada Lovelace, id: "1815", group: {group}, course: Deep Learning}}
data: {{source: bundled}}
seeds: {seeds}
training: {{epochs: {epochs}, batch_size: 128, snapshot_epochs: [1, {epochs}]}}
experiments:
  gan:
    family: gan
    grid: {{dataset: [MNIST], loss: [hinge, bce]}}
  vae:
    family: vae
    grid: {{dataset: [MNIST], latent_dim: [8]}}
"""


def project(folder: Path, failed: tuple[str, ...] = (), **about: Any) -> Path:
    """An experiment file and a finished store of invented numbers; rungs 1 and 2 hold."""
    about = {"name": "lab", "group": "A", "seeds": "[42]", "epochs": 2} | about
    folder.mkdir(parents=True)
    file = folder / "experiments.yaml"
    file.write_text(TEXT.format(**about))
    (folder / "answers.md").write_text(
        "# What hyperparameters most influenced GAN stability in your runs?\n\nThe loss.\n"
    )
    plan = make_plan(read_experiment(file), download=False)
    fake_store.write_store(folder / "results" / about["name"], plan, failed=failed)
    return file


def handed_in(file: Path, out: Path, light: bool = False) -> Path:
    experiment = read_experiment(file)
    submit(experiment, file, file.parent / "results" / experiment.name, out, light)
    return out


def payload(path: Path) -> dict[str, bytes]:
    """What a bag holds, by path below ``data/``."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "/data/" in name]
        return {name.partition("/data/")[2]: archive.read(name) for name in names}


Change = Callable[[dict[str, bytes]], None]


def forged(source: Mapping[str, bytes], target: Path, change: Change, again: bool = False) -> Path:
    """A hand-in with something changed, and everything mended that a forger can mend.

    Args:
        source: an honest payload.
        target: where the forgery goes.
        change: what is changed, in place.
        again: also make the report again from the forged results.
    """
    files = dict(source)
    change(files)
    mend(files)
    _pack(files, target)
    if again:
        for name in [name for name in files if name.startswith("report/")]:
            del files[name]
        files |= rendered(target)
        _pack(files, target)
    return target


def mend(files: dict[str, bytes]) -> None:
    """Make every commit true of the files beside it, and every measurement of its weights."""
    for name in sorted((n for n in files if n.endswith(COMMIT)), key=lambda n: "/eval-" in n):
        folder = name.removesuffix(COMMIT)
        commit = json.loads(files[name])
        for member in commit["files"]:
            data = files.get(folder + member)
            if data is not None:
                digest = hashlib.sha256(data).hexdigest()
                commit["files"][member] = {"sha256": digest, "bytes": len(data)}
        if commit["kind"] == "eval":
            train = files.get(f"{folder.rstrip('/').rpartition('/')[0]}/train/{COMMIT}")
            if train is not None:
                best = json.loads(train)["files"].get("best.safetensors")
                commit["inputs"] = sha256_of([best])
        files[name] = json_bytes(signed(commit))


def _pack(files: Mapping[str, bytes], target: Path) -> None:
    bag.write_bag(target, "lab", files, {"Contact-Name": "Ada"})


def rendered(path: Path) -> dict[str, bytes]:
    """The report of a hand-in's results, as its author would make it."""
    scratch = path.parent / f"{path.stem}-scratch"
    container = Container(path)
    try:
        found = bag.open_bag(container)
        about, experiment = _head(found)
        unpacked = unpack(found, about, experiment, scratch, Rung(2))
        assert unpacked is not None
        build.build_report(
            unpacked.store.root,
            out=scratch / "report",
            formats=("md", "html"),
            answers_file=scratch / "answers.md",
            layout=experiment.content.report.layout,
            overrides=experiment.overrides(),
        )
        out = scratch / "report"
        files = sorted(p for p in out.rglob("*") if p.is_file())
        return {f"report/{p.relative_to(out).as_posix()}": p.read_bytes() for p in files}
    finally:
        container.close()
        shutil.rmtree(scratch, ignore_errors=True)


def remember_reports(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make a report of the same results only once; a forger seldom changes them."""
    real = build.build_report

    def remembered(root: Path, *, out: Path, answers_file: Path, **rest: Any) -> list[Path]:
        digest = hashlib.sha256(repr(sorted(rest.items(), key=str)).encode())
        for path in [*sorted(p for p in root.rglob("*") if p.is_file()), answers_file]:
            inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
            digest.update(inside.encode())
            digest.update(path.read_bytes() if path.is_file() else b"")
        kept = folder / digest.hexdigest()
        if not kept.exists():
            made = folder / f"{kept.name}.part"
            real(root, out=made, answers_file=answers_file, **rest)
            made.rename(kept)
        shutil.copytree(kept, out, dirs_exist_ok=True)
        return [out]

    patch.setattr(build, "build_report", remembered)


def climbed(path: Path, highest: int = 2) -> Ladder:
    return verify(path, highest=highest)


def verdicts(ladder: Ladder) -> dict[int, str]:
    return {rung.number: rung.verdict for rung in ladder.rungs}


def store_of(file: Path) -> Store:
    return Store(file.parent / "results" / read_experiment(file).name)
