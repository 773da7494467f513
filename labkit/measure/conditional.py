"""Did it make the class it was asked for, and does each class look like its own kind?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labkit.catalog import DATASETS
from labkit.data import load
from labkit.measure.evaluate import Measures
from labkit.measure.features import extract
from labkit.measure.frechet import fid
from labkit.measure.reference import real_features

#: With fewer samples of a class its covariance of 64 features has no full rank.
FEWEST = 65


def measure_conditional(
    samples: NDArray[np.uint8], labels: NDArray[np.int64], dataset: str
) -> Measures:
    """Measures of samples that were made for a class.

    Args:
        samples: uint8 (N, 28, 28).
        labels: (N,) the class each was asked for, 0..9.
        dataset: a key of :data:`labkit.catalog.DATASETS`.

    Returns:
        ``label_accuracy`` (share given the class asked for by the pinned classifier, which
        errs on real images too: ``label_accuracy_real`` in the details) and
        ``class_proxy_fid`` (mean over classes, None with fewer than 65 samples of one);
        both per class in the details.
    """
    found, real = extract(samples, dataset), real_features(dataset, "test")
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
