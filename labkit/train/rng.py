"""Random streams that depend on what they are for, never on what ran before.

Each stream is seeded by (seed, purpose, epoch). So an epoch can be resumed without
replaying the ones before it, evaluation cannot disturb training, and cells with one
seed see the same data order and the same noise, as paired comparisons want.
"""

from __future__ import annotations

import hashlib
import random

import numpy as np
import torch


def derive(seed: int, purpose: str, epoch: int = 0) -> int:
    """A 63-bit seed for one purpose, e.g. ``derive(42, "order", 3)``."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def stream(
    seed: int, purpose: str, epoch: int = 0, device: torch.device | str = "cpu"
) -> torch.Generator:
    """A generator of its own for one purpose of one epoch."""
    return torch.Generator(device).manual_seed(derive(seed, purpose, epoch))


def seed_all(seed: int, purpose: str, epoch: int = 0) -> None:
    """Seed what layers draw from by themselves: torch's, NumPy's and Python's own generators."""
    value = derive(seed, purpose, epoch)
    torch.manual_seed(value)
    np.random.seed(value % 2**32)
    random.seed(value)
