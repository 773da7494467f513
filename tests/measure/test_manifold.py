"""Nearest neighbours and precision, recall, density, coverage."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from scipy.stats import betabinom

from labkit.measure.manifold import (
    K,
    clipped_radii,
    compare,
    expected_filling,
    real_clipped_density,
)
from labkit.measure.neighbours import _smallest, nearest_squared, others_balls, within


def lopsided() -> tuple[np.ndarray, np.ndarray]:
    """Real images in two clusters; samples fill one of them and a place of their own.

    Half the samples are bad and half the real images are missed, in unequal numbers, so
    that swapping precision and recall, or samples and real images, changes every value.
    """
    rng = np.random.default_rng(0)
    real = np.concatenate([rng.normal(0, 1, (700, 8)), rng.normal(20, 1, (300, 8))])
    samples = np.concatenate([rng.normal(0, 0.8, (500, 8)), rng.normal(-20, 1, (900, 8))])
    return samples, real


def measured(samples: np.ndarray, real: np.ndarray):
    return compare(samples, within(samples, K), real, within(real, K))


def test_all_four_agree_with_prdc():
    from prdc import compute_prdc

    samples, real = lopsided()
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = compute_prdc(real_features=real, fake_features=samples, nearest_k=K)
    ours = measured(samples, real)
    for name in ("precision", "recall", "density", "coverage"):
        assert getattr(ours, name) == pytest.approx(theirs[name], rel=1e-6), name


def test_precision_is_about_samples_and_recall_about_real_images():
    samples, real = lopsided()
    found = measured(samples, real)
    assert found.precision == pytest.approx(500 / 1400, abs=0.03)
    assert 0.5 < found.recall <= 0.7  # one cluster of two, thinner than the real one
    assert found.recalled[700:].sum() == 0
    assert found.covered[700:].sum() == 0
    swapped = measured(real, samples)
    assert swapped.precision == pytest.approx(found.recall, abs=1e-12)


def test_one_repeated_image_is_precise_and_recalls_nothing():
    _, real = lopsided()
    samples = np.repeat(real[:1] + 0.01, 100, axis=0)
    found = measured(samples, real)
    assert found.precision == 1
    assert found.recall == 0
    assert found.coverage < 0.05


def test_neighbours_equal_those_of_the_full_distance_matrix():
    points = np.random.default_rng(1).normal(size=(1203, 5))  # more than two blocks
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    found = within(points, 3)
    np.testing.assert_allclose(np.sqrt(found.radius_squared), np.sort(distances)[:, 2], rtol=1e-9)
    a, b = points[:600], points[600:]
    to_b, to_a = nearest_squared(a, b)
    np.testing.assert_allclose(np.sqrt(to_b), distances[:600, 600:].min(1), rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(to_a), distances[:600, 600:].min(0), rtol=1e-9)


def test_copies_are_counted_without_the_point_itself():
    points = np.random.default_rng(2).normal(size=(50, 5)) * 10
    points[10:15] = points[10] + 1e-3
    assert within(points, K).copies.tolist() == [4 if 10 <= i < 15 else 0 for i in range(50)]


@pytest.mark.parametrize("columns", [5, 99, 499, 600, 601, 699, 1700, 10_000])
@pytest.mark.parametrize("kind", ["different", "tied", "in one group", "infinite"])
def test_the_smallest_is_found_by_groups_as_by_sorting(columns: int, kind: str):
    rng = np.random.default_rng(columns)
    values = rng.random((7, columns))
    if kind == "tied":
        values = np.floor(values * 4)
    elif kind == "in one group":  # and so are those that come next
        values[:, columns // 2 : columns // 2 + 10] -= 1
    elif kind == "infinite":
        values[:, : columns // 2] = np.inf
    for k in (1, 3, 5):
        found = _smallest(values.copy(), k)
        assert found.tolist() == np.sort(values, axis=1)[:, k - 1].tolist()


def test_clipped_density_and_coverage_are_the_definitions() -> None:
    """Salvy et al. 2026, written down with the whole matrix of distances."""
    samples, real = lopsided()
    among = np.linalg.norm(real[:, None] - real, axis=2)
    np.fill_diagonal(among, np.inf)
    radii = np.sort(among)[:, K - 1]
    clipped = np.minimum(radii, np.median(radii))
    across = np.linalg.norm(samples[:, None] - real, axis=2)
    themselves = np.minimum((among <= clipped[:, None]).sum(axis=0) / K, 1).mean()
    density = np.minimum((across <= clipped).sum(axis=1) / K, 1).mean() / themselves
    filling = np.minimum((across < radii).sum(axis=0) / K, 1).mean()

    around = within(real, K)
    found = measured(samples, real)
    assert real_clipped_density(real, around) == pytest.approx(themselves, rel=1e-12)
    assert found.clipped_density(themselves) == pytest.approx(density, rel=1e-12)
    expected = expected_filling(len(samples), len(real))
    assert np.interp(found.clipped_coverage * len(samples), range(1401), expected) == pytest.approx(
        filling, rel=1e-9
    )
    # A ball up to the k-th neighbour holds k points, whatever the rounding.
    assert others_balls(real, around.radius_squared).sum() == K * len(real)
    assert others_balls(real, clipped_radii(around)).sum() < K * len(real)


def test_the_expected_filling_is_the_mean_of_a_beta_binomial() -> None:
    expected = expected_filling(300, 1000)
    assert len(expected) == 301
    assert (np.diff(expected) > 0).all()
    for good in (0, 1, 4, 5, 77, 300):
        held = np.arange(good + 1)
        chances = betabinom(good, K, 1000 - K).pmf(held)
        assert expected[good] == pytest.approx((np.minimum(held, K) * chances).sum() / K, abs=1e-10)


@pytest.mark.parametrize("samples", [500, 2000, 4000])
@pytest.mark.parametrize("bad", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_clipped_measures_read_the_share_of_good_samples(samples: int, bad: float) -> None:
    """A share of samples far from all real images, some of which are outliers with huge balls."""
    rng = np.random.default_rng(3)
    real = np.concatenate([rng.normal(0, 1, (1960, 8)), rng.normal(0, 30, (40, 8))])
    good = np.concatenate([rng.normal(0, 1, (samples, 8)), rng.normal(0, 30, (samples, 8))])
    chosen = good[np.where(rng.random(samples) < 0.98, 0, samples) + np.arange(samples)]
    wrong = rng.random(samples) < bad
    chosen[wrong] = rng.normal(0, 10, (wrong.sum(), 8))
    found, around = measured(chosen, real), within(real, K)
    share = 1 - wrong.mean()
    assert found.clipped_density(real_clipped_density(real, around)) == pytest.approx(
        share, abs=0.05
    )
    # The outliers, 2 % of the real images, are covered by bad samples.
    assert found.clipped_coverage == pytest.approx(share, abs=0.03 + 0.02 * 2000 / samples)
    if bad == 1:  # the outliers' balls hold them: that is what precision falls for
        assert found.precision > 0.5
