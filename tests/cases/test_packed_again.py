"""Hand-ins as they arrive: packed again, in folders, in other archives, with a system's litter."""

from __future__ import annotations

import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from labkit.handin import bag, container
from labkit.handin.container import Container, ContainerError, Folder, NotAZipError
from labkit.handin.verify import verify
from tests.builders import handins, stores
from tests.builders.archives import archive, info
from tests.builders.commands import labkit

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("packed")
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        path = handins.handed_in(handins.project(folder / "project"), folder / "h.zip")
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(files: Mapping[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in files.items():
            new.writestr(name, data)
    return path


def below(prefix: str) -> Callable[[Files, Path], Path]:
    return lambda files, path: packed({prefix + n: d for n, d in files.items()}, path)


def littered(files: Files, path: Path) -> Path:
    more = {".DS_Store": b"x", "lab/.DS_Store": b"x", "lab/data/.DS_Store": b"x",
            "__MACOSX/lab/._bagit.txt": b"x", "__MACOSX/._lab": b"x", "lab/data/Thumbs.db": b"x",
            "lab/data/results/desktop.ini": b"x", "lab/data/report/._report.md": b"x",
            "lab/.ipynb_checkpoints/answers-checkpoint.md": b"x"}  # fmt: skip
    return packed({**files, **more}, path)


def in_an_archive(files: Files, path: Path) -> Path:
    inner = packed(files, path.with_suffix(".inner")).read_bytes()
    return packed({"Ada_1815/h.zip": inner, "__MACOSX/Ada_1815/._h.zip": b"x"}, path)


def unpacked(files: Files, path: Path) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def unpacked_with_litter(files: Files, path: Path) -> Path:
    unpacked(files, path)
    (path / "lab" / ".DS_Store").write_bytes(b"x")
    return path


def unpacked_and_entered(files: Files, path: Path) -> Path:
    return unpacked(files, path) / "lab"


def archive_in_a_folder(files: Files, path: Path) -> Path:
    path.mkdir()
    packed(files, path / "h.zip")
    return path


def with_backslashes(files: Files, path: Path) -> Path:
    entries = []
    for name, data in files.items():
        entry = info(name.replace("/", "\\"))
        entry.create_system, entry.external_attr = 0, 0x20
        entries.append((entry, data))
    return archive(path, *entries)


#: How it was packed, and what the first rung says of it.
WAYS: dict[str, tuple[Callable[[Files, Path], Path], str]] = {
    "as it was": (packed, ""),
    "a folder around it": (below("h/"), "the hand-in lies in h/lab/"),
    "two folders around it": (below("week 3/Ada (1815)/"), "lies in week 3/Ada (1815)/lab/"),
    "no folder": (
        lambda files, path: packed({n.partition("/")[2]: d for n, d in files.items()}, path), ""
    ),
    "packed on a Mac": (littered, "left by a system, not looked at: .DS_Store, "),
    "a file beside it": (
        lambda files, path: packed({**files, "feedback.txt": b"x"}, path),
        "beside the hand-in, not looked at: feedback.txt",
    ),
    "in an archive": (in_an_archive, "the hand-in is Ada_1815/h.zip, inside of x.zip"),
    "unpacked": (unpacked, ""),
    "unpacked, with litter": (unpacked_with_litter, "left by a system, not looked at: lab/.DS"),
    "its own folder": (unpacked_and_entered, ""),
    "an archive in a folder": (archive_in_a_folder, "the hand-in is h.zip, inside of x.zip"),
    "with backslashes": (with_backslashes, ""),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_an_honest_hand_in_passes_however_it_is_packed(
    way: str, honest: Files, tmp_path: Path
) -> None:
    pack, said = WAYS[way]
    ladder = verify(pack(honest, tmp_path / "x.zip"), highest=2)
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed"}, ladder.lines()
    notes = ladder.rungs[0].notes
    assert said in " ".join(notes)
    assert len(notes) == (2 if said else 1), notes


@pytest.mark.parametrize("way", ["a folder around it", "in an archive", "unpacked"])
def test_a_forger_gains_nothing_by_it(way: str, honest: Files, tmp_path: Path) -> None:
    name = next(n for n in honest if n.endswith("history.jsonl"))
    changed = {**honest, name: honest[name].replace(b"1", b"2", 1)}
    ladder = verify(WAYS[way][0](changed, tmp_path / "x.zip"), highest=2)
    assert handins.verdicts(ladder)[1] == "failed"
    more = {**honest, "lab/data/evil.py": b"x"}
    ladder = verify(WAYS[way][0](more, tmp_path / "y.zip"), highest=2)
    assert "data/evil.py: in no manifest" in " ".join(ladder.rungs[0].found)


def test_several_hand_ins_are_named_and_are_nobodys_fault(honest: Files, tmp_path: Path) -> None:
    one = packed(honest, tmp_path / "one.zip").read_bytes()
    archives = packed({"ada.zip": one, "bob.zip": one}, tmp_path / "class.zip")
    both = {f"{who}/{n}": d for who in ("ada", "bob") for n, d in honest.items()}
    for path in (
        archives,
        packed(both, tmp_path / "both.zip"),
        unpacked(both, tmp_path / "both"),
        unpacked({"ada.zip": one, "bob.zip": one}, tmp_path / "archives"),
    ):
        told = labkit("verify", path, "--rungs", "2", cwd=tmp_path, check=2)
        (line,) = told.stderr.splitlines()
        assert "2 hand-ins, ada" in line
        assert "bob" in line


def test_limits_hold_for_an_archive_in_an_archive(
    honest: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def inner(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
        data = archive(tmp_path / "inner.zip", *entries).read_bytes()
        return archive(tmp_path / "outer.zip", ("a/h.zip", data))

    def refused(path: Path) -> str:
        ladder = verify(path, highest=2)
        assert handins.verdicts(ladder) == {1: "failed"}
        return ladder.rungs[0].found[0]

    assert "times its size" in refused(inner(("lab/bagit.txt", bytes(20_000_000))))
    assert "not a plain path" in refused(inner((info("../lab/bagit.txt"), b"x")))
    assert "link or a device" in refused(inner((info("a", 0o120777), b"/etc/passwd")))
    assert "is there twice" in refused(inner((info("a"), b"x"), (info("a"), b"x")))
    # One archive in an archive, no more: what lies deeper is only a file.
    deeper = inner(("a/h.zip", packed(honest, tmp_path / "h.zip").read_bytes()))
    assert "no bagit.txt in it" in refused(deeper)
    monkeypatch.setattr(container, "MAX_INNER_BYTES", 1000)
    assert "at most 1,000 are read" in refused(in_an_archive(honest, tmp_path / "x.zip"))
    monkeypatch.undo()
    nonsense = archive(tmp_path / "nonsense.zip", ("h.zip", b"no archive at all"))
    with pytest.raises(NotAZipError, match=r"h\.zip: not a ZIP file"):
        verify(nonsense, highest=2)


def test_many_ratios_do_not_multiply(tmp_path: Path) -> None:
    """A bomb that is packed twice is held against what was sent."""
    text = random.Random(1).randbytes(10_000).hex().encode()
    once = archive(tmp_path / "once.zip", *((f"a{i}", text) for i in range(500)))
    assert list(Container(once))  # it may be opened as it is
    twice = archive(tmp_path / "twice.zip", ("once.zip", once.read_bytes()))
    with pytest.raises(ContainerError, match="times its size"):
        Container(twice).inner("once.zip")


@pytest.fixture
def folder(honest: Files, tmp_path: Path) -> Path:
    return unpacked(honest, tmp_path / "folder")


def test_a_folder_is_read_with_the_same_care(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    for link, target in (("lab/data/answers.md.x", secret), ("lab/more", tmp_path)):
        (folder / link).symlink_to(target)
        with pytest.raises(ContainerError, match="link or a device"):
            Folder(folder)
        (folder / link).unlink()
    os.mkfifo(folder / "lab" / "pipe")
    with pytest.raises(ContainerError, match="link or a device"):
        Folder(folder)
    (folder / "lab" / "pipe").unlink()
    (folder / "lab" / "A.txt").write_text("x")
    (folder / "lab" / "a.txt").write_text("x")
    with pytest.raises(ContainerError, match="collides"):
        Folder(folder)
    (folder / "lab" / "A.txt").unlink()
    for limit, value in (("MAX_ENTRIES", 5), ("MAX_BYTES", 1000)):
        monkeypatch.setattr(container, limit, value)
        with pytest.raises(ContainerError, match=r"no more are read|at most"):
            Folder(folder)
        monkeypatch.undo()
    assert handins.verdicts(verify(folder, highest=1)) == {1: "failed"}  # a.txt: in no manifest
    shutil.rmtree(folder / "lab")
    told = labkit("verify", folder, cwd=tmp_path, check=1)
    assert "not a hand-in: no bagit.txt in it" in told.stdout


def test_litter_that_a_manifest_names_is_missed(honest: Files, tmp_path: Path) -> None:
    files = {n.partition("/data/")[2]: d for n, d in honest.items() if "/data/" in n}
    bag.write_bag(tmp_path / "x.zip", "lab", {**files, "desktop.ini": b"x"}, {})
    ladder = verify(tmp_path / "x.zip", highest=1)
    assert "data/desktop.ini: missing" in " ".join(ladder.rungs[0].found)


def test_a_damaged_file_that_no_manifest_names_is_a_finding(honest: Files, tmp_path: Path) -> None:
    name = next(n for n in honest if n.endswith("train/COMMIT.json"))
    manifest = honest["lab/manifest-sha256.txt"].splitlines(keepends=True)
    left = b"".join(line for line in manifest if name.partition("/")[2].encode() not in line)
    path = packed({**honest, "lab/manifest-sha256.txt": left}, tmp_path / "x.zip")
    with zipfile.ZipFile(path) as whole:
        start = whole.getinfo(name).header_offset + 30 + len(name)
    data = bytearray(path.read_bytes())
    data[start + 20] ^= 1
    path.write_bytes(data)
    ladder = verify(path, highest=2)
    assert handins.verdicts(ladder) == {1: "failed"}
    assert f"{name}: damaged" in " ".join(ladder.rungs[0].found)


def test_the_notes_are_in_the_json(honest: Files, tmp_path: Path) -> None:
    path = littered(honest, tmp_path / "x.zip")
    told = labkit("verify", path, "--rungs", "2", "--json", cwd=tmp_path)
    found = json.loads(told.stdout)
    assert (found["holds"], found["complete"]) == (True, True)
    assert "left by a system" in str(found["rungs"][0]["notes"])
    assert told.stderr == ""
