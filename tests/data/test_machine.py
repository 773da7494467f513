"""What is computed once a machine: read again to the bit, and made anew where it is damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labkit.data import machine
from labkit.data.machine import MOST, Arrays, kept
from labkit.store import atomic

VALUES: Arrays = {
    "a": np.random.default_rng(0).standard_normal((40, 7)),
    "b": np.arange(9) > 3,
    "c": np.arange(5, dtype=np.int64),
}


class Work:
    """Makes the arrays, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Arrays:
        self.times += 1
        return dict(VALUES)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "computed"


def same(found: Arrays) -> bool:
    assert found.keys() == VALUES.keys()
    return all(
        found[name].dtype == value.dtype and np.array_equal(found[name], value)
        for name, value in VALUES.items()
    )


def test_it_is_made_once_and_read_to_the_bit(folder: Path) -> None:
    work = Work()
    assert all(same(kept("digits", ["code", "data"], work)) for _ in range(3))
    assert work.times == 1
    assert [path.name.partition("-")[0] for path in folder.iterdir()] == ["digits"]


@pytest.mark.parametrize("decides", [["code", "date"], ["codedata"], ["data", "code"], ["code"]])
def test_whatever_decides_it_makes_it_anew(folder: Path, decides: list[str]) -> None:
    work = Work()
    kept("digits", ["code", "data"], work)
    kept("digits", decides, work)
    assert work.times == 2


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
        lambda data: b"\0" + data[1:],
        lambda data: data[32:],
    ],
)
def test_a_damaged_file_is_made_anew(folder: Path, harm: Callable[[bytes], bytes]) -> None:
    work = Work()
    kept("digits", ["x"], work)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(harm(whole))
    assert same(kept("digits", ["x"], work))
    assert work.times == 2
    assert path.read_bytes() == whole


@pytest.mark.parametrize("primitive", ["_mkdir", "_write", "_fsync", "_replace"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "no space left")])
def test_stopped_at_any_moment_the_next_process_has_it_whole(
    folder: Path, primitive: str, error: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed halfway, or with a full disk, which costs no more than the time."""
    work, real = Work(), getattr(atomic, primitive)

    def stopped(*args: Any) -> None:
        if primitive == "_write":
            real(args[0], args[1][:50])
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(atomic, primitive, stopped)
        if error is KeyboardInterrupt:
            with pytest.raises(KeyboardInterrupt):
                kept("digits", ["x"], work)
        else:
            assert same(kept("digits", ["x"], work))
    assert same(kept("digits", ["x"], work))
    assert same(kept("digits", ["x"], work))
    assert work.times == 2


def test_a_cache_that_cannot_be_written_costs_time_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "file"))
    work = Work()
    assert all(same(kept("digits", ["x"], work)) for _ in range(2))
    assert work.times == 2


def test_of_each_name_a_few_are_kept_and_what_was_cut_short_goes(folder: Path) -> None:
    work = Work()
    kept("clothes", ["x"], work)
    (folder / ".digits-0123.77.tmp").write_bytes(b"half")
    for version in range(MOST + 2):
        kept("digits", [f"{version}"], work)
    names = sorted(path.name.lstrip(".").partition("-")[0] for path in folder.iterdir())
    assert names == ["clothes"] + ["digits"] * MOST
    assert not list(folder.glob(".*"))
    before = work.times
    kept("digits", [f"{MOST + 1}"], work)  # the newest is there
    assert work.times == before


def test_the_processor_has_a_name() -> None:
    assert machine.processor()
