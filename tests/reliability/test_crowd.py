"""Sixty empty cells on Dask and on SLURM, workers and drivers killed at random: the same bytes.

A thousand cells and 200 kills: ``pytest tests/reliability/test_crowd.py -m soak -s``.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.execution.status import Task
from tests.builders import crowd
from tests.builders.slurm import needs_slurm, slurm

N, KILLS = 60, 15

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL and flock"),
]


def undisturbed(folder: Path, n: int) -> dict[str, object]:
    assert crowd.start(folder, "inline", n, {"CROWD_LASTS_S": "0"}).wait() == 0
    found = crowd.content(folder)
    assert len(found) > 6 * n
    return found


@contextlib.contextmanager
def dask() -> Iterator[dict[str, str]]:
    pytest.importorskip("distributed")
    yield {}


@pytest.mark.parametrize(
    ("executor", "place", "n", "kills"),
    [
        ("local", contextlib.nullcontext({}), N, KILLS),
        ("dask", dask(), N, KILLS),
        pytest.param("slurm", slurm(4), N, KILLS, marks=needs_slurm),
        pytest.param("dask", dask(), 1000, 200, marks=pytest.mark.soak),
    ],
)
def test_killed_at_random(
    tmp_path: Path,
    executor: str,
    place: contextlib.AbstractContextManager[dict[str, str]],
    n: int,
    kills: int,
) -> None:
    expected = undisturbed(tmp_path / "inline", n)
    with place as environment:
        happened = crowd.killed(tmp_path / "killed", executor, n, kills, environment)
    assert happened["worker"] > 0
    assert happened["driver"] > 0
    assert not crowd.twice(tmp_path / "killed")
    assert crowd.content(tmp_path / "killed") == expected
    aside = list((tmp_path / "killed" / "store").rglob("damaged-*"))
    assert not aside  # nothing was done again once it was committed
    print(f"{executor}: {n} cells, {happened}")


def test_the_instrument_notices_two_at_one_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guards = tmp_path / "guards"
    guards.mkdir()
    monkeypatch.setenv("CROWD_GUARDS", str(guards))
    cell = crowd.cells(1)[0]
    task = Task(cell, tmp_path / "store", sheet_gan=cell)
    script = (
        "import sys; from pathlib import Path; from tests.builders import crowd\n"
        "from labkit.execution.status import Task\n"
        "cell = crowd.cells(1)[0]\n"
        "with crowd._guarded(Task(cell, Path(sys.argv[1]), sheet_gan=cell)):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "store")],
        cwd=crowd.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert crowd.at_work(guards) == [other.pid]
        crowd.work(task)
        other.kill()
    assert crowd.twice(tmp_path)
