"""How much is run: on a card, and in a rehearsal without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labkit.catalog import FAMILIES


@dataclass(frozen=True)
class Size:
    """How much is run."""

    steps: int
    batch: int
    threads: int
    """Of the CPU's side of the steps, at most."""
    images: int
    """Of an epoch that is timed."""
    epochs: int
    """Of which the first is not counted."""
    rounds: int
    warm_up: int
    """Images seen before anything is timed."""
    processes: tuple[int, ...]
    """Cells that train side by side on the card."""
    samples: int
    """Measured on the card and on the CPU."""
    cell: dict[str, Any]
    """Settings of an experiment file for a cell of every family."""
    families: int
    """How many of them, from the last."""
    patience: int = 1
    """How many times as long everything may take."""
    shrink: bool = False
    """Whether Lab 1 has these settings too, and one cell an experiment."""


FULL = Size(
    steps=20, batch=32, threads=4, images=10_000, epochs=4, rounds=2, warm_up=512,
    processes=(1, 2, 4), samples=2_000,
    cell={"data": {"limit": 2_000}, "training": {"epochs": 2}, "evaluation": {"samples": 2_000}},
    families=len(FAMILIES),
)  # fmt: skip
TINY = Size(
    steps=2, batch=4, threads=1, images=8, epochs=2, rounds=1, warm_up=4,
    processes=(1, 2), samples=100,
    cell={
        "data": {"limit": 8},
        "training": {"epochs": 1, "batch_size": 8},
        "evaluation": {"samples": 100, "selection_samples": 100},
    },
    families=1, patience=5, shrink=True,
)  # fmt: skip
