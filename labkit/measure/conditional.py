"""Measures of conditional models: label accuracy, and proxy FID within each class."""

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.catalog import DATASETS
from labkit.data import load
from labkit.measure.evaluate import Measures
from labkit.measure.features import extract
from labkit.measure.frechet import fid
from labkit.measure.reference import real_features

#: With fewer samples of a class the covariance of its 64 features is singular.
FEWEST = 65


def measure_conditional(
    samples: NDArray[np.uint8],
    labels: NDArray[np.int64],
    dataset: str,
    device: torch.device | None = None,
) -> Measures:
    """Measure samples generated for given classes.

    Args:
        samples: uint8 (N, 28, 28).
        labels: (N,) class that each sample was generated for, 0..9.
        dataset: a key of :data:`labkit.catalog.DATASETS`.
        device: where features are computed; None for the CPU.

    Returns:
        ``label_accuracy``, 0..1: share that the pinned classifier assigns to that class; and
        ``class_proxy_fid``: mean over classes, None if a class has fewer than 65 samples.
        Both per class in the details, with ``label_accuracy_real``, that of real images.
    """
    found, real = extract(samples, dataset, device), real_features(dataset, "test", device)
    truth = load(dataset, "test", "bundled").labels
    right = found.predicted == labels
    classes = range(len(DATASETS[dataset].classes))
    fids = [
        fid(found.features[labels == c], real.features[truth == c])
        if (labels == c).sum() >= FEWEST
        else None
        for c in classes
    ]
    known = [value for value in fids if value is not None]
    return Measures(
        {
            "label_accuracy": float(right.mean()),
            "class_proxy_fid": float(np.mean(known)) if len(known) == len(fids) else None,
        },
        {
            "class_label_accuracy": [
                float(right[labels == c].mean()) if (labels == c).any() else None for c in classes
            ],
            "label_accuracy_real": float((real.predicted == truth).mean()),
            "class_proxy_fids": fids,
        },
    )
