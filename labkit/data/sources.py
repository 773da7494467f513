"""Where the images come from: the full sets, a download, or the bundled subset.

``full``     the four original IDX files, found under a data root (see :mod:`labkit.data.places`),
             each checked by SHA-256.
``bundled``  part of this package: the first 10,000 training images and all 10,000
             test images, so that evaluation is the same everywhere. Of a data set that
             is not part of it, these images of its full set.
``auto``     full if it is there, else downloaded, else bundled.
"""

from __future__ import annotations

import hashlib
import lzma
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.catalog.building import DATASETS
from labkit.data.places import cache_dir, content, data_roots, file, find_full, why_not
from labkit.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUNDLED = Path(__file__).parent / "bundled"
BUNDLED_TRAIN = 10_000
#: How the published files of a split begin.
_PREFIX = {"train": "train", "test": "t10k"}


@dataclass(frozen=True)
class Images:
    """One split of a data set."""

    images: NDArray[np.uint8]
    """(N, 28, 28), 0 is background."""
    labels: NDArray[np.uint8]
    """(N,), 0..9."""


def is_bundled(dataset: str) -> bool:
    """Whether a data set is part of this package."""
    return f"{dataset}-train-images.idx.xz" in _bundled_hashes()


def resolve_source(
    source: str, datasets: Sequence[str], root: Path | None = None, download: bool = True
) -> tuple[str, str]:
    """Decide between the full sets and the bundled subset, for all the data sets of a plan.

    Look in `root` instead of ``LABKIT_DATA`` and the cache, if it is given, and fetch what is
    missing if `download` allows it. Return ``("full" | "bundled", reason)``; the reason is one
    sentence, which names no folder of this machine, since plans are handed in.

    Raises:
        DataError: ``full`` was asked for, a root was named or it is the only source there is,
            and the sets cannot be had.
    """
    asked_for = "bundled", "the bundled subset was asked for"
    needed = [name for name in datasets if source != "bundled" or not is_bundled(name)]
    missing = [name for name in needed if find_full(name, root) is None]
    if not missing:
        return asked_for if source == "bundled" else ("full", "the full sets are at hand")
    why = why_not(missing, root)
    if download:
        from labkit.data.download import fetch  # urllib, where a download is really wanted

        try:
            for name in missing:
                fetch(name, data_roots(root)[0])
        except DataError as error:
            why = f"{why}; {error}"
        else:
            fetched = f"downloaded {' and '.join(missing)}"
            return asked_for if source == "bundled" else ("full", fetched)
    if source == "full":
        raise DataError(f"data.source is full, but {why}")
    if lost := [name for name in missing if not is_bundled(name)]:
        raise DataError(f"{' and '.join(lost)}: not part of the bundled subset, and {why}")
    if root is not None:  # named for this run: nothing else can be meant
        raise DataError(f"{why}; without --data-root, or with --source bundled, it is trained on "
                         "the bundled subset")  # fmt: skip
    for folder in sorted(data_roots(), key=lambda each: -len(str(each))):
        why = why.replace(str(folder), "the cache" if folder == cache_dir() else "LABKIT_DATA")
    return "bundled", why


def load(
    dataset: str, split: str, source: str, limit: int | None = None, root: Path | None = None
) -> Images:
    """One split of a data set, ``train`` or ``test``, checked; only its first `limit` images.

    Raises:
        DataError: a file is missing, truncated or not the published one.
    """
    if source == "bundled" and is_bundled(dataset):
        both = _bundled(dataset, split)
    else:
        if source == "bundled":
            root = root or _last_root.get(dataset)
            limit = min(limit or BUNDLED_TRAIN, BUNDLED_TRAIN)
        both = _full(dataset, split, root)
    return Images(both.images[:limit], both.labels[:limit])


def data_hash(dataset: str, source: str, split: str = "train") -> str:
    """The SHA-256 that stands for a source's images, in a fingerprint for the training images.

    It is the published one, not computed here: `load` checks the files against it.
    """
    if source == "full" or not is_bundled(dataset):
        return DATASETS[dataset].files[f"{_PREFIX[split]}-images-idx3-ubyte"]
    return _bundled_hashes()[f"{dataset}-{split}-images.idx.xz"]


#: Where a full set was last asked for. What measures images asks for the bundled ones, which
#: lie in no folder of the user's, without naming any.
_last_root: dict[str, Path] = {}


@lru_cache(maxsize=4)
def _bundled(dataset: str, split: str) -> Images:
    names = [f"{dataset}-{split}-{kind}.idx.xz" for kind in ("images", "labels")]
    packed = (_read(BUNDLED / name, _bundled_hashes()[name]) for name in names)
    return _images(map(lzma.decompress, packed))


@lru_cache(maxsize=4)
def _full(dataset: str, split: str, root: Path | None) -> Images:
    if root is not None:
        _last_root[dataset] = root
    names = (f"{_PREFIX[split]}-images-idx3-ubyte", f"{_PREFIX[split]}-labels-idx1-ubyte")
    return _images(_published(dataset, name, root) for name in names)


def _images(files: Iterable[bytes]) -> Images:
    """The split whose images and labels two IDX files hold, both checked by their hash."""
    from labkit.data import idx  # NumPy: planning does without

    images, labels = map(idx.decode, files)
    return Images(images, labels)


def check_full(dataset: str, root: Path | None = None) -> None:
    """Check that all four files of a full set are there and are the published ones.

    Raises:
        DataError: one is not; or the set is missing.
    """
    for name in DATASETS[dataset].files:
        _published(dataset, name, root)


def _published(dataset: str, name: str, root: Path | None) -> bytes:
    """What a file of a full set holds, checked."""
    folder = find_full(dataset, root)
    path = file(folder, name) if folder else None
    if path is None:
        raise DataError(why_not([dataset], root))
    return _read(path, DATASETS[dataset].files[name])


@lru_cache(maxsize=1)
def _bundled_hashes() -> dict[str, str]:
    """File name to SHA-256, as ``scripts/make_bundled.py`` wrote them."""
    lines = (BUNDLED / "SHA256SUMS").read_text("ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def _read(path: Path, sha256: str) -> bytes:
    data = content(path)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise DataError(
            f"{path}: not the published file: expected SHA-256 {sha256}, "
            f"found {found} ({len(data):,} bytes)"
        )
    return data
