"""How far running cells are, read from the files their workers write.

So any executor has progress, and watching a cell cannot disturb it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.experiment.spec import CellSpec
from labkit.store.attempts import Attempt, is_abandoned
from labkit.store.file_names import HEARTBEAT
from labkit.store.history import read_history
from labkit.store.store import Store

#: A worker that has not been heard of for this long is not shown as running.
SILENT_AFTER_S = 30.0


@dataclass(frozen=True)
class Progress:
    """How far a running cell is."""

    spec: CellSpec
    epoch: int = 0  # Epochs finished
    within: float = 0.0  # Share of the current epoch that is done, 0..1
    row: dict[str, Any] = field(default_factory=dict)  # The last epoch's row of the history
    measuring: bool = False
    first_grid: Path | None = None  # A sample grid that can be opened already

    @property
    def share(self) -> float:
        """Share of the cell that is done, 0..1."""
        epochs = self.spec.training["epochs"]
        return 1.0 if self.measuring else min((self.epoch + self.within) / epochs, 1.0)

    @property
    def where(self) -> str:
        """``epoch 3/10``, the one under way; or ``measuring``."""
        epochs = self.spec.training["epochs"]
        return "measuring" if self.measuring else f"epoch {min(self.epoch + 1, epochs)}/{epochs}"


def watch(store: Store, specs: Sequence[CellSpec]) -> tuple[list[Progress], list[CellSpec]]:
    """Which of the cells are being worked on, and which wait, going by the files."""
    running, waiting = [], []
    for spec in specs:
        progress = _progress(store, spec)
        if progress is None:
            waiting.append(spec)
        else:
            running.append(progress)
    return running, waiting


def _progress(store: Store, spec: CellSpec) -> Progress | None:
    folder = store.cell_folder(spec)
    attempts = [path for path in folder.glob("attempt-*") if (path / HEARTBEAT).exists()]
    if not attempts:
        return None
    attempt = Attempt(max(attempts, key=_age))
    beat = attempt.progress()
    if beat is None or time.time() - beat["at"] > SILENT_AFTER_S or is_abandoned(attempt.folder):
        return None
    if beat.get("measuring"):
        return Progress(spec, spec.training["epochs"], measuring=True)
    rows = list(read_history(attempt.history_path)) if attempt.history_path.exists() else []
    done = len(rows)
    within = beat["step"] / beat["steps"] if beat.get("epoch") == done + 1 else 0.0
    grid = attempt.folder / "images" / f"samples_epoch{done}.png"
    return Progress(spec, done, within, rows[-1] if rows else {}, first_grid=grid if rows else None)


def _age(path: Path) -> float:
    try:
        return (path / HEARTBEAT).stat().st_mtime
    except OSError:
        return 0.0
