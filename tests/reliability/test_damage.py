"""Each file of a finished store cut or flipped: named, set aside, made again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.execution.status import survey
from labkit.experiment.spec import CellResult, sha256_of
from labkit.store.commits import COMMIT, SMALL_BYTES, damage, json_bytes, read_commit, seal, signed
from labkit.store.store import Store
from tests.builders import breakable

PLACES = 20


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)  # keeps every time of change
    return target


def cell_files(root: Path) -> list[str]:
    return [name for name in breakable.files(root) if name.startswith("cells/")]


def damages(data: bytes) -> Iterator[tuple[str, bytes]]:
    for place in range(PLACES):
        at = place * len(data) // PLACES
        yield f"cut at {at}", data[:at]
        flipped = bytearray(data)
        if flipped:
            flipped[at] ^= 1 << (place % 8)
            yield f"bit {place % 8} of byte {at} flipped", bytes(flipped)


def quietly(path: Path, data: bytes) -> None:
    """Write without a trace in the time of change, as a failing disk does."""
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def surveyed(root: Path, deep: bool = False) -> dict[str, str]:
    return {
        job.spec.name: f"{job.state}: {job.why}"
        for job in survey(breakable.plan(), Store(root), deep)
    }


def test_every_damage_is_found_and_named(tmp_path: Path, undisturbed: Path) -> None:
    root = copied(undisturbed, tmp_path / "results")
    tried = 0
    for name in cell_files(root):
        path, data = root / name, (root / name).read_bytes()
        for what, bad in damages(data):
            if bad == data:
                continue  # an empty log cannot be cut
            for quiet in (False, True):
                quietly(path, bad) if quiet else path.write_bytes(bad)
                found = surveyed(root, deep=True)
                (wrong,) = [why for why in found.values() if why != "done: done"] or [""]
                assert path.name in wrong, f"{name} {what}: {found}"
                if not quiet or len(data) <= SMALL_BYTES or len(bad) != len(data):
                    assert surveyed(root) != dict.fromkeys(found, "done: done"), f"{name} {what}"
                tried += 1
            quietly(path, data)
        assert set(surveyed(root, deep=True).values()) == {"done: done"}
    assert tried > 1000


def test_every_file_is_made_again(
    tmp_path: Path, undisturbed: Path, expected: dict[str, bytes]
) -> None:
    for number, name in enumerate(cell_files(undisturbed)):
        root = copied(undisturbed, tmp_path / str(number))
        path = root / name
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if data else b"x")
        summary = breakable.go(root)
        assert (summary.done, summary.trained) == (2, 1), name
        assert breakable.files(root) == expected, name
        aside = list(root.glob("cells/*/damaged-*"))
        assert len(aside) == 1, name
        assert (aside[0] / Path(name).relative_to(Path(*Path(name).parts[:3]))).exists()


def test_quiet_damage_to_weights_is_found_before_they_are_used(
    tmp_path: Path, undisturbed: Path
) -> None:
    root = copied(undisturbed, tmp_path / "results")
    cell = breakable.plan().cells[0]
    path = Store(root).train_folder(cell) / "best.safetensors"
    quietly(path, path.read_bytes()[:-1] + b"?")
    assert Store(root).is_trained(cell)
    assert not Store(root).is_trained(cell, deep=True)
    (why,) = [why for why in surveyed(root, deep=True).values() if why != "done: done"]
    assert why.startswith("damaged: damaged: best.safetensors: altered since it was committed")
    assert f"labkit run --force --only '{cell.name}'" in why
    assert breakable.go(root, force=True, only=cell.name).trained == 1
    assert set(surveyed(root, deep=True).values()) == {"done: done"}


def test_a_measure_of_replaced_weights_does_not_count(tmp_path: Path, undisturbed: Path) -> None:
    """As when a damaged cell is trained again on another machine: same spec, other bits."""
    root = copied(undisturbed, tmp_path / "results")
    store, cell = Store(root), breakable.plan().cells[0]
    train = store.train_folder(cell)
    (train / "best.safetensors").write_bytes(b"other" * SMALL_BYTES)
    seal(train, "train", cell.fingerprint)
    outcome = store.outcome(cell)
    assert isinstance(outcome, CellResult)
    assert not outcome.measured
    (job, *_) = survey(breakable.plan(), store)
    assert job.state == "measure"
    assert "replaced since" in job.why


def test_a_commit_of_another_cell_does_not_count(tmp_path: Path, undisturbed: Path) -> None:
    root = copied(undisturbed, tmp_path / "results")
    first, second = breakable.plan().cells
    shutil.rmtree(Store(root).train_folder(first))
    shutil.copytree(Store(root).train_folder(second), Store(root).train_folder(first))
    assert Store(root).outcome(first) is None
    assert "of another cell" in surveyed(root)[first.name]


def test_commits_of_the_first_format_still_count(tmp_path: Path, undisturbed: Path) -> None:
    """Made before a commit signed itself: no ``self``, no ``inputs``."""
    from labkit.store import atomic

    root = copied(undisturbed, tmp_path / "results")
    for path in root.glob("cells/*/*/COMMIT.json"):
        commit = read_commit(path.parent)
        atomic.write_bytes(
            path, json_bytes({k: v for k, v in commit.items() if k not in ("self", "inputs")})
        )
    assert set(surveyed(root, deep=True).values()) == {"done: done"}


@pytest.mark.parametrize(
    "name", ["../../plan.json", "/etc/passwd", "a/../../b", "", "a//b", "..\\x"]
)
def test_a_commit_names_nothing_outside_its_folder(
    tmp_path: Path, undisturbed: Path, name: str
) -> None:

    root = copied(undisturbed, tmp_path / "results")
    folder = Store(root).train_folder(breakable.plan().cells[0])
    commit = read_commit(folder)
    commit["files"][name] = {"sha256": sha256_of(1), "bytes": 3}
    (folder / COMMIT).write_bytes(json_bytes(signed(commit)))
    assert "altered" in damage(folder)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_nonsense_in_a_commit_is_damage(tmp_path: Path, undisturbed: Path, data: bytes) -> None:
    root = copied(undisturbed, tmp_path / "results")
    cell = breakable.plan().cells[0]
    (Store(root).train_folder(cell) / COMMIT).write_bytes(data)
    assert COMMIT in surveyed(root)[cell.name]
