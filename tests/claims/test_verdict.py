"""Each row of the table of strengths, from both sides; and the order in which rows match."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.claims.finding import Missing, Noise, Source
from labkit.claims.findings.levels import Contrast
from labkit.claims.verdict import FIRM, Strength, judge, strength, verdict, weakest


def contrast(estimate: float, error: float = 0.1, df: int = 8, **more: Any) -> Contrast:
    source: Source = more.pop("source", "own")
    known = Noise(error, df, source, "") if error else None
    return Contrast(a="hinge", b="bce", estimate=estimate, noise=known, here="yes", **more)


def alone(found: Contrast) -> Strength:
    return judge([found])[found.id]


def test_beyond_own_noise_is_clear_and_beyond_a_references_is_beyond_usual() -> None:
    assert alone(contrast(1.0)) == "clear"
    assert alone(contrast(-1.0)) == "clear"
    assert alone(contrast(1.0, source="reference")) == "beyond usual"
    assert alone(contrast(0.1)) == "within noise"
    assert alone(contrast(0.1, source="reference")) == "within noise"


def test_five_percent_is_the_border() -> None:
    # Student's t with 8 degrees of freedom: 2.306
    assert alone(contrast(0.2307)) == "clear"
    assert alone(contrast(0.2305)) == "within noise"


def test_holm_counts_all_that_a_question_tests() -> None:
    near = contrast(0.25, metric="near")  # p 0.037
    others = [contrast(0.0, metric=f"m{i}") for i in range(2)]
    assert judge([near])[near.id] == "clear"
    assert judge([near, *others])[near.id] == "within noise"
    # What is told beside the tests is not counted, and never firm.
    told = contrast(5.0, metric="told")
    found = judge([near], [told])
    assert found[near.id] == "clear"
    assert found[told.id] not in FIRM


def test_without_noise_it_was_seen_once() -> None:
    assert alone(contrast(5.0, error=0)) == "seen once"
    assert alone(replace(contrast(0.0, error=0), here="tie")) == "seen once"


def test_what_was_not_measured() -> None:
    missing = Contrast(a="hinge", b="bce", missing=Missing("metric_absent"))
    assert alone(missing) == "not measured"
    assert alone(replace(contrast(1.0), here=None)) == "not measured"
    assert alone(replace(contrast(1.0), missing=Missing("confounded"))) == "not measured"


def test_level_where_the_interval_lies_inside_the_margin() -> None:
    # 90 % interval of 0.01 with 8 degrees of freedom: 1.86 x 0.01
    inside = contrast(0.01, error=0.01, margin=0.0287)
    assert alone(inside) == "level"
    assert alone(replace(inside, margin=0.0285)) == "within noise"
    assert alone(contrast(0.001, error=0.01)) == "within noise"  # no margin


def test_level_where_other_samples_could_have_made_the_difference() -> None:
    assert alone(contrast(0.1, resolution=0.1)) == "level"
    assert alone(contrast(0.1, resolution=0.09)) == "within noise"
    assert alone(contrast(-0.1, resolution=0.1)) == "level"


def test_a_tie_is_never_firm_and_rounding_counts_against_a_difference() -> None:
    assert alone(replace(contrast(1.0), here="tie")) == "within noise"
    assert alone(contrast(0.3)) == "clear"
    assert alone(contrast(0.3, slack=0.1)) == "within noise"


def test_a_statement_is_refuted_only_by_what_is_firm() -> None:
    assert alone(replace(contrast(1.0), here="no")) == "refuted"
    assert alone(replace(contrast(1.0, source="reference"), here="no")) == "refuted"
    assert alone(replace(contrast(0.1), here="no")) == "within noise"
    assert alone(replace(contrast(1.0, error=0), here="no")) == "seen once"


def test_the_formal_verdict_supports_what_is_clear_alone() -> None:
    expected = {
        "clear": "supported", "beyond usual": "inconclusive", "level": "inconclusive",
        "within noise": "inconclusive", "seen once": "inconclusive", "refuted": "not supported",
        "not measured": "not measured",
    }  # fmt: skip
    assert {name: verdict(name) for name in expected} == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("several", "least"),
    [(("clear", "within noise"), "within noise"), (("clear", "beyond usual"), "beyond usual"),
     (("seen once", "not measured"), "not measured")],
)  # fmt: skip
def test_a_sentence_is_as_strong_as_its_weakest_finding(
    several: tuple[Strength, ...], least: Strength
) -> None:
    assert weakest(several) == least
    assert weakest(several[::-1]) == least


sizes = st.floats(-2, 2, allow_nan=False)


@given(st.lists(sizes, min_size=1, max_size=8), sizes)
@settings(deadline=None)
def test_a_strength_hangs_neither_on_order_nor_on_sign(each: list[float], own: float) -> None:
    tests = [contrast(e, metric=f"m{i}") for i, e in enumerate([own, *each])]
    found = judge(tests)
    assert judge(tests[::-1]) == found
    assert judge([replace(t, estimate=-(t.estimate or 0.0)) for t in tests]) == found


@given(st.lists(sizes, min_size=1, max_size=8), st.integers(0, 7))
@settings(deadline=None)
def test_a_larger_difference_is_never_weaker(each: list[float], which: int) -> None:
    tests = [contrast(e, metric=f"m{i}") for i, e in enumerate(each)]
    index = which % len(tests)
    larger = [replace(t, estimate=2 * (t.estimate or 0.0)) if i == index else t
              for i, t in enumerate(tests)]  # fmt: skip
    if judge(tests)[tests[index].id] == "clear":
        assert judge(larger)[tests[index].id] == "clear"


def test_one_finding_by_itself() -> None:
    assert strength(contrast(1.0), survives=True) == "clear"
    assert strength(contrast(1.0), survives=False) == "within noise"
