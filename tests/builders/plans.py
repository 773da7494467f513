"""Plans of given cells, and of Lab 1's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from labkit.experiment.plan import Plan
from labkit.experiment.spec import CellSpec
from tests.builders.cells import spec_of

LAB1 = [
    *(("gan", d, {"loss": loss, "z_dim": z})
      for d, loss, z in product(("MNIST", "FashionMNIST"), ("hinge", "bce"), (32, 64, 128))),
    *(("vae", d, {"latent_dim": n}) for d, n in product(("MNIST", "FashionMNIST"), (8, 16, 32))),
]  # fmt: skip
#: Two GANs that differ in their loss, and a VAE of the other data set.
SMALL = (
    ("gan", "MNIST", {"loss": "hinge", "z_dim": 64}),
    ("gan", "MNIST", {"loss": "bce", "z_dim": 64}),
    ("vae", "FashionMNIST", {"latent_dim": 8}),
)


def plan_of(*cells: CellSpec) -> Plan:
    """A plan of these cells, on the bundled images."""
    return Plan(
        name="small",
        title="Small",
        author={},
        profile=None,
        seeds=(42,),
        data_source="bundled",
        data_reason="the bundled subset was asked for",
        snapshot_epochs=(1, 2),
        settings={},
        cells=cells,
    )


def fake_plan(
    points: Sequence[tuple[str, str, dict[str, Any]]] = tuple(LAB1),
    seeds: tuple[int, ...] = (42,),
    epochs: int = 10,
    **changes: Any,
) -> Plan:
    """A plan named as Lab 1's, of these points with these seeds."""
    cells = (
        spec_of(family, dataset, params, seed, len(seeds) > 1, epochs)
        for family, dataset, params in points
        for seed in seeds
    )
    values: dict[str, Any] = {
        "name": "lab1",
        "title": "Lab 1 — Generative Models: GAN vs VAE",
        "author": {"name": "Ada Lovelace", "id": "1815", "group": "", "course": "Deep Learning"},
        "seeds": seeds,
        "snapshot_epochs": tuple(sorted({e for e in (1, 5, 10) if e <= epochs} | {epochs})),
        "settings": {"report": {"answers": "prose", "layout": "full"}},
    }
    return replace(plan_of(*cells), **(values | changes))
