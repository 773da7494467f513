"""Features and class probabilities of images, by the pinned network of their data set."""

import copy
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
    """The pinned weights are missing, or their SHA-256 is another."""


@dataclass(frozen=True)
class Features:
    """The pinned network's output for N images."""

    features: NDArray[np.float64]
    """(N, 64), standardised: mean 0 and variance 1 per column over the training set."""
    probabilities: NDArray[np.float64]
    """(N, 10) class probabilities; rows sum to 1."""

    @property
    def predicted(self) -> NDArray[np.intp]:
        """(N,) most probable class, 0..9."""
        predicted: NDArray[np.intp] = self.probabilities.argmax(axis=1)
        return predicted


@dataclass(frozen=True)
class PinnedNet:
    """A loaded feature network and the constants that standardise its features."""

    net: FeatureNet
    mean: NDArray[np.float64]
    """(64,) mean over the 60,000 training images."""
    std: NDArray[np.float64]
    """(64,) standard deviation over them."""


@lru_cache(maxsize=4)
def pinned(dataset: str) -> PinnedNet:
    """Load the pinned network of a data set and check its SHA-256.

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


@lru_cache(maxsize=4)
def _in_float64(dataset: str, device: torch.device) -> FeatureNet:
    net = copy.deepcopy(pinned(dataset).net).to(memory_format=torch.contiguous_format)
    return net.double().to(device)


def extract(
    images: NDArray[np.uint8], dataset: str, device: torch.device | None = None
) -> Features:
    """Return features and class probabilities of images.

    In batches of 250, outside any autocast: on the CPU in float32, or on a device in float64,
    where no fast kernel (TensorFloat-32, Winograd) adds to the CPU's own rounding. So values
    hardly depend on where they are computed, and not on the device that made the images.

    Args:
        images: uint8 (N, 28, 28), 0 is background.
        dataset: a key of :data:`labkit.catalog.DATASETS`.
        device: where to compute; None for the CPU's float32.

    Raises:
        ValueError: wrong shape or dtype.
        FeatureError: the pinned weights are missing or altered.
    """
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise ValueError(f"expected uint8 (N, 28, 28), found {images.dtype} {images.shape}")
    network = pinned(dataset)
    net = network.net if device is None else _in_float64(dataset, device)
    features, probabilities = [], []
    with torch.no_grad(), torch.autocast(device.type if device else "cpu", enabled=False):
        for start in range(0, len(images), BATCH):
            part = torch.tensor(np.ascontiguousarray(images[start : start + BATCH]))
            if device is None:
                batch = to_input(part).contiguous(memory_format=torch.channels_last)
            else:
                batch = part.to(device).unsqueeze(1).double() / 255
            found, logits = net(batch)
            features.append(found.double().cpu().numpy())
            probabilities.append(logits.double().softmax(dim=1).cpu().numpy())
    standardised = (np.concatenate(features) - network.mean) / network.std
    return Features(standardised, np.concatenate(probabilities))
