"""Intervals and tests against SciPy's own, textbook values and brute force."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.claims.statistics import (
    holm,
    p_beyond,
    proportion_interval,
    t_interval,
)

reals = st.floats(-1e3, 1e3, allow_nan=False)


def test_t_interval_is_that_of_a_textbook() -> None:
    # n = 3, mean 2, sd 1: t(2, 0.975) = 4.302653 (any table), se = 1/sqrt(3)
    low, high = t_interval([1.0, 2.0, 3.0]) or (0.0, 0.0)
    half = 4.302652729911275 / math.sqrt(3)
    assert low == pytest.approx(2 - half, rel=1e-9)
    assert high == pytest.approx(2 + half, rel=1e-9)


def test_one_value_has_no_interval_and_no_p() -> None:
    assert t_interval([1.0]) is None
    assert p_beyond([1.0]) is None


def test_p_agrees_with_scipys_one_sample_test() -> None:
    from scipy.stats import ttest_1samp

    values = [1.2, 0.4, 2.2, 1.9, 0.3]
    expected = ttest_1samp(values, 0.25, alternative="greater").pvalue * 2
    assert p_beyond(values, 0.25) == pytest.approx(expected, rel=1e-12)


@given(st.lists(reals, min_size=2, max_size=9), st.floats(0, 10), st.floats(0, 1))
@settings(deadline=None)
def test_p_is_small_exactly_when_the_interval_clears_the_margin(
    values: list[float], margin: float, slack: float
) -> None:
    p, interval = p_beyond(values, margin, slack), t_interval(values, slack)
    assert p is not None
    assert interval is not None
    if max(values) - min(values) < 1e-6:  # no spread: no test at all
        return
    distance = interval[0] - margin
    if abs(distance) > 1e-6 * (1 + abs(margin)):
        assert (p <= 0.05) == (distance > 0)


@given(
    st.lists(st.integers(-40, 40), min_size=2, max_size=6),
    st.lists(st.floats(-0.5, 0.5), min_size=6, max_size=6),
)
@settings(deadline=None)
def test_the_interval_of_rounded_values_holds_every_table_they_may_come_from(
    rounded: list[int], hidden: list[float]
) -> None:
    low, high = t_interval([float(v) for v in rounded], slack=0.5) or (0.0, 0.0)
    exact = [v + h for v, h in zip(rounded, hidden, strict=False)]
    inner = t_interval(exact) or (0.0, 0.0)
    assert low <= inner[0] + 1e-9
    assert inner[1] <= high + 1e-9


def test_seeds_that_change_nothing_prove_nothing() -> None:
    assert p_beyond([2.0, 2.0, 2.0]) == 1.0


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
