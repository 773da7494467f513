"""What does not fit: a setting too large for the machine, and cells too many for a card."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from labkit.execution import worker
from labkit.experiment.spec import CellFailure
from labkit.handin.ladder import lacking_in
from labkit.store.store import Store
from tests.builders.commands import labkit, project, typed

TEXT = """
name: large
data: {source: bundled, limit: 256}
training: {epochs: 1}
experiments:
  it:
    family: FAMILY
    grid: {dataset: [MNIST], SETTING}
"""


@pytest.mark.parametrize("options", [(), ("-n",)])
@pytest.mark.parametrize(
    ("family", "setting", "said"),
    [
        (
            "gan",
            "loss: [hinge], z_dim: [64, 1000000000]",
            "z_dim 1000000000 would take about 140 TB",
        ),
        ("vae", "latent_dim: [1000000000]", "latent_dim 1000000000 would take about 191 TB"),
    ],
)
def test_a_code_larger_than_the_memory_is_refused(
    tmp_path: Path, options: tuple[str, ...], family: str, setting: str, said: str
) -> None:
    lab = project(tmp_path, TEXT.replace("FAMILY", family).replace("SETTING", setting))
    line = labkit("run", *options, cwd=lab, check=2).stderr.splitlines()[-1]
    assert said in line
    assert "of memory; this machine has " in line
    assert not (lab / "results").exists()


def test_a_large_code_that_fits_is_none_of_labkits_business(tmp_path: Path) -> None:
    lab = project(tmp_path, TEXT.replace("FAMILY", "vae").replace("SETTING", "latent_dim: [60000]"))
    labkit("run", "-n", cwd=lab)


@pytest.mark.parametrize("kind", ["train", "evaluate"])
def test_a_full_card_fails_its_cell_in_one_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = project(tmp_path, TEXT.replace("FAMILY", "vae").replace("SETTING", "latent_dim: [8, 16]"))
    tried = []

    def full(task: worker.Task, *_: object) -> None:
        tried.append(task.spec.name)
        if len(tried) > 1:
            raise ValueError("something else")
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to get 2.00 GiB\nand more")

    monkeypatch.setattr(worker, "train", lambda *_: None)
    monkeypatch.setattr(worker, "evaluate", lambda *_: None)
    monkeypatch.setattr(worker, kind, full)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 812.4e6)
    status, _, said = typed("run", "--executor", "inline", "--no-download", cwd=lab)
    assert status == 1, said
    line = (
        "OutOfMemoryError: the card has no memory left for this cell, which had 812 MB: run fewer "
        "cells side by side (-j), or take a smaller batch_size"
    )
    assert line in said
    store = Store(lab / "results" / "large")
    outcomes = [store.outcome(spec) for spec in store.plan().cells]
    full_one, next_one = (each for each in outcomes if isinstance(each, CellFailure))
    assert next_one.error == "ValueError: something else"
    assert full_one.error == line
    assert lacking_in(line) == line  # to a verifier it means a lack of this machine
    assert "Tried to get 2.00 GiB" in full_one.traceback  # what torch said of it
