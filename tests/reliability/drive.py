"""A real, tiny run that saves a checkpoint after every epoch: something to be killed.

python -m tests.reliability.drive FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from labkit import runner
from labkit.experiment_file import read_experiment
from labkit.planning import make_plan
from labkit.store import Store
from tests.run.fake import Recorder

TEXT = """\
name: soak
data: {source: bundled, limit: 512}
training: {epochs: 4, batch_size: 64, snapshot_epochs: [4]}
evaluation: {samples: 200, selection_samples: 200}
experiments:
  gan: {family: gan, grid: {dataset: [MNIST], loss: [hinge]}}
  vae: {family: vae, grid: {dataset: [MNIST], latent_dim: [8]}}
"""


def work(task: dict[str, Any]) -> float:
    from labkit import one_cell

    one_cell.CHECKPOINT_EVERY_S = 0.0
    return runner.train_and_measure(task)


def main(folder: Path) -> None:
    file = folder / "experiments.yaml"
    if not file.exists():
        file.write_text(TEXT)
    plan = make_plan(read_experiment(file), download=False)
    runner.run(plan, Store(folder / "results"), runner.Options(jobs=2), Recorder(), work)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
