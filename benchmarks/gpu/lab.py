"""How long does it take? From the command line to the report, as a user would: a cell of every
family, then Lab 1."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.gpu.process import Deadline, WorkError, labkit
from benchmarks.gpu.results import Results
from benchmarks.gpu.sizes import Size
from labkit.catalog import FAMILIES
from labkit.experiment.spec import CellFailure
from labkit.store.commits import COMMIT
from labkit.store.file_names import NETWORKS
from labkit.store.store import Store

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Way:
    """How cells run on the device, by what was found before."""

    jobs: int
    """Cells side by side."""
    recorded: bool
    """Whether their steps are recorded and replayed."""


#: Seconds kept for the report of what is done.
REPORT = 12


def families(
    results: Results, device: str, size: Size, deadline: Deadline, folder: Path, way: Way
) -> None:
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
    _run_and_report(results, device, deadline, folder, content, way)


def lab1(
    results: Results, device: str, size: Size, deadline: Deadline, folder: Path, way: Way
) -> None:
    """Lab 1 in full, or as many of its cells as the time is enough for."""
    content = yaml.safe_load((ROOT / "experiments.yaml").read_text(encoding="utf-8"))
    if size.shrink:
        content |= size.cell
        for experiment in content["experiments"].values():
            experiment["grid"] = {key: [values[0]] for key, values in experiment["grid"].items()}
    _run_and_report(results, device, deadline, folder, content, way)


def _run_and_report(
    results: Results,
    device: str,
    deadline: Deadline,
    folder: Path,
    content: dict[str, Any],
    way: Way,
) -> None:
    """Both verbs on an experiment file of this content (JSON is YAML), in a folder of its own."""
    steps = "recorded" if way.recorded else "run one by one"
    results.note(f"Cells side by side: {way.jobs}; their steps are {steps}.")
    folder.mkdir()
    (folder / "experiments.yaml").write_text(json.dumps(content), encoding="utf-8")
    where = ("experiments.yaml", "--results", "results")
    begun = time.time()
    for verb, more, until in (
        (
            "run",
            ("--device", device, "-j", str(way.jobs), "--no-download"),
            deadline.before(REPORT),
        ),
        ("report", ("--format", "html", "-o", "report"), deadline),
    ):
        try:
            seconds = labkit(
                until, folder, verb, *where, *more, LABKIT_CAPTURE="1" if way.recorded else "0"
            )
            results.add(what=f"labkit {verb}", seconds=seconds)
        except TimeoutError:
            results.note(f"labkit {verb}: out of time, ended.")
        except WorkError as error:
            results.add(what=f"labkit {verb}", error=str(error))
    _tell_cells(results, folder / "results", begun)


def _tell_cells(results: Results, root: Path, begun: float) -> None:
    """What the store holds: cells done and failed, and where their time went."""
    store = Store(root)
    if not store.plan_path.is_file():
        return
    plan = store.plan()
    first, training, beside, measuring, done = float("inf"), 0.0, 0.0, 0.0, 0
    for spec in plan.cells:
        outcome = store.outcome(spec)
        if isinstance(outcome, CellFailure):
            results.add(what=spec.name, error=outcome.error)
        elif outcome is not None and outcome.measured:
            done += 1
            # Layers are written down as a training begins; a worker measures what it committed.
            train = store.train_folder(spec)
            start, trained, measured = (
                path.stat().st_mtime
                for path in (train / NETWORKS, train / COMMIT, store.eval_folder(spec) / COMMIT)
            )
            first = min(first, start)
            training += outcome.seconds
            beside += trained - start - outcome.seconds
            measuring += measured - trained
    if done:
        results.add(what="until the first cell trains", seconds=first - begun)
        results.add(what="training steps, all cells added up", seconds=training)
        results.add(what="choosing epochs, pictures, files, the same", seconds=beside)
        results.add(what="measuring, the same", seconds=measuring)
    results.note(f"{done} of {len(plan.cells)} cells done, on {plan.data_source} images.")
