"""A Dask cluster of separate processes, which listens on 127.0.0.1 alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.builders.crowd import ROOT


@contextmanager
def cluster(
    folder: Path, *options: str, before: Sequence[str] = (), workers: int = 2, **environment: str
) -> Iterator[str]:
    """Start a scheduler and workers in `folder`; yield the scheduler's address.

    Args:
        folder: where they work and put their logs.
        options: more options of ``dask worker``.
        before: what the workers' command begins with.
        workers: how many.
        environment: variables of the workers' environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "scheduler.json"
    own = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    with ExitStack() as stack:

        def begin(name: str, command: Sequence[str], more: dict[str, str]) -> None:
            log = stack.enter_context((folder / f"{name}.log").open("w"))
            process = subprocess.Popen(
                command, cwd=folder, env={**own, **more}, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)

        dask = [sys.executable, "-m", "dask"]
        begin("scheduler", [*dask, "scheduler", *here, "--port", "0",
                            "--scheduler-file", str(file)], {})  # fmt: skip
        until = time.monotonic() + 60
        while not file.exists():
            assert time.monotonic() < until, (folder / "scheduler.log").read_text()
            time.sleep(0.1)
        address: str = json.loads(file.read_text())["address"]
        for number in range(workers):
            begin(f"worker{number}", [
                *before, *dask, "worker", address, *here, "--nthreads", "1",
                "--local-directory", str(folder / f"space{number}"), *options,
            ], environment)  # fmt: skip
        yield address


def hidden(folder: Path) -> list[str]:
    """The beginning of a command that does not see what is in a folder."""
    command = ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("no namespaces: a worker cannot be kept from seeing a folder")
    script = 'mount -t tmpfs none "$0" && exec "$@"'
    return [*command, "sh", "-c", script, str(folder)]
