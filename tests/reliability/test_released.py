"""Stores as released versions of labkit wrote them must stay readable, to the last number.

`stores/0.1.0` was made by `python -m tests.reliability.test_released FOLDER` with that
version; it is never made anew. A later format adds a folder beside it.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest

from labkit import __version__
from labkit.execution.status import survey
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.experiment.spec import CellFailure, CellResult
from labkit.store.store import Store
from tests.builders import stores
from tests.builders.reports import build_report

STORES = Path(__file__).with_name("stores")
FILE = """\
name: released
title: "As released"
author: {name: Ada Lovelace, id: "1815", group: A, course: Deep Learning}
data: {source: bundled}
training: {epochs: 2, batch_size: 128, snapshot_epochs: [1, 2]}
experiments:
  gan: {family: gan, grid: {dataset: [MNIST], loss: [hinge, bce]}}
  vae: {family: vae, grid: {dataset: [FashionMNIST], latent_dim: [8]}}
"""
FAILED = "MNIST_GAN_bce_z64"


def make(folder: Path) -> None:
    """Write the store of this version."""
    folder.mkdir(parents=True)
    (folder / "experiments.yaml").write_text(FILE)
    plan = make_plan(read_experiment(folder / "experiments.yaml"), download=False)
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        store = stores.write_store(folder / "store", plan, failed=[FAILED])
        first = plan.cells[0]
        attempt = store.begin(first, "sheet")
        number = json.dumps({"metrics": {"lab_sheet_fid": 4.5}})
        (attempt.folder / "metrics.json").write_text(number)
        store.commit(attempt, first, "sheet", first)


@pytest.fixture(params=sorted(path.name for path in STORES.iterdir()))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(shutil.copytree(STORES / request.param / "store", tmp_path / "results"))


def test_status_reads_it(store: Store) -> None:
    jobs = survey(store.plan(), store, deep=True)
    assert [job.state for job in jobs] == ["done", "failed", "done"]
    plan = store.plan()
    first, failed, last = [store.outcome(s, plan.sheet_gan(s)) for s in plan.cells]
    assert isinstance(failed, CellFailure)
    assert failed.error.startswith("DivergedError: diverged at step 7 of epoch 2")
    for outcome in (first, last):
        assert isinstance(outcome, CellResult)
        assert len(outcome.history) == 2
        assert outcome.metrics["proxy_fid"] > 0
        assert outcome.environment["packages"]["labkit"] == "0.1.0"
    assert isinstance(first, CellResult)
    assert first.metrics["lab_sheet_fid"] == 4.5


def test_the_report_is_made_from_it(store: Store, tmp_path: Path) -> None:
    build_report(store.root, out=tmp_path / "report", formats=["md"])
    with (tmp_path / "report" / "metrics.csv").open(newline="") as file:
        rows = {row["run"]: row for row in csv.DictReader(file)}
    assert {row["status"] for row in rows.values()} == {"done", "failed"}
    for spec in store.plan().cells:
        outcome = store.outcome(spec)
        if isinstance(outcome, CellResult):
            assert float(rows[spec.name]["proxy_fid"]) == pytest.approx(
                outcome.metrics["proxy_fid"]
            )
    text = (tmp_path / "report" / "report.md").read_text("utf-8")
    assert "As released" in text
    assert FAILED in text


def test_this_version_has_one() -> None:
    assert (STORES / __version__).is_dir(), "a release keeps a store of its format"


if __name__ == "__main__":
    make(Path(sys.argv[1]))
