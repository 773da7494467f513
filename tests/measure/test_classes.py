"""Class shares: unbiased where counting is not, with intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.data import load
from labkit.measure.classes import Classifier, class_shares, most_likely_shares
from labkit.measure.reference import real_features


def halves(dataset: str, seed: int):
    """A classifier's response on half of the test images, and the other half to draw from."""
    found, labels = real_features(dataset, "test"), load(dataset, "test", "bundled").labels
    one, other = np.split(np.random.default_rng(seed).permutation(len(labels)), 2)
    classifier = Classifier(found.probabilities[one], labels[one])
    return classifier, found.probabilities[other], labels[other]


def test_a_perfect_classifier_is_only_counted():
    labels = np.repeat(np.arange(10), [5, 10, 15, 0, 20, 10, 10, 10, 10, 10])
    certain = np.eye(10)[labels]
    np.testing.assert_allclose(
        most_likely_shares(certain), np.bincount(labels, minlength=10) / 100, atol=1e-6
    )


@given(st.lists(st.floats(0.02, 1), min_size=10, max_size=10), st.integers(0, 1000))
@settings(deadline=None, max_examples=15)
def test_shares_sum_to_one_and_lie_within_their_intervals(weights, seed):
    classifier, probabilities, labels = halves("FashionMNIST", 0)
    chance = np.array(weights)[labels]
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(labels), 1000, p=chance / chance.sum())
    shares = class_shares(probabilities[chosen], classifier)
    assert shares.estimate.sum() == pytest.approx(1)
    assert (shares.low <= shares.estimate).all()
    assert (shares.estimate <= shares.high).all()
    true = np.bincount(labels[chosen], minlength=10) / 1000
    assert np.abs(shares.estimate - true).max() < 0.04


@pytest.mark.parametrize("dataset", ["MNIST", "FashionMNIST"])
def test_intervals_hold_the_true_shares_of_honest_and_of_skewed_draws(dataset):
    outside = 0
    for seed in range(10):
        classifier, probabilities, labels = halves(dataset, seed)
        skew = np.linspace(0.3, 2, 10)[np.random.default_rng(seed).permutation(10)]
        population = skew * np.bincount(labels) / (skew * np.bincount(labels)).sum()
        chance = skew[labels] / skew[labels].sum()
        chosen = np.random.default_rng(seed).choice(len(labels), 2000, p=chance)
        shares = class_shares(probabilities[chosen], classifier)
        outside += ((population < shares.low) | (population > shares.high)).sum()
    assert outside <= 2  # of 100 intervals of three standard errors


def test_what_is_counted_wrongly_is_corrected():
    """Without shirts, a share of the T-shirts, pullovers and coats is still called a shirt."""
    classifier, probabilities, labels = halves("FashionMNIST", 1)
    shares = class_shares(probabilities[labels != 6], classifier)
    assert shares.predicted[6] > 0.012
    assert shares.estimate[6] < 0.004
    assert shares.low[6] == 0
    assert shares.high[6] < 0.012
