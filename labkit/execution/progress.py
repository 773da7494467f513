"""How far running cells are, and showing it on stderr: a live table on a terminal, else lines.

Progress is read from the files the workers write, so that watching a cell cannot disturb it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.catalog import FAMILIES
from labkit.execution import eta
from labkit.experiment.spec import CellFailure, CellResult, CellSpec
from labkit.store.attempts import Attempt, is_abandoned
from labkit.store.history import read_history
from labkit.store.store import Store
from labkit.text.numbers import duration

if TYPE_CHECKING:
    from rich.live import Live

    from labkit.execution.status import Job

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

    @property
    def losses(self) -> str:
        """``d_loss 0.832  g_loss 1.204  proxy_fid 3.2`` of the last epoch."""
        names, row = (*FAMILIES[self.spec.family].losses, "proxy_fid"), self.row
        return "  ".join(f"{name} {row[name]:.4g}" for name in names if row.get(name) is not None)


def watch(store: Store, specs: Sequence[CellSpec]) -> tuple[list[Progress], list[CellSpec]]:
    """Which of the cells are being worked on, and which wait, going by the files."""
    found = {spec.fingerprint: _progress(store, spec) for spec in specs}
    waiting = [spec for spec in specs if found[spec.fingerprint] is None]
    return [progress for progress in found.values() if progress is not None], waiting


def _progress(store: Store, spec: CellSpec) -> Progress | None:
    attempts = map(Attempt, store.cell_folder(spec).glob("attempt-*"))
    beats = [(attempt, beat) for attempt in attempts if (beat := attempt.progress())]
    if not beats:
        return None
    attempt, beat = max(beats, key=lambda each: each[1]["at"])
    if time.time() - beat["at"] > SILENT_AFTER_S or is_abandoned(attempt.folder):
        return None
    if beat.get("measuring"):
        return Progress(spec, spec.training["epochs"], measuring=True)
    rows = list(read_history(attempt.history_path)) if attempt.history_path.exists() else []
    done = len(rows)
    within = beat["step"] / beat["steps"] if beat.get("epoch") == done + 1 else 0.0
    grid = attempt.folder / "images" / f"samples_epoch{done}.png"
    return Progress(spec, done, within, rows[-1] if rows else {}, first_grid=grid if rows else None)


class PlainDisplay:
    """One line per event; what a log file or a CI job wants."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._total = self._finished = 0
        self._showed_grid = False

    def start(self, jobs: Sequence[Job], workers: int, expected: str) -> None:
        """Say how many cells there are to run, how, and about how long that takes."""
        self._total = len(jobs)
        training = sum(job.state != "measure" for job in jobs)
        parts = [f"{training} to train"] if training else []
        parts += [f"{len(jobs) - training} to measure"] if training < len(jobs) else []
        side = f", {workers} side by side" if workers > 1 else ""
        if jobs:
            self.say(f"{' and '.join(parts)}{side}{f': {expected}' if training else ''}")

    def update(self, running: Sequence[Progress], waiting: Sequence[CellSpec]) -> None:
        self.say_first_grid(running)
        for progress in running:
            spec, epoch = progress.spec, progress.epoch
            if progress.row and epoch > self._seen.get(spec.name, 0):
                self._seen[spec.name] = epoch
                of = f"{epoch}/{spec.training['epochs']}"
                self.say(f"{spec.name}: epoch {of}  {progress.losses}")

    def finished(self, spec: CellSpec, outcome: CellResult | CellFailure) -> None:
        self._finished += 1
        if isinstance(outcome, CellFailure):
            how = f"FAILED: {outcome.error} (log: {outcome.log})"
        else:
            fid, best = outcome.metrics.get("proxy_fid"), outcome.metrics["best_epoch"]
            measured = f"proxy FID {fid:.3g} at epoch {best}" if fid is not None else "not measured"
            how = f"done: {measured} (trained in {duration(outcome.seconds)})"
        self.say(f"[{self._finished}/{self._total}] {spec.name} {how}")

    def stop(self) -> None:
        pass

    def say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def say_first_grid(self, running: Sequence[Progress]) -> None:
        """Tell once where the first samples can be looked at."""
        path = next((p.first_grid for p in running if p.first_grid), None)
        if path and not self._showed_grid:
            self._showed_grid, here = True, Path.cwd()
            within = path.is_relative_to(here)
            self.say(f"first samples: {path.relative_to(here).as_posix() if within else path}")


class LiveDisplay(PlainDisplay):
    """A line per running cell with epoch, losses and time left, and an overall bar.

    Rich is imported once there is something to show: a run with nothing to do is immediate.
    """

    def __init__(self) -> None:
        super().__init__()
        self._live: Live | None = None
        self._started = time.monotonic()
        self._weights: dict[str, float] = {}
        self._done_weight = self._head_start = 0.0

    def start(self, jobs: Sequence[Job], workers: int, expected: str) -> None:
        super().start(jobs, workers, expected)
        if jobs:
            from rich.console import Console
            from rich.live import Live

            self._weights = {job.spec.name: eta.estimate(job.spec)[0] for job in jobs}
            self._live = Live(console=Console(stderr=True), refresh_per_second=4)
            self._live.start()

    def update(self, running: Sequence[Progress], waiting: Sequence[CellSpec]) -> None:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        assert self._live is not None
        self.say_first_grid(running)
        table = Table.grid(padding=(0, 2))
        for progress in running:
            table.add_row(
                progress.spec.name,
                ProgressBar(total=1.0, completed=progress.share, width=16),
                Text(progress.where, style="cyan"),
                Text(progress.losses, style="dim"),
            )
        # The share of the run that is done, and how long the rest takes.
        total = sum(self._weights.values()) or 1.0
        under_way = sum(p.share * self._weights.get(p.spec.name, 0.0) for p in running)
        share = min((self._done_weight + under_way) / total, 1.0)
        # What was already done when the run began took none of this run's time.
        self._head_start = self._head_start or share or 1e-9
        gained, elapsed = share - self._head_start, time.monotonic() - self._started
        left = duration(elapsed / gained * (1 - share)) if gained > 0.01 else "..."
        table.add_row(
            Text(f"{self._finished}/{self._total} cells", style="bold"),
            ProgressBar(total=1.0, completed=share, width=16),
            f"{len(waiting)} waiting",
            f"about {left} left",
        )
        self._live.update(table)

    def finished(self, spec: CellSpec, outcome: CellResult | CellFailure) -> None:
        super().finished(spec, outcome)
        self._done_weight += self._weights.get(spec.name, 0.0)

    def stop(self) -> None:
        if self._live is not None:
            self._live.update("")
            self._live.stop()
            self._live = None

    def say(self, line: str) -> None:
        if self._live is None:
            super().say(line)
        else:  # above the live part
            self._live.console.print(line, soft_wrap=True, highlight=False, markup=False)
