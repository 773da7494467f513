"""Running things side by side in time: interleaved rounds, ratios within a round, medians.

A round runs each contestant once, one right after the other, in an order that turns from
round to round; so what else the machine does hits all alike. A ratio is taken within a
round; its median and its extremes over the rounds are what is reported.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Run = dict[str, float]
"""``seconds`` (wall), ``cpu`` (of all its processes), ``memory_mb`` and what else was measured."""


@dataclass(frozen=True)
class Spread:
    """A median and the extremes around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g}–{self.high:.3g})"


def interleave(contestants: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """Run every contestant once a round, the first to go changing each time."""
    names = list(contestants)
    found: dict[str, list[Run]] = {name: [] for name in names}
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            found[name].append(contestants[name]())
    return found


def ratio(slow: Sequence[Run], fast: Sequence[Run], key: str = "seconds") -> Spread:
    """How many times as long the first takes as the second, round by round."""
    return Spread.of([a[key] / b[key] for a, b in zip(slow, fast, strict=True)])


def child(omp: int = 1, **task: Any) -> Run:
    """Run one of `benchmarks.child`'s tasks in a process of its own with `omp` threads."""
    process = start(omp, **task)
    return finish(process)


def start(omp: int = 1, **task: Any) -> subprocess.Popen[str]:
    """Begin one, so that several run at a time."""
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.child", json.dumps(task)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(omp)},
    )


def finish(process: subprocess.Popen[str]) -> Run:
    """Wait for it.

    Raises:
        RuntimeError: it ended with an error.
    """
    out, err = process.communicate()
    if process.returncode:
        raise RuntimeError(err.strip() or f"exit status {process.returncode}")
    found: Run = json.loads(out.splitlines()[-1])
    return found


def shell(*command: str, cwd: Path | None = None) -> Run:
    """Run a command as a user would: wall time from outside, start-up and all.

    Raises:
        RuntimeError: it ended with an error.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        # Not process.wait(): only wait4 says what this one child used.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(said.decode(errors="replace").strip())
    return {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "memory_mb": used.ru_maxrss * 1024 / 1e6,
    }


def environment() -> dict[str, str]:
    """A user's: modules may be kept compiled, as installing or a first run leaves them."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
        "PYTHONPATH": os.pathsep.join(
            [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
    }
