"""Every family of the catalog, stopped inside and after each epoch: bit by bit as if left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from labkit.catalog import FAMILIES
from labkit.execution import worker
from labkit.execution.status import Task
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import parse_experiment
from labkit.experiment.spec import CellSpec
from labkit.store.attempts import Attempt
from labkit.train import runtime

pytestmark = pytest.mark.slow

EPOCHS = 4
TEXT = f"""\
name: resume
data: {{source: bundled, limit: 96}}
training: {{epochs: {EPOCHS}, batch_size: 32, snapshot_epochs: [1]}}
evaluation: {{samples: 100, selection_samples: 100}}
experiments:
  one: {{family: FAMILY, grid: {{dataset: [MNIST]}}}}
"""


class Stopped(BaseException):
    """As abrupt as a kill: no handler of errors sees it."""


class Clock(dict[str, Any]):
    """The progress a worker tells; stops the training at one step of one epoch."""

    def __init__(self, epoch: int = 0, step: int = 0) -> None:
        super().__init__()
        self.at = epoch, step

    def update(self, *_: Any, **told: Any) -> None:
        if (told.get("epoch"), told.get("step")) == self.at:
            raise Stopped


def cell(family: str) -> CellSpec:
    experiment = parse_experiment(TEXT.replace("FAMILY", family), "e.yaml")
    return make_plan(experiment, download=False).cells[0]


def train(spec: CellSpec, attempt: Attempt, clock: Clock) -> None:
    runtime.set_up()
    torch.manual_seed(999)  # whatever this process did before must not matter
    task = Task(spec, attempt.folder)
    worker.train(task, attempt, clock)


def left(attempt: Attempt) -> dict[str, Any]:
    """All that training left behind but what the clock decides."""
    rows = [json.loads(line) for line in attempt.history_path.read_text().splitlines()]
    images = sorted((attempt.folder / "images").iterdir())
    cost = json.loads((attempt.folder / "cost.json").read_text())
    return {
        "cost": [cost["parameters"], cost["flops_per_image"]],
        "rows": [{k: v for k, v in row.items() if k != "seconds"} for row in rows],
        **{path.name: path.read_bytes() for path in images},
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_stopped_inside_and_after_every_epoch(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "CHECKPOINT_EVERY_S", 0.0)
    spec = cell(family)
    attempts = {name: Attempt(tmp_path / name) for name in ("alone", "stopped")}
    for attempt in attempts.values():
        attempt.folder.mkdir()
    train(spec, attempts["alone"], Clock())
    stopped = attempts["stopped"]
    # Of three steps the second: inside. The first: after the epoch before.
    for epoch, step in [(e, s) for e in range(1, EPOCHS + 1) for s in (0, 1)]:
        with pytest.raises(Stopped):
            train(spec, stopped, Clock(epoch, step))
    train(spec, stopped, Clock())
    train(spec, stopped, Clock())  # and once after the last epoch
    log = (stopped.folder / "log.txt").read_text()
    assert [f"resumed after epoch {e}\n" in log for e in range(1, EPOCHS + 1)] == [True] * EPOCHS
    for name in ("checkpoint.safetensors", "best.safetensors"):
        one, other = (load_file(a.folder / name) for a in attempts.values())
        assert one.keys() == other.keys()
        assert one
        assert [key for key in one if not torch.equal(one[key], other[key])] == [], "other weights"
    assert left(stopped) == left(attempts["alone"])


def test_the_instrument_notices_a_lost_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint that forgets the optimiser's state does not end in the same bits."""
    monkeypatch.setattr(worker, "CHECKPOINT_EVERY_S", 0.0)
    real = worker.checkpoint.load

    def forgetful(family: Any, path: Path) -> None:
        moments = {name: each.state_dict() for name, each in family.optimisers.items()}
        real(family, path)
        for name, each in family.optimisers.items():
            each.load_state_dict(moments[name])

    monkeypatch.setattr(worker.checkpoint, "load", forgetful)
    with pytest.raises(AssertionError, match="other weights"):
        test_stopped_inside_and_after_every_epoch("vae", tmp_path, monkeypatch)
