"""Cells on Dask: one at a time for a worker, with a shared store and without; what goes wrong."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

import psutil

from labkit.errors import UserError
from labkit.execution import dask_cluster, eta, runner
from labkit.execution.alone import run_alone
from labkit.execution.dask_cluster import Ticket, in_worker, versions
from labkit.execution.executors import TURNS, Place
from labkit.execution.runner import Options
from labkit.execution.status import Task, survey
from labkit.store.store import Store
from tests.builders import crowd, runs
from tests.builders.cells import spec
from tests.builders.commands import TINY, labkit, numbers, project
from tests.builders.dask import cluster, hidden
from tests.builders.plans import plan_of
from tests.builders.stores import commit

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


@pytest.fixture(autouse=True)
def found_by_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(crowd.ROOT))


def cell(seed: int, **changes: Any) -> Any:
    return spec(f"MNIST_GAN_hinge_z64_seed{seed}", seed=seed, **changes)


def run(
    store: Store, *cells: Any, work: Any = runs.work, view: Any = None, **options: Any
) -> tuple[runner.Summary, runs.Recorder]:
    view = view or runs.Recorder()
    asked = Options(executor="dask", **{"jobs": 2, **options})
    return runner.run(plan_of(*cells), store, asked, view, work), view


def test_deaths_and_limits_cost_their_own_cells_only(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LEAST_LIMIT_S", 5.0)
    monkeypatch.setattr(eta, "estimate", lambda spec, device="auto": (0.0, True))
    summary, _ = run(store, *(cell(seed) for seed in (100, 101, 103, 1, 2, 3)))
    assert summary.done == 3
    assert {failure.spec.seed: failure.error for failure in summary.failed} == {
        100: "ValueError: out of luck",
        101: f"the Dask worker died, {TURNS} times",
        103: "took longer than its limit (5 s)",
    }


def hold_the_interpreter(task: Task) -> float:
    ctypes.PyDLL(None).sleep(5)  # and everything else in the worker with it
    (task.store.parent / f"held-{os.getpid()}-{time.monotonic()}").touch()
    return runs.work(task)


def test_a_cell_that_holds_the_interpreter_kills_nobody(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL", "1s")
    summary, _ = run(store, cell(1), cell(2), work=hold_the_interpreter)
    assert (summary.done, summary.failed) == (2, ())
    # Nor was one done again by another worker.
    late = [job for job in survey(plan_of(cell(1), cell(2)), store) if job.state != "done"]
    assert not late
    assert len(list(store.root.parent.glob("held-*"))) <= 3  # one again for the sheet's number


def test_a_worker_has_one_cell_at_a_time_whatever_its_threads(store: Store) -> None:
    at_once, most = [0], [0]
    guard = threading.Lock()

    def slow(work: Any, task: Task) -> float:
        with guard:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.1)
        with guard:
            at_once[0] -= 1
        return 0.1

    store.locks.mkdir(parents=True)
    (store.locks / "sign").touch()
    ticket = Ticket("sign", versions())
    threads = [
        threading.Thread(
            target=in_worker, args=(slow, None, Task(cell(i), store.root), ticket, 9.0, None)
        )
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_what_labkit_starts_listens_here_only_and_asks_for_a_certificate(store: Store) -> None:
    store.root.mkdir(parents=True)
    with dask_cluster.DaskCluster(Place(2, store.root)) as executor:
        family = [psutil.Process(), *psutil.Process().children(recursive=True)]
        heard = [c for each in family for c in each.net_connections() if c.status == "LISTEN"]
        assert len(heard) >= 3  # the scheduler and two workers
        assert {c.laddr.ip for c in heard} == {"127.0.0.1"}
        address = executor._client.scheduler.address
        assert address.startswith("tls://")
        plain = address.replace("tls://", "tcp://")
        with pytest.raises(UserError, match="no Dask scheduler answers"):
            dask_cluster.DaskCluster(Place(2, store.root, scheduler=plain))
    assert not list(store.locks.glob("run-*"))


def test_stopped_it_leaves_no_process_behind(store: Store) -> None:
    store.root.mkdir(parents=True)
    began = time.monotonic()
    with dask_cluster.DaskCluster(Place(2, store.root)) as executor:
        tasks = [Task(cell(103, precision=str(i)), store.root) for i in range(4)]
        futures = [executor.submit(run_alone, runs.work, task, timeout=99.0) for task in tasks]
        while len(list(store.root.glob("cells/*/attempt-*"))) < 2:
            time.sleep(0.1)
        children = psutil.Process().children(recursive=True)
        began = time.monotonic()
        executor.stop()
    assert all(future.cancelled() for future in futures)
    assert time.monotonic() - began < 20
    workers = [
        each for each in children if each.is_running() and "spawn_main" in str(each.cmdline())
    ]
    assert not workers


def test_workers_that_have_ended_for_good_are_replaced(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "KEEP_EVERY_S", 0.5)
    store.root.mkdir(parents=True)
    with dask_cluster.DaskCluster(Place(2, store.root)) as executor:
        local = executor._client.cluster
        for nanny in list(local.workers.values()):  # as where one dies just as it starts
            local.sync(nanny.close)
        task = Task(cell(1), store.root, sheet_gan=cell(1))
        assert executor.submit(run_alone, runs.work, task, timeout=99.0).result(60) == 0.01
        _once(lambda: len(executor._client.nthreads()) == 2)
        assert len(executor._client.nthreads()) == 2


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    lab = project(tmp_path_factory.mktemp("inline"), TINY)
    labkit("run", "--executor", "inline", cwd=lab)
    return numbers(lab)


def test_numbers_are_those_of_inline_on_a_cluster_of_this_machine(
    tmp_path: Path, expected: dict[str, bytes]
) -> None:
    lab = project(tmp_path / "lab", TINY)
    said = labkit("run", "--executor", "dask", "-j", "2", cwd=lab).stderr
    assert "2 of 2 cells done" in said
    assert numbers(lab) == expected


def test_numbers_are_those_of_inline_on_workers_that_see_the_store(
    tmp_path: Path, expected: dict[str, bytes]
) -> None:
    lab = project(tmp_path / "lab", TINY)
    with cluster(tmp_path / "dask") as address:
        labkit("run", "--executor", "dask", "--scheduler", address, cwd=lab)
    assert numbers(lab) == expected


def test_numbers_are_those_of_inline_on_workers_that_do_not_see_the_store(
    tmp_path: Path, expected: dict[str, bytes]
) -> None:
    lab = project(tmp_path / "lab", TINY)
    with cluster(tmp_path / "dask", before=hidden(lab)) as address:
        labkit("run", "--executor", "dask", cwd=lab, DASK_SCHEDULER_ADDRESS=address)
    assert numbers(lab) == expected
    assert not list((lab / "results").rglob("attempt-*"))


def test_unseen_a_failure_comes_back_and_what_is_there_is_gone_on_from(
    store: Store, tmp_path: Path
) -> None:
    cells = [cell(1), cell(2), cell(100)]
    commit(store, cells[0], evaluated=False)
    stamp = (store.train_folder(cells[0]) / "COMMIT.json").stat().st_mtime_ns
    with (
        cluster(tmp_path / "dask", before=hidden(_made(store.root))) as address,
        runs.another_run(store, cells[1]) as process,
    ):
        view = runs.Recorder()
        threading.Thread(target=lambda: _once(lambda: view.said) and process.kill()).start()
        summary, _ = run(store, *cells, scheduler=address, view=view)
    assert summary.done == 2
    assert [failure.error for failure in summary.failed] == ["ValueError: out of luck"]
    assert (store.train_folder(cells[0]) / "COMMIT.json").stat().st_mtime_ns == stamp
    assert any("_seed2: at work elsewhere" in line for line in view.said)


def _once(there: Any) -> bool:
    until = time.monotonic() + 60
    while not there() and time.monotonic() < until:
        time.sleep(0.1)
    return True


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_workers_of_other_versions_are_refused_in_one_line(tmp_path: Path) -> None:
    lab = project(tmp_path / "lab", TINY)
    (tmp_path / "older.py").write_text("import labkit\nlabkit.__version__ = '0.0.1'\n")
    with cluster(tmp_path / "dask", "--preload", str(tmp_path / "older.py"), workers=1) as address:
        _wait_for_workers(address, 1)
        said = labkit("run", "--executor", "dask", "--scheduler", address, cwd=lab, check=2).stderr
    line = said.splitlines()[-1]
    assert "has labkit 0.0.1 (here " in line
    assert "Traceback" not in said
    with pytest.raises(UserError, match=r"a Dask worker has torch .* \(here 1\)"):
        in_worker(None, None, None, Ticket("", {**versions(), "torch": "1"}), None, None)  # type: ignore[arg-type]


def _wait_for_workers(address: str, many: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(many, timeout=60)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scheduler", "tcp://127.0.0.1:9"], "no Dask scheduler answers"),
        (["--scheduler", "nonsense://x"], "no Dask scheduler answers"),
    ],
)
def test_a_scheduler_that_is_not_there_is_one_line(
    tmp_path: Path, options: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = project(tmp_path / "lab", TINY)
    lines = labkit("run", "--executor", "dask", *options, cwd=lab, check=2).stderr.splitlines()
    assert said in lines[-1]
    assert not [line for line in lines if "Traceback" in line]


def test_a_scheduler_that_goes_away_is_one_line_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "crowd"
    (folder / "guards").mkdir(parents=True)
    guards = str(folder / "guards")
    with cluster(tmp_path / "dask", CROWD_GUARDS=guards) as address:
        driver = crowd.start(folder, "dask", 40, {}, address)
        while crowd.committed(Store(folder / "store")) < 5:
            assert driver.poll() is None, (folder / "said.txt").read_text()
            time.sleep(0.05)
    assert driver.wait(60) != 0
    assert "the Dask scheduler is gone" in (folder / "said.txt").read_text()
    assert crowd.start(folder, "inline", 40, {}).wait() == 0
    assert crowd.committed(Store(folder / "store")) == 40


def test_with_its_driver_the_whole_cluster_ends(tmp_path: Path) -> None:
    folder = tmp_path / "crowd"
    driver = crowd.start(folder, "dask", 40, {"CROWD_LASTS_S": "0.3"})
    while crowd.committed(Store(folder / "store")) < 3:
        time.sleep(0.05)
    workers = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.wait()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive


def test_interrupted_it_ends_at_once_and_says_how_to_go_on(tmp_path: Path) -> None:
    lab = project(tmp_path / "lab", TINY)
    with (tmp_path / "said.txt").open("w") as said:
        run = subprocess.Popen(
            [sys.executable, "-m", "labkit", "run", "--executor", "dask", "-j", "2"],
            cwd=lab, stderr=said, start_new_session=True,
        )  # fmt: skip
        _once(lambda: list(lab.glob("results/tiny/cells/*/attempt-*")))
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to workers, too
        assert run.wait(15) == 130
    lines = (tmp_path / "said.txt").read_text().splitlines()
    assert lines[-1].endswith("To go on: labkit run --executor dask -j 2")
    assert len(lines) == 3
