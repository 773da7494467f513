"""Cells in which nothing is computed: what is left is the runner, the pool and the store.

The files are those of a real cell in name and number, with small made-up contents; no
torch is imported. So the time a grid of them takes is the price of keeping results safe.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from labkit.catalog import FAMILIES
from labkit.execution.progress import PlainDisplay, Progress
from labkit.execution.runner import Options, Summary, run
from labkit.execution.status import Job, Task
from labkit.experiment.grid import make_plan
from labkit.experiment.plan import Plan
from labkit.experiment.reader import parse_experiment
from labkit.experiment.spec import CellFailure, CellResult, CellSpec
from labkit.store import atomic
from labkit.store.attempts import Attempt, attempt_and_commit
from labkit.store.store import Store

#: Lab 1's grid; 18 cells for each seed.
LAB1 = """
name: lab1
title: "Lab 1"
data: {source: bundled}
seeds: [%s]
experiments:
  gan:
    family: gan
    grid: {dataset: [MNIST, FashionMNIST], loss: [hinge, bce], z_dim: [32, 64, 128]}
  vae:
    family: vae
    grid: {dataset: [MNIST, FashionMNIST], latent_dim: [8, 16, 32]}
"""
#: One GAN; as many cells as seeds.
ONE_GAN = """
name: empty
title: "Empty cells"
data: {source: bundled}
seeds: [%s]
training: {epochs: 2}
experiments:
  gan:
    family: gan
    grid: {dataset: [MNIST]}
"""


def plan_of(text: str, seeds: Sequence[int]) -> Plan:
    """The plan of one of the files above with these seeds."""
    return make_plan(parse_experiment(text % ", ".join(map(str, seeds)), "empty.yaml"))


def work(task: Task) -> float:
    """What `labkit.execution.worker.run_cell` does, without the training and the measuring."""
    started = time.perf_counter()
    spec, store = task.spec, _store(task.store)
    if not store.is_trained(spec):
        attempt_and_commit(lambda a, _: _fill_training(a, spec), "train", spec, store)
    if not store.is_evaluated(spec):
        attempt_and_commit(lambda a, _: _fill_evaluation(a, spec), "eval", spec, store)
    if task.sheet_gan:
        sheet_gan = task.sheet_gan
        if store.is_trained(sheet_gan, deep=True) and store.damage(spec, "sheet", sheet_gan):
            attempt_and_commit(_fill_sheet, "sheet", spec, store, sheet_gan)
    return time.perf_counter() - started


@cache
def _store(root: Path) -> Store:
    return Store(root)


def run_empty(plan: Plan, root: Path, executor: str = "local", jobs: int = 2) -> Summary:
    """Run a plan of empty cells through the real runner."""
    return run(plan, Store(root), Options(executor=executor, jobs=jobs), Silent(), work)


class Silent(PlainDisplay):
    """A view that shows nothing."""

    def start(self, jobs: Sequence[Job], workers: int, expected: str) -> None:
        pass

    def update(self, running: Sequence[Progress], waiting: Sequence[CellSpec]) -> None:
        pass

    def finished(self, spec: CellSpec, outcome: CellResult | CellFailure) -> None:
        pass

    def say(self, line: str) -> None:
        pass

    def stop(self) -> None:
        pass


def _fill_training(attempt: Attempt, spec: CellSpec) -> None:
    names = FAMILIES[spec.family].losses
    rows = [
        {"epoch": epoch, **dict.fromkeys(names, 1 / epoch), "proxy_fid": 9 / epoch, "seconds": 1.0}
        for epoch in range(1, spec.training["epochs"] + 1)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    atomic.append_bytes(attempt.history_path, lines.encode())
    atomic.write_bytes(attempt.folder / "best.safetensors", b"")
    atomic.mkdir(attempt.folder / "images")
    (attempt.folder / "images" / "samples_epoch1.png").write_bytes(b"")
    _write(attempt.folder / "cost.json", {"seconds": 1.0, "images_per_s": 1.0, "parameters": 1})
    _write(attempt.folder / "spec.json", spec.to_json())
    _write(attempt.folder / "environment.json", {"numeric": {}, "packages": {}})


def _fill_evaluation(attempt: Attempt, spec: CellSpec) -> None:
    metrics = {"proxy_fid": 4.5 + spec.seed % 7}
    _write(attempt.folder / "metrics.json", {"metrics": metrics, "details": {}})
    atomic.write_bytes(attempt.folder / "samples.npz", b"")


def _fill_sheet(attempt: Attempt, progress: dict[str, Any]) -> None:
    _write(attempt.folder / "metrics.json", {"metrics": {"lab_sheet_fid": 0.1}})


def _write(path: Path, value: Any) -> None:
    atomic.write_bytes(path, json.dumps(value).encode())
