"""How numbers are written."""

from __future__ import annotations

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.text import numbers
from labkit.text.numbers import (
    capitals,
    duration,
    levels,
    listing,
    setting,
    show,
    slug,
)  # fmt: skip


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(numbers).failed == 0


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (9.996, 3, "10.0"), (9.994, 3, "9.99"), (0.0994, 2, "0.099"), (0.0996, 2, "0.10"),
        (99.96, 3, "100"), (1234.5, 3, "1234"), (12345.6, 3, "12,346"), (-0.5, 3, "−0.500"),
        (0.0, 3, "0"), (7, 3, "7"), (1_234_567, 3, "1,234,567"), (float("inf"), 3, "∞"),
        (float("nan"), 3, "not measured"), (True, 3, "yes"), ("hinge", 3, "hinge"),
        (0.000999, 3, "9.99 × 10⁻⁴"), (0.001, 3, "0.00100"),
    ],
)  # fmt: skip
def test_significant_digits(value: object, digits: int, text: str) -> None:
    assert show(value, digits) == text


@given(st.floats(1e-3, 1e9), st.integers(2, 6))
def test_what_is_shown_is_within_half_a_digit_of_the_value(value: float, digits: int) -> None:
    shown = float(show(value, digits).replace(",", ""))
    unit = 10.0 ** min(0, math.floor(math.log10(value)) - digits + 1)
    assert abs(shown - value) <= 0.5 * unit * (1 + 1e-9)


def test_levels_are_numeric_where_they_can_be() -> None:
    assert levels([128, 32, None, 64, 32]) == [32, 64, 128]
    assert levels(["hinge", "bce", "hinge"]) == ["hinge", "bce"]


def test_small_words() -> None:
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert capitals("Final D loss") == "Final D Loss"
    assert slug("Part 1: <GAN> & 汉字") == "part-1-gan-汉字"
    assert [duration(s) for s in (3, 99, 100, 7200, 11_400)] == [
        "3 s", "99 s", "2 min", "2 h 00 min", "3 h 10 min"]  # fmt: skip
    assert setting(2e-4) == "0.0002"
    assert setting([0.5, 0.999]) == "(0.5, 0.999)"
