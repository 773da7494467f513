"""This machine: its processor, and what was computed on it once and kept for later processes."""

import contextlib
import hashlib
import io
import platform
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.data.places import cache_dir
from labkit.store import atomic

Arrays = dict[str, NDArray[Any]]
#: How many files of one name are kept: other versions and settings are in use beside these.
MOST = 4
_DIGEST = hashlib.sha256().digest_size


@cache
def processor() -> str:
    """Return the processor's model name, or its architecture where the system gives none.

    Libraries choose their kernels by it, so results may differ in their last bits.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def kept(name: str, decides: Iterable[str], compute: Callable[[], Arrays]) -> Arrays:
    """Arrays that were computed on this machine before, or that `compute` makes now.

    They lie in the user's cache, in a file that is written in one step and begins with its
    SHA-256: a damaged one is made anew. Where nothing can be written, they are made each time.

    Args:
        name: what they are; the beginning of the file's name.
        decides: all that decides their bits. If any of it changes, they are computed again.
        compute: makes them.
    """
    key = hashlib.sha256("\0".join(decides).encode()).hexdigest()[:16]
    folder = cache_dir() / "computed"
    path = folder / f"{name}-{key}"
    if (found := _read(path)) is not None:
        return found
    made, packed = compute(), io.BytesIO()
    np.savez(packed, **made)  # type: ignore[arg-type]
    data = packed.getvalue()
    with contextlib.suppress(OSError):
        atomic.mkdir(folder)
        atomic.replace_bytes(path, hashlib.sha256(data).digest() + data)
        others = [*folder.glob(f"{name}-*"), *folder.glob(f".{name}-*")]  # those cut short, too
        for old in sorted(others, key=lambda each: each.stat().st_mtime)[:-MOST]:
            old.unlink()
    return made


def _read(path: Path) -> Arrays | None:
    """The arrays of a file, or None if it is not there or damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:
        return None
    with np.load(io.BytesIO(data[_DIGEST:]), allow_pickle=False) as file:
        return dict(file)
