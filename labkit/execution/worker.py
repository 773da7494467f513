"""One cell, start to commit: train, commit, measure, commit.

The only place where training and measuring meet. Runs in a worker process; what it
leaves behind is in the store, so its parent needs no more than its name.
"""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
import torch
from safetensors import SafetensorError

from labkit import __version__
from labkit.catalog import resolve
from labkit.data.machine import processor
from labkit.errors import behind
from labkit.execution import image_grid, sampling
from labkit.execution.alone import opened
from labkit.execution.evaluation import measures, sheet_measures
from labkit.execution.status import Task, has_sheet
from labkit.execution.trials import differs, trace
from labkit.experiment.fingerprint import own_files
from labkit.experiment.spec import CellSpec, sha256_of
from labkit.measure.cost import PeakMemory
from labkit.measure.on_device import measured_on
from labkit.measure.tracker import Tracker
from labkit.plugins import registry as own_code
from labkit.store import atomic, file_names, layer_table
from labkit.store.attempts import Attempt, attempt_and_commit
from labkit.store.commits import write_json
from labkit.store.history import best_epoch, read_history
from labkit.train import checkpoint, runtime
from labkit.train.draws import drawing
from labkit.train.flops import flops_per_image, flops_per_sample
from labkit.train.loop import fit
from labkit.train.models.base import Context, Family
from labkit.train.rng import stream

#: Checkpoints are not written more often than this.
CHECKPOINT_EVERY_S = 20.0
#: What records steps on a card; loaded where it is asked for.
RECORDED = "labkit.train.capture:RecordedSteps"
#: What reading a damaged checkpoint, or a history cut short, may raise.
_UNUSABLE = (LookupError, TypeError, ValueError, RuntimeError, FileNotFoundError, SafetensorError)

#: Whose versions are noted with a training.
_PACKAGES = ("torch", "torchvision", "numpy", "pandas", "scipy", "matplotlib")

_Work = Callable[[Task, Attempt, dict[str, Any]], None]


def run_cell(task: Task) -> Literal["done", "failed"]:
    """Train and measure what is not committed yet. Every error ends up in the store.

    Raises:
        OSError: the store itself cannot be written.
    """
    own_code.register(own_code.from_json(task.own), run=True)
    spec, store, sheet_gan = task.spec, opened(task.store), task.sheet_gan
    runtime.set_up(task.threads)

    def committed(work: _Work, kind: str, by: CellSpec | None = None) -> bool:
        return attempt_and_commit(partial(_in_memory, work, task), kind, spec, store, by)

    if not (store.is_trained(spec) and store.is_evaluated(spec)):
        # Weights are looked into before they are used, not only weighed.
        if not store.is_trained(spec, deep=True) and not committed(train, "train"):
            return "failed"
        if not store.is_evaluated(spec) and not committed(evaluate, "eval"):
            return "failed"
    # Until the first GAN is there the number is not measured; its lack fails nothing.
    there = sheet_gan is not None and store.is_trained(sheet_gan, deep=True)
    lacks = sheet_gan and there and store.damage(spec, "sheet", sheet_gan)
    if sheet_gan and lacks and has_sheet(store, spec, sheet_gan):
        committed(lab_sheet_number, "sheet", sheet_gan)
    return "done"


def _in_memory(work: _Work, task: Task, attempt: Attempt, progress: dict[str, Any]) -> None:
    """Do it; where a card has no room left, say what makes room."""
    try:
        work(task, attempt, progress)
    except torch.cuda.OutOfMemoryError as error:
        had = torch.cuda.max_memory_allocated() / 1e6
        raise torch.cuda.OutOfMemoryError(
            f"the card has no memory left for this cell, which had {had:.0f} MB: run fewer cells "
            "side by side (-j), or take a smaller batch_size"
        ) from error


def train(task: Task, attempt: Attempt, progress: dict[str, Any]) -> None:
    """Train a cell in an attempt folder, going on from its checkpoint if it has a fitting one."""
    spec, epochs = task.spec, task.spec.training["epochs"]
    _record_layers(attempt, spec)
    device = runtime.pick_device(task.device)
    unlike = differs(spec)  # an author's own networks, tried
    memory = PeakMemory(device.type)
    environment = runtime.numeric_environment(device)
    made_in = sha256_of(environment)
    family, rows, seconds = _begin(attempt, spec, device, made_in)
    data = sampling.load_for(spec, "train", task.data_root)
    images = torch.from_numpy(data.images.copy()).to(device)
    probe = sampling.probe_images(spec, device, task.data_root)
    tracker = Tracker(spec.dataset, measured_on(device)) if spec.has_features else None
    # What an author's own step does beside its arithmetic would not be repeated.
    records = runtime.records_steps(device) and not own_files(spec)
    step = resolve(RECORDED)(family, attempt.log) if records else None

    def on_step(epoch: int, i: int, steps: int) -> None:
        progress.update(epoch=epoch, step=i, steps=steps, epochs=epochs)

    saved_at = time.monotonic()
    for epoch, row in fit(
        family,
        images,
        epochs=epochs,
        batch_size=spec.training["batch_size"],
        seed=spec.seed,
        done=len(rows),
        labels=sampling.labels_of(data, device),
        precision=spec.precision,
        step=step,
        on_step=on_step,
    ):
        seconds += row["seconds"]
        if tracker is not None:
            row["proxy_fid"] = tracker.proxy_fid(sampling.selection_samples(family, spec))
        rows.append({"epoch": epoch, **row})
        _save_pictures(attempt, family, spec, epoch, probe)
        if best_epoch(rows) in (epoch, None):  # where none can be chosen, the last is kept
            best = checkpoint.dump(family, optimisers=False, epoch=epoch)
            atomic.replace_bytes(attempt.folder / file_names.BEST, best)
        line = json.dumps(rows[-1], allow_nan=False) + "\n"
        atomic.append_bytes(attempt.history_path, line.encode())
        if epoch == epochs or time.monotonic() - saved_at > CHECKPOINT_EVERY_S:
            _save_checkpoint(attempt, family, epoch, seconds, made_in)
            saved_at = time.monotonic()

    cost = {
        "seconds": seconds,
        "images_per_s": epochs * len(images) / seconds,
        "parameters": family.parameter_count(),
        "peak_memory_mb": memory.megabytes(),
        **_flops(family, spec, probe),
    }
    if step is None or step.failed:
        environment.pop("steps", None)
    write_json(attempt.folder / file_names.COST, cost)
    write_json(attempt.folder / file_names.SPEC, spec.to_json())
    write_json(attempt.folder / file_names.ENVIRONMENT, _made_by(environment, unlike))


def _made_by(numeric: dict[str, Any], unlike: Sequence[str]) -> dict[str, Any]:
    """What a training was made by, as its file has it."""
    # A user's own networks may behave differently each time: a grader has to know.
    differs = {"differs": unlike} if unlike else {}
    packages = {"labkit": __version__, **{name: version(name) for name in _PACKAGES}}
    hardware = {"processor": processor()}
    return {"numeric": numeric, **differs, "hardware": hardware, "packages": packages}


def _begin(
    attempt: Attempt, spec: CellSpec, device: torch.device, environment: str
) -> tuple[Family, list[dict[str, Any]], float]:
    """A family as its checkpoint left it or anew; a row an epoch done, and seconds they took.

    A checkpoint made in another numeric environment is not used: the bits would be
    neither those of one machine nor of the other.
    """
    family, path = sampling.build(spec, device), attempt.folder / file_names.CHECKPOINT
    try:
        facts = checkpoint.read_facts(path) if path.exists() else None
        if facts and facts["environment"] == environment:
            checkpoint.load(family, path)
            with attempt.history_path.open("rb+") as history:
                history.truncate(facts["history_bytes"])  # of what came after the checkpoint
            rows = list(read_history(attempt.history_path))
            if len(rows) < facts["epoch"]:
                raise ValueError("the history is shorter than it says")
            attempt.log(f"resumed after epoch {facts['epoch']}")
            return family, rows, facts["seconds"]
        if facts:
            attempt.log("the checkpoint is of another numeric environment: started again")
    except _UNUSABLE as error:
        source = "safetensors" if isinstance(error, SafetensorError) else type(error).__name__
        attempt.log(f"the checkpoint cannot be used: started again{behind(source, error)}")
        family = sampling.build(spec, device)
    path.unlink(missing_ok=True)
    attempt.history_path.unlink(missing_ok=True)
    return family, [], 0.0


def _record_layers(attempt: Attempt, spec: CellSpec) -> None:
    """Write down what the networks are made of; a cell without that is whole."""
    path = attempt.folder / file_names.NETWORKS
    if not path.exists():
        try:
            found = layer_table.to_json(trace(spec))
        except Exception as error:
            attempt.log(f"the layers could not be recorded ({type(error).__name__}: {error})")
        else:
            write_json(path, found)


def _save_checkpoint(
    attempt: Attempt, family: Family, epoch: int, seconds: float, environment: str
) -> None:
    size = attempt.history_path.stat().st_size
    facts: dict[str, Any] = {"seconds": seconds, "environment": environment, "history_bytes": size}
    data = checkpoint.dump(family, epoch=epoch, **facts)
    atomic.replace_bytes(attempt.folder / file_names.CHECKPOINT, data)


def _save_pictures(
    attempt: Attempt, family: Family, spec: CellSpec, epoch: int, probe: sampling.Probe
) -> None:
    folder = attempt.folder / "images"
    atomic.mkdir(folder)
    for name, page in sampling.grids(family, spec, probe).items():
        # Flushed, since a checkpoint promises that the epochs before it are whole.
        atomic.write_bytes(folder / f"{name}_epoch{epoch}.png", image_grid.png(page))
    atomic.sync_folder(folder)


def evaluate(task: Task, attempt: Attempt, progress: dict[str, Any]) -> None:
    """Measure a committed training at its best epoch."""
    progress.update(measuring=True)
    spec, device = task.spec, runtime.pick_device(task.device)
    train = opened(task.store).train_folder(spec)
    history = list(read_history(train / file_names.HISTORY))
    family = sampling.build(spec, device)
    checkpoint.load(family, train / file_names.BEST)

    samples = sampling.evaluation_samples(family, spec)
    found = measures(spec, family, samples, history, task.data_root)
    write_json(attempt.folder / file_names.MEASURES, found)
    atomic.write_bytes(attempt.folder / file_names.SAMPLES, image_grid.npz(samples))


def lab_sheet_number(task: Task, attempt: Attempt, progress: dict[str, Any]) -> None:
    """The lab sheet's own "proxy FID-like" number, by the first GAN's discriminator."""
    progress.update(measuring=True)
    spec, store, sheet_gan = task.spec, opened(task.store), task.sheet_gan
    assert sheet_gan is not None
    gan = sampling.build(sheet_gan, runtime.pick_device(task.device))
    checkpoint.load(gan, store.train_folder(sheet_gan) / file_names.BEST)
    with np.load(store.eval_folder(spec) / file_names.SAMPLES, allow_pickle=False) as file:
        metrics = sheet_measures(spec, gan, file["samples"], task.data_root)
    write_json(attempt.folder / file_names.MEASURES, {"metrics": metrics})


def _flops(family: Family, spec: CellSpec, probe: sampling.Probe) -> dict[str, float]:
    """Arithmetic of a sample, and of a training step: that is really run, so this comes last.

    Of a step it is the mean over the stages of training.
    """
    with drawing(family, spec.seed, "flops"):
        of_sample = flops_per_sample(family)
    images, labels = probe
    noise, of_image = stream(spec.seed, "flops", 0, family.device), 0.0
    for place, share in family.stages().items():
        at = sampling.at_place(Context(noise, labels), place)
        of_image += share * flops_per_image(family, images, at)
    return {"flops_per_sample": of_sample, "flops_per_image": of_image}
