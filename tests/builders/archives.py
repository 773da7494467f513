"""Zip archives of given entries, honest or not."""

from __future__ import annotations

import stat
import warnings
import zipfile
from pathlib import Path


def archive(path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    """An archive of these entries, in this order; a name may come twice."""
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")  # duplicates are the point
        for name, data in entries:
            file.writestr(name, data)
    return path


def info(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    """An entry with any name and mode."""
    entry = zipfile.ZipInfo("x")
    entry.filename = entry.orig_filename = name  # past the constructor's own mending
    entry.create_system, entry.external_attr = 3, mode << 16
    return entry
