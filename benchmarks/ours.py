"""labkit's own training of a cell, without measuring or keeping it: what `plain` is set against."""

from __future__ import annotations

import time
from typing import Any

import torch

from labkit.catalog import FAMILIES, resolve
from labkit.data import load
from labkit.train import runtime
from labkit.train.capture import RecordedSteps
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


def train(*task: Any, **more: Any) -> float:
    """Train one cell, with the arguments of `epoch_seconds`; all seconds it took but imports."""
    started = time.perf_counter()
    epoch_seconds(*task, **more)
    return time.perf_counter() - started


def epoch_seconds(
    cell: dict[str, Any],
    limit: int,
    epochs: int,
    threads: int,
    precision: str = "fp32",
    device: str = "cpu",
    tf32: bool = False,
    recorded: bool = False,
) -> list[float]:
    """Train one cell on the first `limit` images; the seconds of each epoch.

    Steps are run one by one, or with `recorded` as CUDA graphs.

    Raises:
        RuntimeError: they cannot be recorded.
    """
    runtime.set_up(threads, tf32)
    found = load(cell["dataset"], "train", "bundled", limit)
    family = build(cell, device)
    classes = torch.from_numpy(found.labels.astype("int64")).to(device) if family.classes else None
    why: list[str] = []
    step = RecordedSteps(family, why.append) if recorded else None
    rows = fit(
        family,
        torch.from_numpy(found.images.copy()).to(device),
        epochs=epochs,
        batch_size=128,
        seed=42,
        labels=classes,
        precision=precision,
        step=step,
    )
    seconds = [row["seconds"] for _, row in rows]
    if why:
        raise RuntimeError(why[0])
    return seconds


def flops(cell: dict[str, Any]) -> float:
    """Floating-point operations of training on one image, as a cell's cost file has them."""
    family = build(cell)
    return flops_per_image(family, torch.zeros(8, 1, 28, 28), Context(torch.Generator()))
