"""Intervals and tests against SciPy's own, textbook values and brute force."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.claims.statistics import (
    holm,
    proportion_interval,
    student_interval,
    student_p,
)


def test_student_is_that_of_a_textbook_and_of_scipy() -> None:
    from scipy.stats import t

    # t(2, 0.975) = 4.302653 (any table)
    assert student_interval(1.0, 2, 0.95) == pytest.approx(4.302652729911275, rel=1e-9)
    assert student_p(2.5, 7) == pytest.approx(2 * t.sf(2.5, 7), rel=1e-12)
    assert student_p(-2.5, 7) == student_p(2.5, 7)


@given(st.floats(-50, 50), st.floats(0.01, 10), st.integers(1, 30))
def test_p_is_small_exactly_when_the_interval_leaves_zero_out(
    estimate: float, error: float, df: int
) -> None:
    distance = abs(estimate) - student_interval(error, df, 0.95)
    if abs(distance) > 1e-9:
        assert (student_p(estimate / error, df) < 0.05) == (distance > 0)


def test_holm_is_holm() -> None:
    # Holm 1979's own procedure by hand: 0.01 <= .05/3, 0.02 <= .05/2, 0.06 > .05/1
    assert holm([0.06, 0.01, 0.02]) == [False, True, True]
    assert holm([0.04, 0.01, 0.03]) == [False, True, False]  # 0.03 > 0.025 stops it
    assert holm([None, 0.04, None]) == [False, True, False]  # untested are not counted
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
@settings(deadline=None)
def test_holm_rejects_what_the_closed_bonferroni_test_rejects(ps: list[float]) -> None:
    def closed(i: int) -> bool:
        others = [j for j in range(len(ps)) if j != i]
        for k in range(len(ps)):
            for rest in itertools.combinations(others, k):
                family = [ps[i], *(ps[j] for j in rest)]
                if min(family) > 0.05 / len(family):
                    return False
        return True

    assert holm(ps) == [closed(i) for i in range(len(ps))]


@pytest.mark.parametrize(("hits", "n"), [(0, 12), (3, 12), (12, 12), (1, 1)])
def test_proportions_agree_with_scipys_exact_interval(hits: int, n: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(hits, n).proportion_ci(0.95, "exact")
    assert proportion_interval(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_rule_of_none_in_36() -> None:
    """36 clean trainings are the fewest that put a rate below one in ten."""
    assert proportion_interval(0, 35)[1] > 0.10 > proportion_interval(0, 36)[1]
