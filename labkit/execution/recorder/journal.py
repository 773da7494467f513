"""What a training loop of the user's own has told so far, kept on the disk as it is told.

An attempt of the kind ``own`` in the cell's folder under its settings alone: how many epochs
and samples there will be is not known when it begins. Whatever ends the loop, the next opening
finds the attempt and goes on in it. Whose it is is a lock that the system takes back when the
process ends.

told.jsonl             a line each time something is told; {"from": 3} takes back epochs 3, ...
best_epoch<N>.npz      samples of an epoch that was the best when it was told
images/*.png           grids, as a cell has them
"""

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.errors import reason
from labkit.experiment.spec import CellSpec
from labkit.store import atomic
from labkit.store.attempts import Attempt, is_abandoned
from labkit.store.history import read_history
from labkit.store.lock import Lock
from labkit.store.store import Store

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


class Journal(Attempt):
    """An attempt that is held, and what it was told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._lock = Lock(folder / LOCK)
        self._unwritten: dict[str, bytes] = {}  # Files that could not be written
        self._warned = False
        self._replay()

    def tell(self, epoch: int, values: Mapping[str, Any], seconds: float, **more: Any) -> None:
        """Note values of an epoch, flushed to the disk."""
        self._note({"epoch": epoch, "values": dict(values), "seconds": seconds, **more})
        self.beat()

    def take_back(self, first: int) -> None:
        """Drop an epoch and all after it, which are told anew."""
        self._note({"from": first})
        for name in self._pictures():
            if _epoch_of(name) >= first:
                self._unwritten.pop(name, None)
                (self.folder / name).unlink(missing_ok=True)

    def keep(self, name: str, data: bytes) -> None:
        """Keep a file of an epoch, ``<what>_epoch<N>...``."""
        self._unwritten[name] = data
        with self._bearing_a_full_disk():
            atomic.mkdir((self.folder / name).parent)
            atomic.replace_bytes(self.folder / name, data)
            del self._unwritten[name]

    def kept(self, name: str) -> bytes:
        """A file that was kept."""
        return self._unwritten.get(name) or (self.folder / name).read_bytes()

    @property
    def pictures(self) -> dict[str, bytes]:
        """The grids of the epochs that count, by name."""
        return {n: self.kept(n) for n in self._pictures() if _epoch_of(n) in self.rows}

    def _pictures(self) -> list[str]:
        paths = self.folder.glob("images/*.png")
        names = {path.relative_to(self.folder).as_posix() for path in paths} | {*self._unwritten}
        return sorted(name for name in names if name.endswith(".png"))

    def _note(self, line: Row) -> None:
        self._apply(line)
        with self._bearing_a_full_disk():
            atomic.append_bytes(self.folder / TOLD, f"{json.dumps(line)}\n".encode())

    @contextlib.contextmanager
    def _bearing_a_full_disk(self) -> Iterator[None]:
        """Write, if that can be done: a full disk is no reason to end a training."""
        try:
            yield
        except OSError as error:
            if not self._warned:
                say(f"{self.folder}: cannot be written ({reason(error)}): what is told "
                    "from now on is kept in memory alone until the cell ends")  # fmt: skip
            self._warned = True

    def _forget(self) -> None:
        self._lines: list[Row] = []  # Those that count
        self.rows: dict[int, Row] = {}  # By epoch; NaN and infinite values among them
        self.count: int | None = None  # How many samples an epoch is measured by
        self.seconds = 0.0  # Spent training up to the last thing told
        self.best: tuple[float, str] | None = None  # Proxy FID and file of the best epoch

    def _apply(self, line: Row) -> None:
        if first := line.get("from"):
            kept = [each for each in self._lines if each["epoch"] < first]
            self._forget()
            for each in kept:
                self._apply(each)
            return
        self._lines.append(line)
        row = self.rows.setdefault(line["epoch"], {"epoch": line["epoch"]})
        # Texts are NaN and infinities as earlier versions wrote them.
        row.update({k: float(v) if isinstance(v, str) else v for k, v in line["values"].items()})
        self.seconds = line["seconds"]
        self.count = line.get("count", self.count)
        if "best" in line:
            self.best = row["proxy_fid"], line["best"]

    def _replay(self) -> bytes:
        """Know what was told, by the lines that were told whole; return these lines."""
        self._forget()
        path, whole = self.folder / TOLD, b""
        for line in read_history(path) if path.exists() else ():
            self._apply(line)
            whole += f"{json.dumps(line)}\n".encode()
        return whole

    def take(self) -> bool:
        """Lock the attempt and read its rows; return False if another process holds the lock."""
        try:
            if not self._lock.take():
                return False
        except OSError:  # a file system without locks: the heartbeat tells
            beat = self.progress() or {"pid": os.getpid()}
            if beat.get("pid") != os.getpid() and not is_abandoned(self.folder):
                return False
        path, whole = self.folder / TOLD, self._replay()
        if path.exists() and path.stat().st_size != len(whole):  # cut short in the middle of a line
            atomic.replace_bytes(path, whole)
        self.take_back_part()
        self.beat()
        return True

    def take_back_part(self) -> None:
        """Drop the last epoch if it lacks something that every other one was told."""
        *before, last = [self.rows[epoch] for epoch in sorted(self.rows)] or [{}]
        if before and not set.intersection(*map(set, before)) <= set(last):
            self.take_back(max(self.rows))

    def release(self) -> None:
        """Let the next opening have what was told; what was told nothing is removed."""
        if self.rows:
            self._lock.close()
        else:
            self.remove()

    def remove(self) -> None:
        """Remove what is now committed, or was never told."""
        self._lock.close()
        atomic.remove_tree(self.folder)
        with contextlib.suppress(OSError):  # other attempts are there
            self.folder.parent.rmdir()


def _epoch_of(picture: str) -> int:
    found = re.search(r"_epoch(\d+)\.png\Z", picture)
    return int(found[1]) if found else 0


def begin(store: Store, spec: CellSpec) -> Journal:
    """Return the unlocked attempt with the most epochs, locked; a new one if there is none."""
    free = [journal for journal in map(Journal, _attempts(store, spec)) if journal.take()]
    found = sorted(free, key=lambda journal: len(journal.rows))
    if not found:
        found = [Journal(store.begin(draft(spec), KIND, anew=True).folder)]
        found[0].take()
    for other in found[:-1]:
        other.release()
    return found[-1]


def epochs_told(store: Store, spec: CellSpec) -> int | None:
    """How many epochs of an unfinished cell are on the disk; None where it was never begun."""
    return max((len(Journal(folder).rows) for folder in _attempts(store, spec)), default=None)


def _attempts(store: Store, spec: CellSpec) -> list[Path]:
    return sorted(store.cell_folder(draft(spec)).glob(f"attempt-{KIND}-*"))
