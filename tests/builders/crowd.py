"""Many empty cells on any executor, and somebody who kills workers and drivers meanwhile.

    python -m tests.builders.crowd FOLDER EXECUTOR CELLS [SCHEDULER]

Whether two are at one cell at once is told by locks of the test's own, not by labkit's.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from labkit.execution import runner, slurm_array
from labkit.execution.runner import Options
from labkit.execution.status import Task
from labkit.experiment.spec import CellSpec
from labkit.store.store import Store
from tests.builders import runs
from tests.builders.cells import spec
from tests.builders.plans import plan_of

ROOT = Path(__file__).parents[2]
#: How long a cell takes, in seconds, so that it can be killed.
LASTS_S = float(os.environ.get("CROWD_LASTS_S", "0.1"))


def cells(n: int) -> list[CellSpec]:
    """Cells that differ in a setting, of one epoch each."""
    return [
        spec(f"MNIST_GAN_hinge_z{i}", seed=0, training={"epochs": 1, "batch_size": 128 + i})
        for i in range(n)
    ]


def work(task: Task) -> float:
    """An empty cell, begun, held for a while and committed; leaves a trace if it is not alone."""
    with _guarded(task):
        time.sleep(LASTS_S)
        return runs.work(task)


@contextlib.contextmanager
def _guarded(task: Task) -> Iterator[None]:
    guards = Path(os.environ["CROWD_GUARDS"])
    handle = os.open(guards / task.spec.fingerprint[:12], os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        (guards / f"twice-{task.spec.fingerprint[:12]}").touch()
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
    try:
        yield
    finally:
        os.ftruncate(handle, 0)
        os.close(handle)


def at_work(guards: Path) -> list[int]:
    """The processes that hold a cell."""
    found = []
    for guard in guards.iterdir():
        with guard.open("rb") as file:
            pid = file.read()
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                found += [int(pid)] if pid else []
    return found


def main(folder: Path, executor: str, n: int, scheduler: str | None = None) -> None:
    with (
        patch.object(slurm_array, "LOST_S", 1.5),
        patch.object(slurm_array, "ASK_EVERY_S", 0.5),
        patch.object(slurm_array, "LOOK_EVERY_S", 0.2),
        patch.object(runner, "LOOK_AGAIN_S", 0.2),
    ):
        options = Options(executor=executor, jobs=2, scheduler=scheduler)
        view = runs.Recorder()
        done = runner.run(plan_of(*cells(n)), Store(folder / "store"), options, view, work)
    print(json.dumps({"done": done.done, "failed": [f.error for f in done.failed]}))


def start(
    folder: Path, executor: str, n: int, environment: Mapping[str, str], *more: str
) -> subprocess.Popen[str]:
    (folder / "guards").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.builders.crowd", str(folder), executor, str(n), *more]
    mine = {"CROWD_GUARDS": str(folder / "guards"), "PYTHONPATH": str(ROOT)}
    with (folder / "said.txt").open("a") as said:
        return subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment, **mine},
            stdout=subprocess.PIPE, stderr=said, text=True,
        )  # fmt: skip


def killed(
    folder: Path, executor: str, n: int, wanted: int, environment: Mapping[str, str]
) -> dict[str, int]:
    """Run all cells while workers and drivers are killed, as many times as wanted; count them."""
    chance, kills, started, victim = random.Random(7), {"worker": 0, "driver": 0}, 0, ""
    store, driver, until = Store(folder / "store"), None, time.monotonic() + n * 10.0
    while time.monotonic() < until:
        if driver is None or driver.poll() is not None:
            enough = driver is not None and sum(kills.values()) >= wanted
            if enough and driver.returncode == 0 and f'"done": {n}' in driver.communicate()[0]:
                return {**kills, "drivers": started}
            driver, started = start(folder, executor, n, environment), started + 1
        due = committed(store) >= (sum(kills.values()) + chance.random()) * n / (wanted + 1)
        if due and sum(kills.values()) < wanted:
            victim = victim or chance.choice(["worker", "worker", "driver"])
            workers = at_work(folder / "guards")
            if victim == "worker":  # in the middle of a cell
                with contextlib.suppress(ProcessLookupError, IndexError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    kills["worker"] += 1
                    victim = ""
            elif store.plan_path.exists():
                driver.kill()
                driver.wait()
                kills["driver"] += 1
                victim = ""
        time.sleep(chance.uniform(0.0, 0.1))
    raise TimeoutError(f"{committed(store)} of {n} cells after {kills} kills")


def committed(store: Store) -> int:
    return sum(1 for _ in (store.root / "cells").glob("*/eval-*"))


def twice(folder: Path) -> list[str]:
    """The cells that two were at in one moment."""
    return [path.name for path in (folder / "guards").glob("twice-*")]


def content(folder: Path) -> dict[str, Any]:
    """Every file of a store but for what the clock says, and what workers and failures left."""
    found: dict[str, Any] = {}
    root = folder / "store"
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        if not name.startswith(".") and "/attempt-" not in name and "/failed/" not in name:
            data = path.read_bytes()
            if path.name == "COMMIT.json":
                commit = json.loads(data)
                data = {k: v for k, v in commit.items() if k not in ("time", "self")}
            found[name] = data
    return found


if __name__ == "__main__":
    # Workers do not run the main file, so `work` is asked for by its module's own name.
    from tests.builders import crowd

    crowd.main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
