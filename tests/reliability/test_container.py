"""Archives that mean harm are refused before any of their entries is opened."""

from __future__ import annotations

import io
import random
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.handin import container
from labkit.handin.container import Container, ContainerError, NotAZipError
from tests.builders.archives import archive, info


def test_an_honest_archive_is_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", ("lab/", b""), ("lab/ä b.txt", b"text"), ("lab/c", b""))
    found = Container(path)
    assert list(found) == ["lab/c", "lab/ä b.txt"]
    assert found.read("lab/ä b.txt") == b"text"
    with pytest.raises(ContainerError, match="at most 3"):
        found.read("lab/ä b.txt", limit=3)
    with pytest.raises(ContainerError, match="not in the archive"):
        found.read("lab/d")


@pytest.mark.parametrize(
    "name",
    [
        "../up", "a/../../up", "/etc/passwd", "a//b", "./a", "a/.", "a\\b", "C:evil", "C:\\evil",
        "..", "a/..", "con", "a/NUL.txt", "lpt1", "a.", "a ", "a/b./c", "a*", "a?b", "<a>", "a|b",
        "line\nbreak", "bell\x07", "\u202etxt.exe", "x" * 301, "\x00", "a\x00b",
    ],
)  # fmt: skip
def test_names_that_mean_another_place(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "a.zip", (info(name), b"x"))
    with pytest.raises((ContainerError, NotAZipError)):
        Container(path)


def test_a_name_of_any_other_kind_is_a_plain_file(tmp_path: Path) -> None:
    for name in ("a", "A.b-c_d", "ä/ö", "a b", "...a", "x" * 300, "console", "nul1"):
        assert list(Container(archive(tmp_path / "a.zip", (info(name), b"x")))) == [name]


@pytest.mark.parametrize(
    "names",
    [("a", "a"), ("a", "A"), ("dir/A", "DIR/a"), ("ä", "a\u0308"), ("ß", "SS"), ("a/", "A")],
)
def test_names_that_collide(tmp_path: Path, names: tuple[str, str]) -> None:
    path = archive(tmp_path / "a.zip", *((info(name), b"") for name in names))
    with pytest.raises(ContainerError, match=r"twice|collides"):
        Container(path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", (info("a"), b"x"), (info("a/b"), b"x"))
    with pytest.raises(ContainerError, match="which is a file"):
        Container(path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    path = archive(tmp_path / "a.zip", (info("a", kind | 0o777), b"/etc/passwd"))
    with pytest.raises(ContainerError, match="link or a device"):
        Container(path)


def patched(path: Path, change: Callable[[bytearray, int], None]) -> Path:
    """Change the first entry of the central directory."""
    data = bytearray(path.read_bytes())
    change(data, data.index(b"PK\x01\x02"))
    path.write_bytes(data)
    return path


def test_encrypted(tmp_path: Path) -> None:
    def encrypt(data: bytearray, at: int) -> None:
        data[at + 8] |= 1

    with pytest.raises(ContainerError, match="encrypted"):
        Container(patched(archive(tmp_path / "a.zip", ("a", b"secret")), encrypt))


@pytest.mark.parametrize("method", [12, 14, 99])
def test_unknown_packing(tmp_path: Path, method: int) -> None:
    def repack(data: bytearray, at: int) -> None:
        struct.pack_into("<H", data, at + 10, method)

    with pytest.raises(ContainerError, match="packed in a way"):
        Container(patched(archive(tmp_path / "a.zip", ("a", b"x")), repack))


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ContainerError, match="times its size"):
        Container(archive(tmp_path / "a.zip", ("a", bytes(20_000_000))))
    monkeypatch.setattr(container, "MAX_BYTES", 1000)
    with pytest.raises(ContainerError, match="unpacks to"):
        Container(archive(tmp_path / "b.zip", ("a", random.Random(0).randbytes(1001))))
    monkeypatch.setattr(container, "MAX_ENTRIES", 10)
    with pytest.raises(ContainerError, match="entries"):
        Container(archive(tmp_path / "c.zip", *((f"f{i}", b"") for i in range(11))))
    monkeypatch.setattr(container, "MAX_FILE_BYTES", 100)
    with pytest.raises(ContainerError, match="at most"):
        Container(tmp_path / "b.zip")


def test_entries_that_share_their_bytes(tmp_path: Path) -> None:
    """One packed kernel under many names, the way the densest bombs are made."""
    path = archive(tmp_path / "a.zip", ("a", b"kernel" * 9), ("b", b"kernel" * 9))
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)  # both begin at the first
    path.write_bytes(data)
    with pytest.raises(ContainerError, match="overlaps"):
        Container(path)


def test_a_size_that_is_a_lie(tmp_path: Path) -> None:
    def grow(data: bytearray, at: int) -> None:
        struct.pack_into("<I", data, at + 24, 1000)

    found = Container(patched(archive(tmp_path / "a.zip", ("a", b"four")), grow))
    with pytest.raises(ContainerError, match=r"announced|damaged"):
        found.read("a")


def test_an_archive_in_an_archive_is_only_a_file(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(10_000_000))
    found = Container(archive(tmp_path / "a.zip", ("inner.zip", inner.getvalue())))
    assert list(found) == ["inner.zip"]


def test_zip64_and_no_zip_at_all(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", ("a", b"x"))
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    path.write_bytes(data[:end] + b"PK\x06\x07" + bytes(16) + data[end:])
    with pytest.raises(ContainerError, match="ZIP64"):
        Container(path)
    for nonsense in (b"", b"PK", b"not a zip", data[: end + 10], bytes(100_000)):
        path.write_bytes(nonsense)
        with pytest.raises(NotAZipError):
            Container(path)


def test_every_flipped_bit_ends_in_a_word(tmp_path: Path) -> None:
    """Whatever is wrong with an archive, it is one of two errors or the same content."""
    path = archive(tmp_path / "a.zip", ("a/b", b"text " * 20), ("c", b"more"))
    data = path.read_bytes()
    for at in range(len(data)):
        bad = bytearray(data)
        bad[at] ^= 1 << (at % 8)
        path.write_bytes(bad)
        try:
            found = Container(path)
            content = {name: found.read(name) for name in found}
        except (ContainerError, NotAZipError):
            continue
        assert {b"text " * 20, b"more"} >= set(content.values()), at
