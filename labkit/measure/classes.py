"""How many samples of each class there are, corrected for the classifier's mistakes.

Counting predictions is not enough: the classifier reads some T-shirts as shirts, so a
generator without a single shirt would still seem to make one or two per cent of them.
The correction asks which class shares make the classifier's probabilities most likely.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

#: Half-width of the intervals in standard errors: over ten classes at once, an interval
#: misses its share in about 3 % of honest sample sets.
INTERVAL = 3.0
_STEPS, _SETTLED = 1000, 1e-8
#: The data sets are balanced: the classifier was trained with equal class shares.
_PRIOR = 0.1


@dataclass(frozen=True)
class ClassShares:
    """Shares of ten classes among samples, each (10,)."""

    predicted: Matrix
    """As the classifier names them."""
    estimate: Matrix
    """Corrected; not negative, sums to 1."""
    low: Matrix
    high: Matrix
    """The estimate give or take three standard errors, within 0..1."""


@dataclass(frozen=True)
class Classifier:
    """How the classifier takes real images it was not trained on."""

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
        """(10,) shares as the classifier names them."""
        counts = np.bincount(self.probabilities.argmax(axis=1), minlength=10)
        return np.asarray(counts / len(self.labels))

    @cached_property
    def correction(self) -> Matrix:
        """(10,) true shares over what maximum likelihood makes of these images: near 1."""
        return self.shares / most_likely_shares(self.probabilities)

    @cached_property
    def relative_error(self) -> Matrix:
        """(10,) standard error of `correction`, for the images are finitely many.

        Their class counts are known, so only what the classifier's mistakes add counts.
        """
        total = self.standard_error(self.shares, len(self.labels)) ** 2
        counting = self.shares * (1 - self.shares) / len(self.labels)
        return np.asarray(np.sqrt((total - counting).clip(min=0)) / self.shares)

    def standard_error(self, shares: Matrix, count: int) -> Matrix:
        """Of the most likely shares of `count` samples that look like real images.

        The inverse Fisher information of the shares, on the simplex. Its expectation is
        taken over the real images, weighted to the shares in question, so it counts how
        often the classes are mistaken for each other and does not break down when a
        class is absent from the samples.

        Args:
            shares: (10,) at which the error is wanted.
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
    """Class shares under which a classifier's probabilities are most likely.

    The EM iteration of Saerens, Latinne & Decaestecker (2002, Neural Computation 14):
    reweight each image's probabilities by the shares, renormalise, average, repeat. It
    uses how sure the classifier is of each image, and is several times as precise as
    inverting the confusion matrix (docs/measures.md has the comparison). It takes the
    probabilities to be calibrated for equal class shares.

    Args:
        probabilities: (N, 10), rows summing to 1.

    Returns:
        (10,), summing to 1.
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
    """Shares of the classes among samples, if samples of a class look like real ones.

    The most likely shares, corrected by what the same estimate makes of real images with
    known shares. The interval counts the finite number of samples and of real images; it
    cannot count that generated images may mislead the classifier in ways real ones do
    not.

    Args:
        probabilities: (N, 10) of the samples.
        classifier: on real images.
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
