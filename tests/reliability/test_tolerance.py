"""Rung 4 on another machine, on cells that were really trained: honest and embellished ones.

The other machine is this one with two threads a cell: sums are taken in another order, and the
weights end in other last bits.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from labkit.execution import runner
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.experiment.spec import CellResult, CellSpec
from labkit.handin import retrain
from labkit.handin.ladder import Asked, Rung
from labkit.handin.submit import submit
from labkit.handin.unpack import Unpacked
from labkit.store.store import Store
from tests.builders.forgeries import metrics_path, write_measures
from tests.builders.handins import unpacked
from tests.builders.runs import Recorder

#: Eight cells measured in full take minutes.
pytestmark = [pytest.mark.slow, pytest.mark.soak]

TEXT = """\
name: lab
author: {{name: Ada, id: "1815", group: A, course: DL}}
data: {{source: bundled, limit: 384}}
seeds: {seeds}
training: {{epochs: {epochs}, batch_size: 64, snapshot_epochs: [1]}}
evaluation: {{samples: 300, selection_samples: 200}}
experiments:
  vae: {{family: vae, params: {{lr: {lr}}}, grid: {{dataset: [MNIST], latent_dim: [8]}}}}
"""
#: Six seeds, so that the five others leave four degrees of freedom.
CLAIMED = {"seeds": "[0, 1, 2, 3, 4, 5]", "epochs": 12, "lr": 1e-3}


def trained(folder: Path, **changes: object) -> tuple[Path, Store]:
    """An experiment file, and its cells trained with two threads each."""
    folder.mkdir()
    file = folder / "experiments.yaml"
    file.write_text(TEXT.format(**CLAIMED | changes))
    plan, store = make_plan(read_experiment(file), download=False), Store(folder / "results")
    with patch.object(runner, "threads", lambda plan: 2):
        summary = runner.run(plan, store, runner.Options(executor="inline"), Recorder())
    assert summary.done == len(plan.cells), summary.failed
    return file, store


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """An honest hand-in of the other machine."""
    folder = tmp_path_factory.mktemp("claimed")
    file, store = trained(folder / "project")
    submit(read_experiment(file), file, store.root, folder / "lab.zip", "full")
    return unpacked(folder / "lab.zip", folder / "scratch")


@pytest.fixture(scope="module")
def rung(found: Unpacked) -> Rung:
    """What rung 4 says of it, having trained its first cell again."""
    return retrain.check(found, Asked(rerun=1, cells=found.plan.cells[0].name))


@pytest.fixture(scope="module")
def judge(found: Unpacked, rung: Rung) -> Callable[[float], str]:
    """What rung 4 says where the first cell claims another proxy FID."""
    again, spec = Store(found.scratch / "trained again"), found.plan.cells[0]
    path = metrics_path(found, spec)

    def verdict(claimed: float) -> str:
        kept = path.read_bytes()
        value = json.loads(kept)
        value["metrics"]["proxy_fid"] = claimed
        write_measures(path, json.dumps(value).encode())
        said = Rung(4)
        retrain._judge(found, again, spec, 1, said)
        write_measures(path, kept)
        (line,) = said.found + said.notes
        assert ("not consistent" in line) == (said.verdict == "failed")
        return said.verdict

    assert rung.verdict == "passed"
    return verdict


def proxy_fid(store: Store, spec: CellSpec) -> float:
    outcome = store.outcome(spec)
    assert isinstance(outcome, CellResult)
    return float(outcome.metrics["proxy_fid"])


def test_an_honest_training_is_consistent(found: Unpacked, rung: Rung) -> None:
    assert rung.verdict == "passed", rung.found + rung.notes
    (line,) = rung.notes
    assert ": consistent, within" in line
    assert "other VAEs, 4 degrees of freedom" in line
    print(line)


@pytest.mark.parametrize("changes", [{"lr": 1e-4}, {"epochs": 2}], ids=["rate", "epochs"])
def test_numbers_of_another_training_are_not(
    judge: Callable[[float], str], tmp_path: Path, changes: dict[str, object]
) -> None:
    """Of a tenth of the learning rate, and of a sixth of the epochs."""
    _, store = trained(tmp_path / "other", **changes, seeds="[0]")
    assert judge(proxy_fid(store, store.plan().cells[0])) == "failed"


def test_how_much_better_a_number_may_be_made_by_hand(
    found: Unpacked, judge: Callable[[float], str]
) -> None:
    """The tolerance is wide: four degrees of freedom, and tiny trainings that lie far apart."""
    spec = found.plan.cells[0]
    again = proxy_fid(Store(found.scratch / "trained again"), spec)
    honest, spread = proxy_fid(found.store, spec), retrain.seed_spread(found, spec)
    assert spread is not None
    most = retrain.tolerance(*spread, 1)
    assert judge(again * math.exp(-0.98 * most)) == "passed"
    assert judge(again * math.exp(-1.02 * most)) == "failed"
    share = 1 - again * math.exp(-most) / honest
    print(
        f"standard deviation over seeds {spread[0]:.3f}; honest trainings on the two machines "
        f"{100 * abs(again / honest - 1):.3f} % apart; caught from {100 * share:.0f} % better on"
    )


def test_on_such_a_machine_any_difference_is_seen(found: Unpacked, rung: Rung) -> None:
    """The same numbers, said to be of one thread: then they must be identical, and are not."""
    spec, again = found.plan.cells[0], Store(found.scratch / "trained again")
    path = found.store.train_folder(spec) / "environment.json"
    kept = path.read_bytes()
    value = json.loads(kept)
    assert value["numeric"]["threads"] == 2
    value["numeric"]["threads"] = 1
    write_measures(path, json.dumps(value).encode())
    said = Rung(4)
    retrain._judge(found, again, spec, 1, said)
    write_measures(path, kept)
    assert said.verdict == "failed"
    assert "not identical though the machine is: best.safetensors" in said.found[0]
