"""Rung 4 on another machine: a tolerance from the hand-in's own spread over seeds."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from labkit.handin import bag, retrain
from labkit.handin.container import Container
from labkit.handin.ladder import Rung
from labkit.handin.retrain import seed_spread, tolerance
from labkit.handin.unpack import Unpacked, unpack
from labkit.handin.verify import _head
from labkit.spec import CellSpec
from labkit.store import Store
from tests.reliability import forge
from tests.reporting import fake_store


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
    """A hand-in with three seeds of three settings."""
    folder = tmp_path_factory.mktemp("seeds")
    with pytest.MonkeyPatch.context() as patch:
        fake_store.still(patch)
        path = forge.handed_in(forge.project(folder / "p", seeds="[0, 1, 2]"), folder / "x.zip")
    container = Container(path)
    held = bag.open_bag(container)
    unpacked = unpack(held, *_head(held), folder / "scratch", Rung(2))
    container.close()
    assert unpacked is not None
    return unpacked


def test_the_spread_is_pooled_over_settings(found: Unpacked) -> None:
    spread = seed_spread(found)
    assert spread is not None
    groups: dict[str, list[float]] = {}
    for spec in found.plan.cells:
        metrics = found.store.eval_folder(spec) / "metrics.json"
        value = json.loads(metrics.read_bytes())["metrics"]["proxy_fid"]
        groups.setdefault(spec.name.partition("_seed")[0], []).append(math.log(value))
    pooled = np.mean([np.var(values, ddof=1) for values in groups.values()])
    assert spread == (pytest.approx(math.sqrt(pooled)), 6)


@pytest.mark.parametrize(("share", "verdict"), [(0.98, "passed"), (-0.98, "passed"),
                                                (1.02, "failed"), (-1.02, "failed")])  # fmt: skip
def test_both_sides_of_the_tolerance(
    found: Unpacked, tmp_path: Path, share: float, verdict: str
) -> None:
    spread = seed_spread(found)
    assert spread is not None
    spec = found.plan.cells[0]
    again = trained_elsewhere(found, spec, tmp_path, math.exp(share * tolerance(*spread, 1)))
    rung = Rung(4)
    retrain._judge(found, again, spec, spread, 1, rung)
    assert rung.verdict == verdict, rung.found + rung.notes


def test_without_seeds_it_is_not_calibrated(found: Unpacked, tmp_path: Path) -> None:
    spec = found.plan.cells[0]
    rung = Rung(4)
    retrain._judge(found, trained_elsewhere(found, spec, tmp_path, 1.0), spec, None, 1, rung)
    assert rung.verdict == "not checkable"
    assert "not calibrated" in rung.notes[0]


def trained_elsewhere(found: Unpacked, spec: CellSpec, folder: Path, by: float) -> Store:
    """The same cell on another machine, its proxy FID `by` times that of the hand-in."""
    with pytest.MonkeyPatch.context() as patch:
        fake_store.still(patch)
        patch.setitem(fake_store.ENVIRONMENT, "numeric", {"torch": "9.9"})
        measures = fake_store.measures

        def scaled(*args: object) -> dict:
            value = measures(*args)
            value["metrics"]["proxy_fid"] *= by
            return value

        patch.setattr(fake_store, "measures", scaled)
        return fake_store.write_store(folder, replace(found.plan, cells=(spec,)))
