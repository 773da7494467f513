"""How long cells take on this machine: remembered from cells it has run.

    seconds = a · images seen in training + b · samples drawn and measured

with a and b of each family, kind of device and precision, kept in the user's cache. Two
numbers, because a short training is measured as thoroughly as a long one. Only estimates
rest on them, never a result.
"""

import contextlib
import heapq
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from labkit.catalog import FAMILIES, REGISTRIES
from labkit.data.places import cache_dir
from labkit.data.sources import BUNDLED_TRAIN
from labkit.experiment.spec import CellSpec
from labkit.store import atomic
from labkit.text.numbers import duration

#: A sample of the evaluation takes about as long as this many that only choose the epoch.
EVALUATED = 4
FULL_TRAIN = 60_000
#: A speed within this share of the one remembered is not written down again.
SAME = 0.03
#: How far a slower cell moves what is remembered: the machine may have been busy with more.
DOUBT = 1 / 3


def _work(spec: CellSpec, device: str) -> dict[str, int]:
    """Images seen in all epochs, and samples that choose the best one and evaluate it.

    By what the speeds are remembered under: a family with its networks and constraint.
    """
    parts = [spec.params.get(name) for name in ("networks", "constraint")]
    own = [str(part) for part in parts if part not in (None, "lab1", "none")]
    kind = f"{'-'.join([spec.family, *own])}/{device}/{spec.precision}"
    epochs, at_the_end = spec.training["epochs"], EVALUATED * spec.evaluation["samples"]
    return {
        f"{kind}/image": epochs * images(spec),
        f"{kind}/sample": epochs * spec.selection["samples"] + at_the_end,
    }


def images(spec: CellSpec) -> int:
    """Training images of an epoch."""
    size = FULL_TRAIN if spec.data["source"] == "full" else BUNDLED_TRAIN
    return min(size, spec.data["limit"] or size)


def estimate(spec: CellSpec, device: str = "auto") -> tuple[float, bool]:
    """Expected seconds of a cell, and whether that rests on a cell run on this machine."""
    about, remembered = FAMILIES[spec.family], _remembered(_path())
    (image, seen), (sample, drawn) = _work(spec, device).items()
    # A rough speed is what the catalog says of the family and its networks.
    networks = about.params.get("networks")
    choices = REGISTRIES[networks.choices] if networks else {}
    entry = choices.get(str(spec.params.get("networks")))
    rough = about.seconds * (entry.work if entry else 1.0)
    seconds = seen * remembered.get(image, rough) + drawn * remembered.get(
        sample, about.sample_seconds
    )
    return seconds, image in remembered


def remember(spec: CellSpec, device: str, seconds: float, training: float) -> None:
    """Note how long a whole cell took, in seconds, and the training steps of it.

    A quicker cell than any before is believed at once, a slower one by a third; one that trained
    for longer than it took was resumed, or timed by another clock, and is not believed. An
    unwritable cache is no error.
    """
    if training > seconds:
        return
    known = _remembered(_path())
    took = zip(_work(spec, device).items(), (training, seconds - training), strict=True)
    new = {key: each / many for (key, many), each in took if each > 0}
    if all(abs(each - known.get(key, 0.0)) <= SAME * each for key, each in new.items()):
        return
    for key, each in new.items():
        before = known.get(key, each)
        known[key] = each if each < before else before + DOUBT * (each - before)
    with contextlib.suppress(OSError):
        atomic.mkdir(_path().parent)
        atomic.replace_bytes(_path(), json.dumps(known, sort_keys=True).encode())


def schedule(seconds: Iterable[float], jobs: int) -> float:
    """Wall time of tasks handed out in order to whichever of `jobs` workers is free."""
    free = [0.0] * max(jobs, 1)
    for task in seconds:
        heapq.heapreplace(free, free[0] + task)
    return max(free)


def total_in_words(specs: Sequence[CellSpec], jobs: int, device: str = "auto") -> str:
    """The expected wall time of cells, and what the expectation rests on."""
    parts = [estimate(spec, device) for spec in specs]
    text = f"about {duration(schedule([seconds for seconds, _ in parts], jobs))}"
    if all(known for _, known in parts):
        return f"{text}, going by earlier cells on this machine"
    return f"{text}, a rough guess until a cell has run on this machine"


def _path() -> Path:
    return cache_dir() / "speed.json"


@lru_cache(maxsize=1)
def _remembered(path: Path) -> dict[str, float]:
    """What stands in the file; read once, since a plan asks for each of its cells."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return {k: v for k, v in found.items() if isinstance(v, float) and v > 0}
    return {}
