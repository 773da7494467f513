"""Train the pinned feature network of each data set: ``python -m scripts.train_features``.

Needs the full data sets (``LABKIT_DATA``). Seeded and deterministic on one machine; on
another processor or torch build the last bits differ, which is why the weights are
pinned in the package and named by their SHA-256 rather than retrained.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

import labkit.calibration
from labkit.catalog import DATASETS
from labkit.data import load
from labkit.measure.net import CLASSES, FeatureNet, to_input
from labkit.measure.pinned import weights_path

SETTINGS: dict[str, Any] = {
    "seed": 0,
    "epochs": 12,
    "batch_size": 128,
    "optimiser": "AdamW",
    "peak_learning_rate": 3e-3,
    "weight_decay": 0.01,
    "schedule": "one cycle",
    "augmentation": "shifts of up to 1 pixel",
}


def shifted(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image (N, 1, 28, 28) moved by -1, 0 or 1 pixel in x and in y."""
    padded = F.pad(images, (1, 1, 1, 1))
    moves = torch.randint(0, 3, (len(images), 2), generator=generator)
    rows = (moves[:, :1] + torch.arange(28))[:, None, :, None]
    columns = (moves[:, 1:] + torch.arange(28))[:, None, None, :]
    return padded[torch.arange(len(images))[:, None, None, None], 0, rows, columns]


def train(images: Tensor, labels: Tensor) -> FeatureNet:
    """The network after `SETTINGS["epochs"]` epochs on uint8 (N, 28, 28) and int64 (N,)."""
    torch.manual_seed(SETTINGS["seed"])
    generator = torch.Generator().manual_seed(SETTINGS["seed"])
    net = FeatureNet().to(memory_format=torch.channels_last)
    batches = len(images) // SETTINGS["batch_size"]
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=SETTINGS["weight_decay"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, SETTINGS["peak_learning_rate"], total_steps=batches * SETTINGS["epochs"]
    )
    for epoch in range(1, SETTINGS["epochs"] + 1):
        started, total = time.perf_counter(), 0.0
        order = torch.randperm(len(images), generator=generator)
        for chosen in order[: batches * SETTINGS["batch_size"]].view(batches, -1):
            _, logits = net(shifted(to_input(images[chosen]), generator))
            loss = F.cross_entropy(logits, labels[chosen])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"  epoch {epoch}: loss {total / batches:.4f}, {time.perf_counter() - started:.0f} s",
              flush=True)  # fmt: skip
    return net.eval()


@torch.no_grad()
def outputs(net: FeatureNet, images: Tensor) -> tuple[Tensor, Tensor]:
    """Features (N, 64) and predicted classes (N,) in float64 and int64."""
    parts = [net(to_input(batch)) for batch in torch.split(images, 500)]
    features = torch.cat([features for features, _ in parts]).double()
    return features, torch.cat([logits for _, logits in parts]).argmax(1)


def pin(dataset: str) -> None:
    """Train, check the accuracy, write the weights and what is known about them."""
    train_set, test_set = load(dataset, "train", "full"), load(dataset, "test", "full")
    images = torch.from_numpy(train_set.images.copy())
    net = train(images, torch.from_numpy(train_set.labels.astype(np.int64)))
    features, _ = outputs(net, images)
    _, predicted = outputs(net, torch.from_numpy(test_set.images.copy()))
    counts = np.zeros((CLASSES, CLASSES), int)
    np.add.at(counts, (test_set.labels, predicted.numpy()), 1)
    accuracy = float(counts.trace() / counts.sum())
    print(f"{dataset}: test accuracy {accuracy:.4f}")
    least = DATASETS[dataset].least_accuracy
    if accuracy < least:
        raise SystemExit(f"{dataset}: below the {least:.1%} required")
    tensors = {name: value.contiguous() for name, value in net.state_dict().items()}
    tensors["feature_mean"] = features.mean(0)
    tensors["feature_std"] = features.std(0)
    path = weights_path(dataset)
    save_file(tensors, path)
    facts = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "test_accuracy": accuracy,
        "parameters": sum(p.numel() for p in net.parameters()),
        "trained_on": "the 60,000 training images",
        "training": SETTINGS,
        "confusion": counts.tolist(),
        "confusion_from": "the 10,000 test images, which the network has not been trained on; "
        "row: true class, column: predicted class (argmax), counts",
    }
    described = Path(labkit.calibration.__file__).parent / f"{dataset}-features.json"
    described.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("datasets", nargs="*", default=list(DATASETS))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.use_deterministic_algorithms(True)
    for dataset in arguments.datasets:
        pin(dataset)


if __name__ == "__main__":
    main()
