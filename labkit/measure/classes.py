"""Class shares of generated samples, corrected for the classifier's errors.

Counting predictions is biased: the classifier takes some T-shirts for shirts, so a generator
that makes no shirts would seem to make one or two per cent. Instead the class shares are
estimated by maximum likelihood from the classifier's probabilities.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

#: Half-width of the intervals in standard errors: at least one of ten intervals misses its
#: share in about 3 % of sample sets drawn from real images.
INTERVAL = 3.0
_STEPS, _SETTLED = 1000, 1e-8
#: The data sets are balanced: the classifier was trained with equal class shares.
_PRIOR = 0.1


@dataclass(frozen=True)
class ClassShares:
    """Shares of ten classes among samples, each (10,)."""

    predicted: Matrix
    """By the classifier's most probable class."""
    estimate: Matrix
    """Corrected; not negative, sum 1."""
    low: Matrix
    high: Matrix
    """The estimate ± three standard errors, clipped to 0..1."""


@dataclass(frozen=True)
class Classifier:
    """The classifier's output on M real images it was not trained on."""

    probabilities: Matrix
    """(M, 10) class probabilities."""
    labels: NDArray[np.integer]
    """(M,) true classes, each of the ten at least once."""

    @cached_property
    def shares(self) -> Matrix:
        """(10,) true class shares."""
        return np.asarray(np.bincount(self.labels, minlength=10) / len(self.labels))

    @cached_property
    def predicted(self) -> Matrix:
        """(10,) shares by most probable class."""
        counts = np.bincount(self.probabilities.argmax(axis=1), minlength=10)
        return np.asarray(counts / len(self.labels))

    @cached_property
    def correction(self) -> Matrix:
        """(10,) true shares over their maximum-likelihood estimates, each near 1."""
        return self.shares / most_likely_shares(self.probabilities)

    @cached_property
    def relative_error(self) -> Matrix:
        """(10,) relative standard error of `correction`, since M is finite.

        The true class counts are known, so only the classifier's errors contribute.
        """
        total = self.standard_error(self.shares, len(self.labels)) ** 2
        counting = self.shares * (1 - self.shares) / len(self.labels)
        return np.asarray(np.sqrt((total - counting).clip(min=0)) / self.shares)

    def standard_error(self, shares: Matrix, count: int) -> Matrix:
        """Standard error (10,) of the most likely shares of N samples that look real.

        From the inverse Fisher information on the simplex of shares. Its expectation is taken
        over the real images, weighted to `shares`, so it accounts for classes mistaken for each
        other and is finite if a class is absent from the samples.

        Args:
            shares: (10,) class shares of the samples.
            count: N.
        """
        # One sample more of each class: the error of a share of 0 is then about 1/N.
        at = (count * shares + 1) / (count + 10)
        mixture = self.probabilities @ at
        weights = (at / self.shares)[self.labels] / len(self.labels)
        scores = self.probabilities / mixture[:, None]
        inverse = np.linalg.inv(count * (scores.T * weights) @ scores)
        along = inverse.sum(axis=0)
        covariance = inverse - np.outer(along, along) / along.sum()
        return np.asarray(np.sqrt(np.diag(covariance).clip(min=0)))


def most_likely_shares(probabilities: Matrix) -> Matrix:
    """Maximum-likelihood class shares (10,), sum 1, given a classifier's probabilities.

    The EM iteration of Saerens, Latinne & Decaestecker (2002, Neural Computation 14): reweight
    each image's probabilities by the shares, renormalise, average, repeat. It uses the
    classifier's certainty about each image and is several times as precise as inverting the
    confusion matrix (docs/measures.md). Assumes probabilities calibrated for equal shares.

    Args:
        probabilities: (N, 10), rows sum to 1.
    """
    shares = np.full(probabilities.shape[1], _PRIOR)
    for _ in range(_STEPS):
        # mean over images of p_c w_c / Σ p w: one matrix product each way
        before = shares
        shares = shares * (probabilities.T @ (1 / (probabilities @ shares))) / len(probabilities)
        if np.abs(shares - before).max() < _SETTLED:
            break
    result: Matrix = shares / shares.sum()
    return result


def class_shares(probabilities: Matrix, classifier: Classifier) -> ClassShares:
    """Estimate the class shares of samples, with intervals.

    The most likely shares times the correction that makes the same estimate exact on real
    images. The intervals account for the finite numbers of samples and real images, not for
    generated images that mislead the classifier as no real ones do.

    Args:
        probabilities: (N, 10) of the samples.
        classifier: its output on real images.
    """
    count = len(probabilities)
    predicted = np.bincount(probabilities.argmax(axis=1), minlength=10) / count
    estimate = most_likely_shares(probabilities) * classifier.correction
    estimate /= estimate.sum()
    error = interval_error(estimate, count, classifier)
    return ClassShares(
        predicted,
        estimate,
        (estimate - INTERVAL * error).clip(0, 1),
        (estimate + INTERVAL * error).clip(0, 1),
    )


def interval_error(shares: Matrix, count: int, classifier: Classifier) -> Matrix:
    """Standard error (10,) of the estimated shares of `count` samples."""
    sampling = classifier.standard_error(shares, count)
    return np.asarray(np.hypot(sampling, shares * classifier.relative_error))
