"""The pinned networks: ``<dataset>.safetensors``, one file and one hash a data set.

Besides the weights a file holds ``feature_mean`` and ``feature_std`` (64 each, over
the 60,000 training images, for standardisation), so that everything that enters a
feature is covered by its SHA-256.
"""

from __future__ import annotations

from pathlib import Path


def weights_path(dataset: str) -> Path:
    """Where the weights of a data set's feature network lie."""
    return Path(__file__).parent / f"{dataset}.safetensors"
