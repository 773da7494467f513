"""Real training, killed at random: worker or parent, again and again, to the same bits.

12 kills in CI; ``pytest tests/reliability/test_soak.py -m soak -s`` kills 200 times.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labkit.execution.status import survey
from labkit.store.store import Store

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds worker processes in /proc"),
]


def start(folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "LABKIT_CACHE": str(folder / "cache")}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.builders.killable", str(folder)],
        cwd=ROOT, env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def children(pid: int) -> list[int]:
    """Processes started by this one."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == pid:
            found.append(int(status.parent.name))
    return found


def results(folder: Path) -> dict[str, object]:
    """All that does not depend on the clock: weights, samples, pictures, numbers."""
    found: dict[str, object] = {}
    for path in sorted((folder / "results" / "cells").rglob("*")):
        name = path.relative_to(folder).as_posix()
        if re.search(r"/(failed|damaged-|attempt-)", name) or not path.is_file():
            continue
        if (
            path.name in ("best.safetensors", "samples.npz", "metrics.json")
            or path.suffix == ".png"
        ):
            found[name] = path.read_bytes()
        if path.name == "history.jsonl":
            rows = [json.loads(line) for line in path.read_text().splitlines()]
            found[name] = [{k: v for k, v in row.items() if k != "seconds"} for row in rows]
    return found


def is_done(folder: Path) -> bool:
    store = Store(folder / "results")
    if not store.plan_path.exists():
        return False
    # As `labkit run` sees it: a cell whose sheet number is missing is not done.
    return all(job.state == "done" for job in survey(store.plan(), store))


def at_work(folder: Path, parent: int) -> list[Path]:
    """The attempts that workers of this run are busy with."""
    mine = {str(pid) for pid in children(parent)}
    attempts = (folder / "results" / "cells").glob("*/attempt-*")
    return [path for path in attempts if path.name.split(".")[1] in mine]


def wait_for_work(folder: Path, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None and not at_work(folder, process.pid):
        time.sleep(0.05)


@pytest.mark.parametrize("wanted", [12, pytest.param(200, marks=pytest.mark.soak)])
def test_killed_at_random(tmp_path: Path, wanted: int) -> None:
    left_alone = tmp_path / "alone"
    assert start(left_alone).wait() == 0
    expected = results(left_alone)
    assert len(expected) > 10
    chance = random.Random(7)
    kills = {"worker": 0, "parent": 0}
    finished = busy = 0
    while sum(kills.values()) < wanted:
        folder = tmp_path / f"run{finished}"
        while not (folder.exists() and is_done(folder)):
            process = start(folder)
            if chance.random() < 0.8:  # mostly in the middle of work, else while it starts
                wait_for_work(folder, process)
            deadline = time.monotonic() + chance.uniform(0.0, 3.0)
            while time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.02)
            if process.poll() is None and sum(kills.values()) < wanted:
                workers = children(process.pid)
                victim = chance.choice(["worker", "parent"]) if workers else "parent"
                kills[victim] += 1
                busy += bool(at_work(folder, process.pid))
                if victim == "parent":
                    process.kill()
                else:
                    os.kill(chance.choice(workers), signal.SIGKILL)
            process.wait()
        finished += 1
        assert results(folder) == expected
    assert min(kills.values()) > 0
    print(
        f"{wanted} kills ({kills['worker']} of workers, {busy} in the middle of a cell), "
        f"{finished} runs ended in the same bits"
    )
