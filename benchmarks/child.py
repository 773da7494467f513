"""Run one thing in a process of its own, and say what it took: seconds, CPU time, memory.

``python -m benchmarks.child TASK`` with TASK a JSON object; prints one JSON line. Times are
taken after the imports, so that torch's start-up is in no ratio.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any


def main() -> None:
    task = json.loads(sys.argv[1])
    took = DO[task.pop("do")](**task)
    own = resource.getrusage(resource.RUSAGE_SELF)
    below = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({
        "seconds": took["seconds"],
        "cpu": took["cpu"],
        "memory_mb": max(own.ru_maxrss, below.ru_maxrss) * 1024 / 1e6,
        **took["more"],
    }))  # fmt: skip


def _timed(work: Callable[[], object]) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    more = work()
    return {
        "seconds": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "more": more if isinstance(more, dict) else {},
    }


def _plain(cells: list[dict[str, Any]], limit: int, epochs: int, threads: int) -> dict[str, Any]:
    from benchmarks import plain

    plain.train(cells[0], 256, 1, threads)  # first calls choose kernels and fill caches
    return _timed(lambda: [plain.train(cell, limit, epochs, threads) for cell in cells])


def _ours(
    cells: list[dict[str, Any]], limit: int, epochs: int, threads: int, precision: str = "fp32"
) -> dict[str, Any]:
    from benchmarks import ours

    ours.train(cells[0], 256, 1, threads, precision)
    return _timed(lambda: [ours.train(cell, limit, epochs, threads, precision) for cell in cells])


def _cell(task: dict[str, Any]) -> dict[str, Any]:
    from pathlib import Path

    from labkit.execution.runner import train_and_measure
    from labkit.execution.status import Task
    from labkit.experiment.spec import CellSpec

    spec = CellSpec.from_json(task["spec"])
    one = Task(spec, Path(task["store"]), device=task["device"])
    return _timed(lambda: {"cell_seconds": train_and_measure(one)})


def _evaluation(dataset: str, samples: int) -> dict[str, Any]:
    from labkit.data import load
    from labkit.measure.evaluate import measure_samples
    from labkit.train import runtime

    runtime.set_up(1)
    images = load(dataset, "train", "bundled", samples).images
    measure_samples(images, dataset)  # what depends on real images alone is kept
    return _timed(lambda: measure_samples(images, dataset) and None)


def _convolutions(
    cell: dict[str, Any], precision: str, batch: int = 128, repeats: int = 8
) -> dict[str, Any]:
    from benchmarks import roof

    return _timed(lambda: roof.measure(cell, precision, batch, repeats))


def _empty(cells: int, root: str) -> dict[str, Any]:
    from pathlib import Path

    from benchmarks import empty

    plan = empty.plan_of(empty.ONE_GAN, range(cells))
    return _timed(lambda: {"done": empty.run_empty(plan, Path(root)).done})


def _disk(cells: int, root: str) -> dict[str, Any]:
    from benchmarks import disk

    return _timed(lambda: disk.run(cells, root))


def _network(cell: dict[str, Any]) -> dict[str, Any]:
    """Arithmetic of training on one image."""
    from benchmarks import ours

    return _timed(lambda: {"gflop": ours.flops(cell) / 1e9})


DO: dict[str, Callable[..., dict[str, Any]]] = {
    "plain": _plain, "ours": _ours, "cell": _cell, "evaluation": _evaluation,
    "convolutions": _convolutions, "network": _network, "empty": _empty, "disk": _disk,
}  # fmt: skip

if __name__ == "__main__":
    main()
