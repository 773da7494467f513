"""labkit from a script, a pipe, a terminal and a thread: no worker runs the user's code again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import wait
from pathlib import Path

import pytest

from labkit.execution.executors import LocalProcesses, WorkerDiedError

#: Asks two workers who they are. Run again in a worker, it would print twice, or never end.
POOL = """\
import os
from labkit.execution.executors import LocalProcesses
with LocalProcesses(2) as pool:
    workers = [pool.submit(os.getpid), pool.submit(os.getppid)]
    print("mine" if workers[1].result() == os.getpid() != workers[0].result() else "whose?")
"""
THREAD = f"""\
import threading
def work():
    exec({POOL!r})
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
TINY = """\
name: tiny
data: {source: bundled, limit: 128}
training: {epochs: 1, batch_size: 64}
evaluation: {samples: 200, selection_samples: 150}
experiments:
  vae: {family: vae, grid: {dataset: [MNIST], latent_dim: [4, 8]}}
"""
GO = """\
import labkit

results = labkit.run("experiments.yaml", only="*VAE_latent4*")
results.table
print(labkit.report("experiments.yaml", format="md").name, len(results.table))
"""


def python(folder: Path, how: str, code: str) -> tuple[int, str, str]:
    """Status, output and errors of code that is run in one of the ways there are."""
    script = folder / "go.py"
    script.write_text(code)
    (folder / "__main__.py").write_text(code)
    words, given = {
        "file": (["go.py"], None),
        "pipe": (["-"], code),
        "argument": (["-c", code], None),
        "terminal": (["-i", "-q"], f"exec({code!r})\n"),
        "terminal after file": (["-i", "go.py"], ""),
        "module": (["-m", "go"], None),
        "folder": (["."], None),
    }[how]
    ended = subprocess.run(
        [sys.executable, *words], cwd=folder, input=given, capture_output=True, text=True,
        timeout=120, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    "how", ["file", "pipe", "argument", "terminal", "terminal after file", "module", "folder"]
)
def test_workers_leave_the_users_main_file_alone(tmp_path: Path, how: str) -> None:
    status, said, wrong = python(tmp_path, how, POOL)
    assert (status, said) == (0, "mine\n"), wrong
    assert "go.py" not in wrong
    assert "bootstrapping" not in wrong  # what multiprocessing says to a script run twice


def test_workers_are_started_from_a_thread(tmp_path: Path) -> None:
    assert python(tmp_path, "file", THREAD)[:2] == (0, "mine\n")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["file", "pipe"])
def test_the_readmes_example_as_a_script(tmp_path: Path, how: str) -> None:
    (tmp_path / "experiments.yaml").write_text(TINY)
    status, said, wrong = python(tmp_path, how, GO)
    assert (status, said) == (0, "report.md 2\n"), wrong
    assert "Traceback" not in wrong
    assert wrong.count("data: ") == 1  # begun once


def test_a_worker_that_dies_costs_its_task_alone() -> None:
    with LocalProcesses(1) as pool:
        dead, late, well = (
            pool.submit(os._exit, 7),
            pool.submit(time.sleep, 60, timeout=0.5),
            pool.submit(os.getpid),
        )
        with pytest.raises(WorkerDiedError, match=r"^the worker process died \(exit code 7\)$"):
            dead.result()
        with pytest.raises(WorkerDiedError, match="took longer than its limit"):
            late.result()
        assert well.result() != os.getpid()


def test_workers_order_sets_alike_and_the_users_process_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    with LocalProcesses(1) as pool:
        assert pool.submit(os.getenv, "PYTHONHASHSEED").result() == "0"
    assert os.environ["PYTHONHASHSEED"] == "7"


def test_stopping_ends_the_workers_at_once() -> None:
    pool = LocalProcesses(2)
    running = [pool.submit(time.sleep, 60) for _ in range(5)]
    time.sleep(0.3)
    began = time.monotonic()
    pool.stop()
    assert time.monotonic() - began < 5
    assert not wait(running, timeout=0).not_done
