"""Find the full sets on the user's disk, wherever they were put.

torchvision's layout (``<root>/MNIST/raw``) comes first. Else the four files may lie in the root
itself or a folder or two from it, gzipped or not, and be spelled as on Kaggle. The files of both
sets have the same names, so which set a folder holds is told by the hash of its smallest file.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from labkit.catalog.building import DATASETS, IDX_FILES
from labkit.errors import DataError, behind, reason

SMALLEST = "t10k-labels-idx1-ubyte"
#: No published file is larger, packed or unpacked.
MAX_BYTES = 64 * 1024 * 1024
#: How many folders of a root are looked into.
_MOST = 100


def data_roots(root: Path | None = None) -> list[Path]:
    """The folders to look in, in order: the one named, ``LABKIT_DATA``, the cache."""
    if root is not None:
        return [folder(str(root))]
    named = os.environ.get("LABKIT_DATA")
    return [*([folder(named)] if named else []), cache_dir()]


def cache_dir() -> Path:
    """Where downloads are kept: ``$LABKIT_CACHE`` or the platform's user cache."""
    if named := os.environ.get("LABKIT_CACHE"):
        return folder(named)
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "labkit"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "labkit"


def folder(text: str) -> Path:
    """A folder as people write it: ``~``, ``$HOME``, and the quotes no shell took away."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return Path(os.path.abspath(os.path.expanduser(os.path.expandvars(text))))  # noqa: PTH100, PTH111


def find_full(dataset: str, root: Path | None = None) -> Path | None:
    """Return the folder that holds all four files of a data set, or None.

    Only the smallest file is checked: the others may be damaged.
    """
    for base in data_roots(root):
        for place in _places(base, dataset):
            unless_told = dataset if place == base / dataset / "raw" else None
            if not lacking(place) and (held(place) or unless_told) == dataset:
                return place
    return None


def why_not(datasets: Sequence[str], root: Path | None = None) -> str:
    """Say which sets are missing, where they were looked for, and what was found instead."""
    roots, notes = data_roots(root), []
    for place in dict.fromkeys(p for base in roots for d in datasets for p in _places(base, d)):
        missing = lacking(place)
        if missing and len(missing) < len(IDX_FILES):
            notes.append(f"{place} lacks {', '.join(missing)}")
        elif not missing and (which := held(place)) != place.parent.name:
            notes.append(f"{place} holds {which or 'files that are not the published ones'}")
    where = f"under {' and '.join(map(str, roots))}"
    if len(roots) > 1 or root is not None:  # somebody named a folder
        where += f": looked for {datasets[0]}/raw/{IDX_FILES[0]} or its .gz"
    return "; ".join([f"no full {' or '.join(datasets)} {where}", *notes[:3]])


def file(place: Path, name: str) -> Path | None:
    """A file of a data set in a folder, by any of its spellings."""
    dotted = name.replace("-idx", ".idx")
    spellings = (name, dotted, f"{name}/{name}", f"{dotted}/{dotted}")
    paths = (place / f"{spelling}{ending}" for spelling in spellings for ending in ("", ".gz"))
    return next(filter(Path.is_file, paths), None)


def content(path: Path) -> bytes:
    """What a file holds, unpacked.

    Raises:
        DataError: it cannot be read or unpacked.
    """
    try:
        if path.suffix != ".gz":
            return path.read_bytes()
        with gzip.open(path) as packed:
            return packed.read(MAX_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: cut short or no gzip file{behind('gzip', error)}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from error


def lacking(place: Path) -> list[str]:
    """Which of the four files are not in a folder."""
    return [name for name in IDX_FILES if file(place, name) is None]


def held(place: Path) -> str | None:
    """Which data set's files a folder holds; None where they are neither's."""
    path = file(place, SMALLEST)
    try:
        found = hashlib.sha256(content(path)).hexdigest() if path else ""
    except DataError:
        return None
    return next((n for n, each in DATASETS.items() if each.files[SMALLEST] == found), None)


def _places(base: Path, dataset: str) -> Iterator[Path]:
    """Where the files of a data set may lie, the usual place first."""
    yield from (base / dataset / "raw", base / dataset, base / "raw", base)
    if base.name in DATASETS:  # one too deep
        yield base.parent / dataset / "raw"
    if base.name == "raw":
        yield base.parent.parent / dataset / "raw"
    try:
        below = [p for p in islice(base.iterdir(), _MOST) if p.is_dir()]
    except OSError:
        return
    for child in sorted(below):
        yield from (child, child / "raw", child / dataset / "raw", child / dataset)
