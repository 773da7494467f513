"""The command line in a process of its own, and a project small enough to run there."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.cli import main

TINY = """
name: tiny
title: "Tiny <b>lab</b> & co"
data: {source: bundled, limit: 256}
seeds: [42]
training: {epochs: 2, batch_size: 64, snapshot_epochs: [1, 2]}
evaluation: {samples: 300, selection_samples: 200}
experiments:
  gan:
    family: gan
    grid: {dataset: [MNIST], loss: [hinge]}
  vae:
    family: vae
    grid: {dataset: [FashionMNIST], latent_dim: [8]}
"""


def labkit(
    *args: object, cwd: Path, check: int | None = 0, **env: str
) -> subprocess.CompletedProcess[str]:
    """Call `labkit` in a folder.

    Args:
        args: what is typed after it.
        cwd: the folder.
        check: the exit status that is expected; None: any.
        env: variables of the environment, beside those of this process.
    """
    command = [sys.executable, "-m", "labkit", *map(str, args)]
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True
    )
    if check is not None:
        assert done.returncode == check, f"{args}: {done.stdout}{done.stderr}"
    return done


def typed(*args: object, cwd: Path) -> tuple[int, str, str]:
    """Status, stdout and stderr of the command line, in this process: there are many of them."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        patch.setattr(sys, "argv", ["labkit", *map(str, args)])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
    return code, out.getvalue(), err.getvalue()


def project(folder: Path, text: str = TINY) -> Path:
    """A folder with an experiment file in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "experiments.yaml").write_text(text)
    return folder


def numbers(lab: Path) -> dict[str, bytes]:
    """What two runs of a project have in common: all but what the clock says."""
    names = ("best.safetensors", "samples.npz", "metrics.json", "spec.json")
    (cells,) = (lab / "results").glob("*/cells")
    found = {
        path.relative_to(cells).as_posix(): path.read_bytes()
        for path in sorted(cells.rglob("*"))
        if path.name in names or path.suffix == ".png"
    }
    assert len(found) > 10
    return found
