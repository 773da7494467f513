"""How time and memory grow with images and epochs, and what `labkit run -n` makes of it.

Real cells, measuring and all, in a process each. The first is the calibrating cell; from
it alone `labkit.execution.eta` estimates the others, which is set against what they took.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks import empty
from benchmarks.compare import Spread, child
from benchmarks.table import Row, Size
from labkit.execution import eta
from labkit.experiment.spec import CellSpec


def cells(size: Size) -> Iterator[Row]:
    """Time and memory of a cell against its images and epochs, with the estimate beside."""
    families = {spec.family: spec for spec in empty.plan_of(empty.LAB1, [42]).cells}
    with tempfile.TemporaryDirectory() as cache:
        before = os.environ.get("LABKIT_CACHE")
        os.environ["LABKIT_CACHE"] = cache
        try:
            for spec in families.values():
                yield from _family(spec, size.growth)
        finally:
            if before is None:
                del os.environ["LABKIT_CACHE"]
            else:
                os.environ["LABKIT_CACHE"] = before


def _family(spec: CellSpec, images: int) -> Iterator[Row]:
    first, *others = ((images, 2), (4 * images, 2), (images, 8), (4 * images, 8))
    for i, (limit, epochs) in enumerate([first, *others]):
        cell = replace(
            spec,
            data={**spec.data, "limit": limit},
            training={**spec.training, "epochs": epochs},
        )
        with tempfile.TemporaryDirectory() as store:
            task = {"spec": cell.to_json(), "store": store, "device": "cpu"}
            took = child(do="cell", task=task)
            training = _training_seconds(Path(store))
        seconds = took["cell_seconds"]
        expected, _ = eta.estimate(cell, "cpu")
        told = f"estimated {expected:.1f} s: {100 * (expected / seconds - 1):+.0f} %"
        if i == 0:
            eta.remember(cell, "cpu", seconds, training)
            told = "the calibrating cell"
        yield Row(
            f"{spec.family}: {limit:,} images, {epochs} epochs",
            value=Spread.of([seconds]),
            unit="s",
            target="" if i == 0 else "± 25 %",
            note=f"{told}; training {training:.1f} s; at most {took['memory_mb']:.0f} MB",
            facts={
                "family": spec.family,
                "images": limit,
                "epochs": epochs,
                "seconds": seconds,
                "estimated": expected if i else None,
                "memory_mb": took["memory_mb"],
            },
        )


def _training_seconds(store: Path) -> float:
    import json

    (cost,) = store.glob("cells/*/train/cost.json")
    return float(json.loads(cost.read_bytes())["seconds"])
