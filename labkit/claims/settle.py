"""The run that could settle an open claim, and about how long it takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from fnmatch import fnmatchcase
from statistics import fmean
from typing import TYPE_CHECKING

from labkit.claims.claim import Settle
from labkit.claims.statistics import ALPHA
from labkit.text.numbers import duration

if TYPE_CHECKING:
    from labkit.claims.cell import Cell
    from labkit.claims.claim import Draft
    from labkit.claims.judge import Context

#: Numbers of seeds worth proposing.
STEPS = (3, 5, 8, 12, 20)


def settle(draft: Draft, family: int, context: Context) -> Settle | None:
    """What to run for an inconclusive draft; None where no cell is concerned.

    Args:
        draft: an inconclusive one.
        family: statements of its question that are tested together (Holm).
        context: the whole table, its words and the maker of commands.
    """
    names = sorted({cell.seedless for cell in draft.cells})
    if not names:
        return None
    seeds = seeds_needed(draft, family) if draft.seeds_wanted is None else draft.seeds_wanted
    if not seeds:
        words = context.words
        return Settle(words.say("settle.none", n=words.count(STEPS[-1])), "", 0, 0, None)
    return plan_for(names, seeds, context)


def plan_for(names: Sequence[str], seeds: int, context: Context) -> Settle:
    """The run that gives some cells, named without seeds, so many seeds each."""
    words, settings = context.words, context.cells.settings
    pattern = glob(names)
    matched = [name for name in settings if fnmatchcase(name, pattern)]
    if len(matched) == len(settings):
        pattern = ""
    trainings, seconds = cost([settings[name] for name in matched], seeds)
    if context.resume is None:
        command = run_command(pattern, seeds)
    else:
        command = context.resume(tuple(names), seeds)
    time = words.say("settle.time_unknown")
    if seconds is not None:
        time = words.say("settle.time", time=duration(max(1, seconds)))
    text = words.say(
        "settle.run" if command else "settle.run_plain",
        seeds=words.count(seeds),
        cells=words.say("cells.one" if len(names) == 1 else "cells", n=words.count(len(names))),
        command=command,
        more=words.say("settle.more", n=words.count(len(matched)))
        if command and len(matched) > len(names)
        else "",
        time=time,
    )
    return Settle(text, command, seeds, trainings, seconds)


def seeds_needed(draft: Draft, family: int) -> int:
    """The next number of seeds; at three or more, one at which the interval should be decisive.

    0 if the estimate does not exceed the margin or even the last of `STEPS` would not be
    expected to do: then the effect, if there is one, is too small to matter here.
    """
    have = draft.n_seeds
    if draft.quantity == "rate":
        return max(have + 1, STEPS[0], clean_seeds(draft, family))
    if have < STEPS[0] or draft.deviation is None or draft.estimate is None:
        return next((n for n in STEPS if n > have), 0)
    room = abs(draft.estimate) - (draft.margin or 0.0)
    if room <= 0:
        return 0
    from scipy.special import stdtrit

    for n in STEPS:
        quantile = float(stdtrit(n - 1, 1 - ALPHA / max(1, family) / 2))
        if n > have and quantile * draft.deviation / n**0.5 < room:
            return n
    return 0


def clean_seeds(draft: Draft, family: int) -> int:
    """Seeds of as many cells that, all without a hit, show a rate below the margin."""
    margin, trainings = draft.margin or 0.1, 1
    while 2 * (1 - margin) ** trainings > ALPHA / max(1, family):
        trainings += 1
    return -(-trainings // max(1, draft.n_blocks))


def cost(settings: Sequence[Sequence[Cell]], seeds: int) -> tuple[int, float | None]:
    """Trainings still to do for so many seeds, and their time in seconds.

    Args:
        settings: the cells of each setting.
        seeds: how many each should have.
    """
    times = [c.seconds for cells in settings for c in cells if c.seconds is not None]
    trainings = 0
    seconds = 0.0
    for cells in settings:
        more = max(0, seeds - len({c.seed for c in cells}))
        own = [c.seconds for c in cells if c.seconds is not None]
        trainings += more
        if times:
            seconds += more * fmean(own or times)
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
