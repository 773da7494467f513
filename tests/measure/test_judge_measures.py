"""The rules by which `scripts/judge_measures.py` says that a measure passes a check."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.judge_measures import Rule, logistic, passes

GOOD = [1.0, 0.75, 0.5]


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        ("falls", [0.9, 0.7, 0.5], [0.9, 0.95, 0.5]),
        ("falls", [0.9, 0.9, 0.7], [0.9, 0.9, 0.8]),
        ("to nothing", [0.9, 0.4, 0.04], [0.9, 0.4, 0.06]),
        ("stays", [0.9, 0.98, 0.82], [0.9, 0.9, 0.8]),
        ("as the share", [0.9, 0.7, 0.4], [0.9, 0.9, 0.45]),
        ("rises", [0.52, 0.6, 0.7], [0.52, 0.7, 0.6]),
        ("rises", [0.52, 0.54, 0.57], [0.52, 0.54, 0.55]),
    ],
)
def test_both_sides_of_every_rule(rule: Rule, right: list[float], wrong: list[float]) -> None:
    assert passes(rule, right, GOOD, 0.5)
    assert not passes(rule, wrong, GOOD, 0.5)


def test_the_linear_classifier_sees_a_shift_and_hardly_a_spread() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(0, 1, (600, 5))
    assert logistic(rng.normal(2, 1, (600, 5)), real) > 0.9
    assert logistic(rng.normal(0, 3, (600, 5)), real) < 0.65
