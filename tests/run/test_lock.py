"""Runs on one store: no cell is done by two of them at once; a dead one locks nothing."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import filelock
import pytest

from labkit.execution import runner
from labkit.execution.runner import Options
from labkit.store import attempts
from labkit.store.lock import Lock
from labkit.store.store import Store
from tests.builders import runs
from tests.builders.cells import spec
from tests.builders.plans import plan_of
from tests.builders.stores import commit

CELLS = [spec(f"MNIST_GAN_hinge_z64_seed{seed}", seed=seed) for seed in (1, 2, 3)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOOK_AGAIN_S", 0.05)
    monkeypatch.setattr(runner, "POLL_S", 0.05)


def run(store: Store, *cells: Any, **given: Any) -> tuple[runner.Summary, runs.Recorder]:
    view, work = runs.Recorder(), given.pop("work", runs.work)
    options = Options(executor="inline", **given)
    return runner.run(plan_of(*cells or CELLS), store, options, view, work), view


def later(seconds: float, do: Any) -> threading.Timer:
    timer = threading.Timer(seconds, do)
    timer.start()
    return timer


def test_a_cell_at_work_elsewhere_is_waited_for_and_the_others_are_not(store: Store) -> None:
    done: list[int] = []

    def work(task: Any) -> float:
        done.append(task.spec.seed)
        return runs.work(task)

    with runs.another_run(store, CELLS[0]) as process:
        later(1.0, process.kill)
        summary, view = run(store, work=work)
    assert (summary.done, done[:3]) == (3, [2, 3, 1])  # and then the lab sheet's own number
    (said,) = view.said
    assert f"_seed1: at work elsewhere (process {process.pid}, since 2" in said
    assert said.endswith("waited for")


def test_what_the_other_has_done_meanwhile_is_not_done_again(store: Store) -> None:
    def commit_and_let_go() -> None:
        commit(Store(store.root), CELLS[0])
        process.kill()

    with runs.another_run(store, CELLS[0]) as process:
        later(0.5, commit_and_let_go)
        summary, view = run(store, CELLS[0])
    assert summary.done == 1
    assert list(view.ended) == [CELLS[0].name]
    assert not list(store.cell_folder(CELLS[0]).glob("damaged-*"))


def test_two_runs_share_the_cells(store: Store) -> None:
    begun: list[tuple[int, str]] = []
    together = threading.Barrier(2, timeout=20)

    def work(task: Any, who: str) -> float:
        begun.append((task.spec.seed, who))
        if len(begun) <= 2:
            together.wait()  # both are in the middle of a cell
        return runs.work(task)

    def one(who: str) -> None:
        run(Store(store.root), work=lambda task: work(task, who))

    other = threading.Thread(target=one, args=("other",))
    other.start()
    one("this")
    other.join()
    seeds = dict(begun[:2])
    assert len(seeds) == 2
    assert set(seeds.values()) == {"this", "other"}
    assert run(store)[0].trained == 0


def test_a_killed_run_locks_nothing(store: Store) -> None:
    with runs.another_run(store, CELLS[0]) as process:
        process.kill()
        process.wait()
        assert (store.locks / CELLS[0].fingerprint[:12]).read_bytes()  # no time to tidy up
        summary, view = run(store)
    assert (summary.done, view.said) == (3, [])
    assert not [each.name for each in store.locks.iterdir() if not each.name.startswith(".")]


def test_force_sets_aside_nothing_that_is_at_work(store: Store) -> None:
    run(store)
    with runs.another_run(store, CELLS[0]) as process:
        later(1.0, process.kill)
        _, view = run(store, force=True)
    aside = [list(store.cell_folder(each).glob("superseded-train-*")) for each in CELLS]
    assert [len(found) for found in aside] == [0, 1, 1]
    assert "so not set aside" in view.said[0]


def test_a_run_that_fails_lets_go(store: Store) -> None:
    def work(task: Any) -> float:
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full") as caught:
        run(store, work=work)
    assert caught.value.errno == errno.ENOSPC
    assert run(store)[0].done == 3


def test_a_run_with_nothing_to_do_needs_no_lock(store: Store) -> None:
    run(store)
    with runs.another_run(store, CELLS[0]):
        summary, _ = run(Store(store.root))
    assert (summary.done, summary.trained) == (3, 0)


def test_a_lock_is_of_the_file_that_is_there(tmp_path: Path) -> None:
    """Else one who opened the file before it was removed would hold what nobody sees."""
    many = (
        "import os, sys, fcntl\n"
        "from pathlib import Path\n"
        "from labkit.store.lock import only_one\n"
        "path, guard = Path(sys.argv[1]), os.open(sys.argv[2], os.O_RDWR | os.O_CREAT)\n"
        "had = 0\n"
        "while had < 300:\n"
        "    with only_one(path, path.parent / 'cell') as other:\n"
        "        if not other:\n"
        "            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "            had += 1\n"
        "            fcntl.flock(guard, fcntl.LOCK_UN)\n"
    )
    command = [sys.executable, "-c", many, str(tmp_path / "locks" / "a"), str(tmp_path / "guard")]
    several = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [each.communicate()[1] for each in several] == [""] * 3


def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, **rest: Any) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(filelock, "lock_descriptor", refuse)


def test_where_there_are_no_locks_the_run_goes_on_and_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_locks(monkeypatch)
    summary, view = run(store)
    assert summary.done == 3
    (line,) = view.said
    assert "no lock can be had there (the file system has no locks)" in line


def test_a_folder_of_locks_that_cannot_be_made_stops_nobody(store: Store) -> None:
    store.root.mkdir()
    store.locks.write_bytes(b"")
    summary, view = run(store)
    assert summary.done == 3
    assert "no lock can be had there" in view.said[0]


@pytest.mark.parametrize("locks", [True, False])
@pytest.mark.parametrize(
    ("host", "pid", "age", "busy"),
    [
        ("elsewhere", 1, 0.0, (True, True)),
        ("elsewhere", 1, attempts.STALE_AFTER_S + 1, (False, False)),
        # Whoever holds the lock of a machine is alone on it; without locks a process tells.
        ("here", 1, 0.0, (False, True)),
        ("here", 2**22 + 1, 0.0, (False, False)),
    ],
)
def test_a_heartbeat_tells_where_locks_do_not(
    store: Store, monkeypatch: pytest.MonkeyPatch,
    host: str, pid: int, age: float, busy: tuple[bool, bool], locks: bool,
) -> None:  # fmt: skip
    if not locks:
        no_locks(monkeypatch)
    name = f"attempt-train-{attempts.host() if host == 'here' else host}.{pid}.0"
    folder = store.cell_folder(CELLS[0]) / name
    folder.mkdir(parents=True)
    (folder / "heartbeat.json").write_text(json.dumps({"at": time.time() - age}))
    with store.alone(CELLS[0]) as other:
        assert bool(other) == busy[0 if locks else 1]
        if other:
            assert other.startswith(f"process {pid}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "another run"),
        (b"\n{", "another run"),
        (b"\n[]", "another run"),
        (b'\n{"pid": 1, "host": "x", "since": 1e99}', "another run"),
        (b"\n" + b"[" * 999, "another run"),
        (
            b"\n" + json.dumps({"pid": 7, "host": "elsewhere", "since": 0}).encode(),
            "process 7 of another machine, since 19",
        ),
    ],
)
def test_whatever_the_file_says_it_is_one_line(store: Store, content: bytes, said: str) -> None:
    store.locks.mkdir(parents=True)
    lock = Lock(store.locks / CELLS[0].fingerprint[:12])
    assert lock.take()
    lock.path.write_bytes(content)
    with store.alone(CELLS[0]) as other:
        assert other.startswith(said)
    lock.close()
