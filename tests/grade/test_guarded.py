"""A hand-in that takes too long, too much memory or the process with it leaves a row."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.grade.found import Found
from labkit.grade.guarded import Limits, each_opened
from labkit.grade.kept import Kept
from labkit.grade.record import HandIn

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
BEHAVE = f"{__name__}:behave"
LIMITS = Limits(seconds=2.0, memory=1 << 30, patience=600.0)


def behave(found: Found) -> HandIn:
    """What each hand-in of this class does to whoever opens it."""
    DOES[found.file]()
    return HandIn(found.file, notes=("opened",))


def _spin() -> None:
    while True:
        pass


def _fill() -> None:
    held = []
    while True:
        held.append(bytearray(1 << 26))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise() -> None:
    raise RuntimeError("of a kind that nobody foresaw")


DOES: dict[str, Callable[[], object]] = {
    "good": lambda: None,
    "spins": _spin,
    "fills": _fill,
    "dies": _die,
    "raises": _raise,
    "waits": lambda: time.sleep(1000),
    "good too": lambda: None,
}


def opened(limits: Limits, *names: str) -> dict[str, HandIn]:
    founds = [Found(name, Path(name), student=name) for name in names]
    return {record.file: record for _found, record in each_opened(founds, 2, limits, BEHAVE)}


@pytest.mark.slow
def test_waiting_ends_too() -> None:
    (row,) = opened(Limits(patience=10.0), "waits").values()
    assert row.problem == "given up: took longer than its limit (10 s)"


@pytest.mark.slow
def test_each_leaves_a_row() -> None:
    rows = opened(LIMITS, *DOES.keys() - {"waits"})
    assert {name: row.problem for name, row in rows.items()} == {
        "good": "",
        "spins": "given up: it takes more than 2 s of work",
        "fills": "given up: it needs more than 1 GiB of memory",
        "dies": "given up: the worker process died (signal SIGKILL)",
        "raises": "given up: RuntimeError: of a kind that nobody foresaw",
        "good too": "",
    }
    assert {name for name, row in rows.items() if not row.gave_up} == {"good", "good too"}
    assert rows["good"].notes == rows["good too"].notes == ("opened",)


def test_with_more_time_what_was_given_up_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "lab.zip").write_bytes(b"slow")
    found = Found("lab.zip", tmp_path / "lab.zip")
    short, long = (Kept(tmp_path, limits=Limits(seconds)) for seconds in (20.0, 60.0))
    for gave_up in (False, True):
        short._keep(found, HandIn("lab.zip", problem="why", gave_up=gave_up))
        assert short._known(found) is not None
        assert (long._known(found) is None) == gave_up
