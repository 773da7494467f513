"""What categories mean, on tables of counts whose answer is known."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from labkit.data import load
from labkit.handin import remeasure
from labkit.measure import codes
from labkit.measure.codes import matched, measure_codes, normalised_information, purity

ONE_EACH = np.eye(10) * 50
ONE_CLASS = np.zeros((10, 10))
ONE_CLASS[:, 3] = 50
NOTHING = np.full((10, 10), 5.0)


@pytest.mark.parametrize(
    ("counts", "accuracy", "pure", "shared"),
    [
        (ONE_EACH, 1.0, 1.0, 1.0),
        (ONE_EACH[::-1], 1.0, 1.0, 1.0),  # which category is which class does not matter
        (ONE_CLASS, 0.1, 1.0, 0.0),  # a generator of one digit has learnt nothing of classes
        (ONE_CLASS.T, 0.1, 0.1, 0.0),
        (NOTHING, 0.1, 0.1, 0.0),
        (np.array([[3.0, 1.0], [1.0, 3.0]]), 0.75, 0.75, 1 - 0.8112781244591328),
        (np.array([[2.0, 0.0], [2.0, 0.0], [0.0, 4.0]]), 0.75, 1.0, 2 / 2.5),
    ],
)
def test_known_tables(counts: np.ndarray, accuracy: float, pure: float, shared: float) -> None:
    assert matched(counts) == pytest.approx(accuracy)
    assert purity(counts) == pytest.approx(pure)
    assert normalised_information(counts) == pytest.approx(shared, abs=1e-12)


def test_real_images_by_their_labels_are_nearly_perfect() -> None:
    test = load("MNIST", "test", "bundled")
    found = measure_codes(
        test.images[:1000], (test.labels[:1000].astype(np.int64) + 3) % 10, "MNIST"
    )
    assert found.metrics["code_accuracy"] > 0.98
    assert found.metrics["code_nmi"] > 0.95
    rows = np.array(found.details["code_classes"])
    assert rows.shape == (10, 10)
    assert np.allclose(rows.sum(axis=1), 1)
    assert rows[3].argmax() == 0


def test_images_without_regard_to_categories_say_nothing() -> None:
    test = load("MNIST", "test", "bundled")
    found = measure_codes(test.images[:1000], np.arange(1000) % 10, "MNIST")
    assert found.metrics["code_accuracy"] < 0.2
    assert found.metrics["code_nmi"] < 0.05
    assert math.isfinite(found.metrics["code_purity"])


@pytest.mark.parametrize(("moved", "alike"), [(3, True), (60, False)])
def test_what_verify_asks_of_them_from_another_device(
    moved: int, alike: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples on the edge of a class may be taken for the next one there."""
    rng = np.random.default_rng(0)
    categories = np.arange(1000) % 10
    taken = np.where(rng.random(1000) < 0.2, rng.integers(0, 10, 1000), categories)
    there = taken.copy()
    on_the_edge = rng.choice(1000, moved, replace=False)
    there[on_the_edge] = (there[on_the_edge] + 1) % 10

    def measured(predicted: np.ndarray) -> dict[str, object]:
        monkeypatch.setattr(codes, "extract", lambda *_: SimpleNamespace(predicted=predicted))
        found = measure_codes(np.zeros(0, np.uint8), categories, "MNIST")
        return {**found.metrics, **found.details}

    ours, theirs = measured(taken), measured(there)
    assert ours != theirs
    lines = list(remeasure._compare("", theirs, ours, remeasure.other_device(1000, ())))
    assert (not lines) == alike
