"""A hand-in with cells of the author's own training loop: what can be checked, and what not."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import labkit
from labkit.data import load
from labkit.execution.status import survey
from labkit.experiment.reader import read_experiment
from labkit.experiment.spec import OWN_CODE, UNSTATED
from labkit.handin.submit import submit
from labkit.handin.verify import verify
from labkit.store.store import Store
from tests.builders import forgeries, handins
from tests.builders.forgeries import Change, edit, resampled

pytestmark = pytest.mark.slow

TEXT = """\
name: lab
author: {name: Ada, id: "1815", group: A, course: DL}
data: {source: bundled, limit: 128}
training: {epochs: 1, batch_size: 64, snapshot_epochs: [1]}
evaluation: {samples: 150, selection_samples: 150}
experiments:
  gan: {family: gan, grid: {dataset: [MNIST], loss: [hinge]}}
"""
GIVEN = "MNIST_GAN_hinge_z64"
#: One that was measured, best in its second of three epochs; one with a page of images alone.
MINE, FEW = "MNIST_GAN_mine", "MNIST_VAE_few"


def loops(results: Path) -> None:
    """What a student's own training loops tell labkit."""
    rng = np.random.default_rng(0)
    images = load("MNIST", "train", "bundled", limit=1200).images / 127.5 - 1
    with labkit.cell(
        MINE, dataset="MNIST", family="gan", loss="bce", seed=7, source="bundled", results=results
    ) as cell:
        for epoch, noise in ((1, 0.5), (2, 0.1), (3, 0.3)):
            cell.log(epoch, d_loss=1.0 / epoch, g_loss=0.5)
            cell.samples((images + rng.normal(0, noise, images.shape)).clip(-1, 1), epoch)
    told = {"dataset": "MNIST", "family": "vae", "reconstruction": "l1", "source": "bundled"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that these are too few
        with labkit.cell(FEW, results=results, **told) as cell:
            cell.log(1, total_loss=3.0, recon_loss=2.0, kl_loss=1.0)
            cell.samples(images[:16], 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, own loops beside it, and all of it handed in."""
    folder = tmp_path_factory.mktemp("own")
    handins.trained(folder, TEXT)
    loops(folder / "results")
    return folder


@pytest.fixture(scope="module")
def honest(folder: Path) -> Path:
    file = folder / "experiments.yaml"
    items = submit(read_experiment(file), file, folder / "results", folder / "own.zip", "full")
    said = "\n".join(map(str, items))
    assert "[x] the experiment file is what was run" in said
    assert "[x] gan cells done: 2 of 2" in said
    assert "[x] vae cells done: 1 of 1" in said
    return folder / "own.zip"


def test_nothing_is_left_to_do_for_them(folder: Path) -> None:
    """The lab sheet's own number is measured by the runner, which does not come to them."""
    store = Store(folder / "results")
    for deep in (False, True):
        assert {job.state for job in survey(store.plan(), store, deep)} == {"done"}


@pytest.mark.parametrize("trust", [False, True])
def test_an_honest_one_passes_as_far_as_it_can_be_checked(honest: Path, trust: bool) -> None:
    ladder = verify(honest, rerun=3, trust_code=trust)
    assert ladder.holds, ladder.lines()
    said = {1: "passed", 2: "passed", 3: "not checkable", 4: "not checkable"}
    assert handins.verdicts(ladder) == said
    assert "2 cells trained by a loop of the author's own; their settings are as stated" in (
        ladder.rungs[1].notes
    )
    measured = [note for note in ladder.rungs[2].notes if not note[0].isdigit()]
    assert [note.partition(": ")[0] for note in measured[:3]] == [MINE, FEW, FEW]
    assert "without weights; its samples are measured" in measured[0]
    assert "no samples were handed in" in measured[2]
    again = ladder.rungs[3].notes
    assert f"{MINE}, {FEW}: trained by a loop outside of labkit: not checkable" in again
    assert f"{GIVEN}: identical: weights, history, samples and measures" in again


def test_what_labkit_trained_is_checked_in_full_beside_them(honest: Path) -> None:
    ladder = verify(honest, rerun=1, cells=GIVEN)
    assert handins.verdicts(ladder) == dict.fromkeys((1, 2, 3, 4), "passed"), ladder.lines()


def test_alone_they_leave_nothing_to_train_again(honest: Path) -> None:
    (*_, last) = verify(honest, rerun=1, cells=MINE, highest=4).rungs
    assert last.verdict == "not checkable"
    assert "no trained cell whose training code is this labkit's" in last.notes


def scaled(by: float) -> Change:
    """The proxy FID of the measured own cell, by hand."""

    def apply(files: dict[str, bytes]) -> None:
        name = named(files, "metrics.json")
        value = json.loads(files[name])
        value["metrics"]["proxy_fid"] *= by
        files[name] = json.dumps(value).encode()

    return apply


def other_samples(files: dict[str, bytes]) -> None:
    edit(named(files, "samples.npz"), resampled)(files)


def named(files: dict[str, bytes], last: str) -> str:
    (found,) = (name for name in files if f"/{MINE}-" in name and name.endswith(f"/{last}"))
    return found


@pytest.mark.parametrize(
    ("change", "verdict"),
    [(other_samples, "failed"), (scaled(0.98), "failed"), (scaled(0.995), "not checkable")],
    ids=["samples", "two percent", "half a percent"],
)
def test_forged_measures_are_found_within_the_tolerance_for_another_machine(
    honest: Path, tmp_path: Path, change: Change, verdict: str
) -> None:
    """What such a loop ran on is not recorded, so 1 % is let pass wherever it is verified."""
    path = forgeries.forged(handins.payload(honest), tmp_path / "x.zip", change, again=True)
    ladder = verify(path, highest=3, cells=MINE)
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed", 3: verdict}, ladder.lines()


def test_a_cell_the_file_asks_for_cannot_be_passed_off_as_ones_own(
    honest: Path, tmp_path: Path
) -> None:
    """Else a forger would say so of all cells, and rung 4 would have none to train."""

    def relabelled(files: dict[str, bytes]) -> None:
        plan = json.loads(files["results/plan.json"])
        plan["cells"][0] |= {"code": OWN_CODE, "precision": UNSTATED}
        files["results/plan.json"] = json.dumps(plan).encode()

    path = forgeries.forged(handins.payload(honest), tmp_path / "x.zip", relabelled)
    second = verify(path, highest=2).rungs[1]
    assert second.verdict == "failed"
    assert f"{GIVEN} is asked for, but not as it is in the plan" in second.found
