"""Read and write a report's files; every failure is one line.

A report's folder may also hold the owner's own files. A hidden list says which files labkit wrote,
with their hashes. So what an earlier report showed and this one does not can be taken away, and
nobody's own file ever is.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from labkit.errors import LabkitError, reason

#: What every page says of itself near its top.
MADE_HERE = '<meta name="generator" content="labkit">'
Files = Mapping[str, bytes]
"""Contents by path in a report's folder, with ``/``."""
LIST = ".labkit-files.json"
#: Where these differ, what other formats show is out of date.
TABLES = ("metrics.csv", "history.csv")


class ReportError(LabkitError):
    """The report cannot be written; one line says which file and why."""


def read(path: Path) -> bytes:
    """A file's content; a ReportError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {reason(error)}") from error


def png_uri(path: Path) -> str:
    """A PNG as a data URI; a ReportError if it cannot be read."""
    return f"data:image/png;base64,{base64.b64encode(read(path)).decode()}"


def read_inside(folder: Path, name: str, most: int) -> bytes | None:
    """Read a file of an untrusted folder; None if missing, over `most` bytes or outside of it."""
    try:
        path = (folder / name).resolve(strict=True)
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            return None
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, RuntimeError):  # a circle of links is a RuntimeError to pathlib
        return None
    return data if len(data) <= most else None


def write_file(path: Path, data: bytes, mine: str = "") -> None:
    """Write a file at once, unless it already holds these bytes.

    A file there is replaced only if its first 64 kB hold `mine`: the name was typed by somebody,
    and may be that of a file of their own. A ReportError if it cannot be written, or may not.
    """
    if path.is_dir():
        raise ReportError(f"{path}: is a folder; name a file")
    try:
        old = path.read_bytes() if path.is_file() else None
        if old == data:
            return
        if old is not None and mine.encode() not in old[: 1 << 16]:
            raise ReportError(f"{path}: exists and is no page of labkit's; nothing was written")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {reason(error)}") from error


def update(folder: Path, made: Mapping[str, Files]) -> None:
    """Write a report, its files by format, and remove what labkit wrote here and no longer shows.

    What was written in formats that are not made now stays while their tables are the same. A
    ReportError where a file cannot be written or removed.
    """
    try:
        found = json.loads((folder / LIST).read_bytes())["files"]
        before = {kind: {**files} for kind, files in found.items()}
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        before = {}  # there is none, or it is damaged
    now = {
        kind: {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        for kind, files in made.items()
    }
    for kind, files in before.items():
        same = all(files.get(name) == new.get(name) for new in now.values() for name in TABLES)
        if kind not in now and same:
            now[kind] = files
    for name, data in (each for contents in made.values() for each in contents.items()):
        write_file(folder / name, data)
    shown = {name for files in now.values() for name in files}
    for files in before.values():
        for name in files.keys() - shown:
            _remove(folder, name, files[name])
    text = json.dumps({"format": 1, "files": now}, indent=1, sort_keys=True)
    write_file(folder / LIST, f"{text}\n".encode())


def _remove(folder: Path, name: str, sha256: str) -> None:
    """Remove a file if it is unchanged since labkit wrote it, and folders left empty."""
    path = folder / name
    try:
        # The list may be forged or copied: never delete what it names outside the folder.
        inside = path.resolve().is_relative_to(folder.resolve()) and path.is_file()
        if not inside or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            return
        path.unlink()
        for above in path.relative_to(folder).parents[:-1]:
            if any((folder / above).iterdir()):
                break
            (folder / above).rmdir()
    except OSError as error:
        raise ReportError(f"{path}: cannot be removed: {reason(error)}") from error
