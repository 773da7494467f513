"""A ZIP file from a stranger, read in place.

Nothing is unpacked to find out what it is. Before any entry is opened the whole directory
is looked through: caps on entries, bytes and ratio; plain files only; names that mean one
place on every system. Everything refused is refused in one line. The same goes for a folder
that was unpacked already, and for an archive that a learning platform put into another one.
"""

import io
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from labkit.errors import LabkitError, behind

MAX_FILE_BYTES = 1 << 30
MAX_DIRECTORY_BYTES = 1 << 22
MAX_ENTRIES = 20_000
MAX_BYTES = 1 << 31
#: Unpacked bytes to packed bytes, of the whole; text and white pictures reach about 20.
MAX_RATIO = 100
MAX_NAME = 300
#: An archive in an archive is held in memory.
MAX_INNER_BYTES = 1 << 28

_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _COMMENT_BYTES, _LOCAL_BYTES = 22, 65_535, 30
_WINDOWS = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}
#: What systems leave beside people's files: whole folders, files, beginnings of names.
_LITTER_FOLDERS = {"__macosx", ".ipynb_checkpoints", "__pycache__", ".spotlight-v100", ".trashes",
                   ".fseventsd", "@eadir"}  # fmt: skip
_LITTER_FILES = {".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".directory",
                 ".localized"}  # fmt: skip


class NotAZipError(LabkitError):
    """The file cannot be read as a ZIP file at all."""


class ContainerError(Exception):
    """The archive is not safe to read, or damaged; one line says which entry and why."""


class Container:
    """The files of a ZIP archive, checked before the first of them is opened."""

    kind = "archive"

    def __init__(self, path: Path | str, data: bytes | None = None, packed: int = 0) -> None:
        """Look through an archive's directory; of one in another archive, `data` are its bytes.

        What it unpacks to is held against those it was sent as: the file's, or `packed`.
        NotAZipError where it is no ZIP file, ContainerError where something in it is refused.
        """
        if data is None:
            packed = Path(path).stat().st_size
            if packed > MAX_FILE_BYTES:
                raise ContainerError(f"{packed:,} bytes; at most {MAX_FILE_BYTES:,} are read")
            self._file: IO[bytes] = Path(path).open("rb")  # noqa: SIM115 (see `close`)
        else:
            self._file = io.BytesIO(data)
        try:
            _check_end(self._file, str(path))
            try:
                self._zip = zipfile.ZipFile(self._file)
            except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
                raise NotAZipError(f"{path}: not a ZIP file{behind('zipfile', error)}") from error
            entries = self._zip.infolist()
            names = _names(entries)
            _check_entries(entries, names, packed)
        except BaseException:
            self._file.close()
            raise
        self._entries = dict(zip(names, entries, strict=True))
        self._list({n: e.file_size for n, e in self._entries.items() if not n.endswith("/")})

    def _list(self, sizes: dict[str, int]) -> None:
        """Offer these files, given with their bytes, but for a system's litter."""
        self.litter = sorted(filter(is_litter, sizes))
        self._sizes = {name: size for name, size in sizes.items() if not is_litter(name)}
        self.restored: dict[str, bytes] = {}
        """The files of which only line ends had been changed, as they were before; read instead."""

    def inner(self, name: str) -> "Container":
        """An archive that is a file of this one, under the same limits as a whole."""
        data = self.read(name, MAX_INNER_BYTES)
        return Container(name, data, self._entries[name].compress_size)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._sizes))

    def __contains__(self, name: str) -> bool:
        return name in self._sizes

    def size(self, name: str) -> int:
        return len(self.restored[name]) if name in self.restored else self._sizes[name]

    def read(self, name: str, limit: int = MAX_BYTES) -> bytes:
        """The content of a file; ContainerError where it is none, too large or not as announced."""
        if name in self.restored:
            return self.restored[name]
        if name not in self._sizes:
            raise ContainerError(f"{name}: not in the {self.kind}")
        if (size := self._sizes[name]) > limit:
            raise ContainerError(f"{name}: {size:,} bytes; at most {limit:,} are read")
        data = self._content(name)
        if len(data) != size:
            raise ContainerError(f"{name}: {len(data):,} bytes, announced {size:,}")
        return data

    def _content(self, name: str) -> bytes:
        try:
            with self._zip.open(self._entries[name]) as stream:
                return stream.read(self._sizes[name] + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as e:
            raise ContainerError(f"{name}: damaged{behind('zipfile', e)}") from e

    def close(self) -> None:
        self._zip.close()
        self._file.close()


class Folder(Container):
    """The files of a folder, as if they were still in an archive."""

    kind = "folder"

    def __init__(self, path: Path) -> None:
        """Look through it; ContainerError where something in it is refused."""
        self._root = path
        sizes: dict[str, int] = {}
        for folder, folders, files in os.walk(path, onerror=_raise):
            for each in sorted(Path(folder, name) for name in (*folders, *files)):
                name, about = each.relative_to(path).as_posix(), each.lstat()
                if not stat.S_ISDIR(about.st_mode):
                    sizes[name] = about.st_size
                    if not stat.S_ISREG(about.st_mode) and not is_litter(name):
                        raise ContainerError(f"{name!r} is a link or a device, not a file")
            if len(sizes) > MAX_ENTRIES:
                raise ContainerError(f"more than {MAX_ENTRIES:,} files; no more are read")
        self._list(sizes)
        if (total := sum(self._sizes.values())) > MAX_BYTES:
            raise ContainerError(f"{total:,} bytes; at most {MAX_BYTES:,} are read")
        _check_names(self._sizes)

    def inner(self, name: str) -> Container:
        return Container(self._root / name)

    def _content(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def close(self) -> None:
        pass


def _raise(error: OSError) -> None:
    raise error


def is_litter(name: str) -> bool:
    """Return whether the file is one that operating systems leave in folders, like .DS_Store."""
    *folders, last = (part.lower() for part in PurePosixPath(name).parts)
    in_litter = not _LITTER_FOLDERS.isdisjoint(folders)
    return in_litter or last in _LITTER_FILES or last.startswith("._")


def _names(entries: list[zipfile.ZipInfo]) -> list[str]:
    r"""The entries' names; some programs on Windows write ``lab\data\plan.json`` throughout."""
    names = [entry.orig_filename for entry in entries]
    if all(e.create_system == 0 and "/" not in e.orig_filename for e in entries):
        return [name.replace("\\", "/") for name in names]
    return names


def _check_end(file: IO[bytes], shown: str) -> None:
    """Look at the end of the file for the size of the directory, before it is read."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_BYTES - _COMMENT_BYTES - 20))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise NotAZipError(f"{shown}: not a ZIP file")
    if tail[max(0, at - 20) : at].startswith(_END64):
        raise ContainerError("a ZIP64 archive; a hand-in is smaller")
    count, directory = struct.unpack("<10xHI", tail[at : at + 16])
    if count > MAX_ENTRIES or directory > MAX_DIRECTORY_BYTES:
        raise ContainerError(f"{count:,} entries; at most {MAX_ENTRIES:,} are read")


def _check_entries(entries: list[zipfile.ZipInfo], names: list[str], size: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ContainerError(f"{len(entries):,} entries; at most {MAX_ENTRIES:,} are read")
    _check_names(names)
    for name, entry in zip(names, entries, strict=True):
        kind = stat.S_IFMT(entry.external_attr >> 16)
        folder = stat.S_IFDIR if name.endswith("/") else 0
        if kind not in (0, stat.S_IFREG, folder):
            raise ContainerError(f"{name!r} is a link or a device, not a file")
        if entry.flag_bits & 0x2041:
            raise ContainerError(f"{name!r} is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ContainerError(f"{name!r} is packed in a way that is not read")
    unpacked = sum(entry.file_size for entry in entries)
    packed = min(size, sum(entry.compress_size for entry in entries))
    if unpacked > MAX_BYTES:
        raise ContainerError(f"unpacks to {unpacked:,} bytes; at most {MAX_BYTES:,} are read")
    if unpacked > MAX_RATIO * max(packed, 10_000):
        raise ContainerError(f"unpacks to {unpacked / max(packed, 1):,.0f} times its size")
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise ContainerError(f"{entry.orig_filename!r} overlaps another entry")
        end = entry.header_offset + _LOCAL_BYTES + len(entry.orig_filename) + entry.compress_size


def _check_names(names: Iterable[str]) -> None:
    """Refuse names that are not one relative path, or mean one place on some system."""
    seen: dict[str, str] = {}
    for name in names:
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
        folded = unicodedata.normalize("NFC", name.rstrip("/")).casefold()
        if folded in seen:
            twice = "is there twice" if seen[folded] == name else f"collides with {seen[folded]!r}"
            raise ContainerError(f"{name!r} {twice}")
        seen[folded] = name
    for folded, name in seen.items():
        parts = folded.split("/")
        for depth in range(1, len(parts)):
            above = seen.get("/".join(parts[:depth]), "/")
            if not above.endswith("/"):
                raise ContainerError(f"{name!r} lies in {above!r}, which is a file")
