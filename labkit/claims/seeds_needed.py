"""The run that could settle what is open, and about how long it takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from labkit.claims.noise import MIN_SEEDS
from labkit.claims.statistics import ALPHA, fmean, student_interval

if TYPE_CHECKING:
    from labkit.claims.cell import Cell
    from labkit.claims.finding import Finding
    from labkit.claims.table import Table

#: Numbers of seeds worth proposing.
STEPS = (3, 5, 8, 12, 20)


@dataclass(frozen=True)
class Plan:
    """A run that would give some cells more seeds."""

    seeds: int
    """Seeds per cell after it; 0: even the last of `STEPS` would hardly do."""
    command: str = ""
    """Ready to paste; empty where none is known."""
    cells: int = 0
    """Settings it concerns."""
    trainings: int = 0
    """Trainings it adds."""
    seconds: float | None = None
    """Their time one after another, from measured times of the same cells; None: unknown."""


def plan(found: Finding, table: Table, tests: int = 1) -> Plan:
    """What to run to settle a finding that is open."""
    seeds = seeds_needed(found, tests)
    names = sorted({cell.seedless for cell in found.cells})
    if not seeds or not names:
        return Plan(0)
    return plan_for(names, seeds, table)


def plan_for(names: Sequence[str], seeds: int, table: Table) -> Plan:
    """The run that gives some cells, named without seeds, so many seeds each."""
    settings, pattern = table.cells.settings, glob(names)
    matched = [name for name in settings if fnmatchcase(name, pattern)]
    if len(matched) == len(settings):
        pattern = ""
    trainings, seconds = cost([settings[name] for name in matched], seeds)
    command = table.resume(tuple(names), seeds) if table.resume else run_command(pattern, seeds)
    return Plan(seeds, command, len(matched), trainings, seconds)


def seeds_needed(found: Finding, tests: int = 1) -> int:
    """The least number of seeds that should call the difference seen, if it is real.

    Args:
        found: a finding that is open.
        tests: how many differences its question tests (Holm's first step).

    Returns:
        A number of seeds per cell; 0 if even the last of `STEPS` would not be expected to do.
        Where no noise is known, the least that shows it.
    """
    have = max(1, found.n_seeds)
    if found.noise is None or found.estimate is None:
        return next((n for n in STEPS if n > have), 0)
    single = found.noise.error * have**0.5
    size = max(0.0, abs(found.estimate) - found.slack)
    for n in STEPS:
        if n <= have or n < MIN_SEEDS:
            continue
        df = found.noise.df
        if found.noise.source == "own":
            df = round(df * (n - 1) / (have - 1))
        error = single / n**0.5
        if student_interval(error, df, 1 - ALPHA / max(1, tests)) < size:
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
    """Trainings still to do for so many seeds, and their time in seconds.

    Args:
        settings: the cells of each setting.
        seeds: how many each should have.
    """
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
        same = 0
        while len({tuple(row[: same + 1]) for row in rows}) == 1:
            same += 1
        parts = [*rows[0][:same], "*"]
    return re.sub(r"(\*_)+\*", "*", "_".join(parts))


def run_command(pattern: str, seeds: int) -> str:
    """``labkit run --seeds 3 --only 'MNIST_GAN_*'``; no pattern or ``*`` means every cell."""
    only = f" --only {shlex.quote(pattern)}" if pattern.strip("*") else ""
    return f"labkit run --seeds {seeds}{only}"
