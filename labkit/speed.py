"""How long cells take on this machine: remembered from cells it has run.

Seconds per training image (measuring included), per family and kind of device, kept
in the user's cache. Only estimates rest on it, never a result.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from labkit import durable
from labkit.data.sources import BUNDLED_TRAIN, cache_dir
from labkit.spec import CellSpec

#: Seconds per image on one core of a common laptop, until this machine has run a cell.
ROUGH = {"gan": 1 / 300, "vae": 1 / 1000}
#: The same relative to Lab 1's networks, by their arithmetic.
ROUGH_NETWORKS = {"tf_dcgan": 8.0, "dcgan": 1.5, "dense": 0.4, "dense256": 0.2, "dense512": 0.3}
FULL_TRAIN = 60_000
#: A speed within this share of the one remembered is not written down again.
SAME = 0.03


def images_seen(spec: CellSpec) -> int:
    """Training images a cell sees in all its epochs."""
    size = FULL_TRAIN if spec.data["source"] == "full" else BUNDLED_TRAIN
    limit: int | None = spec.data["limit"]
    epochs: int = spec.training["epochs"]
    return epochs * min(size, limit or size)


def estimate(spec: CellSpec, device: str = "auto") -> tuple[float, bool]:
    """Expected seconds of a cell, and whether that rests on a cell run on this machine."""
    per_image = _remembered().get(_key(spec, device))
    known = per_image is not None
    rough = ROUGH.get(spec.family, max(ROUGH.values()))
    rough *= ROUGH_NETWORKS.get(str(spec.params.get("networks")), 1.0)
    return images_seen(spec) * (rough if per_image is None else per_image), known


def remember(spec: CellSpec, device: str, seconds: float) -> None:
    """Note how long a whole cell took; an unwritable cache is no error."""
    known, key = _remembered(), _key(spec, device)
    per_image = seconds / images_seen(spec)
    if abs(per_image - known.get(key, 0.0)) < SAME * per_image:
        return
    known[key] = per_image
    with contextlib.suppress(OSError):
        durable.mkdir(_path().parent)
        durable.replace_bytes(_path(), json.dumps(known, sort_keys=True).encode())


def _key(spec: CellSpec, device: str) -> str:
    """What has one speed: a family with its networks and constraint, on a kind of device."""
    parts = [spec.params.get(name) for name in ("networks", "constraint")]
    kind = [str(part) for part in parts if part not in (None, "lab1", "none")]
    return f"{'-'.join([spec.family, *kind])}/{device}/{spec.precision}"


def schedule(seconds: Iterable[float], jobs: int) -> float:
    """Wall time of tasks handed out in order to whichever of `jobs` workers is free."""
    free = [0.0] * max(jobs, 1)
    for task in seconds:
        free.sort()
        free[0] += task
    return max(free)


def in_words(seconds: float) -> str:
    """``40 s``, ``12 min``, ``2 h 05 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def total_in_words(specs: Sequence[CellSpec], jobs: int, device: str = "auto") -> str:
    """The expected wall time of cells, and what the expectation rests on."""
    parts = [estimate(spec, device) for spec in specs]
    text = f"about {in_words(schedule([seconds for seconds, _ in parts], jobs))}"
    if all(known for _, known in parts):
        return f"{text}, going by earlier cells on this machine"
    return f"{text}, a rough guess until a cell has run on this machine"


def _path() -> Path:
    return cache_dir() / "speed.json"


def _remembered() -> dict[str, float]:
    path = _path()
    try:
        return dict(_read(path, path.stat().st_mtime_ns))
    except OSError:
        return {}


@lru_cache(maxsize=1)
def _read(path: Path, changed: int) -> dict[str, float]:
    """The file as it was when it was last `changed`: a plan asks once for each cell."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return {k: v for k, v in found.items() if isinstance(v, float) and v > 0}
    return {}
