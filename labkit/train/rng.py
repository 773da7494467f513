"""Random streams, each seeded by (seed, purpose, epoch).

A stream does not depend on what was drawn before. So training can resume at any epoch,
evaluation cannot change training, and cells of one seed see the same order of images and the
same noise, which makes their comparison a paired one.
"""

import hashlib
import random

import numpy as np
import torch


def derive(seed: int, purpose: str, epoch: int = 0) -> int:
    """Return a 63-bit seed for one purpose and epoch, e.g. ``derive(42, "order", 3)``."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def stream(
    seed: int, purpose: str, epoch: int = 0, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return a generator on `device` for one purpose and epoch."""
    return torch.Generator(device).manual_seed(derive(seed, purpose, epoch))


def seed_all(seed: int, purpose: str, epoch: int = 0) -> None:
    """Seed the global generators of torch, NumPy and Python, which random layers draw from."""
    value = derive(seed, purpose, epoch)
    torch.manual_seed(value)
    np.random.seed(value % 2**32)
    random.seed(value)
