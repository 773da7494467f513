"""A ZIP file from a stranger, read in place.

Nothing is unpacked to find out what it is. Before any entry is opened the whole directory
is looked through: caps on entries, bytes and ratio; plain files only; names that mean one
place on every system. Everything refused is refused in one line.
"""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from labkit.errors import behind

MAX_FILE_BYTES = 1 << 30
MAX_DIRECTORY_BYTES = 1 << 22
MAX_ENTRIES = 20_000
MAX_BYTES = 1 << 31
#: Unpacked bytes to packed bytes, of the whole; text and white pictures reach about 20.
MAX_RATIO = 100
MAX_NAME = 300

_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _COMMENT_BYTES, _LOCAL_BYTES = 22, 65_535, 30
_WINDOWS = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "123456789"
}


class NotAZipError(Exception):
    """The file cannot be read as a ZIP file at all."""


class ContainerError(Exception):
    """The archive is not safe to read, or damaged; one line says which entry and why."""


class Container:
    """The files of a ZIP archive, checked before the first of them is opened."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            NotAZipError: it is no ZIP file.
            ContainerError: it is one, and something in it is refused.
            OSError: it cannot be read.
        """
        _check_end(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise NotAZipError(f"{path}: not a ZIP file{behind('zipfile', error)}") from error
        entries = self._zip.infolist()
        _check_entries(entries)
        self._entries = {entry.filename: entry for entry in entries if not entry.is_dir()}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def size(self, name: str) -> int:
        return self._entries[name].file_size

    def read(self, name: str, limit: int = MAX_BYTES) -> bytes:
        """The content of a file.

        Raises:
            ContainerError: there is no such file, it is larger than `limit` bytes, or its
                content is not what the archive says.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise ContainerError(f"{name}: not in the archive")
        if entry.file_size > limit:
            raise ContainerError(f"{name}: {entry.file_size:,} bytes; at most {limit:,} are read")
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(entry.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as e:
            raise ContainerError(f"{name}: damaged{behind('zipfile', e)}") from e
        if len(data) != entry.file_size:
            raise ContainerError(f"{name}: {len(data):,} bytes, announced {entry.file_size:,}")
        return data

    def close(self) -> None:
        self._zip.close()


def _check_end(path: Path) -> None:
    """Look at the end of the file for the size of the directory, before it is read."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise ContainerError(f"{size:,} bytes; at most {MAX_FILE_BYTES:,} are read")
    with path.open("rb") as file:
        file.seek(max(0, size - _END_BYTES - _COMMENT_BYTES - 20))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise NotAZipError(f"{path}: not a ZIP file")
    if tail[max(0, at - 20) : at].startswith(_END64):
        raise ContainerError("a ZIP64 archive; a hand-in is smaller")
    count, directory = struct.unpack("<10xHI", tail[at : at + 16])
    if count > MAX_ENTRIES or directory > MAX_DIRECTORY_BYTES:
        raise ContainerError(f"{count:,} entries; at most {MAX_ENTRIES:,} are read")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ContainerError(f"{len(entries):,} entries; at most {MAX_ENTRIES:,} are read")
    seen: dict[str, str] = {}
    for entry in entries:
        name = entry.orig_filename
        _check_name(name)
        folded = unicodedata.normalize("NFC", name.rstrip("/")).casefold()
        if folded in seen:
            twice = "is there twice" if seen[folded] == name else f"collides with {seen[folded]!r}"
            raise ContainerError(f"{name!r} {twice}")
        seen[folded] = name
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (kind == stat.S_IFDIR) > entry.is_dir():
            raise ContainerError(f"{name!r} is a link or a device, not a file")
        if entry.flag_bits & 0x2041:
            raise ContainerError(f"{name!r} is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ContainerError(f"{name!r} is packed in a way that is not read")
    for folded, name in seen.items():
        parts = folded.split("/")
        for depth in range(1, len(parts)):
            above = seen.get("/".join(parts[:depth]), "/")
            if not above.endswith("/"):
                raise ContainerError(f"{name!r} lies in {above!r}, which is a file")
    unpacked, packed = (sum(getattr(e, n) for e in entries) for n in ("file_size", "compress_size"))
    if unpacked > MAX_BYTES:
        raise ContainerError(f"unpacks to {unpacked:,} bytes; at most {MAX_BYTES:,} are read")
    if unpacked > MAX_RATIO * max(packed, 10_000):
        raise ContainerError(f"unpacks to {unpacked / max(packed, 1):,.0f} times its size")
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise ContainerError(f"{entry.orig_filename!r} overlaps another entry")
        end = entry.header_offset + _LOCAL_BYTES + len(entry.orig_filename) + entry.compress_size


def _check_name(name: str) -> None:
    """Refuse a name that is not one relative path, the same on every system."""
    shown = ascii(name[:80])
    if not name or len(name) > MAX_NAME:
        raise ContainerError(f"{shown}: a name of {len(name)} characters")
    if any(ord(c) < 32 or c in '\\:*?"<>|\x7f' for c in name) or not name.isprintable():
        raise ContainerError(f"{shown}: a character no name may have")
    if name.startswith("/"):
        raise ContainerError(f"{shown}: an absolute path")
    for part in name.removesuffix("/").split("/"):
        if part in ("", ".", "..") or part.endswith((".", " ")):
            raise ContainerError(f"{shown}: not a plain path below the archive")
        if part.partition(".")[0].lower() in _WINDOWS:
            raise ContainerError(f"{shown}: a name Windows keeps for itself")
