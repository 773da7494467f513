"""What is not training: start-up, a run with nothing to do, the store, reports, measuring."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import empty
from benchmarks.compare import Run, Spread, child, interleave, shell
from benchmarks.table import Row, Size

LABKIT = (sys.executable, "-m", "labkit")
#: Runs of what takes less than a second, each round.
OFTEN = 3


def start_up(size: Size) -> Iterator[Row]:
    """``labkit --help`` beside Python doing nothing."""
    found = interleave(
        {
            "help": lambda: shell(*LABKIT, "--help"),
            "python": lambda: shell(sys.executable, "-c", "pass"),
        },
        size.rounds * OFTEN,
    )
    yield _seconds("labkit --help", found["help"], "≤ 0.2", bare=found["python"])


def nothing_to_do(size: Size) -> Iterator[Row]:
    """``labkit run`` on 18 cells that are done."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "experiments.yaml").write_text(empty.LAB1 % 42)
        plan = empty.plan_of(empty.LAB1, [42])
        empty.run_empty(plan, root / "results" / "lab1", "inline")
        found = interleave({"run": lambda: shell(*LABKIT, "run", cwd=root)}, size.rounds * OFTEN)
    yield _seconds("labkit run, 18 cells done", found["run"], "≤ 0.4")


def overhead(size: Size) -> Iterator[Row]:
    """What runner and store take for a cell, beyond what its files ask of the disk."""
    for cells in size.empty:
        rounds = max(1, min(size.rounds, 2_000 // cells))

        found = interleave(
            {"labkit": partial(_many, "empty", cells), "disk": partial(_many, "disk", cells)},
            rounds,
        )
        ms = {
            name: Spread.of([1e3 * r["seconds"] / cells for r in runs])
            for name, runs in found.items()
        }
        pairs = zip(found["labkit"], found["disk"], strict=True)
        beyond = [1e3 * (ours["seconds"] - disk["seconds"]) / cells for ours, disk in pairs]
        memory = max(run["memory_mb"] for run in found["labkit"])
        yield Row(
            f"an empty cell, of {cells:,}",
            value=Spread.of(beyond), unit="ms beyond the disk",
            target="≤ 5" if cells >= 10_000 else "",
            note=f"{ms['labkit']} ms in all, the disk alone {ms['disk']} ms with "
            f"{found['disk'][0]['flushes']:.0f} flushes; two workers; at most {memory:.0f} MB",
            facts={"cells": cells, "beyond_ms": Spread.of(beyond).median, "memory_mb": memory},
        )  # fmt: skip


def _many(work: str, cells: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        return child(do=work, cells=cells, root=f"{folder}/results")


def reports(size: Size) -> Iterator[Row]:
    """``labkit report`` from the shell, on invented numbers and real pictures."""
    try:
        plans: Any = import_module("tests.builders.plans")
        stores: Any = import_module("tests.builders.stores")
    except ImportError:
        yield Row("report", skipped="the tests, which invent its store, are not here")
        return
    for seeds in size.reports:
        plan = plans.fake_plan(seeds=tuple(range(42, 42 + seeds)))
        cells = len(plan.cells)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "experiments.yaml").write_text(empty.LAB1 % 42)
            stores.write_store(root / "results" / "lab1", plan)
            command = (*LABKIT, "report", "--format", "html,md")
            rounds = size.rounds if seeds == 1 else 1
            found = interleave({"report": partial(shell, *command, cwd=root)}, rounds)
        wanted = "≤ 3" if seeds == 1 else "≤ 20"
        row = _seconds(f"labkit report, {cells:,} cells", found["report"], wanted)
        memory = max(run["memory_mb"] for run in found["report"])
        seconds = Spread.of([run["seconds"] for run in found["report"]]).median
        facts = {"cells": cells, "seconds": seconds, "memory_mb": memory}
        yield replace(row, facts=facts)


def evaluation(size: Size) -> Iterator[Row]:
    """Measuring 10,000 samples, one thread, without what depends on real images alone."""
    samples = 10_000 if size.rounds > 3 else 2_000
    runs = [child(do="evaluation", dataset="MNIST", samples=samples) for _ in range(2)]
    yield _seconds(f"measuring {samples:,} samples", runs, "", key="cpu")


def _seconds(
    name: str, runs: list[Run], target: str, bare: list[Run] | None = None, key: str = "seconds"
) -> Row:
    cpu = Spread.of([run["cpu"] for run in runs])
    memory = Spread.of([run["memory_mb"] for run in runs])
    beside = f"; Python alone {Spread.of([r['seconds'] for r in bare])} s" if bare else ""
    return Row(
        name,
        value=Spread.of([run[key] for run in runs]),
        unit="s",
        target=target,
        note=f"CPU time {cpu} s, {memory.median:.0f} MB{beside}",
    )
