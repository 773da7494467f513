"""labkit's own training of a cell, without measuring or keeping it: what `plain` is set against."""

from __future__ import annotations

import time
from typing import Any

import torch

from labkit.catalog import FAMILIES, resolve
from labkit.data import load
from labkit.train import runtime
from labkit.train.flops import flops_per_image
from labkit.train.loop import fit
from labkit.train.models.base import Context, Family
from labkit.train.rng import derive


def build(cell: dict[str, Any], device: str = "cpu") -> Family:
    """The cell's family on a device. See `benchmarks.plain.train` for `cell`."""
    family = FAMILIES[cell["family"]]
    params = {
        key: cell.get(key, list(p.default) if isinstance(p.default, tuple) else p.default)
        for key, p in family.params.items()
    }
    torch.manual_seed(derive(42, "init"))
    built: Family = resolve(family.target)(params)
    built.to(torch.device(device))
    return built


def train(
    cell: dict[str, Any],
    limit: int,
    epochs: int,
    threads: int,
    precision: str = "fp32",
    device: str = "cpu",
) -> float:
    """Train one cell on the first `limit` images; the seconds that took, without imports."""
    runtime.set_up(threads)
    started = time.perf_counter()
    images = torch.from_numpy(load(cell["dataset"], "train", "bundled", limit).images.copy())
    images = images.to(device)
    epochs_of = fit(
        build(cell, device), images, epochs=epochs, batch_size=128, seed=42, precision=precision
    )
    for _ in epochs_of:
        pass
    return time.perf_counter() - started


def flops(cell: dict[str, Any]) -> float:
    """Floating-point operations of training on one image, as a cell's cost file has them."""
    family = build(cell)
    return flops_per_image(family, torch.zeros(8, 1, 28, 28), Context(torch.Generator()))
