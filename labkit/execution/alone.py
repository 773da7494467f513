"""Run a cell under its lock, so that no other run trains it at the same time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.store.store import Store

if TYPE_CHECKING:
    from labkit.execution.status import Task

#: Runs one cell; returns the seconds it took.
Work = Callable[["Task"], float]


def run_alone(work: Work, task: Task) -> float | str:
    """Run one cell; return the seconds it took, or who else is at work on it, for people."""
    with opened(task.store).alone(task.spec) as other:
        return other or work(task)


@cache
def opened(root: Path) -> Store:
    """The store in a folder, one for all cells of this process: it lists their folders but once."""
    return Store(root)
