"""The measures of some samples, computed on a device and on the CPU."""

from __future__ import annotations

import inspect
import time
from typing import Any

import numpy as np
import torch

from labkit.data import load
from labkit.measure.evaluate import Measures, measure_samples
from labkit.train import runtime


def compare(dataset: str, samples: int, device: str) -> dict[str, Any]:
    """Measure shifted training images as samples.

    Returns:
        ``dataset``; ``seconds, CPU`` and ``seconds, device``, the real images' features known;
        ``apart``: the largest difference of a measure, relative to the CPU's, and ``measure``,
        which one it is. ``device``: that measures are computed on the CPU only.
    """
    runtime.set_up()
    images = np.roll(load(dataset, "train", "bundled", samples).images, 1, axis=2)
    _timed(images, dataset)
    here, seconds = _timed(images, dataset)
    found = {"dataset": dataset, "seconds, CPU": seconds}
    if "device" not in inspect.signature(measure_samples).parameters:
        return {**found, "device": "measures are computed on the CPU only"}
    _timed(images, dataset, device=torch.device(device))
    there, seconds = _timed(images, dataset, device=torch.device(device))
    apart, name = max(
        (abs(value - beside) / (abs(value) or 1.0), name)
        for name, value in here.metrics.items()
        if value is not None and (beside := there.metrics[name]) is not None
    )
    return {**found, "seconds, device": seconds, "apart": apart, "measure": name}


def _timed(images: Any, dataset: str, **where: torch.device) -> tuple[Measures, float]:
    started = time.perf_counter()
    found = measure_samples(images, dataset, **where)
    return found, time.perf_counter() - started
