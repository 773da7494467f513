"""Weights of the pinned feature networks, ``<dataset>.safetensors``.

A file also holds ``feature_mean`` and ``feature_std``, (64,) each over the 60,000 training
images, so its SHA-256 covers everything that determines a feature.
"""

from pathlib import Path


def weights_path(dataset: str) -> Path:
    """Return the path of the weights of a data set's feature network."""
    return Path(__file__).parent / f"{dataset}.safetensors"
