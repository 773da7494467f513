"""What is known about the measures themselves, torch-free and precomputed.

Two JSON files a data set. ``<dataset>-features.json`` describes the pinned feature
network (written by ``scripts/train_features.py``); ``<dataset>.json`` holds what the
measures read on real images, on noise and on synthetic failures (written by
``scripts/calibrate_measures.py``). Plans, tables, plots and claims read them; none of
them needs torch for it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=8)
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / name).read_text("utf-8"))
    return found


def feature_network(dataset: str) -> dict[str, Any]:
    """Facts about a data set's pinned feature network.

    Returns:
        ``sha256`` of the weights file, ``test_accuracy``, ``parameters``, ``training``
        (the settings), ``confusion`` (counts; row: true class) and ``confusion_from``.
    """
    return _read(f"{dataset}-features.json")


def feature_hash(dataset: str) -> str:
    """SHA-256 (hex) of the pinned weights: proxy FIDs are comparable only within one."""
    digest: str = feature_network(dataset)["sha256"]
    return digest
