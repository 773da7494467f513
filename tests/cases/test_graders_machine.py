"""What the grader's machine lacks, or has otherwise, is said and is no failure of the hand-in."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from labkit.data import sources
from labkit.errors import UserError
from labkit.execution import runner
from labkit.handin import remeasure, unpack
from labkit.handin.ladder import lacking, lacking_in
from labkit.handin.verify import verify
from labkit.plugins import registry as own_code
from tests.builders import handins, stores
from tests.builders.commands import labkit

TINY = """\
name: lab
code: [mine.py]
data: {source: full, limit: 128}
training: {epochs: 1, batch_size: 64, snapshot_epochs: [1]}
evaluation: {samples: 150, selection_samples: 150}
experiments:
  gan: {family: gan, grid: {dataset: [MNIST]}, params: {networks: mine, z_dim: 8}}
  vae: {family: vae, grid: {dataset: [MNIST]}, params: {networks: dense256, latent_dim: 4}}
"""
MINE = """\
import somewhere_else
from torch import nn

def generator(z_dim):
    return nn.Sequential(nn.Linear(z_dim, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))

def discriminator():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 1))
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained on the full sets, where they were, with a library that was there."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "library").mkdir()
    (folder / "library" / "somewhere_else.py").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_CACHE", str(folder / "cache"))
        patch.syspath_prepend(folder / "library")
        patch.setattr(sources, "find_full", lambda *_: folder)
        patch.setattr(
            sources, "_full", lambda dataset, split, root: sources._bundled(dataset, split)
        )
        path = handins.trained(folder, TINY, mine=MINE)
    sys.modules.pop("somewhere_else", None)
    own_code.forget()
    return path


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    yield
    own_code.forget()


@pytest.mark.slow
def test_data_that_is_not_there(full: Path, tmp_path: Path) -> None:
    args = ("verify", full, "--rerun", "1", "--cells", "*VAE*", "--json")
    told = labkit(*args, cwd=tmp_path)
    found = json.loads(told.stdout)
    # To measure, labkit's own test images are enough; to train again they are not.
    assert [r["verdict"] for r in found["rungs"]] == ["passed"] * 3 + ["not checkable"], found
    assert (found["holds"], found["complete"]) == (True, False)
    assert "lacks something on this machine: the full MNIST" in found["summary"]
    assert "give --data-root" in found["summary"]
    assert found["rungs"][3]["here"]


@pytest.mark.slow
def test_a_library_that_is_not_there(full: Path, tmp_path: Path) -> None:
    ladder = verify(full, trust_code=True)
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed", 3: "not checkable"}, (
        ladder.lines()
    )
    (why,) = ladder.rungs[2].here
    assert "not installed here: No module named 'somewhere_else'" in why
    assert ladder.holds


@pytest.mark.slow
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"),
        OSError(errno.EMFILE, "Too many open files"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_memory_and_files(full: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def measure(*_: Any) -> None:
        raise error

    monkeypatch.setattr(remeasure, "of_samples", measure)
    ladder = verify(full, cells="*VAE*")
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed", 3: "not checkable"}, (
        ladder.lines()
    )
    assert "not checkable here: " in " ".join(ladder.rungs[2].notes)

    def nonsense(*_: Any) -> None:
        raise ValueError("not this machine's fault")

    monkeypatch.setattr(remeasure, "of_samples", nonsense)
    assert handins.verdicts(verify(full, cells="*VAE*"))[3] == "failed"


@pytest.mark.slow
def test_no_room_to_train_again(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "x")

    monkeypatch.setattr(runner, "run", run)
    monkeypatch.setattr("labkit.handin.retrain.find_full", lambda *_: Path())
    ladder = verify(full, rerun=1, cells="*VAE*")
    assert handins.verdicts(ladder)[4] == "not checkable"
    assert "set TMPDIR to a folder with more room" in ladder.summary


def test_what_is_the_machines_and_what_is_not() -> None:
    for line in (
        "MemoryError", "OutOfMemoryError: CUDA", "OSError: /tmp/x: no space left on the device",
        "the worker process died (signal SIGKILL)", "took longer than its limit (3600 s)",
        "DataError: the full MNIST is missing", "OwnCodeError: a.py:1: ModuleNotFoundError: x",
    ):  # fmt: skip
        assert lacking_in(line), line
    for line in (
        "DivergedError: diverged at step 3",
        "OSError: x: no such file or folder",
        "ValueError",
    ):
        assert not lacking_in(line), line
    assert not lacking(ValueError("x"))
    assert not lacking(FileNotFoundError(errno.ENOENT, "No such file", "checkpoint"))


# --------------------------------------------------------------------------- without training


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("machine")
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        handins.project(folder / "lab")
        return handins.handed_in(folder / "lab" / "experiments.yaml", folder / "lab" / "h.zip")


def test_a_full_disk_names_the_folder_and_tmpdir(
    honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(unpack, "_write", write)
    with pytest.raises(UserError, match=r"labkit-verify-.*no space left.*: set TMPDIR to a folder"):
        verify(honest, highest=2)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    size = ["-o", "size=40k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", *size], capture_output=True)
    except OSError:
        pytest.skip("there is no mount")
    if done.returncode:
        pytest.skip("mounting needs rights")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(honest: Path, small_disk: Path, tmp_path: Path) -> None:
    args = ("verify", honest, "--rungs", "2")
    told = labkit(*args, cwd=honest.parent, check=2, TMPDIR=str(small_disk))
    (line,) = told.stderr.splitlines()
    assert f"temporary files go to {small_disk}: set TMPDIR to a folder with more" in line
    labkit("submit", "-o", tmp_path / "x.zip", cwd=honest.parent, TMPDIR=str(small_disk))


OTHERWISE = [
    {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
    {"LC_ALL": "de_DE.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "77",
     "PYTHONUTF8": "0", "LANGUAGE": "de", "COLUMNS": "40"},
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("env", OTHERWISE, ids=["C", "de"])
def test_another_locale_time_zone_and_order_of_sets(
    honest: Path, env: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "x.zip"
    labkit("submit", "--full", "-o", path, cwd=honest.parent, **env)
    assert path.read_bytes() == honest.read_bytes()
    told = labkit("verify", honest, "--rungs", "2", cwd=tmp_path, **env)
    assert "all bytes compared" in told.stdout
    assert "all that was asked for holds" in told.stdout
