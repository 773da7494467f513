"""Stores as a finished run leaves them, made in a second, and small ones made at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from labkit.experiment.plan import Plan
from labkit.experiment.spec import CellSpec
from labkit.store import commits
from labkit.store.attempts import Attempt
from labkit.store.file_names import NETWORKS
from labkit.store.store import Store
from tests.builders import results

TIME = "2025-11-21T22:00:00+00:00"


def still(patch: pytest.MonkeyPatch) -> None:
    """Stop the store's clock."""
    patch.setattr(commits, "now", lambda: TIME)


def write_store(
    root: Path,
    plan: Plan,
    failed: Sequence[str] = (),
    missing: Sequence[str] = (),
    unmeasured: Sequence[str] = (),
    heavy: bool = False,
) -> Store:
    """A store in which every cell of a plan is committed, but for those named.

    Weights and samples are there if it is to be `heavy`: bytes that nothing can read.
    """
    made = Store(root)
    made.write_plan(plan)
    for spec in plan.cells:
        if spec.name in missing:
            continue
        attempt = made.begin(spec, "train")
        if spec.name in failed:
            error = "DivergedError: diverged at step 7 of epoch 2: a loss is not finite"
            made.fail(attempt, spec, "train", error, f"Traceback…\n{error}")
            continue
        rows = results.history(spec)
        seconds = sum(row["seconds"] for row in rows)
        files: dict[str, bytes] = {
            "history.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode(),
            "cost.json": json.dumps(
                {"seconds": seconds, "images_per_s": 10_000 * len(rows) / seconds,
                 "parameters": 812_345, "peak_memory_mb": 512.5, "flops_per_image": 2.5e7,
                 "flops_per_sample": 3e6 * spec.params.get("sampling_steps", 1)}
            ).encode(),
            "environment.json": json.dumps(results.ENVIRONMENT).encode(),
            "spec.json": json.dumps(spec.to_json()).encode(),
            NETWORKS: results.networks(
                spec.family, json.dumps(dict(spec.params), sort_keys=True)
            ),
        }  # fmt: skip
        for epoch in range(1, spec.training["epochs"] + 1):
            files |= results.images(spec, epoch)
        if heavy:
            weights = spec.fingerprint.encode() * 1100
            files |= {"best.safetensors": weights, "checkpoint.safetensors": weights[::-1]}
        _write(attempt.folder, files)
        made.commit(attempt, spec, "train")
        if spec.name in unmeasured:
            continue
        attempt = made.begin(spec, "eval")
        files = {"metrics.json": json.dumps(results.measures(spec, rows)).encode()}
        _write(attempt.folder, files | ({"samples.npz": weights[1:]} if heavy else {}))
        made.commit(attempt, spec, "eval")
    return made


def _write(folder: Path, files: dict[str, bytes]) -> None:
    (folder / "images").mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def fill_training(attempt: Attempt, cell: CellSpec) -> None:
    """What training leaves in its folder, with made-up numbers."""
    rows = [
        {"epoch": e, "d_loss": 1.0 / e, "g_loss": float(e), "proxy_fid": 9.0 / e, "seconds": 1.0}
        for e in range(1, cell.training["epochs"] + 1)
    ]
    attempt.history_path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (attempt.folder / "images").mkdir(exist_ok=True)
    (attempt.folder / "images" / "samples_epoch1.png").write_bytes(b"png")
    for name, content in {
        "cost.json": {"seconds": 2.0, "images_per_s": 100.0, "parameters": 3},
        "spec.json": cell.to_json(),
        "environment.json": {"numeric": {}, "packages": {}},
    }.items():
        (attempt.folder / name).write_text(json.dumps(content))


def fill_evaluation(attempt: Attempt, fid: float = 4.5) -> None:
    """What measuring leaves in its folder, one made-up number."""
    measures = {"metrics": {"proxy_fid": fid}, "details": {}}
    (attempt.folder / "metrics.json").write_text(json.dumps(measures))


def commit(store: Store, cell: CellSpec, *, evaluated: bool = True) -> None:
    """Commit a cell with made-up numbers and next to no files."""
    attempt = store.begin(cell, "train")
    fill_training(attempt, cell)
    store.commit(attempt, cell, "train")
    if evaluated:
        attempt = store.begin(cell, "eval")
        fill_evaluation(attempt)
        store.commit(attempt, cell, "eval")
