"""The parts of a first look, each a function that adds its rows until its deadline.

All take the results they add to, the device, the size of everything and the deadline; those
that run commands also a folder that is not there yet.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from benchmarks.compare import Run, Spread, interleave, ratio
from benchmarks.gpu.cases import cases
from benchmarks.gpu.process import Deadline, Worker, WorkError, labkit
from benchmarks.gpu.results import Results
from benchmarks.gpu.worker import cores
from labkit.catalog import FAMILIES
from labkit.experiment.spec import CellFailure
from labkit.store.commits import COMMIT
from labkit.store.store import Store

ROOT = Path(__file__).parents[2]
GAN = {"family": "gan", "dataset": "MNIST", "loss": "hinge", "z_dim": 64}
VAE = {"family": "vae", "dataset": "MNIST", "latent_dim": 16}
Tasks = dict[str, tuple[Worker, dict[str, Any]]]
"""Who trains: a worker and what it is asked."""


@dataclass(frozen=True)
class Size:
    """How much is run."""

    steps: int
    batch: int
    threads: int
    """Of the CPU's side of the steps, at most."""
    images: int
    """Of one epoch of the script and of ours."""
    epochs: int
    rounds: int
    warm_up: int
    """Images seen before anything is timed."""
    cell: dict[str, Any]
    """Settings of an experiment file for a cell of every family."""
    families: int
    """How many of them, from the last."""
    shrink: bool = False
    """Whether the quick profile has these settings too, and one cell an experiment."""


FULL = Size(
    steps=20, batch=32, threads=4, images=10_000, epochs=2, rounds=5, warm_up=512,
    cell={"data": {"limit": 2_000}, "training": {"epochs": 2}, "evaluation": {"samples": 2_000}},
    families=len(FAMILIES),
)  # fmt: skip
TINY = Size(
    steps=2, batch=4, threads=1, images=8, epochs=1, rounds=2, warm_up=4,
    cell={
        "data": {"limit": 8},
        "training": {"epochs": 1, "batch_size": 8},
        "evaluation": {"samples": 100, "selection_samples": 100},
    },
    families=1, shrink=True,
)  # fmt: skip


def steps(results: Results, device: str, size: Size, deadline: Deadline) -> None:
    """Every family and choice: how far from the CPU, and twice the same?"""
    results.note(
        f"{size.steps} steps, batch {size.batch}. Beside the CPU, both sides with the same weights "
        "and noise: the largest difference of a loss or norm in the first step and in all, "
        "relative to that value's largest, and |difference| / |weights| of the worst network. "
        "Same bits: of two runs on the device."
    )
    common = {"steps": size.steps, "batch": size.batch, "device": device}
    common["threads"] = min(size.threads, cores())
    all_cases = cases()
    with Worker() as worker:
        for i, case in enumerate(all_cases):
            task = {"family": case.family, "params": case.params, **common}
            try:
                found = worker.ask(deadline, do="steps", **task)
                results.add(case=case.name, **found)
            except WorkError as error:
                results.add(case=case.name, error=str(error))
            except TimeoutError:
                left = ", ".join(each.name for each in all_cases[i:])
                results.note(f"Out of time; skipped: {left}.")
                return


def rates(results: Results, device: str, size: Size, deadline: Deadline) -> None:
    """Lab 1's two models, labkit beside the script everyone writes, turn by turn."""
    results.note(
        f"{size.images:,} images, {size.epochs} epochs, batch 128; wall time with reading the "
        "data; median (lowest–highest) of the rounds; ratios within a round. labkit has one thread "
        "and deterministic kernels without TF32, the script all cores and PyTorch's own settings."
    )
    with Worker() as script, Worker() as ours:
        tasks: Tasks = {
            "script": (script, {"do": "plain", "threads": cores()}),
            "labkit": (ours, {"do": "ours", "threads": 1}),
            "labkit, bf16": (ours, {"do": "ours", "threads": 1, "precision": "bf16"}),
        }
        for name, cell in (("GAN", GAN), ("VAE", VAE)):
            common = {"cell": cell, "epochs": size.epochs, "device": device}
            try:
                _rate(results, name, tasks, common, size, deadline)
            except WorkError as error:
                results.add(model=name, error=str(error))
            except TimeoutError:
                results.note(f"{name}: out of time, skipped.")


def _rate(
    results: Results,
    name: str,
    tasks: Tasks,
    common: dict[str, Any],
    size: Size,
    deadline: Deadline,
) -> None:
    found: dict[str, list[Run]] = {key: [] for key in tasks}

    def ask(key: str, images: int) -> Run:
        worker, task = tasks[key]
        return {"seconds": worker.ask(deadline, limit=images, **task, **common)}

    def timed(key: str) -> Run:
        found[key].append(ask(key, size.images))
        return found[key][-1]

    for key in tasks:
        ask(key, size.warm_up)
    with contextlib.suppress(TimeoutError):  # the rounds that are whole count
        interleave({key: partial(timed, key) for key in tasks}, size.rounds)
    rounds = min(map(len, found.values()))
    if not rounds:
        raise TimeoutError
    for key, runs in found.items():
        beside = ratio(found["script"][:rounds], runs[:rounds])
        seen = Rate.of([size.images * size.epochs / run["seconds"] for run in runs[:rounds]])
        row = {"model": name, "by": key, "images/s": seen, "rounds": rounds}
        results.add(**row, **({} if key == "script" else {"times the script": beside}))


class Rate(Spread):
    """A spread of images a second, in whole numbers."""

    def __str__(self) -> str:
        return f"{self.median:,.0f} ({self.low:,.0f}–{self.high:,.0f})"


def families(results: Results, device: str, size: Size, deadline: Deadline, folder: Path) -> None:
    """One cell of every family, start to end: trained, measured, committed, reported."""
    content = {
        "name": "families",
        "title": "A cell of every family",
        **size.cell,
        "experiments": {
            name: {"family": name, "grid": {"dataset": ["MNIST"]}}
            for name in tuple(FAMILIES)[-size.families :]
        },
    }
    _run_and_report(results, device, deadline, folder, content)


def quick(results: Results, device: str, size: Size, deadline: Deadline, folder: Path) -> None:
    """The quick profile of Lab 1, start to end."""
    content = yaml.safe_load((ROOT / "experiments.yaml").read_text(encoding="utf-8"))
    if size.shrink:
        content["profiles"]["quick"] = size.cell
        for experiment in content["experiments"].values():
            experiment["grid"] = {key: [values[0]] for key, values in experiment["grid"].items()}
    _run_and_report(results, device, deadline, folder, content, "--profile", "quick")


def _run_and_report(
    results: Results,
    device: str,
    deadline: Deadline,
    folder: Path,
    content: dict[str, Any],
    *profile: str,
) -> None:
    """Both verbs on an experiment file of this content (JSON is YAML), in a folder of its own."""
    folder.mkdir()
    (folder / "experiments.yaml").write_text(json.dumps(content), encoding="utf-8")
    where = ("experiments.yaml", *profile, "--results", "results")
    for verb, options in (
        ("run", ("--device", device, "--no-download")),
        ("report", ("--format", "html", "-o", "report")),
    ):
        try:
            seconds = labkit(deadline, folder, verb, *where, *options)
            results.add(what=f"labkit {verb}", seconds=seconds)
        except TimeoutError:
            results.note(f"labkit {verb}: out of time, ended.")
            break
        except WorkError as error:
            results.add(what=f"labkit {verb}", error=str(error))
    _tell_cells(results, folder / "results")


def _tell_cells(results: Results, root: Path) -> None:
    """What the store holds: cells done and failed, and where their time went."""
    store = Store(root)
    if not store.plan_path.is_file():
        return
    cells = store.plan().cells
    training = measuring = 0.0
    done = 0
    for spec in cells:
        outcome = store.outcome(spec)
        if isinstance(outcome, CellFailure):
            results.add(what=spec.name, error=outcome.error)
        elif outcome is not None and outcome.measured:
            done += 1
            training += outcome.seconds
            # A worker measures a cell as soon as its training is committed.
            times = [
                (part / COMMIT).stat().st_mtime
                for part in (store.train_folder(spec), store.eval_folder(spec))
            ]
            measuring += times[1] - times[0]
    results.note(
        f"{done} of {len(cells)} cells done. Summed over the cells, which run side by side: "
        f"training steps {training:.1f} s, the final measuring {measuring:.1f} s; the rest is "
        "starting, choosing the best epoch, images and files."
    )
