"""A real, tiny run that saves a checkpoint after every epoch: something to be killed.

    python -m tests.builders.killable FOLDER

All is as in any run but for what makes it long: it sees `FEW` images of each split, real ones
to measure against included. What is left is mostly the import of torch.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

from labkit.data import Images, load
from labkit.execution import runner
from labkit.execution.status import Task
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.store.store import Store
from tests.builders.runs import Recorder

TEXT = """\
name: soak
data: {source: bundled, limit: 256}
training: {epochs: 4, batch_size: 64, snapshot_epochs: [4]}
evaluation: {samples: 200, selection_samples: 200}
experiments:
  gan: {family: gan, grid: {dataset: [MNIST], loss: [hinge]}}
  vae: {family: vae, grid: {dataset: [MNIST], latent_dim: [8]}}
"""
FEW = 500


def work(task: Task) -> float:
    from labkit.execution import sampling, worker
    from labkit.measure import reference

    with (
        patch.object(worker, "CHECKPOINT_EVERY_S", 0.0),
        patch.object(reference, "load", few_images),
        patch.object(sampling, "load", few_images),
    ):
        return runner.train_and_measure(task)


def few_images(dataset: str, split: str, source: str, limit: int | None = None, *_: Any) -> Images:
    return load(dataset, split, source, min(limit or FEW, FEW))


def main(folder: Path) -> None:
    file = folder / "experiments.yaml"
    if not file.exists():
        file.write_text(TEXT)
    plan = make_plan(read_experiment(file), download=False)
    runner.run(plan, Store(folder / "results"), runner.Options(jobs=2), Recorder(), work)


if __name__ == "__main__":
    # Workers do not run the main file, so `work` is asked for by its module's own name.
    from tests.builders import killable

    killable.main(Path(sys.argv[1]))
