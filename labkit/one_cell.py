"""One cell, start to commit: train, commit, measure, commit.

The only place where training and measuring meet. Runs in a worker process; what it
leaves behind is in the store, so its parent needs no more than its name.
"""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from labkit import code_version, durable, own_code, pictures
from labkit.attempts import attempt_and_commit
from labkit.catalog import FAMILIES, resolve
from labkit.data import Images, load
from labkit.measure.conditional import measure_conditional
from labkit.measure.cost import PeakMemory, flops_per_image
from labkit.measure.evaluate import Measures, measure_history, measure_samples, measure_vae
from labkit.measure.frechet import lab_sheet_fid
from labkit.measure.tracker import Tracker
from labkit.measure.vae import latent_plane
from labkit.own_code import OwnCodeError
from labkit.spec import CellSpec, sha256_of
from labkit.store import Attempt, Store, best_epoch, read_history
from labkit.train import checkpoint, runtime
from labkit.train.loop import fit
from labkit.train.models.base import Autoencoder, Family, plane, to_float, to_uint8
from labkit.train.models.conditional import Conditional
from labkit.train.rng import derive, stream

GreyImages = NDArray[np.uint8]

#: Checkpoints are not written more often than this.
CHECKPOINT_EVERY_S = 20.0
GRID = 16
#: Columns of the class grid, and images each way of a decoded latent plane.
CLASS_COLUMNS, MANIFOLD = 8, 15
#: Test images shown beside their reconstructions, and the two ends of the interpolation.
RECONSTRUCTED, ENDS = 8, (0, 1)


@dataclass(frozen=True)
class Task:
    """What a worker needs to run one cell; plain values, so it crosses to any process."""

    spec: dict[str, Any]
    store: str
    data_root: str | None = None
    device: str = "auto"
    threads: int = 1
    yardstick: dict[str, Any] | None = None
    """The cell whose discriminator yields the lab sheet's own number."""
    own: list[dict[str, str]] = field(default_factory=list)
    """The user's own Python files, see :mod:`labkit.own_code`."""


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
    if task.yardstick is not None:
        yardstick = CellSpec.from_json(task.yardstick)
        # Until the first GAN is there the number is not measured; its lack fails nothing.
        if store.is_trained(yardstick, deep=True) and store.sheet_damage(spec, yardstick):
            committed(lab_sheet_number, "sheet", yardstick)
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
        targets = code_version.targets(spec.family, spec.params)
        kind = sha256_of([spec.family, dict(spec.params)])
        own = [t for t in targets if t.startswith(own_code.PREFIX)]
        if not own or kind in tried:
            continue
        tried.add(kind)
        try:
            family = build(spec, torch.device("cpu"))
            family.noise = stream(spec.seed, "try")
            family.labels = torch.arange(_FLOPS_N) % 10
            stats = family.step(torch.zeros(_FLOPS_N, 1, 28, 28), 0)
            wrong = [k for k, v in stats.items() if not isinstance(v, Tensor) or v.dim()]
            family.sample(2, stream(spec.seed, "try"))
        except OwnCodeError:
            raise
        except Exception as error:
            name = own[0].removeprefix(own_code.PREFIX).partition(":")[0]
            first = f"{type(error).__name__}: {error}".splitlines()[0]
            raise OwnCodeError(f"{name}.py: a first training step raised {first}") from error
        if wrong:
            raise OwnCodeError(f"{own[0]}: step must return scalar tensors; see {wrong[0]}")


# --------------------------------------------------------------------------- training


def train(
    spec: CellSpec, store: Store, attempt: Attempt, task: Task, progress: dict[str, Any]
) -> None:
    """Train a cell in an attempt folder, going on from its checkpoint if it has a fitting one."""
    device = runtime.pick_device(task.device)
    memory = PeakMemory(device.type)
    family = build(spec, device)
    environment = runtime.numeric_environment(device)
    try:
        done, seconds = _resume(attempt, family, sha256_of(environment))
    except (
        SafetensorError,
        LookupError,
        TypeError,
        ValueError,
        RuntimeError,
        FileNotFoundError,
    ) as error:
        attempt.log(f"the checkpoint cannot be used ({error}): started again")
        (attempt.folder / "checkpoint.safetensors").unlink()
        family, done, seconds = build(spec, device), 0, 0.0
    rows = list(read_history(attempt.history_path)) if done else []
    if not done:
        attempt.history_path.unlink(missing_ok=True)

    root = Path(task.data_root) if task.data_root else None
    data = _load(spec, "train", root)
    images = torch.from_numpy(data.images.copy()).to(device)
    probe = probe_images(spec, device)
    tracker = Tracker(spec.dataset)

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
        labels=_labels(data, device),
        precision=spec.precision,
        on_step=on_step,
    ):
        seconds += row["seconds"]
        row["proxy_fid"] = tracker.proxy_fid(selection_samples(family, spec))
        rows.append({"epoch": epoch, **row})
        _save_pictures(attempt, family, spec, epoch, probe)
        if best_epoch(rows) == epoch:
            best = checkpoint.dump(family, optimisers=False, epoch=epoch)
            durable.replace_bytes(attempt.folder / "best.safetensors", best)
        line = json.dumps({"epoch": epoch, **row}, allow_nan=False) + "\n"
        durable.append_bytes(attempt.history_path, line.encode())
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
        "flops_per_image": _flops(family, probe_images(spec, device)),
    }
    _write_json(attempt.folder / "cost.json", cost)
    _write_json(attempt.folder / "spec.json", spec.to_json())
    _write_json(
        attempt.folder / "environment.json",
        {"numeric": environment, "packages": _packages()},
    )


def build(spec: CellSpec, device: torch.device) -> Family:
    """A family with its initial weights, on its device."""
    torch.manual_seed(derive(spec.seed, "init"))
    family: Family = resolve(FAMILIES[spec.family].target)(spec.params)
    family.to(device)
    return family


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
    durable.replace_bytes(attempt.folder / "checkpoint.safetensors", data)


def _save_pictures(
    attempt: Attempt, family: Family, spec: CellSpec, epoch: int, probe: Probe
) -> None:
    folder = attempt.folder / "images"
    durable.mkdir(folder)
    for name, page in grids(family, spec, probe).items():
        # Flushed, since a checkpoint promises that the epochs before it are whole.
        durable.write_bytes(folder / f"{name}_epoch{epoch}.png", pictures.png(page))
    durable.sync_folder(folder)


def probe_images(spec: CellSpec, device: torch.device) -> Probe:
    """The test images whose reconstructions are shown, (RECONSTRUCTED, 1, 28, 28) in [-1, 1]."""
    # The first test images are the same in every source.
    return _probe(load(spec.dataset, "test", "bundled"), slice(RECONSTRUCTED), device)


def grids(family: Family, spec: CellSpec, probe: Probe) -> dict[str, GreyImages]:
    """Grids from one fixed noise, so that shapes can be followed through the epochs.

    Args:
        family: the networks as they are now.
        spec: the cell, for its seed.
        probe: the first test images, (RECONSTRUCTED, 1, 28, 28) in [-1, 1], and their classes.

    Returns:
        ``samples``; of an autoencoder also ``reconstruction`` and ``interpolation``, and of
        one with a latent plane ``manifold``; where classes can be asked for, ``classes``: one
        uint8 picture each.
    """
    noise = stream(spec.seed, "grid", 0, family.device)
    found = {"samples": (family.sample(GRID, noise), 4)}
    if isinstance(family, Autoencoder):
        images, labels = probe
        family.labels = labels
        both = torch.stack([images, family.reconstruct(images)], 1).flatten(0, 1)
        found["reconstruction"] = (both, 4)
        family.labels = labels[list(ENDS)]
        line = family.interpolate(images[ENDS[0]], images[ENDS[1]], GRID)
        found["interpolation"] = (line, 4)
        if family.latent_dim == 2 and not family.classes:
            codes = plane(MANIFOLD).to(images.device)
            found["manifold"] = (family.decode_codes(codes), MANIFOLD)
    if isinstance(family, Conditional):
        noise = stream(spec.seed, "class grid", 0, family.device)
        found["classes"] = (family.class_grid(CLASS_COLUMNS, noise), CLASS_COLUMNS)
    return {name: pictures.tile(_numpy(i), columns) for name, (i, columns) in found.items()}


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
    durable.write_bytes(attempt.folder / "samples.npz", file.getvalue())


def evaluation_samples(family: Family, spec: CellSpec) -> GreyImages:
    """The samples a cell is measured by, uint8 (N, 28, 28), from their own noise."""
    noise = stream(spec.seed, "evaluation", 0, family.device)
    return _numpy(family.sample(spec.evaluation["samples"], noise))


def selection_samples(family: Family, spec: CellSpec) -> GreyImages:
    """The samples the best epoch is chosen by; one noise for all epochs, so that the choice
    between them is free of its chance."""
    noise = stream(spec.seed, "selection", 0, family.device)
    return _numpy(family.sample(spec.selection["samples"], noise))


def measures(
    spec: CellSpec,
    family: Family | None,
    samples: GreyImages,
    history: Sequence[Mapping[str, Any]],
    data_root: str | None = None,
) -> dict[str, dict[str, Any]]:
    """What ``metrics.json`` holds: ``metrics`` and ``details``.

    Args:
        spec: the cell.
        family: with the weights of its best epoch; without them, what needs them is left out.
        samples: uint8 (N, 28, 28).
        history: a row an epoch.
        data_root: where to look for the full data sets first.
    """
    parts = [measure_samples(samples, spec.dataset), measure_history(history, spec.family)]
    if isinstance(family, Autoencoder):
        test = _load(spec, "test", Path(data_root) if data_root else None)
        images, family.labels = _probe(test, slice(None), family.device)
        mean, log_variance = family.encode(images)
        parts.append(
            measure_vae(
                reconstructions=_numpy(family.reconstruct(images)),
                originals=test.images,
                mean=mean.cpu().numpy(),
                log_variance=log_variance.cpu().numpy(),
                losses=family.test_losses(images, stream(spec.seed, "test", 0, family.device)),
                # A VAE-GAN compares features: by squares, and no likelihood of images.
                reconstruction=spec.params.get("reconstruction", "mse"),
                dataset=spec.dataset,
            )
        )
        if mean.shape[1] == 2:
            parts.append(Measures({}, latent_plane(mean.cpu().double().numpy(), test.labels)))
    if FAMILIES[spec.family].conditional:
        asked = np.arange(len(samples), dtype=np.int64) % 10
        parts.append(measure_conditional(samples, asked, spec.dataset))
    for name, target in own_code.own_metrics().items():
        real = load(spec.dataset, "test", "bundled").images
        parts.append(Measures({name: float(resolve(target)(samples, real))}))
    return {
        "metrics": {name: value for part in parts for name, value in part.metrics.items()},
        "details": {name: value for part in parts for name, value in part.details.items()},
    }


def lab_sheet_number(
    spec: CellSpec, store: Store, attempt: Attempt, task: Task, progress: dict[str, Any]
) -> None:
    """The lab sheet's own "proxy FID-like" number, by the first GAN's discriminator."""
    progress.update(measuring=True)
    assert task.yardstick is not None
    yardstick = CellSpec.from_json(task.yardstick)
    gan = build(yardstick, runtime.pick_device(task.device))
    checkpoint.load(gan, store.train_folder(yardstick) / "best.safetensors")
    with np.load(store.eval_folder(spec) / "samples.npz", allow_pickle=False) as file:
        metrics = sheet_measures(spec, gan, file["samples"], task.data_root)
    _write_json(attempt.folder / "metrics.json", {"metrics": metrics})


def sheet_measures(
    spec: CellSpec, gan: Any, samples: GreyImages, data_root: str | None = None
) -> dict[str, float]:
    """``lab_sheet_fid`` of a cell's samples, uint8 (N, 28, 28), by a GAN's discriminator."""
    test = _load(spec, "test", Path(data_root) if data_root else None)
    real, fake = (
        gan.discriminator_features(_to_device(images, gan.device)).cpu().numpy()
        for images in (test.images, samples)
    )
    return {"lab_sheet_fid": lab_sheet_fid(real, fake)}


# --------------------------------------------------------------------------- the rest

_FLOPS_N = 8


#: Images (N, 1, 28, 28) in [-1, 1] and their classes.
Probe = tuple[Tensor, Tensor]


def _flops(family: Family, probe: Probe) -> float:
    """Arithmetic of a training step; it is really run, so this comes last."""
    images, family.labels = probe
    return flops_per_image(lambda: family.step(images, 0), len(images))


def _probe(data: Images, which: slice, device: torch.device) -> Probe:
    return _to_device(data.images[which], device), _labels(data, device)[which]


def _labels(data: Images, device: torch.device) -> Tensor:
    return torch.from_numpy(data.labels.astype(np.int64)).to(device)


def _load(spec: CellSpec, split: str, root: Path | None) -> Images:
    limit = spec.data["limit"] if split == "train" else None
    return load(spec.dataset, split, spec.data["source"], limit, root)


def _to_device(images: GreyImages, device: torch.device) -> Tensor:
    """uint8 (N, 28, 28) -> float32 (N, 1, 28, 28) in [-1, 1]."""
    return to_float(torch.from_numpy(images.copy())).unsqueeze(1).to(device)


def _numpy(images: Tensor) -> GreyImages:
    return to_uint8(images).squeeze(1).cpu().numpy()


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    durable.write_bytes(path, f"{text}\n".encode())


def _packages() -> dict[str, str]:
    from importlib.metadata import version

    import labkit

    names = ("torch", "torchvision", "numpy", "pandas", "scipy", "matplotlib")
    return {"labkit": labkit.__version__, **{name: version(name) for name in names}}
