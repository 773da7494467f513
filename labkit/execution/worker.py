"""One cell, start to commit: train, commit, measure, commit.

The only place where training and measuring meet. Runs in a worker process; what it
leaves behind is in the store, so its parent needs no more than its name.
"""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor

from labkit import __version__
from labkit.errors import behind, one_line
from labkit.execution import image_grid
from labkit.execution.evaluation import measures, sheet_measures
from labkit.execution.sampling import (
    Probe,
    build,
    evaluation_samples,
    grids,
    labels_of,
    load_for,
    probe_images,
    selection_samples,
)
from labkit.execution.tracing import trace
from labkit.experiment import fingerprint
from labkit.experiment.spec import CellSpec, sha256_of
from labkit.measure.cost import PeakMemory
from labkit.measure.tracker import Tracker
from labkit.plugins import registry as own_code
from labkit.plugins.registry import OwnCodeError
from labkit.store import atomic, layer_table
from labkit.store.attempts import Attempt, attempt_and_commit
from labkit.store.commits import json_bytes
from labkit.store.history import best_epoch, read_history
from labkit.store.store import Store
from labkit.train import checkpoint, runtime
from labkit.train.adversary import Adversary
from labkit.train.flops import flops_per_image
from labkit.train.hardware import processor
from labkit.train.loop import fit
from labkit.train.models.base import Context, Family
from labkit.train.rng import stream

#: Checkpoints are not written more often than this.
CHECKPOINT_EVERY_S = 20.0


@dataclass(frozen=True)
class Task:
    """What a worker needs to run one cell; plain values, so it crosses to any process."""

    spec: dict[str, Any]
    store: str
    data_root: str | None = None
    device: str = "auto"
    threads: int = 1
    sheet_gan: dict[str, Any] | None = None
    """The cell whose discriminator yields the lab sheet's own number."""
    own: list[dict[str, str]] = field(default_factory=list)
    """The user's own Python files, see :mod:`labkit.plugins.registry`."""


def run_cell(task: Task) -> Literal["done", "failed"]:
    """Train and measure what is not committed yet. Every error ends up in the store.

    Raises:
        OSError: the store itself cannot be written.
    """
    own_code.register(own_code.from_json(task.own), run=True)
    spec = CellSpec.from_json(task.spec)
    store = _store(task.store)
    runtime.set_up(task.threads)

    def committed(work: _Work, kind: str, by: CellSpec | None = None) -> bool:
        def fill(attempt: Attempt, progress: dict[str, Any]) -> None:
            work(spec, store, attempt, task, progress)

        return attempt_and_commit(fill, kind, spec, store, by)

    if not store.is_trained(spec) and not committed(train, "train"):
        return "failed"
    if not store.is_evaluated(spec):
        # Weights are looked into before they are used, not only weighed.
        if not store.is_trained(spec, deep=True) and not committed(train, "train"):
            return "failed"
        if not committed(evaluate, "eval"):
            return "failed"
    if task.sheet_gan is not None:
        sheet_gan = CellSpec.from_json(task.sheet_gan)
        # Until the first GAN is there the number is not measured; its lack fails nothing.
        if store.is_trained(sheet_gan, deep=True) and store.sheet_damage(spec, sheet_gan):
            committed(lab_sheet_number, "sheet", sheet_gan)
    return "done"


@cache
def _store(root: str) -> Store:
    """One for all cells of this process: it lists the folders of all cells but once."""
    return Store(Path(root))


_Work = Callable[[CellSpec, Store, Attempt, Task, dict[str, Any]], None]


def try_own_code(specs: Sequence[CellSpec]) -> None:
    """Build each kind of cell and take one step, so that a mistake in a user's file shows at once.

    Raises:
        OwnCodeError: one line: which file, what was expected, what was found.
    """
    runtime.set_up()
    tried: set[str] = set()
    for spec in specs:
        targets = fingerprint.targets(spec.family, spec.params)
        kind = sha256_of([spec.family, dict(spec.params)])
        own = [t for t in targets if t.startswith(own_code.PREFIX)]
        if not own or kind in tried:
            continue
        tried.add(kind)
        name = own[0].removeprefix(own_code.PREFIX).partition(":")[0]
        try:
            family = build(spec, torch.device("cpu"))
            fault = _fault(family, stream(spec.seed, "try"))
        except OwnCodeError:
            raise
        except Exception as error:
            where = own_code.place(error) or f"{name}.py: a first training step raised"
            raise OwnCodeError(f"{where} {one_line(error)}") from error
        if fault:
            raise OwnCodeError(f"{name}.py: {fault}")


def _fault(family: Family, rng: torch.Generator) -> str:
    """What is wrong with losses, with what a step returns or with the images; or empty."""
    if isinstance(adversary := getattr(family, "adversary", None), Adversary):
        logits = torch.zeros(_FLOPS_N, 1, requires_grad=True)
        for name, loss in (
            ("discriminator_loss(real, fake)", adversary.loss.discriminator(logits, logits)),
            ("generator_loss(fake)", adversary.loss.generator(logits)),
        ):
            if not isinstance(loss, Tensor) or loss.dim():
                found = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
                return f"expected {name} -> a scalar tensor, as of .mean(); it gave {found}"
    last = getattr(family, "n_critic", 1) - 1  # the step in which a generator learns too
    context = Context(rng, torch.arange(_FLOPS_N) % 10, step=last, steps=last + 1)
    for name, value in family.step(torch.zeros(_FLOPS_N, 1, 28, 28), context).items():
        if not isinstance(value, Tensor) or value.dim():
            return f"step must return scalar tensors; {name} is none"
        if not value.isfinite():
            return f"{name} is {value.item()} in a first training step"
    # Far out, where only a tanh (or the like) keeps an output within its range.
    images = family.decode(100 * family.random_noise(2, rng))
    wanted = "expected images (N, 1, 28, 28) in [-1, 1]"
    if images.shape != (2, 1, 28, 28):
        return f"{wanted}; for N = 2 it gave {tuple(images.shape)}"
    if images.abs().max() > 1:
        return f"{wanted} whatever the noise (end in a tanh); it gave {images.abs().max():.3g}"
    return ""


# --------------------------------------------------------------------------- training


def train(
    spec: CellSpec, store: Store, attempt: Attempt, task: Task, progress: dict[str, Any]
) -> None:
    """Train a cell in an attempt folder, going on from its checkpoint if it has a fitting one."""
    _record_layers(attempt, spec)
    device = runtime.pick_device(task.device)
    from labkit.execution.repeatable import differs  # for an author's own networks

    unlike = differs(spec)
    memory = PeakMemory(device.type)
    environment = runtime.numeric_environment(device)
    family, done, seconds = _begin(attempt, spec, device, sha256_of(environment))
    rows = list(read_history(attempt.history_path)) if done else []
    if not done:
        attempt.history_path.unlink(missing_ok=True)

    root = Path(task.data_root) if task.data_root else None
    data = load_for(spec, "train", root)
    images = torch.from_numpy(data.images.copy()).to(device)
    probe = probe_images(spec, device, root)
    tracker = Tracker(spec.dataset) if spec.has_features else None

    def on_step(epoch: int, i: int, steps: int) -> None:
        progress.update(epoch=epoch, step=i, steps=steps, epochs=spec.training["epochs"])

    saved_at = time.monotonic()
    for epoch, row in fit(
        family,
        images,
        epochs=spec.training["epochs"],
        batch_size=spec.training["batch_size"],
        seed=spec.seed,
        done=done,
        labels=labels_of(data, device),
        precision=spec.precision,
        on_step=on_step,
    ):
        seconds += row["seconds"]
        if tracker is not None:
            row["proxy_fid"] = tracker.proxy_fid(selection_samples(family, spec))
        rows.append({"epoch": epoch, **row})
        _save_pictures(attempt, family, spec, epoch, probe)
        if best_epoch(rows) in (epoch, None):  # where none can be chosen, the last is kept
            best = checkpoint.dump(family, optimisers=False, epoch=epoch)
            atomic.replace_bytes(attempt.folder / "best.safetensors", best)
        line = json.dumps({"epoch": epoch, **row}, allow_nan=False) + "\n"
        atomic.append_bytes(attempt.history_path, line.encode())
        last = epoch == spec.training["epochs"]
        if last or time.monotonic() - saved_at > CHECKPOINT_EVERY_S:
            _save_checkpoint(attempt, family, epoch, seconds, sha256_of(environment))
            saved_at = time.monotonic()

    images_seen = spec.training["epochs"] * len(images)
    cost = {
        "seconds": seconds,
        "images_per_s": images_seen / seconds,
        "parameters": family.parameter_count(),
        "peak_memory_mb": memory.megabytes(),
        "flops_per_image": _flops(family, spec, probe_images(spec, device, root)),
    }
    _write_json(attempt.folder / "cost.json", cost)
    _write_json(attempt.folder / "spec.json", spec.to_json())
    _write_json(
        attempt.folder / "environment.json",
        {
            "numeric": environment,
            "hardware": {"processor": processor()},
            "packages": _packages(),
            # Only of a user's own networks: what nobody can repeat.
            **({"differs": unlike} if unlike else {}),
        },
    )


def _begin(
    attempt: Attempt, spec: CellSpec, device: torch.device, environment: str
) -> tuple[Family, int, float]:
    """A family as its checkpoint left it or anew; epochs done and seconds they took."""
    family = build(spec, device)
    try:
        return family, *_resume(attempt, family, environment)
    except (
        SafetensorError,
        LookupError,
        TypeError,
        ValueError,
        RuntimeError,
        FileNotFoundError,
    ) as error:
        source = "safetensors" if isinstance(error, SafetensorError) else type(error).__name__
        attempt.log(f"the checkpoint cannot be used: started again{behind(source, error)}")
        (attempt.folder / "checkpoint.safetensors").unlink()
        return build(spec, device), 0, 0.0


def _record_layers(attempt: Attempt, spec: CellSpec) -> None:
    """Write down what the networks are made of; a cell without that is whole."""
    path = attempt.folder / layer_table.FILE
    if path.exists():
        return
    try:
        found = layer_table.to_json(trace(spec))
    except Exception as error:
        attempt.log(f"the layers could not be recorded ({type(error).__name__}: {error})")
    else:
        _write_json(path, found)


def _resume(attempt: Attempt, family: Family, environment: str) -> tuple[int, float]:
    """Load the attempt's checkpoint; return (epochs done, seconds so far), (0, 0) without one.

    A checkpoint made in another numeric environment is not used: the bits would be
    neither those of one machine nor of the other.
    """
    path = attempt.folder / "checkpoint.safetensors"
    if path.exists():
        facts = checkpoint.read_facts(path)
        if facts["environment"] == environment:
            checkpoint.load(family, path)
            _cut(attempt.history_path, facts["history_bytes"])
            attempt.log(f"resumed after epoch {facts['epoch']}")
            return facts["epoch"], facts["seconds"]
        attempt.log("the checkpoint is of another numeric environment: started again")
        path.unlink()
    return 0, 0.0


def _cut(history: Path, size: int) -> None:
    """Drop what was recorded after the checkpoint."""
    with history.open("rb+") as file:
        if file.seek(0, os.SEEK_END) < size:
            raise ValueError("the history is shorter than it says")
        file.truncate(size)


def _save_checkpoint(
    attempt: Attempt, family: Family, epoch: int, seconds: float, environment: str
) -> None:
    data = checkpoint.dump(
        family,
        epoch=epoch,
        seconds=seconds,
        environment=environment,
        history_bytes=attempt.history_path.stat().st_size,
    )
    atomic.replace_bytes(attempt.folder / "checkpoint.safetensors", data)


def _save_pictures(
    attempt: Attempt, family: Family, spec: CellSpec, epoch: int, probe: Probe
) -> None:
    folder = attempt.folder / "images"
    atomic.mkdir(folder)
    for name, page in grids(family, spec, probe).items():
        # Flushed, since a checkpoint promises that the epochs before it are whole.
        atomic.write_bytes(folder / f"{name}_epoch{epoch}.png", image_grid.png(page))
    atomic.sync_folder(folder)


# --------------------------------------------------------------------------- measuring


def evaluate(
    spec: CellSpec, store: Store, attempt: Attempt, task: Task, progress: dict[str, Any]
) -> None:
    """Measure a committed training at its best epoch."""
    progress.update(measuring=True)
    device = runtime.pick_device(task.device)
    train = store.train_folder(spec)
    history = list(read_history(train / "history.jsonl"))
    family = build(spec, device)
    checkpoint.load(family, train / "best.safetensors")

    samples = evaluation_samples(family, spec)
    _write_json(
        attempt.folder / "metrics.json", measures(spec, family, samples, history, task.data_root)
    )
    file = io.BytesIO()
    np.savez_compressed(file, samples=samples)
    atomic.write_bytes(attempt.folder / "samples.npz", file.getvalue())


def lab_sheet_number(
    spec: CellSpec, store: Store, attempt: Attempt, task: Task, progress: dict[str, Any]
) -> None:
    """The lab sheet's own "proxy FID-like" number, by the first GAN's discriminator."""
    progress.update(measuring=True)
    assert task.sheet_gan is not None
    sheet_gan = CellSpec.from_json(task.sheet_gan)
    gan = build(sheet_gan, runtime.pick_device(task.device))
    checkpoint.load(gan, store.train_folder(sheet_gan) / "best.safetensors")
    with np.load(store.eval_folder(spec) / "samples.npz", allow_pickle=False) as file:
        metrics = sheet_measures(spec, gan, file["samples"], task.data_root)
    _write_json(attempt.folder / "metrics.json", {"metrics": metrics})


# --------------------------------------------------------------------------- the rest

_FLOPS_N = 8


def _flops(family: Family, spec: CellSpec, probe: Probe) -> float:
    """Arithmetic of a training step; it is really run, so this comes last."""
    images, labels = probe
    epochs = spec.training["epochs"]  # the last, where a latent GAN's own part is trained
    noise = stream(spec.seed, "flops", 0, family.device)
    return flops_per_image(family, images, Context(noise, labels, epoch=epochs, epochs=epochs))


def _write_json(path: Path, value: Any) -> None:
    atomic.write_bytes(path, json_bytes(value))


def _packages() -> dict[str, str]:
    names = ("torch", "torchvision", "numpy", "pandas", "scipy", "matplotlib")
    return {"labkit": __version__, **{name: version(name) for name in names}}
