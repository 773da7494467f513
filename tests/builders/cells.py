"""Cells: the settings of the catalog, and specs with the name that a plan would give them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labkit.calibration import feature_hash
from labkit.catalog import FAMILIES
from labkit.experiment.spec import CellSpec


def settings(family: str, **changes: Any) -> dict[str, Any]:
    """A family's settings: the catalog's defaults, but for what is given."""
    return {name: param.default for name, param in FAMILIES[family].params.items()} | changes


def spec_of(
    family: str, dataset: str, params: dict[str, Any], seed: int, several: bool, epochs: int
) -> CellSpec:
    """A cell with the family's defaults and the name the plan would give it."""
    about = FAMILIES[family]
    full = {name: params.get(name, value) for name, value in settings(family).items()}
    tags = [
        (about.params[n].tag or n + "{}").format(v)
        for n, v in full.items()
        if n in about.named_by or n in params
    ]
    name = "_".join([dataset, about.label, *tags]) + (f"_seed{seed}" if several else "")
    return CellSpec(
        name=name, experiment=family, family=family, dataset=dataset, seed=seed,
        params={k: list(v) if isinstance(v, tuple) else v for k, v in full.items()},
        training={"epochs": epochs, "batch_size": 128},
        data={"source": "bundled", "sha256": "ab" * 32, "limit": None},
        precision="fp32",
        selection={"rule": "lowest proxy FID", "samples": 5000,
                   "against": "first 10,000 training images", "features": feature_hash(dataset)},
        code="ef" * 32,
        evaluation={"samples": 10_000, "features": feature_hash(dataset), "code": "01" * 32},
    )  # fmt: skip


def spec(name: str = "MNIST_GAN_hinge_z64", **changes: Any) -> CellSpec:
    """One cell of a GAN of two epochs, but for what is given."""
    base = spec_of("gan", "MNIST", {"loss": "hinge", "z_dim": 64}, 42, False, 2)
    return replace(base, name=name, **changes)
