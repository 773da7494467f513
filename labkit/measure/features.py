"""Images to features: the pinned network applied the same way everywhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from labkit.calibration import feature_hash
from labkit.errors import reason
from labkit.measure.net import FeatureNet, to_input
from labkit.measure.pinned import weights_path

BATCH = 250


class FeatureError(Exception):
    """The pinned weights are missing or not the ones their hash names."""


@dataclass(frozen=True)
class Features:
    """What the pinned network sees in N images."""

    features: NDArray[np.float64]
    """(N, 64), standardised: over the training set each column has mean 0 and variance 1."""
    probabilities: NDArray[np.float64]
    """(N, 10), the classifier's class probabilities; rows sum to 1."""

    @property
    def predicted(self) -> NDArray[np.intp]:
        """(N,) most probable class of each image."""
        predicted: NDArray[np.intp] = self.probabilities.argmax(axis=1)
        return predicted


@dataclass(frozen=True)
class PinnedNet:
    """A loaded network and the constants that lie beside its weights."""

    net: FeatureNet
    mean: NDArray[np.float64]
    """(64,) of the features over the 60,000 training images."""
    std: NDArray[np.float64]
    """(64,)"""


@lru_cache(maxsize=4)
def pinned(dataset: str) -> PinnedNet:
    """The pinned network of a data set, checked against its SHA-256.

    Raises:
        FeatureError: the weights file is missing or altered.
    """
    path = weights_path(dataset)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FeatureError(f"{path}: cannot be read: {reason(error)}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != feature_hash(dataset):
        raise FeatureError(f"{path}: expected SHA-256 {feature_hash(dataset)}, found {found}")
    tensors = safetensors.torch.load(data)
    constants = [tensors.pop(name).numpy() for name in ("feature_mean", "feature_std")]
    net = FeatureNet()
    net.load_state_dict(tensors)
    net.eval().requires_grad_(False)
    return PinnedNet(net.to(memory_format=torch.channels_last), *constants)


def extract(images: NDArray[np.uint8], dataset: str) -> Features:
    """Features and class probabilities of images.

    Always on the CPU, in float32, in batches of 250, without gradients and outside any
    autocast, so that a value does not depend on where the samples were made.

    Args:
        images: uint8 (N, 28, 28), 0 is background.
        dataset: a key of :data:`labkit.catalog.DATASETS`.

    Raises:
        ValueError: another shape or dtype.
        FeatureError: the pinned weights are missing or altered.
    """
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise ValueError(f"expected uint8 (N, 28, 28), found {images.dtype} {images.shape}")
    network = pinned(dataset)
    features, probabilities = [], []
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        for start in range(0, len(images), BATCH):
            part = np.ascontiguousarray(images[start : start + BATCH])
            batch = to_input(torch.tensor(part))
            found, logits = network.net(batch.contiguous(memory_format=torch.channels_last))
            features.append(found.double().numpy())
            probabilities.append(logits.double().softmax(dim=1).numpy())
    standardised = (np.concatenate(features) - network.mean) / network.std
    return Features(standardised, np.concatenate(probabilities))
