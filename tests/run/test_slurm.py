"""Cells as tasks of SLURM, on one node that the test starts; what is cut off, and what is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import UserError
from labkit.execution import runner, slurm_array
from labkit.execution.executors import TURNS
from labkit.execution.runner import Options
from labkit.execution.status import Task
from labkit.store.store import Store
from tests.builders import crowd, runs
from tests.builders.cells import spec
from tests.builders.commands import TINY, labkit, numbers, project
from tests.builders.plans import plan_of
from tests.builders.slurm import in_slurm, needs_slurm, slurm

pytestmark = [pytest.mark.slow, needs_slurm]


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, str]]:
    with slurm() as environment:
        yield environment


@pytest.fixture
def here(cluster: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The cluster in this process's own environment, and no patience."""
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, cluster[name])
    monkeypatch.setenv("PYTHONPATH", str(crowd.ROOT))
    for name, seconds in {"LOST_S": 1.5, "ASK_EVERY_S": 0.5, "LOOK_EVERY_S": 0.2}.items():
        monkeypatch.setattr(slurm_array, name, seconds)
    return cluster


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "a%b 'c' results")


def cell(seed: int, **changes: Any) -> Any:
    return spec(f"MNIST_GAN_hinge_z64_seed{seed}", seed=seed, **changes)


def run(
    store: Store, *cells: Any, work: Callable[[Task], float] = runs.work, **options: Any
) -> tuple[runner.Summary, runs.Recorder]:
    view = runs.Recorder()
    asked = Options(executor="slurm", **options)
    return runner.run(plan_of(*cells), store, asked, view, work), view


def until(there: Callable[[], Any], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_numbers_are_those_of_inline(cluster: dict[str, str], tmp_path: Path) -> None:
    text = f"{TINY}\ncluster: {{partition: all, extra: '--nice=1 --comment=\"two words\"'}}\n"
    found = []
    for executor in ("inline", "slurm"):
        lab = project(tmp_path / executor, text)
        said = labkit("run", "--executor", executor, cwd=lab, **in_slurm(cluster)).stderr
        assert "2 of 2 cells done" in said
        found.append(numbers(lab))
    assert found[0] == found[1]
    plan = json.loads((tmp_path / "slurm" / "results" / "tiny" / "plan.json").read_bytes())
    assert "cluster" not in plan["settings"]


def killed_once(task: Task) -> float:
    """Ends like a task whose time is up, in the first turn."""
    mark = task.store.parent / f"was-{task.spec.name}"
    if task.spec.seed == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return runs.work(task)


def test_what_is_cut_off_has_another_turn_and_what_dies_each_time_is_a_failure(
    store: Store, here: dict[str, str]
) -> None:
    summary, _ = run(store, cell(1), cell(100), cell(101), cell(2), work=killed_once)
    assert summary.done == 2
    errors = {failure.spec.seed: failure.error for failure in summary.failed}
    assert errors[100] == "ValueError: out of luck"
    assert errors[101].startswith(f"the SLURM task was cut off, {TURNS} times")
    assert (store.root.parent / f"was-{cell(1).name}").exists()
    assert not (store.root / slurm_array.FOLDER).exists()  # tidied up


def broken(task: Task) -> float:
    raise OSError(28, "No space left on device")


def test_what_stops_a_task_before_it_can_note_a_failure_is_one_line(
    store: Store, here: dict[str, str]
) -> None:
    with pytest.raises(UserError, match="seed1: OSError: no space left") as caught:
        run(store, cell(1), work=broken)
    assert len(str(caught.value).splitlines()) == 1


def test_sbatch_that_refuses_is_one_line(store: Store, here: dict[str, str]) -> None:
    with pytest.raises(UserError, match=r"^sbatch: .*partition") as caught:
        run(store, cell(1), sbatch="--partition=nowhere")
    assert len(str(caught.value).splitlines()) == 1
    assert not list((store.root / slurm_array.FOLDER).glob("*"))


def test_a_driver_is_not_needed_and_the_next_waits_for_what_is_there(
    here: dict[str, str], tmp_path: Path
) -> None:
    folder, n = tmp_path / "crowd", 8
    store = Store(folder / "store")
    environment = {**here, "CROWD_LASTS_S": "1.5"}
    driver = crowd.start(folder, "slurm", n, environment)
    until(lambda: "running" in slurm_array.states(store.root).values())
    states = slurm_array.states(store.root)
    assert list(states.values()).count("queued") >= n - 2 - crowd.committed(store)
    driver.kill()
    driver.wait()
    folders = sorted((store.root / slurm_array.FOLDER).iterdir())
    again = crowd.start(folder, "slurm", n, environment)
    until(lambda: crowd.committed(store) > 2)
    assert sorted((store.root / slurm_array.FOLDER).iterdir()) == folders  # nothing handed in anew
    again.kill()
    again.wait()
    until(lambda: crowd.committed(store) == n)  # with nobody there
    assert crowd.start(folder, "slurm", n, environment).wait() == 0
    assert not crowd.twice(folder)


def test_status_says_queued_running_and_lost(here: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "crowd"
    store = Store(folder / "store")
    driver = crowd.start(folder, "slurm", 4, {**here, "CROWD_LASTS_S": "60"})
    until(lambda: list(slurm_array.states(store.root).values()).count("running") == 2)
    driver.kill()
    driver.wait()
    (folder / "experiments.yaml").write_text(TINY.replace("name: tiny", "name: store"))
    said = labkit("status", "--results", str(store.root), cwd=folder).stdout
    assert (said.count(" running "), said.count(" queued ")) == (2, 2)
    name = next((store.root / slurm_array.FOLDER).iterdir()).name
    subprocess.run(["scancel", f"--jobname={name}"], env=here, check=True)
    until(lambda: not slurm_array.queued())
    assert set(slurm_array.states(store.root).values()) == {"lost"}
    assert labkit("status", "--results", str(store.root), cwd=folder).stdout.count(" lost ") == 4
    assert crowd.start(folder, "slurm", 4, {**here, "CROWD_LASTS_S": "0"}).wait() == 0


def test_fail_fast_takes_back_what_waits(store: Store, here: dict[str, str]) -> None:
    cells = [cell(100), *(cell(103, precision=f"p{i}") for i in range(3))]
    summary, _ = run(store, *cells, fail_fast=True, jobs=1)
    assert len(summary.failed) == 1
    until(lambda: not slurm_array.queued())


def test_time_is_asked_for_by_the_estimate(
    store: Store, here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner.eta, "estimate", lambda spec, device="auto": (3600.0, True))
    limits = []

    def work(*command: str, **more: Any) -> Any:
        limits.extend(part for part in command[0] if part.startswith("--time="))
        return really(*command, **more)

    really = subprocess.run
    monkeypatch.setattr(slurm_array.subprocess, "run", work)
    run(store, cell(1), sbatch="--time=30")
    assert limits == [f"--time={int(slurm_array.MARGIN * 60)}", "--time=30"]  # the last one counts


def test_without_slurm_it_is_one_line(tmp_path: Path) -> None:
    lab = project(tmp_path / "lab", TINY)
    said = labkit("run", "--executor", "slurm", cwd=lab, check=2, PATH="/nowhere").stderr
    assert said.splitlines()[-1].endswith("squeue is not there, or does not answer")
    wrong = labkit("run", "--sbatch", "--time=3", cwd=lab, check=2).stderr
    assert "--sbatch: only with --executor slurm" in wrong
    wrong = labkit("run", "--executor", "slurm", "--sbatch", "'", cwd=lab, check=2).stderr
    assert "No closing quotation" in wrong
