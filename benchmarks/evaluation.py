"""What measuring costs: ``python -m benchmarks.evaluation``, on one thread.

Three numbers a data set, each against its limit: evaluating 10,000 samples with all
measures in a fresh process (which also measures the references) and again in the same one
(as in a worker with several cells), the peak memory of the process, and one epoch's
tracking of 5,000 samples. The samples are real training images, which cost as much as any.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import time
from typing import Any

from labkit.catalog import DATASETS
from labkit.data import load

SECONDS, MEGABYTES = 20.0, 1500.0
#: A tenth of what a GAN's epoch of 60,000 images takes at 600 images a second.
TRACKING_SECONDS = 10.0
SAMPLES, TRACKED = 10_000, 5_000


def measure(dataset: str) -> dict[str, Any]:
    """Seconds and megabytes of one data set, in this process."""
    import torch

    from labkit.measure.cost import PeakMemory
    from labkit.measure.evaluate import measure_samples
    from labkit.measure.tracker import Tracker

    torch.set_num_threads(1)
    memory = PeakMemory()
    images = load(dataset, "train", "bundled").images

    def timed(work: Any, *arguments: Any) -> float:
        started = time.perf_counter()
        work(*arguments)
        return time.perf_counter() - started

    first = timed(measure_samples, images[:SAMPLES], dataset)
    again = timed(measure_samples, images[:SAMPLES], dataset)
    tracker = Tracker(dataset)
    tracking = min(timed(tracker.proxy_fid, images[:TRACKED]) for _ in range(3))
    return {
        "evaluation_s": round(first, 1),
        "evaluation_again_s": round(again, 1),
        "peak_memory_mb": round(memory.megabytes() or 0),
        "tracking_s": round(tracking, 2),
    }


def main() -> None:
    """Print a JSON object; exit status 1 if a limit is exceeded."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # read by the children, before they import NumPy
    results = {}
    for dataset in DATASETS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            results[dataset] = pool.apply(measure, (dataset,))
    limits = {
        "evaluation_s": SECONDS,
        "peak_memory_mb": MEGABYTES,
        "tracking_s": TRACKING_SECONDS,
    }
    machine = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    print(json.dumps({**machine, "threads": 1, "limits": limits, **results}, indent=1))
    kept = all(entry[name] <= limits[name] for entry in results.values() for name in limits)
    raise SystemExit(0 if kept else 1)


if __name__ == "__main__":
    main()
