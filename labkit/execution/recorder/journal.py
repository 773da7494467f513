"""What a training loop of the user's own has told so far, kept on the disk as it is told.

An attempt of the kind ``own`` in the cell's folder under its settings alone: how many epochs
and samples there will be is not known when it begins. Whatever ends the loop, the next opening
finds the attempt and goes on in it. Whose it is is a lock that the system takes back when the
process ends.

told.jsonl             a line each time something is told; {"from": 3} takes back epochs 3, ...
best_epoch<N>.npz      samples of an epoch that was the best when it was told
images/*.png           grids, as a cell has them
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.errors import reason
from labkit.experiment.spec import CellSpec
from labkit.store import atomic, attempts
from labkit.store.attempts import Attempt
from labkit.store.history import read_history
from labkit.store.lock import Lock
from labkit.store.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KIND = "own"
TOLD, LOCK = "told.jsonl", "own.lock"
Row = dict[str, Any]


def say(line: str) -> None:
    """Print one line to standard error."""
    print(f"labkit: {line}", file=sys.stderr, flush=True)


def draft(spec: CellSpec) -> CellSpec:
    """A cell's spec without what is known only at the end; the same for every opening."""
    return replace(
        spec, training={**spec.training, "epochs": 0}, selection={**spec.selection, "samples": 0}
    )


class Journal:
    """An attempt that is held, and what it was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._attempt = Attempt(folder)
        self._lock = Lock(folder / LOCK)
        self.rows: dict[int, Row] = {}  # By epoch; NaN and infinite values among them
        self.count: int | None = None  # How many samples an epoch is measured by
        self.seconds = 0.0  # Spent training up to the last thing told
        self.bests: list[tuple[float, int, str]] = []  # (proxy FID, epoch, file), ever better
        self._samples: tuple[str, NDArray[np.uint8]] | None = None
        self._pictures: dict[str, bytes] = {}
        self._times: dict[int, float] = {}
        self._warned = False

    def tell(self, epoch: int, values: Mapping[str, Any], seconds: float, **more: Any) -> None:
        """Note values of an epoch, flushed to the disk."""
        self._note({"epoch": epoch, "values": dict(values), "seconds": seconds, **more})
        self._attempt.beat()

    def take_back(self, first: int) -> None:
        """Drop an epoch and all after it, which are told anew."""
        self._note({"from": first})
        for path in self.folder.glob("images/*_epoch*.png"):
            if path.stem not in self._pictures:
                path.unlink(missing_ok=True)

    def best(self, epoch: int, samples: NDArray[np.uint8]) -> str:
        """Keep samples of the best epoch so far; the file's name, to be told."""
        from labkit.execution import image_grid  # Pillow: only where samples are kept

        name = f"best_epoch{epoch}.npz"
        self._samples = name, samples
        self._keep(lambda: atomic.replace_bytes(self.folder / name, image_grid.npz(samples)))
        return name

    def best_samples(self) -> NDArray[np.uint8] | None:
        """The samples of the best epoch, or None where none were measured."""
        if not self.bests:
            return None
        name = self.bests[-1][2]
        if self._samples is not None and self._samples[0] == name:
            return self._samples[1]
        import numpy as np

        with np.load(self.folder / name, allow_pickle=False) as file:
            found: NDArray[np.uint8] = file["samples"]
            return found

    def picture(self, name: str, png: bytes) -> None:
        """Keep a grid of images, ``<what>_epoch<N>``."""
        self._pictures[name] = png

        def write() -> None:
            atomic.mkdir(self.folder / "images")
            atomic.replace_bytes(self.folder / "images" / f"{name}.png", png)

        self._keep(write)

    @property
    def pictures(self) -> dict[str, bytes]:
        """The grids of the epochs that count, by name."""
        return {name: png for name, png in self._pictures.items() if _epoch_of(name) in self.rows}

    def _note(self, line: dict[str, Any]) -> None:
        self._apply(line)
        if "values" in line:
            line["values"] = {
                k: str(v) if isinstance(v, float) and not math.isfinite(v) else v
                for k, v in line["values"].items()  # JSON has no NaN
            }
        text = f"{json.dumps(line)}\n".encode()
        self._keep(lambda: atomic.append_bytes(self.folder / TOLD, text))

    def _keep(self, write: Callable[[], object]) -> None:
        """Write, if that can be done: a full disk is no reason to end a training."""
        try:
            write()
        except OSError as error:
            if not self._warned:
                say(f"{self.folder}: cannot be written ({reason(error)}): what is told "
                    "from now on is kept in memory alone until the cell ends")  # fmt: skip
            self._warned = True

    def _apply(self, line: Mapping[str, Any]) -> None:
        if first := line.get("from"):
            self.rows = {epoch: row for epoch, row in self.rows.items() if epoch < first}
            self.bests = [best for best in self.bests if best[1] < first]
            self._pictures = {k: v for k, v in self._pictures.items() if _epoch_of(k) < first}
            self._times = {epoch: at for epoch, at in self._times.items() if epoch < first}
            self.seconds = max(self._times.values(), default=0.0)
            self.count = self.count if self.bests else None
            return
        row = self.rows.setdefault(line["epoch"], {"epoch": line["epoch"]})
        row.update({k: float(v) if isinstance(v, str) else v for k, v in line["values"].items()})
        self.seconds = self._times[line["epoch"]] = line["seconds"]
        self.count = line.get("count", self.count)
        if "best" in line:
            self.bests.append((row["proxy_fid"], line["epoch"], line["best"]))

    def _replay(self) -> bytes:
        """Apply every line that was told whole; return these lines."""
        path = self.folder / TOLD
        lines = list(read_history(path)) if path.exists() else []
        for line in lines:
            self._apply(line)
        return "".join(f"{json.dumps(line)}\n" for line in lines).encode()

    def take(self) -> bool:
        """Lock the attempt and read its rows; return False if another process holds the lock."""
        try:
            if not self._lock.take():
                return False
        except OSError:  # a file system without locks
            if not _silent(self._attempt):
                return False
        path, whole = self.folder / TOLD, self._replay()
        if path.exists() and path.stat().st_size != len(whole):  # cut short in the middle of a line
            atomic.replace_bytes(path, whole)
        for png in self.folder.glob("images/*_epoch*.png"):
            if re.search(r"_epoch\d+\Z", png.stem):
                self._pictures[png.stem] = png.read_bytes()
        self.take_back_part()
        self._attempt.beat()
        return True

    def take_back_part(self) -> None:
        """Drop the last epoch if it lacks something that every other one was told."""
        *before, last = [self.rows[epoch] for epoch in sorted(self.rows)] or [{}]
        if before and not set.intersection(*map(set, before)) <= set(last):
            self.take_back(max(self.rows))

    def release(self) -> None:
        """Let the next opening have it."""
        self._lock.release()

    def remove(self) -> None:
        """Remove what is now committed, or was never told."""
        self.release()
        atomic.remove_tree(self.folder)
        with contextlib.suppress(OSError):  # other attempts are there
            self.folder.parent.rmdir()


def _epoch_of(picture: str) -> int:
    return int(picture.rpartition("_epoch")[2])


def _silent(attempt: Attempt) -> bool:
    """Whether an attempt's process is gone, going by its heartbeat alone."""
    beat = attempt.progress()
    if beat is None or beat.get("pid") == os.getpid():
        return True
    here = beat.get("host") == attempts.host()
    dead = here and not attempts.process_lives(int(beat["pid"]))
    return dead or attempts.is_abandoned(attempt.folder)


def begin(store: Store, spec: CellSpec) -> Journal:
    """Return the unlocked attempt with the most epochs, locked; a new one if there is none."""
    found = [j for j in map(Journal, _attempts(store, spec)) if j.take()]
    found.sort(key=lambda journal: len(journal.rows))
    if not found:
        found = [Journal(store.fresh_attempt(draft(spec), KIND).folder)]
        found[0].take()
    for other in found[:-1]:
        other.release() if other.rows else other.remove()
    return found[-1]


def epochs_told(store: Store, spec: CellSpec) -> int | None:
    """How many epochs of an unfinished cell are on the disk; None where it was never begun."""
    journals = [Journal(folder) for folder in _attempts(store, spec)]
    for journal in journals:
        journal._replay()
    return max((len(journal.rows) for journal in journals), default=None)


def _attempts(store: Store, spec: CellSpec) -> list[Path]:
    return sorted(store.cell_folder(draft(spec)).glob(f"attempt-{KIND}-*"))
