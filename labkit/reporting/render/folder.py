"""A report's folder on disk, which may also hold the owner's own files.

A hidden list says which files labkit wrote, with their hashes. So what an earlier report showed
and this one does not can be taken away, and nobody's own file ever is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from labkit.errors import reason
from labkit.reporting.files import ReportError, write_file

Files = Mapping[str, bytes]
"""Contents by path in the folder, with ``/``."""
LIST = ".labkit-files.json"
#: Where these differ, what other formats show is out of date.
TABLES = ("metrics.csv", "history.csv")


def write(folder: Path, files: Files) -> None:
    """Write files into a folder, made if it is not there."""
    for name, data in files.items():
        write_file(folder / name, data)


def update(folder: Path, made: Mapping[str, Files]) -> None:
    """Write a report, its files by format, and remove what labkit wrote here and no longer shows.

    What was written in formats that are not made now stays while their tables are the same.

    Raises:
        ReportError: a file cannot be written or removed.
    """
    before = _read(folder / LIST)
    now = {
        kind: {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        for kind, files in made.items()
    }
    for kind, files in before.items():
        same = all(files.get(name) == new.get(name) for new in now.values() for name in TABLES)
        if kind not in now and same:
            now[kind] = files
    for contents in made.values():
        write(folder, contents)
    shown = {name for files in now.values() for name in files}
    for files in before.values():
        for name in files.keys() - shown:
            _remove(folder, name, files[name])
    text = json.dumps({"format": 1, "files": now}, indent=1, sort_keys=True)
    write_file(folder / LIST, f"{text}\n".encode())


def _read(path: Path) -> dict[str, dict[str, str]]:
    """Read a folder's list of files; empty if there is none or it is damaged."""
    try:
        found = json.loads(path.read_bytes())["files"]
        return {kind: {**files} for kind, files in found.items()}
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}


def _remove(folder: Path, name: str, sha256: str) -> None:
    """Remove a file if it is unchanged since labkit wrote it, and folders left empty."""
    path = folder / name
    try:
        # A list may be somebody else's: what it names outside is not touched.
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            return
        if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            return
        path.unlink()
        for above in path.relative_to(folder).parents[:-1]:
            if any((folder / above).iterdir()):
                break
            (folder / above).rmdir()
    except OSError as error:
        raise ReportError(f"{path}: cannot be removed: {reason(error)}") from error
