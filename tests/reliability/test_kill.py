"""Killed at every operation on the disk, a run ends in the same bytes as one left alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.reliability import world

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def killed_at(number: int, torn: bool) -> world.Fate:
    """SIGKILL before the operation of this number, or in the middle of writing."""
    seen = 0

    def fate(kind: str, real: Callable[..., None], args: tuple[Any, ...]) -> None:
        nonlocal seen
        if seen == number:
            if torn and kind == "write":
                file, data = args
                file.write(data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1
        real(*args)

    return fate


def kill(root: Path, number: int, torn: bool) -> None:
    def doomed() -> None:
        with world.disk(killed_at(number, torn)):
            world.go(root)

    assert world.in_a_child(doomed) == -signal.SIGKILL


def test_killed_before_every_operation(tmp_path: Path, expected: dict[str, bytes]) -> None:
    kinds = world.operations(tmp_path / "counted")
    assert len(kinds) > 80
    assert set(kinds) == set(world.PRIMITIVES)
    for number, kind in enumerate(kinds):
        root = tmp_path / str(number) / "results"
        kill(root, number, torn=False)
        assert world.go(root).done == 2
        assert world.files(root) == expected, f"killed before operation {number}, {kind}"


def test_killed_in_the_middle_of_every_write(tmp_path: Path, expected: dict[str, bytes]) -> None:
    kinds = world.operations(tmp_path / "counted")
    for number in [n for n, kind in enumerate(kinds) if kind == "write"]:
        root = tmp_path / str(number) / "results"
        kill(root, number, torn=True)
        assert world.go(root).done == 2
        assert world.files(root) == expected, f"killed in write {number}"


def test_killed_again_and_again(
    tmp_path: Path, expected: dict[str, bytes], undisturbed: Path
) -> None:
    """Every attempt gets two operations further than the one before, or it would never end."""
    root, number, kills = tmp_path / "results", 2, 0
    while True:
        status = world.in_a_child(partial(_mortal, root, number))
        if status == 0:
            break
        assert status == -signal.SIGKILL
        kills, number = kills + 1, number + 2
        assert kills < 200
    assert kills > 5
    assert world.go(root).done == 2
    assert world.files(root) == expected
    assert world.report(root, tmp_path / "a") == world.report(undisturbed, tmp_path / "b")


def _mortal(root: Path, number: int) -> None:
    with world.disk(killed_at(number, torn=True)):
        world.go(root)
