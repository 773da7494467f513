"""Calibration of the measures: their values on real images, noise and synthetic failures.

Two JSON files per data set, read without torch: ``<dataset>-features.json`` describes the
pinned feature network (written by ``scripts/train_features.py``), ``<dataset>.json`` holds the
calibration (written by ``scripts/calibrate_measures.py``).
"""

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
    """Describe a data set's pinned feature network.

    Returns:
        ``sha256`` of the weights file, ``test_accuracy`` (0..1), ``parameters``, ``training``
        (settings), ``confusion`` (counts; row: true class) and ``confusion_from``.
    """
    return _read(f"{dataset}-features.json")


def feature_hash(dataset: str) -> str:
    """Return the SHA-256 (hex) of the pinned weights; proxy FIDs are comparable only within one.

    Empty for a data set without a feature network, whose samples cannot be measured until
    ``scripts/train_features.py`` has trained one.
    """
    if not (_FOLDER / f"{dataset}-features.json").is_file():
        return ""
    digest: str = feature_network(dataset)["sha256"]
    return digest


def calibration(dataset: str) -> dict[str, Any]:
    """Return the calibration of a data set, as ``scripts/calibrate_measures.py`` wrote it.

    Returns:
        ``features`` (the network's hash), ``proxy_fid`` (``real``, ``real_tracking`` and
        ``blurred_by_1_pixel`` by number of samples, ``real_halves``, ``train_vs_test``,
        ``ceiling``), ``real`` (every other measure on 10,000 real images), ``blur``
        (sharpness and proxy FID of blurred real images, by σ in pixels).
    """
    return _read(f"{dataset}.json")


def floor(dataset: str, samples: int = 10_000, tracking: bool = False) -> float | None:
    """Mean proxy FID of N real images, the lowest a generator can be expected to reach.

    Interpolated in 1/N between the calibrated N, since the bias falls like 1/N.

    Args:
        dataset: a calibrated data set.
        samples: N.
        tracking: against the first 10,000 training images (curves over epochs) instead of
            the test images (reported values).

    Returns:
        None outside the calibrated N (1,000 to 10,000; tracking: to 5,000).
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
    """Proxy FIDs (10,000 samples) of images without content, by what they are, e.g. noise."""
    found: dict[str, float] = calibration(dataset)["proxy_fid"]["ceiling"]
    return found


def sampling_spread(dataset: str, samples: int = 10_000) -> float:
    """Standard deviation of a proxy FID over draws of N samples from the same weights.

    Measured on real images blurred by σ = 1 pixel, whose proxy FID is near that of an average
    GAN; it falls like 1/√N.
    """
    known = calibration(dataset)["proxy_fid"]["blurred_by_1_pixel"]["2000"]["sd"]
    return float(known * (2_000 / samples) ** 0.5)


def margin(dataset: str, samples: int = 10_000) -> float:
    """Smallest difference of two proxy FIDs that sampling alone is unlikely to cause.

    Three standard deviations of a difference, ``3 √2`` times `sampling_spread`. It does not
    cover other seeds: training varies far more than sampling.
    """
    return 3 * 2**0.5 * sampling_spread(dataset, samples)


def real_value(dataset: str, metric: str) -> float | None:
    """Value of a measure on 10,000 real images; None if it is not calibrated."""
    if metric == "proxy_fid":
        return floor(dataset)
    entry = calibration(dataset)["real"].get(metric)
    return None if entry is None else float(entry["mean"])


def reference_noise() -> list[dict[str, Any]]:
    """Repeated trainings by which a report with few seeds is judged.

    ``scripts/reference_noise.py`` writes them.

    Returns:
        An entry a family and size of data: ``name, version, about, family, settings`` (the
        same in all), ``factors`` (varied, with levels), ``samples`` (for measuring, for
        selection), ``features`` (data set to hash), ``metrics``, ``columns`` and ``cells``
        (a row of values each). Empty where none was made.
    """
    if not (_FOLDER / "reference_noise.json").is_file():
        return []
    entries: list[dict[str, Any]] = _read("reference_noise.json")["references"]
    return entries
