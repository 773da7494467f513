"""The run that could settle what is open: how many seeds, which cells, how long."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.claims.cell import Measured
from labkit.claims.cells import Cells, make_cells
from labkit.claims.finding import Noise, Source
from labkit.claims.findings.levels import Contrast
from labkit.claims.seeds_needed import STEPS, cost, glob, plan, run_command, seeds_needed
from labkit.claims.table import Table
from tests.claims.grids import gans, noisy


def open_one(size: float, seeds: int = 1, error: float = 0.1, df: int = 7, **more: Any) -> Contrast:
    source: Source = "reference" if seeds < 3 else "own"
    noise = Noise(error, df, source) if error else None
    return Contrast(a=32, b=64, estimate=size, noise=noise, n_seeds=seeds, here="yes", **more)


def test_without_noise_the_least_that_shows_it() -> None:
    assert [seeds_needed(open_one(1.0, n, error=0)) for n in (1, 2, 3, 5, 20)] == [3, 3, 5, 8, 0]


def test_the_smaller_the_difference_the_more_seeds_until_none_would_do() -> None:
    # error at n seeds: 0.1 / sqrt(n); t(7, 97.5 %) = 2.365
    assert seeds_needed(open_one(0.15)) == 3  # 0.1365
    assert seeds_needed(open_one(0.13)) == 5  # 0.1058
    assert seeds_needed(open_one(0.09)) == 8  # 0.0836
    assert seeds_needed(open_one(0.06)) == 20  # 0.0529
    assert seeds_needed(open_one(0.05)) == 0


def test_more_tests_take_more_seeds_and_rounding_makes_a_difference_smaller() -> None:
    assert seeds_needed(open_one(0.15), tests=8) > seeds_needed(open_one(0.15))
    assert seeds_needed(open_one(0.15, slack=0.05)) > seeds_needed(open_one(0.15))


def test_own_noise_is_known_better_with_more_seeds() -> None:
    own = open_one(0.2, seeds=3, df=4)
    assert seeds_needed(own) == 5  # at 5: error 0.0775, 8 degrees of freedom, 2.306: 0.179
    assert seeds_needed(open_one(0.17, seeds=3, df=4)) == 8


@given(st.floats(0.001, 1), st.floats(0.001, 1), st.sampled_from([1, 2, 3, 5, 8]))
@settings(deadline=None)
def test_never_fewer_than_there_are_and_never_more_for_a_larger_difference(
    size: float, error: float, seeds: int
) -> None:
    need = seeds_needed(open_one(size, seeds, error))
    assert need == 0 or (need in STEPS and need > seeds)
    larger = seeds_needed(open_one(2 * size, seeds, error))
    assert (need == 0) or (0 < larger <= need)


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["MNIST_GAN_hinge_z64"], "MNIST_GAN_hinge_z64"),
        (["MNIST_GAN_hinge_z64", "MNIST_GAN_bce_z64"], "MNIST_GAN_*_z64"),
        (["MNIST_GAN_hinge_z64", "MNIST_GAN_bce_z32"], "MNIST_GAN_*"),
        (["MNIST_GAN_hinge_z64", "MNIST_VAE_latent16"], "MNIST_*"),
        (["MNIST_GAN_a", "FashionMNIST_GAN_a"], "*_GAN_a"),
    ],
)
def test_the_narrowest_pattern(names: list[str], pattern: str) -> None:
    assert glob(names) == pattern
    assert all(fnmatchcase(name, pattern) for name in names)


def timed(seeds: int, seconds: float | None) -> Cells:
    time = {} if seconds is None else {"seconds": Measured(seconds)}
    return make_cells(replace(c, metrics={**c.metrics, **time}) for c in gans(noisy(1), seeds))


def test_a_plan_counts_trainings_and_their_time() -> None:
    cells = timed(1, 60.0)
    mnist = replace(open_one(0.15), cells=cells.of(dataset="MNIST").rows)
    found = plan(mnist, Table(cells))
    assert (found.seeds, found.trainings, found.seconds) == (3, 12, 720.0)
    assert found.command == "labkit run --seeds 3 --only 'MNIST_GAN_*'"
    whole = plan(replace(open_one(0.15), cells=cells.rows), Table(cells))
    assert whole.command == "labkit run --seeds 3"
    assert whole.trainings == 24


def test_a_plan_for_what_no_seeds_would_show_has_no_command() -> None:
    cells = timed(1, 60.0)
    found = plan(replace(open_one(0.01), cells=cells.rows), Table(cells))
    assert (found.seeds, found.command) == (0, "")


def test_unknown_times_stay_unknown_and_seeds_at_hand_are_not_run_again() -> None:
    cells = timed(2, None)
    assert cost(list(cells.settings.values()), 3) == (12, None)
    assert cost(list(timed(3, 5.0).settings.values()), 3) == (0, 0.0)
    assert run_command("*", 5) == run_command("", 5) == "labkit run --seeds 5"


def test_a_table_may_say_how_it_is_run_on() -> None:
    cells = timed(1, 60.0)
    table = Table(cells, resume=lambda names, n: f"again {len(names)} {n}")
    assert plan(replace(open_one(0.15), cells=cells.rows), table).command == "again 12 3"
