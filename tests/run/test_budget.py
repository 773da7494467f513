"""A time budget: what fits is said, chosen, trained and told in the report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.errors import PlanError, UserError
from labkit.execution import budget, eta
from labkit.experiment.grid import differences, make_plan, read_experiment
from labkit.experiment.plan import Plan
from labkit.experiment.spec import CellSpec
from labkit.experiment.starter import recipes
from labkit.store.store import Store
from tests.builders.commands import labkit, project


@pytest.fixture
def _known_speeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell takes a hundredth of a second for each image it sees, and nothing else."""

    def estimate(spec: CellSpec, device: str = "auto") -> tuple[float, bool]:
        return spec.training["epochs"] * eta.images(spec) / 100, True

    monkeypatch.setattr(eta, "estimate", estimate)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90m", 5400),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("45 min", 2700),
        ("30s", 30),
        ("1h 5m", 3900),
    ],
)
def test_times(text: str, seconds: float) -> None:
    assert budget.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "abc", "-5m", "0m", "1h foo", "5 metres"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UserError, match="--within"):
        budget.seconds(text)


@pytest.mark.usefixtures("_known_speeds")
def test_choices_fit_and_the_next_larger_would_not() -> None:
    plan = make_plan(read_experiment(recipes()["lab1"].path), source="bundled")
    cells = plan.cells  # 18 cells of 1,000 s on one worker
    assert budget.total(cells, 1, "cpu") == 18_000
    found = {way.fewer: way for way in budget.choices(cells, 9_999, 1, "cpu")}
    assert [found[kind].count for kind in budget.FEWER] == [9, 5_000, 5]
    assert all(way.seconds <= 9_999 for way in found.values())
    assert [way.count for way in budget.choices(cells, 10_000, 1, "cpu")] == [10, 5_000, 5]
    assert budget.choices(cells, 10, 1, "cpu") == []


@pytest.mark.usefixtures("_known_speeds")
def test_a_seed_is_finished_before_the_next() -> None:
    plan = make_plan(read_experiment(recipes()["lab1"].path), source="bundled", seeds="2")
    (cells, *_) = budget.choices(plan.cells, 20_000, 1, "cpu")
    assert [cell.seed for cell in cells.cells].count(42) == 18


LAB = """\
name: small
precision: fp32
seeds: [1, 2]
data: {source: bundled, limit: 4000}
training: {epochs: 2, batch_size: 64}
evaluation: {samples: 300, selection_samples: 200}
experiments:
  vae:
    family: vae
    grid: {dataset: [MNIST], latent_dim: [2]}
    params: {networks: dense512}
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two cells, each of which would take 80 s by what earlier cells took."""
    (tmp_path / "cache").mkdir()
    speeds = {"vae-dense512/auto/fp32/image": 0.01, "vae-dense512/auto/fp32/sample": 1e-9}
    (tmp_path / "cache" / "speed.json").write_text(json.dumps(speeds))
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return project(tmp_path / "lab", LAB)


def test_what_does_not_fit_is_said_with_the_ways_out(lab: Path) -> None:
    done = labkit("run", "--within", "100s", "-j", "1", cwd=lab, check=2)
    assert done.stderr == (
        "labkit: --within 100s: all takes about 3 min; "
        "add --fewer cells (1 of 2 cells as they are: about 80 s) "
        "or --fewer images (all 2 cells on 2,000 of 4,000 images: about 80 s) "
        "or --fewer epochs (all 2 cells for 1 of 2 epochs: about 80 s)\n"
    )
    assert not (lab / "results").exists()
    done = labkit("run", "--within", "5s", "-j", "1", cwd=lab, check=2)
    assert done.stderr.endswith("all takes about 3 min; nothing fits\n")
    done = labkit("run", "--within", "100s", "--fewer", "cell", cwd=lab, check=2)
    assert "--fewer cell: did you mean 'cells'?" in done.stderr
    assert "2 of 2 cells would run" in labkit("run", "--within", "1h", "-n", cwd=lab).stderr


@pytest.mark.slow
def test_fewer_images_are_trained_on_told_and_kept_when_it_goes_on(lab: Path) -> None:
    command = ("run", "--within", "100s", "--fewer", "images", "-j", "1")
    labkit(*command, cwd=lab)
    store = Store(lab / "results" / "small")
    plan = store.plan()
    assert {cell.data["limit"] for cell in plan.cells} == {2_000}
    # What it took is known better now; the same command still means the same cells.
    again = labkit(*command, cwd=lab)
    assert "2 of 2 cells done" in again.stderr
    assert store.plan().cells == plan.cells
    assert differences(read_experiment(lab / "experiments.yaml"), plan) == []
    labkit("report", "--format", "md", cwd=lab)
    text = (lab / "reports" / "small" / "report.md").read_text("utf-8")
    said = "A time budget of 2 min was set: every cell was trained on the first 2,000 images only."
    assert said in text
    assert "all of them" not in labkit("verify", _handed_in(lab), cwd=lab, check=None).stderr


@pytest.mark.slow
def test_fewer_cells_leave_the_others_out_of_the_run_not_of_the_report(lab: Path) -> None:
    labkit("run", "--within", "100s", "--fewer", "cells", "-j", "1", cwd=lab)
    store = Store(lab / "results" / "small")
    assert [store.is_trained(cell) for cell in store.plan().cells] == [True, False]
    labkit("report", "--format", "md", cwd=lab)
    text = (lab / "reports" / "small" / "report.md").read_text("utf-8")
    assert "A time budget of 2 min was set: only 1 cell was to be trained in this time." in text


@pytest.mark.parametrize(
    "forged", [{"images": "many"}, {"images": -5}, {"seconds": None}, 7, ["images"]]
)
def test_a_forged_budget_is_damage_not_a_traceback(forged: object) -> None:
    plan = make_plan(read_experiment(recipes()["lab1"].path), source="bundled")
    kept = plan.within({"seconds": 60.0, "images": 5_000}).to_json()
    assert Plan.from_json(kept).settings["within"]["images"] == 5_000
    with pytest.raises(PlanError, match="damaged"):
        Plan.from_json({**kept, "settings": {**kept["settings"], "within": forged}})


@pytest.mark.parametrize(("answer", "limit"), [("2", 2_000), ("no", None)])
def test_at_a_terminal_it_asks_before_it_starts(lab: Path, answer: str, limit: int | None) -> None:
    mine, theirs = os.openpty()
    command = [sys.executable, "-m", "labkit", "run", "--within", "100s", "-j", "1", "-n"]
    with subprocess.Popen(
        command, cwd=lab, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True
    ) as run:
        os.write(mine, f"{answer}\n".encode())
        assert run.wait(120) == (2 if limit is None else 0)
    told = os.read(mine, 10_000).decode()
    assert "2  all 2 cells on 2,000 of 4,000 images" in told
    assert ("stopped; nothing was trained" in told) == (limit is None)
    os.close(mine)
    os.close(theirs)


def _handed_in(lab: Path) -> Path:
    labkit("report", cwd=lab)
    labkit("submit", "-o", "hand-in.zip", cwd=lab)
    return lab / "hand-in.zip"
