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
from itertools import pairwise
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
    """SHA-256 (hex) of the pinned weights: proxy FIDs are comparable only within one.

    Empty for a data set without a feature network: of its samples nothing is measured until
    ``scripts/train_features.py`` has made one.
    """
    if not (_FOLDER / f"{dataset}-features.json").is_file():
        return ""
    digest: str = feature_network(dataset)["sha256"]
    return digest


def calibration(dataset: str) -> dict[str, Any]:
    """All that was calibrated of a data set; see ``scripts/calibrate_measures.py``.

    Returns:
        ``features`` (the network's hash), ``proxy_fid`` (``real``, ``real_tracking`` and
        ``blurred_by_1_pixel`` by number of samples, ``real_halves``, ``train_vs_test``,
        ``ceiling``), ``real`` (every other measure on 10,000 honest samples), ``blur``
        (sharpness and proxy FID of blurred real images, by σ in pixels).
    """
    return _read(f"{dataset}.json")


def floor(dataset: str, samples: int = 10_000, tracking: bool = False) -> float | None:
    """Proxy FID that as many real images read: no generator can be expected to go below.

    The bias of a Fréchet distance falls like 1/N, so between the calibrated numbers of
    samples it is interpolated in 1/N.

    Args:
        samples: N.
        tracking: against the first 10,000 training images (the curves over epochs)
            instead of the test images (the value reported).

    Returns:
        The mean over draws, or None outside the calibrated numbers of samples (1,000 to
        10,000; tracking: to 5,000).
    """
    known = calibration(dataset)["proxy_fid"]["real_tracking" if tracking else "real"]
    sizes = sorted(map(int, known))
    for below, above in pairwise(sizes):
        if below <= samples <= above:
            part = (1 / samples - 1 / above) / (1 / below - 1 / above)
            low, high = known[str(above)]["mean"], known[str(below)]["mean"]
            return float(low + part * (high - low))
    return None


def ceilings(dataset: str) -> dict[str, float]:
    """Proxy FID of nonsense: what it is to what it reads (10,000 samples)."""
    found: dict[str, float] = calibration(dataset)["proxy_fid"]["ceiling"]
    return found


def sampling_spread(dataset: str, samples: int = 10_000) -> float:
    """Standard deviation of the proxy FID of an imperfect generator from its samples alone.

    That of blurred real images (σ = 1 pixel), whose proxy FID is near that of a middling
    GAN: other samples of the same weights differ by this much. It falls like 1/√N.
    """
    known = calibration(dataset)["proxy_fid"]["blurred_by_1_pixel"]["2000"]["sd"]
    return float(known * (2_000 / samples) ** 0.5)


def margin(dataset: str, samples: int = 10_000) -> float:
    """Smallest difference of two proxy FIDs that other samples could not well have made.

    Three standard deviations of a difference, ``3 √2`` times `sampling_spread`. It says
    nothing about other seeds: training varies far more than sampling.
    """
    return 3 * 2**0.5 * sampling_spread(dataset, samples)


def real_value(dataset: str, metric: str) -> float | None:
    """What a measure of samples reads on 10,000 real images; None if not calibrated."""
    if metric == "proxy_fid":
        return floor(dataset)
    entry = calibration(dataset)["real"].get(metric)
    return None if entry is None else float(entry["mean"])
