"""Stability formulas on curves whose values can be read off."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.measure.evaluate import measure_history
from labkit.measure.stability import discriminator_records, fid_stability

CURVE = [100.0, 50.0, 20.0, 60.0, 30.0, 21.0, 25.0]


def test_each_formula_on_a_curve_worked_out_by_hand():
    found = fid_stability(CURVE)
    assert found["fid_final_excess"] == 5  # 25 - 20
    assert found["fid_drawdown"] == 40  # 20 -> 60
    assert found["fid_oscillation"] == 44  # 20 -> 60 and 21 -> 25
    tail = [30, 21, 25]  # ceil(7 / 3) = 3 epochs, mean 25.33
    mean = sum(tail) / 3
    assert found["fid_tail_spread"] == pytest.approx(
        math.sqrt(sum((v - mean) ** 2 for v in tail) / 2)
    )
    assert found["convergence_epoch"] == 3


def test_convergence_is_the_first_epoch_within_ten_per_cent_of_the_best():
    assert fid_stability([40, 22.0, 20.0])["convergence_epoch"] == 2
    assert fid_stability([40, 22.1, 20.0])["convergence_epoch"] == 3


@given(st.lists(st.floats(0, 1e4), min_size=3, max_size=40))
@settings(deadline=None)
def test_orders_that_hold_for_every_curve(values):
    found = fid_stability(values)
    assert 0 <= found["fid_final_excess"] <= found["fid_drawdown"]
    assert found["fid_drawdown"] <= found["fid_oscillation"] * (1 + 1e-9) + 1e-9
    falling = fid_stability(sorted(values, reverse=True))
    assert falling["fid_drawdown"] == falling["fid_oscillation"] == 0


def test_too_few_epochs_are_not_measured():
    assert set(fid_stability([3.0]).values()) == {None}
    two = fid_stability([3.0, 2.0])
    assert two["fid_tail_spread"] is None
    assert two["fid_drawdown"] == 0


ROWS = [
    {"proxy_fid": 9.0, "d_accuracy": 0.9, "d_dominance": 0.8, "d_grad_norm": 3.0,
     "g_grad_norm": 4.0},
    {"proxy_fid": 7.0, "d_accuracy": 0.7, "d_dominance": 0.2, "d_grad_norm": 1.0,
     "g_grad_norm": 2.0},
]  # fmt: skip


def test_discriminator_records_are_of_the_last_epoch_but_dominance_is_of_all_steps():
    assert discriminator_records(ROWS) == {
        "d_accuracy": 0.7, "d_dominance": 0.5, "d_grad_norm": 1.0, "g_grad_norm": 2.0,
    }  # fmt: skip


def test_a_missing_or_infinite_record_is_not_a_measurement():
    broken = [*ROWS, {"proxy_fid": 7.0, "d_grad_norm": math.nan, "g_grad_norm": math.inf}]
    assert set(discriminator_records(broken).values()) == {None}


def test_only_a_gan_has_a_discriminator():
    gan, vae = (measure_history(ROWS, family).metrics for family in ("gan", "vae"))
    assert gan["d_accuracy"] == 0.7
    assert "d_accuracy" not in vae
    assert vae["fid_final_excess"] == gan["fid_final_excess"] == 0
