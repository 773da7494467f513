"""Values as sentences print them: rounded in one place, and every one of them remembered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labkit.claims.cell import Measured
from labkit.claims.findings.levels import Contrast
from labkit.claims.sentences.numbers import Numbers, decimals_for, fixed, typed_decimals
from tests.claims.grids import cell

values = st.floats(0.001, 1e4, allow_nan=False)


def test_fixed_has_a_true_minus_sign_and_no_negative_zero() -> None:
    assert fixed(-3.14159, 2) == "−3.14"
    assert fixed(-0.004, 2) == "0.00"
    assert fixed(0.0, 1) == "0.0"
    assert fixed(12.0, 0) == "12"


def test_a_number_nobody_could_read_has_a_power_of_ten() -> None:
    assert fixed(999_999_999_999.0, 0) == "999,999,999,999"
    assert fixed(-1e100, 0) == "−1e+100"


def test_two_or_three_significant_digits() -> None:
    assert decimals_for([3.21, 4.18]) == 1
    assert decimals_for([70.51, 53.62]) == 1
    assert decimals_for([312.4, 287.6]) == 0
    assert decimals_for([8.0, 13.0]) == 0
    assert decimals_for([0.583, 0.412]) >= 2


def test_values_that_differ_are_printed_apart_where_two_more_decimals_can_do_it() -> None:
    assert decimals_for([17.255, 17.262]) == 2
    assert decimals_for([17.25511, 17.25512]) == 1
    assert decimals_for([17.255, 17.262], apart=False) == 1


def test_no_more_decimals_than_were_typed() -> None:
    assert decimals_for([0.0604, 0.0712], typed=2) == 2
    exact, typed = cell({"proxy_fid": 1.0}), cell({"proxy_fid": Measured(1.25, 0.005, 2)})
    coarse = cell({"proxy_fid": Measured(1.2, 0.05, 1)})
    assert typed_decimals([Contrast(a="x", b="y", metric="proxy_fid", cells=(exact,))]) is None
    assert typed_decimals([Contrast(a="x", b="y", metric="proxy_fid", cells=(exact, typed))]) == 2
    assert typed_decimals([Contrast(a="x", b="y", metric="proxy_fid", cells=(typed, coarse))]) == 1
    assert typed_decimals([Contrast(a="x", b="y", metric="coverage", cells=(typed,))]) is None


def test_shares_are_percent() -> None:
    numbers = Numbers()
    assert numbers.share("most", 0.524) == "52 %"
    assert numbers.share("few", 0.004) == "0.4 %"
    assert numbers.share("none", 0.0) == "0 %"
    assert numbers.share("all", 1.0) == "100 %"
    assert numbers.numbers == {"most": 0.524, "few": 0.004, "none": 0.0, "all": 1.0}


def test_a_sentence_remembers_what_it_prints() -> None:
    numbers = Numbers()
    found = Contrast(metric="proxy_fid", a=32, b=64)
    text = f"best is {numbers.value('best', 3.2061, 1)}."
    sentence = numbers.sentence(text, [found, found])
    assert sentence.text == "Best is 3.2."
    assert sentence.numbers == {"best": 3.2061}
    assert sentence.shown == {"best": "3.2"}
    assert sentence.findings == (found.id,)


@given(st.lists(values, min_size=1, max_size=6))
def test_decimals_never_hide_all_of_a_value_nor_run_away(several: list[float]) -> None:
    decimals = decimals_for(several)
    assert 0 <= decimals <= 5
    if max(several) >= 0.1:
        assert float(fixed(max(several), decimals).replace(",", "")) != 0


@given(st.lists(values, min_size=1, max_size=6))
def test_order_does_not_matter(several: list[float]) -> None:
    assert decimals_for(several) == decimals_for(several[::-1])
