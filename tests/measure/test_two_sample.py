"""The classifier two-sample test: votes, unequal numbers, what it sees, how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from labkit.measure.manifold import K, compare
from labkit.measure.neighbours import within
from labkit.measure.two_sample import Votes, two_sample


def votes(samples: np.ndarray, real: np.ndarray) -> Votes:
    both = samples, within(samples, K), real, within(real, K)
    return two_sample(*both, compare(*both))


def drawn(seed: int, n: int, middle: float = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(middle, 1, (n, 6))


def test_a_vote_is_the_nearest_of_all_others() -> None:
    samples, real = drawn(0, 700, 0.5), drawn(1, 700)
    points, is_real = np.concatenate([samples, real]), np.arange(1400) >= 700
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    right = is_real[distances.argmin(axis=1)] == is_real
    found = votes(samples, real)
    assert [*found.samples, *found.real] == right.tolist()
    assert found.accuracy == pytest.approx(right.mean())
    assert 0.5 < found.accuracy < 1


@pytest.mark.parametrize("numbers", [(300, 1000), (1000, 300)])
def test_as_many_of_each_vote(numbers: tuple[int, int]) -> None:
    """With three times as many real images, nearly every neighbour of equals would be real."""
    found = votes(drawn(2, numbers[0]), drawn(3, numbers[1]))
    assert len(found.samples) == len(found.real) == 300
    low, high = found.interval
    assert low < 0.5 < high


def test_it_tells_what_is_different_repeated_or_missing() -> None:
    real = drawn(4, 1000)
    assert votes(drawn(5, 1000, 20), real).accuracy == 1
    assert votes(np.repeat(drawn(6, 10), 100, axis=0), real).accuracy > 0.95
    half = drawn(7, 3000)
    missing = votes(half[half[:, 0] > 0][:1000], real)
    assert missing.accuracy > 0.58
    assert missing.samples.mean() > missing.real.mean()  # these have the missing half to themselves
    # Copies of the very images they are compared with are taken for them.
    assert votes(real + 1e-6, real).accuracy == 0


@pytest.mark.parametrize(("middle", "least"), [(0.0, 0.5), (0.5, 0.55), (1.0, 0.7)])
def test_the_interval_holds_in_19_of_20_draws(middle: float, least: float) -> None:
    found = [votes(drawn(2 * i, 200, middle), drawn(2 * i + 1, 200)) for i in range(100)]
    truth = np.mean([each.accuracy for each in found])
    assert truth > least - 0.02
    inside = [each.interval[0] <= truth <= each.interval[1] for each in found]
    assert np.mean(inside) >= 0.93
    width = np.mean([each.interval[1] - each.interval[0] for each in found])
    spread = 2 * 1.96 * np.std([each.accuracy for each in found])
    assert width < 2 * spread  # it is no empty caution


def test_the_interval_is_wilsons_of_half_the_votes() -> None:
    all_right = Votes(np.ones(100, bool), np.ones(100, bool))
    low, high = all_right.interval
    assert low == pytest.approx(100 / (100 + 1.96**2))
    assert high == pytest.approx(1)
