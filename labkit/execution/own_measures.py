"""The measures of a user's own, taken of a cell's samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.catalog import resolve
from labkit.data import load
from labkit.plugins import registry as own_code
from labkit.train.rng import seed_all

if TYPE_CHECKING:
    from labkit.execution.sampling import GreyImages
    from labkit.experiment.spec import CellSpec


def own_measures(spec: CellSpec, samples: GreyImages) -> dict[str, float]:
    """The measures of a user's own, of samples uint8 (N, 28, 28)."""
    found = {}
    for name, target in own_code.own_metrics().items():
        real = load(spec.dataset, "test", "bundled").images
        measure = resolve(target)
        seed_all(spec.seed, f"metric/{name}")
        found[name] = float(measure(samples, real))
    return found
