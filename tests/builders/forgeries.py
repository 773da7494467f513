"""A forger, who changes something in a hand-in and mends every hash on the way."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labkit.experiment.spec import CellSpec, sha256_of
from labkit.handin import bag, content
from labkit.handin.unpack import Unpacked
from labkit.reporting import build
from labkit.store.commits import COMMIT, json_bytes, read_commit, signed
from tests.builders.handins import unpacked

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


def edit(name: str, change: Callable[[bytes], bytes]) -> Change:
    def apply(files: dict[str, bytes]) -> None:
        before = files[name]
        files[name] = change(before)
        assert files[name] != before, f"{name} was not changed"

    return apply


def edit_json(name: str, change: Callable[[dict], None]) -> Change:
    def apply(data: bytes) -> bytes:
        value = json.loads(data)
        change(value)
        return json.dumps(value).encode()

    return edit(name, apply)


def replaced(old: str, new: str, which: int = 0) -> Callable[[bytes], bytes]:
    def apply(data: bytes) -> bytes:
        places = [m.start() for m in re.finditer(re.escape(old.encode()), data)]
        at = places[which]
        return data[:at] + new.encode() + data[at + len(old.encode()) :]

    return apply


def resampled(data: bytes) -> bytes:
    """Samples with one of them replaced by another."""
    samples = np.load(io.BytesIO(data))["samples"].copy()
    samples[0] = samples[1]
    file = io.BytesIO()
    np.savez_compressed(file, samples=samples)
    return file.getvalue()


def metrics_path(found: Unpacked, spec: CellSpec) -> Path:
    """The file of a cell's measures."""
    return found.store.eval_folder(spec) / "metrics.json"


def write_measures(path: Path, data: bytes) -> None:
    """Change a file of measures, and the commit beside it."""
    path.write_bytes(data)
    commit = read_commit(path.parent)
    stated = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    files = commit["files"] | {path.name: stated}
    (path.parent / COMMIT).write_bytes(json_bytes(signed({**commit, "files": files})))


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
    try:
        found = unpacked(path, scratch)
        made = content.make_report(
            found.experiment, found.store.root, scratch / "answers.md", ("en",)
        )
        return {f"report/{name}": data for name, data in made.items()}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def remember_reports(patch: pytest.MonkeyPatch) -> None:
    """Make a report of the same results only once; a forger seldom changes them."""
    real, kept = build.render_report, {}

    def remembered(root: Path, *, answers_file: Path, **rest: Any) -> dict[str, Any]:
        digest = hashlib.sha256(repr(sorted(rest.items(), key=str)).encode())
        for path in [*sorted(p for p in root.rglob("*") if p.is_file()), answers_file]:
            inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
            digest.update(inside.encode())
            digest.update(path.read_bytes() if path.is_file() else b"")
        if (key := digest.hexdigest()) not in kept:
            kept[key] = real(root, answers_file=answers_file, **rest)
        return kept[key]

    patch.setattr(build, "render_report", remembered)
