"""The noise of a contrast: each factor's own mean square with the seeds, and nothing else's."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.claims import noise
from labkit.claims.cells import Cells, from_frame
from labkit.claims.measure import measure
from labkit.claims.pairs import Pairs, pair_up
from tests.claims.grids import DATASETS, LOSSES, SIZES, gans, noisy

FID = measure("proxy_fid")
SEEDS_TABLE = Path(__file__).parents[2] / "reports" / "showcase" / "lab1-seeds" / "metrics.csv"


def paired(cells: Cells, factor: str) -> list[Pairs]:
    return [pair_up(cells.of(dataset=d), factor, FID) for d in cells.datasets]


def array(value: Callable[[str, str, int, int], float], seeds: int) -> np.ndarray:
    """Logs as data set x loss x z x seed."""
    return np.log([[[[value(d, loss, z, s) for s in range(seeds)] for z in SIZES]
                    for loss in LOSSES] for d in DATASETS])  # fmt: skip


def mean_square(means: np.ndarray) -> float:
    """Of levels (rows) by seeds (columns), without their main effects, over data sets."""
    left = means - means.mean(2, keepdims=True) - means.mean(1, keepdims=True)
    left = left + means.mean((1, 2), keepdims=True)
    _data, levels, seeds = means.shape
    return float((left**2).sum() / (len(means) * (levels - 1) * (seeds - 1)))


@given(st.integers(0, 10**6), st.integers(3, 6))
@settings(deadline=None, max_examples=20)
def test_a_factors_noise_is_its_mean_square_with_the_seeds(start: int, seeds: int) -> None:
    value = noisy(start)
    cells, logs = gans(value, seeds), array(value, seeds)
    for factor, axis, levels in (("loss", 2, 2), ("z_dim", 1, 3)):
        found = noise.own(paired(cells, factor))
        assert found is not None
        assert found.variance == pytest.approx(mean_square(logs.mean(axis)), rel=1e-9)
        assert found.df == len(DATASETS) * (levels - 1) * (seeds - 1)
        assert found.source == "own"


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=15)
def test_what_all_cells_of_a_seed_share_is_no_noise(start: int) -> None:
    value = noisy(start)
    shifted = gans(lambda d, loss, z, s: value(d, loss, z, s) * math.exp(0.7 * s), 4)
    for factor in ("loss", "z_dim"):
        before, after = (
            noise.own(paired(gans(value, 4), factor)),
            noise.own(paired(shifted, factor)),
        )
        assert before is not None
        assert after is not None
        assert after.variance == pytest.approx(before.variance, rel=1e-6)
        assert dict(after.by_level) == pytest.approx(dict(before.by_level), rel=1e-6)


def test_what_loss_and_seed_do_together_is_noise_of_the_loss_alone() -> None:
    """It cancels between z dimensions: the two factors have noises of their own."""

    def value(dataset: str, loss: str, z: int, seed: int) -> float:
        return 10 * math.exp(0.2 * (loss == "bce") * (-1) ** seed)

    cells = gans(value, 4)
    assert noise.own(paired(cells, "z_dim")) is None
    found = noise.own(paired(cells, "loss"))
    assert found is not None
    assert found.variance > 0.01


def test_two_seeds_are_too_few_and_seeds_that_change_nothing_say_nothing() -> None:
    assert noise.own(paired(gans(noisy(1), 2), "loss")) is None
    assert noise.spread(paired(gans(noisy(1), 2), "loss")) is not None
    assert noise.spread(paired(gans(noisy(1), 1), "loss")) is None
    assert noise.own(paired(gans(lambda d, loss, z, s: 10.0 + z, 4), "z_dim")) is None


def test_a_noisier_level_does_not_hide_behind_steady_ones() -> None:
    calm = noisy(5, 0.02)

    def value(dataset: str, loss: str, z: int, seed: int) -> float:
        return calm(dataset, loss, z, seed) ** (8 if z == 128 else 1)

    found = noise.own(paired(gans(value, 5), "z_dim"))
    assert found is not None
    steady, noisier = found.of(32, 64, 5), found.of(32, 128, 5)
    assert steady is not None
    assert noisier is not None
    assert found.by_level[128] > found.variance
    assert noisier.error == pytest.approx((2 * found.by_level[128] / 5) ** 0.5)
    assert steady.error == pytest.approx(
        (2 * max(found.variance, found.by_level[32], found.by_level[64]) / 5) ** 0.5
    )
    assert noisier.error > steady.error


def test_the_error_falls_with_the_root_of_the_seeds() -> None:
    found = noise.Spread(0.02, 4, {"a": 0.01})
    one, four = found.of("a", "b", 1), found.of("a", "b", 4)
    assert one is not None
    assert four is not None
    assert one.error == pytest.approx(0.2)
    assert one.error == pytest.approx(2 * four.error)
    assert noise.Spread(0.0, 4, {}).of("a", "b", 3) is None


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=15)
def test_the_rest_is_what_neither_factor_explains(start: int) -> None:
    value, seeds = noisy(start), 3
    logs = array(value, seeds)
    left = logs.copy()
    for axes in ((1,), (2,), (3,)):
        left = left - left.mean(axes, keepdims=True)
    expected = float((left**2).sum()) / (len(DATASETS) * 1 * 2 * (seeds - 1))
    by_loss, by_z = (noise.rest(paired(gans(value, seeds), f)) for f in ("loss", "z_dim"))
    assert by_loss[0] == pytest.approx(expected, rel=1e-6)
    assert by_z[0] == pytest.approx(expected, rel=1e-6)
    assert by_loss[1] == by_z[1] == 8


def test_single_trainings_vary_as_their_settings_do_over_seeds() -> None:
    value = noisy(9)
    found, df = noise.single_cell(paired(gans(value, 4), "loss"))
    assert found == pytest.approx(float(array(value, 4).var(axis=3, ddof=1).mean()), rel=1e-9)
    assert df == 12 * 3


def test_the_noise_of_the_committed_seeds_is_that_of_the_design() -> None:
    """Root mean squares of log proxy FID, per single training."""
    cells = from_frame(pd.read_csv(SEEDS_TABLE)).of("gan")
    expected = {"MNIST": (0.037, 0.084, 0.028), "FashionMNIST": (0.036, 0.106, 0.029)}
    for dataset, (by_loss, by_z, rest) in expected.items():
        loss, z = (pair_up(cells.of(dataset=dataset), f, FID) for f in ("loss", "z_dim"))
        a, b = noise.spread([loss]), noise.spread([z])
        assert a is not None
        assert b is not None
        assert (a.variance * 3) ** 0.5 == pytest.approx(by_loss, abs=0.0006)
        assert (b.variance * 2) ** 0.5 == pytest.approx(by_z, abs=0.0006)
        assert noise.rest([loss])[0] ** 0.5 == pytest.approx(rest, abs=0.0006)
