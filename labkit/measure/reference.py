"""Real images that samples are measured against: computed once a machine, read once a process."""

import os
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.calibration import feature_hash
from labkit.data import load
from labkit.data.machine import Arrays, kept, processor
from labkit.data.sources import data_hash
from labkit.measure.features import Features, extract
from labkit.measure.frechet import Moments
from labkit.measure.manifold import K, real_clipped_density
from labkit.measure.modes import Reference
from labkit.measure.neighbours import Neighbours, nearest_squared, within
from labkit.measure.sharpness import gradient_energy

#: A sample counts as memorised if it is nearer to a training image than this quantile of the
#: test images' distances to theirs.
COPY_QUANTILE = 0.01
#: Environment variables by which libraries choose kernels and threads begin like this.
_CHOOSING = ("OMP_", "KMP_", "MKL_", "OPENBLAS_", "GOTO_", "ONEDNN_", "DNNL_", "ATEN_", "NPY_")


@lru_cache(maxsize=4)
def real_features(dataset: str, split: str, device: torch.device | None = None) -> Features:
    """Features of the bundled images: of ``test`` all 10,000, of ``train`` the first 10,000.

    They are part of the package, so values do not depend on whether the full set is present.
    """

    def compute() -> Arrays:
        return vars(extract(load(dataset, split, "bundled").images, dataset, device))

    # A card takes no longer to compute them than to read them.
    found = compute() if device else kept(f"{dataset}-{split}", _made_of(dataset), compute)
    return Features(**found)


@dataclass(frozen=True)
class RealSet:
    """The test images as reference, and their distances to training images."""

    reference: Reference
    training: NDArray[np.float64]
    """(10,000, 64) features of the first 10,000 training images."""
    to_training_squared: NDArray[np.float64]
    """(10,000,) squared distance from each test image to its nearest training image."""
    clipped_density: float
    """What the test images read among themselves, see :func:`~.manifold.real_clipped_density`."""
    device: torch.device | None = None
    """Where they were computed; None for the CPU."""

    @property
    def copy_squared(self) -> float:
        """Squared distance to the nearest training image; 1 % of test images are below it."""
        return float(np.quantile(self.to_training_squared, COPY_QUANTILE))

    @cached_property
    def moments(self) -> Moments:
        """Of the test images, for KID."""
        return Moments.of(self.reference.features, self.device)


@lru_cache(maxsize=2)
def real_set(dataset: str, device: torch.device | None = None) -> RealSet:
    """Compute the reference of a data set from its 10,000 test images."""
    found = real_features(dataset, "test", device)
    training = real_features(dataset, "train", device).features

    def compute() -> Arrays:
        neighbours = within(found.features, K, device)
        _, from_test = nearest_squared(training, found.features, device)
        density = np.array(real_clipped_density(found.features, neighbours, device))
        return {**vars(neighbours), "from_test": from_test, "clipped_density": density}

    near = compute() if device else kept(f"{dataset}-near", _made_of(dataset), compute)
    from_test, density = near.pop("from_test"), float(near.pop("clipped_density"))
    test = load(dataset, "test", "bundled")
    energies = gradient_energy(test.images, device)
    reference = Reference(
        found.features, found.probabilities, test.labels, energies, Neighbours(**near)
    )
    return RealSet(reference, training, from_test, density, device)


def _made_of(dataset: str) -> list[str]:
    """All that decides the bits of what the CPU computes here of a data set's images."""
    code = sorted(Path(__file__).parent.glob("*.py"))
    return [
        *(data_hash(dataset, "bundled", split) for split in ("train", "test")),
        feature_hash(dataset),
        *(path.read_text("utf-8") for path in code),
        processor(),
        f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()}",
        *(f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith(_CHOOSING)),
        np.__version__ + str(np.show_config(mode="dicts")),
        torch.__config__.show() + torch.__config__.parallel_info(),
        f"{torch.backends.mkldnn.enabled} {torch.are_deterministic_algorithms_enabled()}",
        torch.get_float32_matmul_precision(),
    ]
