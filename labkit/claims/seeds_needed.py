"""The run that could settle what is open, and about how long it takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import TYPE_CHECKING

from labkit.claims.cell import Cell
from labkit.claims.claim import Settle
from labkit.claims.finding import Finding
from labkit.claims.noise import MIN_SEEDS
from labkit.claims.statistics import ALPHA, fmean, student_interval

if TYPE_CHECKING:
    from labkit.claims.table import Table

#: Numbers of seeds that are tried, and up to which a run is proposed.
STEPS = (3, 5, 8, 12, 20)
WORTH = 8


def plan(found: Finding, table: Table, tests: int = 1) -> Settle:
    """The run that could settle a finding that is open, not yet said in words."""
    seeds = seeds_needed(found, tests)
    names = tuple(sorted({cell.seedless for cell in found.cells}))
    if not seeds or not names:
        return Settle()
    settings, pattern = table.cells.settings, glob(names)
    matched = [cells for name, cells in settings.items() if fnmatchcase(name, pattern)]
    if len(matched) == len(settings):
        pattern = ""
    command = table.resume(names, seeds) if table.resume else run_command(pattern, seeds)
    return Settle("", command, seeds, *cost(matched, seeds))


def seeds_needed(found: Finding, tests: int = 1) -> int:
    """Seeds per cell, at least, that should call the difference seen, if it is real.

    Its question tests so many differences (Holm's first step). Where no noise is known, the
    least that shows it; 0 if even the last of `STEPS` would not be expected to do.
    """
    have = max(1, found.n_seeds)
    more = [n for n in STEPS if n > have]
    if found.noise is None or found.estimate is None:
        return more[0] if more else 0
    single, df = found.noise.error * have**0.5, found.noise.df
    size = max(0.0, abs(found.estimate) - found.slack)
    for n in more:
        then = round(df * (n - 1) / (have - 1)) if found.noise.source == "own" else df
        if student_interval(single / n**0.5, then, 1 - ALPHA / max(1, tests)) < size:
            return n
    return 0


def seeds_tell(seeds: int) -> str:
    """What so many seeds a cell can settle, in a line."""
    if seeds < MIN_SEEDS:
        had = "one seed" if seeds == 1 else f"{seeds} seeds"
        return (
            f"{had} a cell tells of these runs alone, unless repeated trainings of the same kind "
            f"are known; `--seeds {MIN_SEEDS}` tells large differences from chance"
        )
    return f"{seeds} seeds a cell: differences are judged by their own variation"


def cost(settings: Sequence[Sequence[Cell]], seeds: int) -> tuple[int, float | None]:
    """Trainings still to do for so many seeds of each setting's cells, and their seconds."""
    times = [c.seconds for cells in settings for c in cells if c.seconds is not None]
    trainings, seconds = 0, 0.0
    for cells in settings:
        more = max(0, seeds - len({c.seed for c in cells}))
        measured = [c.seconds for c in cells if c.seconds is not None] or times
        trainings += more
        seconds += more * fmean(measured) if measured else 0.0
    return trainings, seconds if times else None


def glob(names: Sequence[str]) -> str:
    """The narrowest simple pattern that matches all names: parts that differ become ``*``.

    >>> glob(["MNIST_GAN_hinge_z64", "MNIST_GAN_bce_z64"])
    'MNIST_GAN_*_z64'
    >>> glob(["MNIST_GAN_hinge_z64", "MNIST_VAE_latent16"])
    'MNIST_*'
    """
    if len(names) == 1:
        return names[0]
    rows = [name.split("_") for name in names]
    if len({len(row) for row in rows}) == 1:
        parts = [p[0] if len(set(p)) == 1 else "*" for p in zip(*rows, strict=True)]
    else:
        same = takewhile(lambda part: len(set(part)) == 1, zip(*rows, strict=False))
        parts = [*(part[0] for part in same), "*"]
    return re.sub(r"(\*_)+\*", "*", "_".join(parts))


def run_command(pattern: str, seeds: int) -> str:
    """``labkit run --seeds 3 --only 'MNIST_GAN_*'``; no pattern or ``*`` means every cell."""
    only = f" --only {shlex.quote(pattern)}" if pattern.strip("*") else ""
    return f"labkit run --seeds {seeds}{only}"
