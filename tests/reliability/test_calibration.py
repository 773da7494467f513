"""Rung 4 on another machine: a tolerance from the hand-in's own spread over seeds."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from labkit.experiment.spec import CellSpec
from labkit.handin import retrain
from labkit.handin.ladder import Rung
from labkit.handin.retrain import seed_spread, tolerance
from labkit.handin.unpack import Unpacked
from labkit.store.store import Store
from tests.builders import handins, results, stores
from tests.builders.forgeries import metrics_path, write_measures


@pytest.mark.parametrize("freedom", [4, 10, 40])
@pytest.mark.parametrize("cells", [1, 3])
def test_one_honest_hand_in_in_a_hundred_is_doubted(freedom: int, cells: int) -> None:
    """Spread and pairs drawn from one distribution, as honest trainings are."""
    rng, times = np.random.default_rng(1), 40_000
    spread = np.sqrt(rng.chisquare(freedom, times) / freedom)
    pairs = np.abs(rng.normal(size=(times, cells)) - rng.normal(size=(times, cells)))
    doubted = pairs.max(axis=1) > tolerance(1.0, freedom, cells) * spread
    assert 0.005 < doubted.mean() < 0.012


def test_what_is_twice_the_tolerance_off_is_seen() -> None:
    """The other side: made-up numbers far from what training gives are seen nearly always."""
    rng, freedom, times = np.random.default_rng(1), 10, 20_000
    most = tolerance(1.0, freedom, 1) * np.sqrt(rng.chisquare(freedom, times) / freedom)
    made_up = rng.normal(size=times) - rng.normal(size=times) + 2 * tolerance(1.0, freedom, 1)
    assert (np.abs(made_up) > most).mean() > 0.95


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """A hand-in with four seeds of two settings of a GAN and of one of a VAE."""
    folder = tmp_path_factory.mktemp("seeds")
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        file = handins.project(folder / "p", seeds="[0, 1, 2, 3]")
        path = handins.handed_in(file, folder / "x.zip")
    return handins.unpacked(path, folder / "scratch")


def test_the_spread_is_pooled_over_the_other_cells_of_the_family(found: Unpacked) -> None:
    judged, *others = [spec for spec in found.plan.cells if spec.family == "gan"]
    groups: dict[str, list[float]] = {}
    for spec in others:
        value = json.loads(metrics_path(found, spec).read_bytes())["metrics"]["proxy_fid"]
        groups.setdefault(spec.name.partition("_seed")[0], []).append(math.log(value))
    squares = sum(np.var(values) * len(values) for values in groups.values())
    assert seed_spread(found, judged) == (pytest.approx(math.sqrt(squares / 5)), 5)


def test_a_number_made_up_does_not_widen_its_own_tolerance(found: Unpacked) -> None:
    judged, other, *_ = found.plan.cells
    before = seed_spread(found, judged), seed_spread(found, other)
    path = metrics_path(found, judged)
    kept = path.read_bytes()
    value = json.loads(kept)
    value["metrics"]["proxy_fid"] /= 3
    write_measures(path, json.dumps(value).encode())
    after = seed_spread(found, judged), seed_spread(found, other)
    write_measures(path, kept)
    assert after[0] == before[0]
    assert after[1] != before[1]


@pytest.mark.parametrize(("share", "verdict"), [(0.98, "passed"), (-0.98, "passed"),
                                                (1.02, "failed"), (-1.02, "failed")])  # fmt: skip
def test_both_sides_of_the_tolerance(
    found: Unpacked, tmp_path: Path, share: float, verdict: str
) -> None:
    spec = found.plan.cells[0]
    spread = seed_spread(found, spec)
    assert spread is not None
    again = trained_elsewhere(found, spec, tmp_path, math.exp(share * tolerance(*spread, 1)))
    rung = Rung(4)
    retrain._judge(found, again, spec, 1, rung)
    assert rung.verdict == verdict, rung.found + rung.notes


def test_without_seeds_of_its_family_it_is_not_calibrated(found: Unpacked, tmp_path: Path) -> None:
    spec = found.plan.cells[-1]
    assert spec.family == "vae"
    rung = Rung(4)
    retrain._judge(found, trained_elsewhere(found, spec, tmp_path, 1.0), spec, 1, rung)
    assert rung.verdict == "not checkable"
    assert "not calibrated" in rung.notes[0]


def trained_elsewhere(found: Unpacked, spec: CellSpec, folder: Path, by: float) -> Store:
    """The same cell on another machine, its proxy FID `by` times that of the hand-in."""
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        patch.setitem(results.ENVIRONMENT, "numeric", {"torch": "9.9"})
        measures = results.measures

        def scaled(*args: object) -> dict:
            value = measures(*args)
            value["metrics"]["proxy_fid"] *= by
            return value

        patch.setattr(results, "measures", scaled)
        return stores.write_store(folder, replace(found.plan, cells=(spec,)))


LAB_1 = """\
name: {name}
author: {{name: Ada, id: "1815", group: A, course: DL}}
data: {{source: bundled}}
training: {{epochs: 10, batch_size: 128, snapshot_epochs: [1]}}
experiments:
  gan: {{family: gan, grid: {{dataset: [MNIST], loss: [hinge], z_dim: [64]}}, params: {{lr: {lr}}}}}
"""


def one_seed(tmp_path: Path, rate: str) -> tuple[Unpacked, CellSpec]:
    """A hand-in of one GAN of Lab 1's, which has one seed."""
    file = handins.project(tmp_path / "p", text=LAB_1, lr=rate)
    found = handins.unpacked(handins.handed_in(file, tmp_path / "x.zip"), tmp_path / "scratch")
    (spec,) = found.plan.cells
    assert seed_spread(found, spec) is None
    return found, spec


@pytest.mark.parametrize(("share", "verdict"), [(0.98, "passed"), (1.02, "failed")])
def test_one_seed_is_judged_by_trainings_of_its_kind_that_come_with_labkit(
    tmp_path: Path, share: float, verdict: str
) -> None:
    found, spec = one_seed(tmp_path, "2.0e-4")
    spread = retrain.reference_spread(found, spec)
    assert spread is not None
    sd, freedom, name = spread
    assert (0.03 < sd < 0.12, freedom) == (True, 4)
    factor = math.exp(share * tolerance(sd, freedom, 1))
    again = trained_elsewhere(found, spec, tmp_path / "again", factor)
    rung = Rung(4)
    retrain._judge(found, again, spec, 1, rung)
    assert rung.verdict == verdict, rung
    assert name in (rung.found + rung.notes)[0]


def test_trainings_of_another_kind_judge_nothing(tmp_path: Path) -> None:
    """Ten times the learning rate of those that come with labkit."""
    found, spec = one_seed(tmp_path, "2.0e-3")
    again = trained_elsewhere(found, spec, tmp_path / "again", 5.0)
    rung = Rung(4)
    retrain._judge(found, again, spec, 1, rung)
    assert rung.verdict == "not checkable"
