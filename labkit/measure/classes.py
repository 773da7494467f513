"""How many samples of each class there are, corrected for the classifier's mistakes.

Counting predictions is not enough: the classifier reads some T-shirts as shirts, so a
generator without a single shirt would still seem to make a few per cent of them. The
correction asks which true shares would give the predictions seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

#: Half-width of the intervals in standard errors: over ten classes at once, an interval
#: misses its share in about 3 % of honest sample sets.
INTERVAL = 3.0


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
class ClassifierResponse:
    """What the classifier says of real images of each class."""

    mean: Matrix
    """(10, 10) row: true class; mean class probabilities of its images."""
    covariance: Matrix
    """(10, 10, 10) covariance of the probabilities within each class."""
    counts: NDArray[np.int64]
    """(10,) real images of each class."""

    @classmethod
    def of(cls, probabilities: Matrix, labels: NDArray[np.integer]) -> ClassifierResponse:
        """Estimate from real images the classifier was not trained on, (M, 10) and (M,)."""
        classes = [probabilities[labels == name] for name in range(probabilities.shape[1])]
        return cls(
            np.stack([rows.mean(axis=0) for rows in classes]),
            np.stack([np.cov(rows, rowvar=False) for rows in classes]),
            np.array([len(rows) for rows in classes]),
        )


def class_shares(probabilities: Matrix, response: ClassifierResponse) -> ClassShares:
    """True class shares of samples from their class probabilities.

    If samples of a class look to the classifier as real ones do, the mean probabilities
    of the samples are ``Rᵀ π``: the response ``R`` to each class, mixed by the shares
    ``π``. Solving for ``π`` is unbiased under that assumption, however good or bad the
    classifier is (black-box shift estimation with soft predictions, Lipton, Wang & Smola
    2018, arXiv:1802.03916). The standard errors count both the finite number of samples
    and the finite number of real images behind ``R``.

    Args:
        probabilities: (N, 10) of the samples.
        response: from real images.
    """
    predicted = np.bincount(probabilities.argmax(axis=1), minlength=10) / len(probabilities)
    spread = np.cov(probabilities, rowvar=False)
    return _solve(predicted, probabilities.mean(axis=0), spread, len(probabilities), response)


def expected_shares(true: Matrix, count: int, response: ClassifierResponse) -> ClassShares:
    """What `class_shares` would find, on average, of `count` samples with these true shares.

    Args:
        true: (10,) class shares, summing to 1.
        count: N.
        response: from real images; the samples are taken to look like them.
    """
    mean = true @ response.mean
    apart = response.mean - mean
    spread = np.einsum("c,cij->ij", true, response.covariance) + (apart.T * true) @ apart
    return _solve(mean, mean, spread, count, response)


def _solve(
    predicted: Matrix, mean: Matrix, spread: Matrix, count: int, response: ClassifierResponse
) -> ClassShares:
    """Shares from the mean (10,) and covariance (10, 10) of N samples' probabilities."""
    inverse = np.linalg.inv(response.mean.T)
    solved = inverse @ mean
    estimate = solved.clip(min=0)
    estimate /= estimate.sum()
    noise = spread / count + np.einsum(
        "c,cij->ij", estimate**2 / response.counts, response.covariance
    )
    # One sample more or less is the least that any count is uncertain by.
    error = np.sqrt(np.diag(inverse @ noise @ inverse.T) + 1 / count**2)
    return ClassShares(
        predicted,
        estimate,
        (solved - INTERVAL * error).clip(0, 1),
        (solved + INTERVAL * error).clip(0, 1),
    )
