"""Runs without torch: cells go through the real runner, executor and store; who looks on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from labkit.execution.progress import Progress
from labkit.execution.status import Job, Task
from labkit.experiment.spec import CellFailure, CellResult, CellSpec
from labkit.store.commits import damage
from labkit.store.store import Store
from tests.builders.stores import fill_evaluation, fill_training


def work(task: Task) -> float:
    """Do what a cell's seed says: 0..99 succeed, others fail in a way of their own."""
    spec, store = task.spec, Store(task.store)
    if not store.is_trained(spec):
        attempt = store.begin(spec, "train")
        attempt.beat(epoch=1, step=0, steps=1)
        misbehave(spec, store, attempt)
        if store.failed_folder(spec).exists() and not attempt.folder.exists():
            return 0.0
        fill_training(attempt, spec)
        store.commit(attempt, spec, "train")
    if not store.is_evaluated(spec):
        attempt = store.begin(spec, "eval")
        fill_evaluation(attempt)
        store.commit(attempt, spec, "eval")
    sheet_gan = task.sheet_gan
    if store.is_trained(sheet_gan) and damage(store.sheet_folder(spec, sheet_gan)):
        attempt = store.begin(spec, "sheet")
        fill_evaluation(attempt)
        store.commit(attempt, spec, "sheet", sheet_gan)
    return 0.01


def misbehave(spec: CellSpec, store: Store, attempt: Any) -> None:
    if spec.seed == 100:
        store.fail(attempt, spec, "train", "ValueError: out of luck", "Traceback")
    elif spec.seed == 101:
        os.kill(os.getpid(), signal.SIGKILL)
    elif spec.seed == 102:
        os.kill(os.getpid(), signal.SIGSEGV)
    elif spec.seed == 103:
        time.sleep(60)
    elif spec.seed == 104:
        os._exit(7)


class Recorder:
    """A view that remembers what it was shown."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.ended: dict[str, CellResult | CellFailure] = {}
        self.order: list[str] = []
        self.said: list[str] = []

    def start(self, jobs: Sequence[Job], workers: int, expected: str) -> None:
        self.jobs = list(jobs)

    def update(self, running: Sequence[Progress], waiting: Sequence[CellSpec]) -> None:
        pass

    def finished(self, spec: CellSpec, outcome: CellResult | CellFailure) -> None:
        self.ended[spec.name] = outcome
        self.order.append(spec.name)

    def say(self, line: str) -> None:
        self.said.append(line)

    def stop(self) -> None:
        pass


_HOLD = """
import sys
from pathlib import Path
from labkit.store.lock import only_one
with only_one(Path(sys.argv[1]), Path(sys.argv[2])) as other:
    print(other or "held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(store: Store, spec: CellSpec) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of a cell, and lets go when its stdin is closed."""
    store.root.mkdir(parents=True, exist_ok=True)
    lock = store.locks / spec.fingerprint[:12]
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(lock), str(store.cell_folder(spec))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()
