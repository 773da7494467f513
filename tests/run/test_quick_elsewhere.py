"""Lab 1's quick profile, all 18 cells, on Dask and on SLURM: the bits of `inline`.

Minutes each, by hand: ``pytest tests/run/test_quick_elsewhere.py -m soak``; two cells of the same
kind are compared in `test_dask.py` and `test_slurm.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("distributed")

from tests.builders.commands import labkit, numbers
from tests.builders.crowd import ROOT
from tests.builders.dask import cluster, hidden
from tests.builders.slurm import in_slurm, needs_slurm, slurm

pytestmark = [pytest.mark.slow, pytest.mark.soak]


def quick(folder: Path, *options: str, **environment: str) -> dict[str, bytes]:
    """The numbers of Lab 1's quick profile, run in a folder."""
    labkit("init", folder, cwd=folder.parent)
    run = ("run", "--profile", "quick", "--source", "bundled", *options)
    said = labkit(*run, cwd=folder, **{"PYTHONPATH": str(ROOT), **environment}).stderr
    assert "18 of 18 cells done" in said
    return numbers(folder)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return quick(tmp_path_factory.mktemp("quick") / "lab", "--executor", "inline")


def test_on_dask_workers_that_see_the_store(tmp_path: Path, expected: dict[str, bytes]) -> None:
    with cluster(tmp_path / "dask") as address:
        assert quick(tmp_path / "lab", "--executor", "dask", "--scheduler", address) == expected


def test_on_dask_workers_that_do_not(tmp_path: Path, expected: dict[str, bytes]) -> None:
    (tmp_path / "lab").mkdir()
    with cluster(tmp_path / "dask", before=hidden(tmp_path / "lab")) as address:
        assert quick(tmp_path / "lab", "--executor", "dask", "--scheduler", address) == expected


@needs_slurm
def test_on_slurm(tmp_path: Path, expected: dict[str, bytes]) -> None:
    with slurm() as environment:
        assert quick(tmp_path / "lab", "--executor", "slurm", **in_slurm(environment)) == expected
