"""Prove that this code computes what an earlier one did, and keep the stores it made.

``python scripts/same_bits.py OTHER`` with OTHER a checkout of the earlier code: both train and
measure a small cell of every kind on this machine. If weights, histories, pictures, samples and
measures agree to the bit, `labkit/experiment/equivalent.json` states for each module that was
rewritten whose place it takes, so that no cell is trained or measured again for its sake. A line
of that file holds for one text of a module only: the next change ends it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from labkit.catalog.metrics import WITHDRAWN
from labkit.experiment.fingerprint import EQUIVALENT, source_hash

HERE = Path(__file__).parents[1]
EXPERIMENTS = """\
name: same
data: {source: bundled, limit: 200}
training: {epochs: 2, batch_size: 64, snapshot_epochs: [1, 2]}
evaluation: {samples: 300, selection_samples: 200}
seeds: [7]
experiments:
  lab: {family: gan, grid: {dataset: [MNIST], loss: [hinge, bce]}}
  constraints:
    family: gan
    grid: {dataset: [MNIST], constraint: [clip, gradient_penalty, spectral_norm]}
    params: {loss: wasserstein, networks: dense, n_critic: 2}
  networks:
    family: gan
    grid: {dataset: [FashionMNIST], networks: [dcgan, tf_dcgan]}
    params: {loss: bce, init: normal, ema: 0.9, label_smoothing: 0.1}
  vae: {family: vae, grid: {dataset: [MNIST], reconstruction: [l1, mse, bernoulli]}}
  plane:
    family: vae
    grid: {dataset: [MNIST], networks: [conv, dense256]}
    params: {latent_dim: 2, kl_warmup: 1, free_bits: 0.1, beta: 2.0}
  dropout:
    family: vae
    grid: {dataset: [MNIST], optimiser: [rmsprop]}
    params: {networks: dense512, norm: batch, dropout: 0.2}
  cgan: {family: cgan, grid: {dataset: [MNIST], loss: [hinge]}}
  cvae: {family: cvae, grid: {dataset: [MNIST]}}
  adversarial: {family: adversarial_vae, grid: {dataset: [MNIST]}}
  vae_gan: {family: vae_gan, grid: {dataset: [MNIST]}}
  latent: {family: latent_gan, grid: {dataset: [MNIST]}}
"""
CLOCK = {"seconds", "images_per_s", "peak_memory_mb"}


def run(code: Path, folder: Path) -> dict[str, Path]:
    """Train and measure all cells with the labkit of a checkout; their folders by name."""
    folder.mkdir()
    (folder / "experiments.yaml").write_text(EXPERIMENTS, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "labkit", "run", "--no-download"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(code)}, check=True,
    )  # fmt: skip
    cells = (folder / "results" / "same" / "cells").iterdir()
    return {path.name.rpartition("-")[0]: path for path in cells}


def differences(one: Path, other: Path) -> Iterator[str]:
    """What of a cell is not the same to the bit."""
    names = {p.relative_to(one).as_posix() for p in (one / "train" / "images").iterdir()}
    for name in sorted({"train/best.safetensors", *names}):
        if (one / name).read_bytes() != (other / name).read_bytes():
            yield name
    if _history(one) != _history(other):
        yield "history"
    (a,), (b,) = one.glob("eval-*"), other.glob("eval-*")
    with np.load(a / "samples.npz") as first, np.load(b / "samples.npz") as second:
        if not np.array_equal(first["samples"], second["samples"]):
            yield "samples"
    if _measures(a) != _measures(b):
        yield "measures"


def _measures(folder: Path) -> str:
    """A cell's measures as text, without those that were withdrawn and never had a value."""
    measures: dict[str, dict[str, Any]] = json.loads((folder / "metrics.json").read_bytes())
    for values in measures.values():
        for name in WITHDRAWN:
            assert values.pop(name, None) is None or name == "elbo_absent"
    return json.dumps(measures)


def _history(cell: Path) -> list[dict[str, Any]]:
    lines = (cell / "train" / "history.jsonl").read_text("utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k not in CLOCK} for line in lines]


def rewritten(other: Path) -> dict[str, dict[str, Any]]:
    """For each module whose text differs: its version now, and those whose place it takes."""
    found = {}
    for part, prefix in (("train", "labkit.train."), ("measure", "")):
        for path in sorted((HERE / "labkit" / part).rglob("*.py")):
            inside = path.relative_to(HERE / "labkit" / part).as_posix()
            name = inside if not prefix else f"{prefix}{inside[:-3].replace('/', '.')}"
            name = name.removesuffix(".__init__") if prefix else name
            now, before = source_hash(path.read_text("utf-8")), other / "labkit" / part / inside
            was = {name: source_hash(before.read_text("utf-8"))} if before.is_file() else {}
            if was.get(name) != now:
                found[name] = {"now": now, "was": was}
    return found


def main(other: Path) -> None:
    """Compare, and write the file if all is the same."""
    with tempfile.TemporaryDirectory() as scratch:
        ours, theirs = run(HERE, Path(scratch) / "a"), run(other, Path(scratch) / "b")
        unlike = {name: list(differences(ours[name], theirs[name])) for name in ours}
    for name, what in unlike.items():
        print(f"{name}: {', '.join(what) or 'the same'}")
    if any(unlike.values()):
        sys.exit("not the same; nothing was written")
    EQUIVALENT.write_text(json.dumps(rewritten(other), indent=1) + "\n", encoding="utf-8")
    print(f"written: {EQUIVALENT}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
