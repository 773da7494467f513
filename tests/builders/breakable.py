"""A small run to break: two cells that need no torch, and a disk that can fail.

The cells go through the real runner, the real attempts and the real store. What they
"compute" is a chain of hashes, kept in a checkpoint after each epoch, so that a resumed
cell is right only if it went on exactly where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from labkit.execution import eta
from labkit.execution.runner import Options, Summary, run
from labkit.execution.status import Task
from labkit.experiment.plan import Plan
from labkit.experiment.spec import CellSpec
from labkit.store import atomic, attempts
from labkit.store.attempts import Attempt, attempt_and_commit
from labkit.store.commits import SMALL_BYTES
from labkit.store.store import Store
from tests.builders import stores
from tests.builders.plans import fake_plan
from tests.builders.reports import build_report
from tests.builders.results import ENVIRONMENT, history, images, measures
from tests.builders.runs import Recorder

EPOCHS = 2


@cache
def plan() -> Plan:
    points = [("gan", "MNIST", {"z_dim": 64}), ("vae", "MNIST", {"latent_dim": 8})]
    return fake_plan(points, epochs=EPOCHS)


@cache
def _content(index: int) -> tuple[list[dict[str, Any]], dict[str, bytes], bytes]:
    spec = plan().cells[index]
    rows = history(spec)
    pictures: dict[str, bytes] = {}
    for epoch in range(1, EPOCHS + 1):
        pictures |= images(spec, epoch)
    return rows, pictures, json.dumps(measures(spec, rows)).encode()


def _weights(spec: CellSpec, epoch: int) -> bytes:
    """A chain of hashes, long enough to be a large file to the store."""
    state = spec.fingerprint.encode()
    for _ in range(epoch):
        state = hashlib.sha256(state).digest()
    return state * (SMALL_BYTES // len(state) + 1)


def _train(spec: CellSpec, attempt: Attempt) -> None:
    rows, pictures, _ = _content(plan().cells.index(spec))
    checkpoint = attempt.folder / "checkpoint.safetensors"
    done = 0
    if checkpoint.exists():
        state = checkpoint.read_bytes()
        done = next(e for e in range(1, EPOCHS + 1) if _weights(spec, e) == state)
    if attempt.history_path.exists():
        kept = b"".join(attempt.history_path.read_bytes().splitlines(keepends=True)[:done])
        attempt.history_path.write_bytes(kept)
        assert kept.count(b"\n") == done, "the checkpoint is ahead of the history"
    for epoch in range(done + 1, EPOCHS + 1):
        atomic.mkdir(attempt.folder / "images")
        for name, data in pictures.items():
            if f"_epoch{epoch}." in name:
                atomic.write_bytes(attempt.folder / name, data)
        atomic.sync_folder(attempt.folder / "images")
        atomic.replace_bytes(attempt.folder / "best.safetensors", _weights(spec, epoch))
        line = json.dumps(rows[epoch - 1]) + "\n"
        atomic.append_bytes(attempt.history_path, line.encode())
        atomic.replace_bytes(checkpoint, _weights(spec, epoch))
    small = {
        "cost.json": {"seconds": 2.0, "images_per_s": 100.0, "parameters": 3},
        "spec.json": spec.to_json(),
        "environment.json": ENVIRONMENT,
    }
    for name, value in small.items():
        atomic.write_bytes(attempt.folder / name, json.dumps(value).encode())


def work(task: Task) -> float:
    """What `labkit.execution.worker.run_cell` does, without torch."""
    spec, results = task.spec, Store(task.store)
    sheet_gan = task.sheet_gan

    def train(attempt: Attempt, _: Any) -> None:
        _train(spec, attempt)

    def evaluate(attempt: Attempt, _: Any) -> None:
        measured = _content(plan().cells.index(spec))[2]
        atomic.write_bytes(attempt.folder / "metrics.json", measured)
        samples = (results.train_folder(spec) / "best.safetensors").read_bytes()
        atomic.write_bytes(attempt.folder / "samples.npz", samples[::-1])

    def sheet(attempt: Attempt, _: Any) -> None:
        value = json.dumps({"metrics": {"lab_sheet_fid": 4.5}}).encode()
        atomic.write_bytes(attempt.folder / "metrics.json", value)

    if not results.is_trained(spec) and not attempt_and_commit(train, "train", spec, results):
        return 0.01
    if not results.is_evaluated(spec) and not attempt_and_commit(evaluate, "eval", spec, results):
        return 0.01
    if results.is_trained(sheet_gan) and results.damage(spec, "sheet", sheet_gan):
        attempt_and_commit(sheet, "sheet", spec, results, sheet_gan)
    return 0.01


def go(root: Path, view: Recorder | None = None, **options: Any) -> Summary:
    """Run the two cells in this process until they are done or have failed."""
    options = {"executor": "inline", **options}
    return run(plan(), Store(root), Options(**options), view or Recorder(), work)


def files(root: Path) -> dict[str, bytes]:
    """Every file of a store, but for locks, what was set aside and what a failure left."""
    found, locks = {}, Store(root).locks
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        aside = any(p == "failed" or p.startswith(("damaged-", "superseded-")) for p in parts)
        if path.is_file() and path.parent != locks and not aside:
            found["/".join(parts)] = path.read_bytes()
    return found


def report(root: Path, out: Path) -> dict[str, bytes]:
    """Every file of the report on a store."""
    build_report(root, out=out, formats=["md", "html"])
    found = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert {"report.md", "report.html", "metrics.csv"} <= found.keys()
    return found


def still(patch: pytest.MonkeyPatch) -> None:
    """Stop the store's clock, take every other process for dead, spare the real disk."""
    patch.setattr(atomic, "_fsync", lambda handle: None)
    patch.setattr(eta, "remember", lambda *args: None)
    stores.still(patch)
    patch.setattr(attempts, "process_lives", lambda pid: False)


#: What happens to one operation: given its kind, the operation and its arguments.
Fate = Callable[[str, Callable[..., None], tuple[Any, ...]], None]
PRIMITIVES = ("mkdir", "write", "fsync", "replace")


@contextmanager
def disk(fate: Fate) -> Iterator[None]:
    """Let `fate` decide over each primitive operation on the disk."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in PRIMITIVES:
            real = getattr(atomic, f"_{kind}")

            def fake(*args: Any, kind: str = kind, real: Callable[..., None] = real) -> None:
                fate(kind, real, args)

            patch.setattr(atomic, f"_{kind}", fake)
        yield


def operations(root: Path) -> list[str]:
    """The kinds of operations of an undisturbed run, in order."""
    kinds: list[str] = []

    def note(kind: str, real: Callable[..., None], args: tuple[Any, ...]) -> None:
        kinds.append(kind)
        real(*args)

    with disk(note):
        go(root)
    return kinds


def in_a_child(function: Callable[[], None]) -> int:
    """Call a function in a forked process; its exit status, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            function()
            os._exit(0)
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
