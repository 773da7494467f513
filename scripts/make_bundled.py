"""Make the bundled subset from the full sets: ``python scripts/make_bundled.py DATA_ROOT``.

The first 10,000 training images and all 10,000 test images of each set, as
xz-compressed IDX files (LZMA2 with no literal context: pixels are not text),
and SHA256SUMS over the compressed files.
"""

from __future__ import annotations

import hashlib
import lzma
import sys
from pathlib import Path

from labkit.catalog import DATASETS
from labkit.data import idx
from labkit.data.sources import BUNDLED, BUNDLED_TRAIN, load

FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "lp": 0, "pb": 0}]


def main(root: Path) -> None:
    sums = []
    for dataset in DATASETS:
        for split, limit in (("train", BUNDLED_TRAIN), ("test", None)):
            both = load(dataset, split, "full", limit, root)
            for kind, array in (("images", both.images), ("labels", both.labels)):
                name = f"{dataset}-{split}-{kind}.idx.xz"
                data = lzma.compress(idx.encode(array), format=lzma.FORMAT_XZ, filters=FILTERS)
                (BUNDLED / name).write_bytes(data)
                sums.append(f"{hashlib.sha256(data).hexdigest()}  {name}")
                print(f"{name}: {len(data):,} bytes")
    (BUNDLED / "SHA256SUMS").write_text("\n".join(sums) + "\n", "ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
