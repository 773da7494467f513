"""Two runs on one store: the second says whose it is; a dead one locks nothing."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path
from typing import Any

import filelock
import pytest

from labkit.execution import runner
from labkit.execution.runner import Options
from labkit.store.lock import BusyError, only_run
from labkit.store.store import Store
from tests.builders import runs
from tests.builders.cells import spec
from tests.builders.plans import plan_of


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


def run(store: Store, seed: int = 1, **given: Any) -> tuple[runner.Summary, runs.Recorder]:
    view = runs.Recorder()
    cell = spec(f"MNIST_GAN_hinge_z64_seed{seed}", seed=seed)
    options = Options(executor="inline")
    return runner.run(plan_of(cell), store, options, view, given.get("work", runs.work)), view


def test_the_second_says_whose_the_store_is_and_changes_nothing(store: Store) -> None:
    with runs.another_run(store) as process:
        with pytest.raises(BusyError) as caught:
            run(store)
        said = str(caught.value)
        assert f"another labkit run is at work there (process {process.pid}, since 2" in said
        assert time.strftime("%Y-%m-%d") in said
        assert "wait for it or stop it" in said
        assert len(said.splitlines()) == 1
        assert [path.name for path in store.root.iterdir()] == [store.lock_path.name]


def test_a_killed_run_locks_nothing(store: Store) -> None:
    with runs.another_run(store) as process:
        process.kill()
        process.wait()
        assert store.lock_path.read_bytes()  # it had no time to tidy up
        summary, view = run(store)
    assert (summary.done, view.said) == (1, [])


def test_it_is_held_for_as_long_as_cells_run(store: Store) -> None:
    seen = []

    def work(task: dict[str, Any]) -> float:
        with pytest.raises(BusyError, match=f"process {os.getpid()}, since"):
            run(store, seed=2)
        seen.append(task)
        return runs.work(task)

    assert run(store, work=work)[0].done == 1
    assert len(seen) == 1
    assert run(store, seed=2)[0].done == 1


def test_a_run_that_fails_lets_go(store: Store) -> None:
    def work(task: dict[str, Any]) -> float:
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full") as caught:
        run(store, work=work)
    assert caught.value.errno == errno.ENOSPC
    assert run(store)[0].done == 1


def test_a_run_with_nothing_to_do_needs_no_lock(store: Store) -> None:
    run(store)
    with runs.another_run(store):
        summary, _ = run(Store(store.root))
    assert (summary.done, summary.trained) == (1, 0)


def test_where_there_are_no_locks_the_run_goes_on_and_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: int, **rest: Any) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(filelock, "lock_descriptor", refuse)
    summary, view = run(store)
    assert summary.done == 1
    (line,) = view.said
    assert "no lock can be had there (the file system has no locks)" in line


def test_a_lock_file_that_cannot_be_opened_stops_nobody(store: Store) -> None:
    store.lock_path.mkdir(parents=True)
    summary, view = run(store)
    assert summary.done == 1
    assert "no lock can be had there" in view.said[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "at work there; wait"),
        (b"\n{", "at work there; wait"),
        (b"\n[]", "at work there; wait"),
        (b'\n{"pid": 1, "host": "x", "since": 1e99}', "at work there; wait"),
        (b"\n" + b"[" * 999, "at work there; wait"),
        (
            b"\n" + json.dumps({"pid": 7, "host": "elsewhere", "since": 0}).encode(),
            "at work there (process 7 of another machine, since 19",
        ),
    ],
)
def test_whatever_the_file_says_it_is_one_line(store: Store, content: bytes, said: str) -> None:
    with only_run(store.lock_path):
        store.lock_path.write_bytes(content)
        with pytest.raises(BusyError) as caught, only_run(store.lock_path):
            pass
    assert said in str(caught.value)
