"""Grids of GANs and VAEs with given values, as cells: what the tests of the claims' numbers use."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from labkit.claims.cell import Cell, Measured, verdict_of
from labkit.claims.cells import Cells, make_cells

DATASETS = ("MNIST", "FashionMNIST")
LOSSES = ("hinge", "bce")
SIZES = (32, 64, 128)
#: Makes a value from data set, loss, z and seed.
Value = Callable[[str, str, int, int], float]


def cell(
    values: dict[str, float | Measured],
    dataset: str = "MNIST",
    seed: int = 0,
    family: str = "gan",
    status: str = "done",
    collapse: str = "",
    **settings: Any,
) -> Cell:
    """One training; numbers are taken for exact doubles."""
    name = "_".join([dataset, family.upper(), *(f"{v}" for v in settings.values())])
    metrics = {n: v if isinstance(v, Measured) else Measured(v) for n, v in values.items()}
    return Cell(
        run=f"{name}_seed{seed}", family=family, dataset=dataset, seed=seed, settings=settings,
        metrics=metrics, status=status, collapse=verdict_of(collapse),
    )  # fmt: skip


def gans(
    value: Value,
    seeds: int = 3,
    datasets: Sequence[str] = DATASETS,
    metric: str = "proxy_fid",
    half: float = 0.0,
    **held: Any,
) -> Cells:
    """The full grid of losses and z dimensions."""
    return make_cells(
        cell({metric: Measured(value(d, loss, z, seed), half)}, d, seed, loss=loss, z_dim=z, **held)
        for d in datasets for loss in LOSSES for z in SIZES for seed in range(seeds)
    )  # fmt: skip


def noisy(start: int, width: float = 0.1, middle: float = 10.0) -> Value:
    """Values of their own for every cell, the same each time: log-normal about a middle."""

    def value(dataset: str, loss: str, z: int, seed: int) -> float:
        place = random.Random(f"{start} {dataset} {loss} {z} {seed}")
        return middle * place.lognormvariate(0.0, width)

    return value
