"""Killed at every operation on the disk, a run ends in the same bytes as one left alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.builders import breakable

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def killed_at(number: int, torn: bool) -> breakable.Fate:
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
        with breakable.disk(killed_at(number, torn)):
            breakable.go(root)

    assert breakable.in_a_child(doomed) == -signal.SIGKILL


def test_killed_before_every_operation(tmp_path: Path, expected: dict[str, bytes]) -> None:
    kinds = breakable.operations(tmp_path / "counted")
    assert len(kinds) > 80
    assert set(kinds) == set(breakable.PRIMITIVES)
    for number, kind in enumerate(kinds):
        root = tmp_path / str(number) / "results"
        kill(root, number, torn=False)
        assert breakable.go(root).done == 2
        assert breakable.files(root) == expected, f"killed before operation {number}, {kind}"


def test_killed_in_the_middle_of_every_write(tmp_path: Path, expected: dict[str, bytes]) -> None:
    kinds = breakable.operations(tmp_path / "counted")
    for number in [n for n, kind in enumerate(kinds) if kind == "write"]:
        root = tmp_path / str(number) / "results"
        kill(root, number, torn=True)
        assert breakable.go(root).done == 2
        assert breakable.files(root) == expected, f"killed in write {number}"


def test_killed_again_and_again(
    tmp_path: Path, expected: dict[str, bytes], undisturbed: Path
) -> None:
    """Every attempt gets two operations further than the one before, or it would never end."""
    root, number, kills = tmp_path / "results", 2, 0
    while True:
        status = breakable.in_a_child(partial(_mortal, root, number))
        if status == 0:
            break
        assert status == -signal.SIGKILL
        kills, number = kills + 1, number + 2
        assert kills < 200
    assert kills > 5
    assert breakable.go(root).done == 2
    assert breakable.files(root) == expected
    assert breakable.report(root, tmp_path / "a") == breakable.report(undisturbed, tmp_path / "b")


def _mortal(root: Path, number: int) -> None:
    with breakable.disk(killed_at(number, torn=True)):
        breakable.go(root)
