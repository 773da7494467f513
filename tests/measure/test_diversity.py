"""The Vendi score and the number of different samples, on answers known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.measure.diversity import effective_distinct, half_median_distance, vendi_score


@given(st.integers(1, 12), st.integers(1, 9))
@settings(deadline=None, max_examples=30)
def test_k_far_points_repeated_count_as_k(k, times):
    points = np.repeat(np.arange(k)[:, None] * 1e3, times, axis=0)
    assert vendi_score(points, length=1.0) == pytest.approx(k, rel=1e-6)


def test_closer_points_count_for_less_and_never_more_than_their_number():
    points = np.random.default_rng(0).normal(size=(60, 8))
    scores = [vendi_score(points * spread, 1.0) for spread in (0.01, 0.3, 1, 100)]
    assert scores == sorted(scores)
    assert scores[0] == pytest.approx(1, abs=0.02)
    assert scores[-1] == pytest.approx(60, rel=1e-3)


def test_the_length_is_half_the_median_distance():
    assert half_median_distance(np.array([[0.0], [2.0], [6.0]])) == pytest.approx(2)


def test_effective_number_of_different_samples():
    assert effective_distinct(np.zeros(50, np.int64)) == 50
    assert effective_distinct(np.full(50, 49)) == 1
    assert effective_distinct(np.full(100, 9)) == 10
