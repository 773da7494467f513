"""What the disk alone asks for an empty cell: its files written, flushed and renamed, no more.

The same files, folders, flushes and renames as `benchmarks.empty` leaves, in two processes
side by side; the overhead of runner and store is what they take beyond this.
"""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

#: Files each of a cell's three folders holds beside its COMMIT.json, and their folders.
FOLDERS = {
    "train": ["history.jsonl", "best.safetensors", "cost.json", "spec.json", "environment.json",
              "log.txt", "images/samples_epoch1.png"],
    "eval": ["metrics.json", "samples.npz", "log.txt"],
    "sheet": ["metrics.json", "log.txt"],
}  # fmt: skip


def run(cells: int, root: str, workers: int = 2) -> dict[str, float]:
    """Write that many cells; return the number of flushes of one."""
    (Path(root) / "cells").mkdir(parents=True)
    names = [[str(i) for i in range(first, cells, workers)] for first in range(workers)]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        flushes = pool.starmap(_write_cells, [(root, some) for some in names])
    return {"flushes": sum(flushes) / cells}


def _write_cells(root: str, names: list[str]) -> int:
    cells = Path(root) / "cells"
    flushes = 0

    def flush(path: Path) -> None:
        nonlocal flushes
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        flushes += 1

    for name in names:
        cell = cells / name
        cell.mkdir()
        flush(cells)
        for kind, files in FOLDERS.items():
            folder = cell / f"attempt-{kind}"
            folder.mkdir()
            flush(cell)
            for file in files:
                path = folder / file
                if not path.parent.exists():
                    path.parent.mkdir()
                    flush(folder)
                path.write_bytes(b"x" * 300)
                if path.suffix in (".json", ".jsonl", ".safetensors", ".npz"):
                    flush(path)  # when it is written
                flush(path)  # when the folder is sealed
            for sub in (path for path in folder.iterdir() if path.is_dir()):
                flush(sub)
            (folder / "COMMIT.json").write_bytes(b"x" * 1500)
            flush(folder / "COMMIT.json")
            flush(folder)
            folder.rename(cell / kind)
            flush(cell)
    return flushes
