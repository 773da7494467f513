"""What the categories of a code mean: their agreement with the classes of the images."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from labkit.catalog import DATASETS
from labkit.measure.evaluate import Measures
from labkit.measure.features import extract


def measure_codes(
    samples: NDArray[np.uint8],
    categories: NDArray[np.int64],
    dataset: str,
    device: torch.device | None = None,
) -> Measures:
    """Compare the category that each sample was made for with the class it looks like.

    Args:
        samples: uint8 (N, 28, 28).
        categories: (N,) 0..9; which number stands for which class is the model's own choice.
        dataset: a key of :data:`labkit.catalog.DATASETS`.
        device: where features are computed; None for the CPU.

    Returns:
        ``code_accuracy``, ``code_purity`` and ``code_nmi``; in the details ``code_classes``,
        the share of each class (columns) among the samples of each category (rows).
    """
    classes = len(DATASETS[dataset].classes)
    counts = np.zeros((classes, classes))
    np.add.at(counts, (categories, extract(samples, dataset, device).predicted), 1)
    rows = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    found = {
        "code_accuracy": matched(counts),
        "code_purity": purity(counts),
        "code_nmi": normalised_information(counts),
    }
    return Measures(found, {"code_classes": rows.tolist()})


def matched(counts: NDArray[np.float64]) -> float:
    """Share of samples of the class their category stands for, each class once: 0.1 to 1 of ten.

    The best one-to-one assignment (Kuhn 1955), known as clustering accuracy. A generator that
    makes one class only has 0.1.

    Args:
        counts: (categories, classes), as many of the one as of the other.
    """
    best = linear_sum_assignment(counts, maximize=True)
    return float(counts[best].sum() / counts.sum())


def purity(counts: NDArray[np.float64]) -> float:
    """Share of samples of the commonest class of their category: 0.1 to 1 of ten.

    It is 1 also for a generator that makes one class only: read it beside the others.

    Args:
        counts: (categories, classes).
    """
    return float(counts.max(axis=1).sum() / counts.sum())


def normalised_information(counts: NDArray[np.float64]) -> float:
    """Mutual information of category and class over the mean of their entropies, 0..1.

    0 if they are independent, 1 if each tells the other (Vinh, Epps & Bailey 2010, JMLR 11,
    the arithmetic mean); 0 where either is the same for all samples.

    Args:
        counts: (categories, classes).
    """
    joint = counts / counts.sum()
    category, named = joint.sum(axis=1), joint.sum(axis=0)
    mean = (_entropy(category) + _entropy(named)) / 2
    information = _entropy(category) + _entropy(named) - _entropy(joint.ravel())
    return float(max(0.0, information) / mean) if information > 0 and mean > 0 else 0.0


def _entropy(shares: NDArray[np.float64]) -> float:
    known = shares[shares > 0]
    return float(-(known * np.log(known)).sum())
