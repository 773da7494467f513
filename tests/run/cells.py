"""Small specs and committed cells without torch, for tests of store and runner."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from labkit.experiment.plan import Plan
from labkit.experiment.spec import CellSpec
from labkit.store.attempts import Attempt
from labkit.store.store import Store


def spec(name: str = "MNIST_GAN_hinge_z64", **changes: Any) -> CellSpec:
    base = CellSpec(
        name=name,
        experiment="gan",
        family="gan",
        dataset="MNIST",
        seed=42,
        params={
            "loss": "hinge",
            "z_dim": 64,
            "lr": 2e-4,
            "betas": [0.5, 0.999],
            "n_critic": 1,
            "networks": "lab1",
            "d_norm": "own",
        },
        training={"epochs": 2, "batch_size": 128},
        data={"source": "bundled", "sha256": "d" * 64, "limit": None},
        precision="fp32",
        selection={"rule": "lowest proxy FID", "samples": 100, "features": "f" * 64},
        code="c" * 64,
        evaluation={"samples": 100, "features": "f" * 64, "code": "e" * 64},
    )
    return replace(base, **changes)


def plan(*cells: CellSpec) -> Plan:
    return Plan(
        name="small",
        title="Small",
        author={},
        profile=None,
        seeds=(42,),
        data_source="bundled",
        data_reason="the bundled subset was asked for",
        snapshot_epochs=(1, 2),
        settings={},
        cells=cells,
    )


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
    measures = {"metrics": {"proxy_fid": fid}, "details": {}}
    (attempt.folder / "metrics.json").write_text(json.dumps(measures))


def commit(store: Store, cell: CellSpec, *, evaluated: bool = True) -> None:
    attempt = store.begin(cell, "train")
    fill_training(attempt, cell)
    store.commit(attempt, cell, "train")
    if evaluated:
        attempt = store.begin(cell, "eval")
        fill_evaluation(attempt)
        store.commit(attempt, cell, "eval")
