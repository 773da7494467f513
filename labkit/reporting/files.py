"""Read and write a report's files; every failure is one line."""

from __future__ import annotations

import base64
from pathlib import Path

from labkit.errors import LabkitError, reason

#: What every page says of itself near its top.
MADE_HERE = '<meta name="generator" content="labkit">'


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
    and may be that of a file of their own.

    Raises:
        ReportError: it cannot be written, is a folder, or is somebody's own.
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
