"""How far running cells are, and showing it: a live table on a terminal, else plain lines.

Progress is read from the files the workers write, so any executor has it, and watching a cell
cannot disturb it. All that is shown goes to stderr.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.catalog import FAMILIES
from labkit.execution import eta
from labkit.experiment.spec import CellFailure, CellResult, CellSpec
from labkit.store.attempts import Attempt, is_abandoned
from labkit.store.file_names import HEARTBEAT
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


def watch(store: Store, specs: Sequence[CellSpec]) -> tuple[list[Progress], list[CellSpec]]:
    """Which of the cells are being worked on, and which wait, going by the files."""
    found = {spec.fingerprint: _progress(store, spec) for spec in specs}
    waiting = [spec for spec in specs if found[spec.fingerprint] is None]
    return [progress for progress in found.values() if progress is not None], waiting


def _progress(store: Store, spec: CellSpec) -> Progress | None:
    beats = list(store.cell_folder(spec).glob(f"attempt-*/{HEARTBEAT}"))
    if not beats:
        return None
    attempt = Attempt(max(beats, key=_age).parent)
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
        return path.stat().st_mtime
    except OSError:
        return 0.0


class PlainDisplay:
    """One line per event; what a log file or a CI job wants."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._total = self._finished = 0
        self._showed_grid = False

    def start(self, jobs: Sequence[Job], workers: int, expected: str) -> None:
        self._total = len(jobs)
        if jobs:
            self.say(announce(jobs, workers, expected))

    def update(self, running: Sequence[Progress], waiting: Sequence[CellSpec]) -> None:
        self.say_first_grid(running)
        for progress in running:
            if progress.row and progress.epoch > self._seen.get(progress.spec.name, 0):
                self._seen[progress.spec.name] = progress.epoch
                epochs = progress.spec.training["epochs"]
                self.say(
                    f"{progress.spec.name}: epoch {progress.epoch}/{epochs}  "
                    f"{losses(progress.spec, progress.row)}"
                )

    def finished(self, spec: CellSpec, outcome: CellResult | CellFailure) -> None:
        self._finished += 1
        self.say(f"[{self._finished}/{self._total}] {ending(spec, outcome)}")

    def stop(self) -> None:
        pass

    def say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def say_first_grid(self, running: Sequence[Progress]) -> None:
        """Tell once where the first samples can be looked at."""
        grids = [progress.first_grid for progress in running if progress.first_grid]
        if grids and not self._showed_grid:
            self._showed_grid = True
            path, here = grids[0], Path.cwd()
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
                Text(losses(progress.spec, progress.row), style="dim"),
            )
        share, left = self._overall(running)
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

    def _overall(self, running: Sequence[Progress]) -> tuple[float, str]:
        """The share of the run that is done, and how long the rest takes."""
        total = sum(self._weights.values()) or 1.0
        under_way = sum(p.share * self._weights.get(p.spec.name, 0.0) for p in running)
        share = min((self._done_weight + under_way) / total, 1.0)
        elapsed = time.monotonic() - self._started
        # What was already done when the run began took none of this run's time.
        if not self._head_start:
            self._head_start = share or 1e-9
        gained = share - self._head_start
        return share, duration(elapsed / gained * (1 - share)) if gained > 0.01 else "..."


def announce(jobs: Sequence[Job], workers: int, expected: str) -> str:
    """The line before a run: how many cells, how, and about how long."""
    training = sum(job.state != "measure" for job in jobs)
    parts = [f"{training} to train"] if training else []
    parts += [f"{len(jobs) - training} to measure"] if training < len(jobs) else []
    side = f", {workers} side by side" if workers > 1 else ""
    return f"{' and '.join(parts)}{side}: {expected}" if training else f"{parts[0]}{side}"


def losses(spec: CellSpec, row: Mapping[str, Any]) -> str:
    """``d_loss 0.832  g_loss 1.204  proxy_fid 3.2`` of an epoch's row."""
    names = (*FAMILIES[spec.family].losses, "proxy_fid")
    return "  ".join(f"{name} {row[name]:.4g}" for name in names if row.get(name) is not None)


def ending(spec: CellSpec, outcome: CellResult | CellFailure) -> str:
    """How a cell ended, as one line."""
    if isinstance(outcome, CellFailure):
        return f"{spec.name} FAILED: {outcome.error} (log: {outcome.log})"
    fid, best = outcome.metrics.get("proxy_fid"), outcome.metrics["best_epoch"]
    measured = f"proxy FID {fid:.3g} at epoch {best}" if fid is not None else "not measured"
    return f"{spec.name} done: {measured} (trained in {duration(outcome.seconds)})"
