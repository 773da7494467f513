"""Fetching the full sets from the mirrors torchvision names, checked by SHA-256.

A mirror that does not begin to answer within ten seconds is given up; without a
network that is found out at once and nothing hangs.
"""

import gzip
import hashlib
import os
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from labkit.catalog.building import DATASETS
from labkit.data.places import MAX_BYTES, content
from labkit.errors import DataError, behind, reason
from labkit.store import atomic

TIMEOUT_S = 10.0


def mirrors(dataset: str) -> list[str]:
    """Base addresses to try in order; ``LABKIT_MIRROR`` (``<base>/<dataset>/``) comes first."""
    own = os.environ.get("LABKIT_MIRROR")
    named = list(DATASETS[dataset].mirrors)
    if not named:
        from torchvision import datasets

        named = list(getattr(getattr(datasets, dataset, None), "mirrors", ()))
    return [f"{own.rstrip('/')}/{dataset}/", *named] if own else named


def fetch(dataset: str, root: Path, say: Callable[[str], None] = lambda line: None) -> Path:
    """Download a data set and return its folder ``<root>/<dataset>/raw``; what is whole is kept.

    Raises:
        DataError: no mirror delivered a file, or the folder cannot be written.
    """
    folder = root / dataset / "raw"
    try:
        atomic.mkdir(folder)
        bases = mirrors(dataset)
        for name, sha256 in DATASETS[dataset].files.items():
            path = folder / name
            if not path.is_file() or hashlib.sha256(content(path)).hexdigest() != sha256:
                say(f"fetching {dataset} {name}")
                atomic.replace_bytes(path, _first_good(bases, name, sha256))
    except OSError as error:
        raise DataError(f"{folder}: cannot be written: {reason(error)}") from error
    return folder


def _first_good(bases: list[str], name: str, sha256: str) -> bytes:
    problems = []
    for base in list(bases):
        try:
            data = gzip.decompress(_get(f"{base}{name}.gz"))
        except (OSError, EOFError, zlib.error, HTTPException, ValueError, DataError) as error:
            problems.append(f"{urlsplit(base).netloc or base}: {_why(error)}")
            if isinstance(error, urllib.error.URLError | TimeoutError):
                bases.remove(base)  # it will not answer for the next file either
            continue
        found = hashlib.sha256(data).hexdigest()
        if found == sha256:
            return data
        problems.append(f"{base}: {name} has SHA-256 {found}, expected {sha256}")
    raise DataError(f"no mirror delivered {name} ({'; '.join(problems) or 'none answers'})")


def _why(error: Exception) -> str:
    """Why a mirror delivered nothing to use."""
    if isinstance(error, DataError):
        return str(error)
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return "what it sent is no whole gzip file"
    if isinstance(error, urllib.error.HTTPError):
        return f"answered with status {error.code}"
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        return _why(error.reason)
    if isinstance(error, OSError) and not isinstance(error, urllib.error.URLError):
        return reason(error)
    what = "its answer is not HTTP" if isinstance(error, HTTPException) else "not an address"
    return f"{what}{behind(type(error).__name__, error)}"


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
        data: bytes = response.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:  # what sends more is no mirror
        raise DataError(f"more than {MAX_BYTES:,} bytes")
    return data
