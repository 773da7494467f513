"""Of a checkpoint, the networks that draw and are measured: what a hand-in has of the best epoch.

A discriminator judges while a GAN is trained; neither samples nor measures need it. What is left
out is a field of the family's catalog entry, so that whoever packs and whoever draws again agree.
"""

from collections.abc import Collection

from safetensors import SafetensorError
from safetensors.numpy import load, save

from labkit.catalog import FAMILIES
from labkit.experiment.plan import Plan
from labkit.experiment.spec import CellSpec


def not_drawn(plan: Plan, spec: CellSpec) -> tuple[str, ...]:
    """The names of a cell's networks that no sample and no measure needs.

    Of the data set's first GAN the discriminator counts: it makes the lab sheet's number.
    """
    return () if plan.sheet_gan(spec) == spec else FAMILIES[spec.family].only_train


def without(weights: bytes, networks: Collection[str]) -> bytes | None:
    """A checkpoint without some networks; None where that would save nothing or cannot be done."""
    try:
        tensors = load(weights)
    except (SafetensorError, KeyError, ValueError):  # none, or of a type that NumPy does not have
        return None
    prefixes = tuple(f"network/{name}/" for name in networks)
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(prefixes)}
    return save(kept) if prefixes and len(kept) < len(tensors) else None
