"""Families with fresh weights, to be trained in the test's own process."""

from __future__ import annotations

from typing import Any

import torch

from labkit.catalog import FAMILIES, resolve
from labkit.train.models.base import Family
from labkit.train.rng import derive
from tests.builders.cells import settings


def build(family: str, **changes: Any) -> Family:
    """A family on the CPU, its weights drawn from seed 7; the catalog's settings but for some."""
    torch.manual_seed(derive(7, "init"))
    built: Family = resolve(FAMILIES[family].target)(settings(family, **changes))
    built.to(torch.device("cpu"))
    return built
