"""For those with a training loop of their own, in a script or a notebook.

    import labkit

    with labkit.cell("MNIST_GAN_hinge_z64", dataset="MNIST", family="gan",
                     loss="hinge", z_dim=64) as cell:
        for epoch in range(1, 11):
            ...                                     # train as you like
            cell.log(epoch, d_loss=d_loss, g_loss=g_loss)
            cell.samples(G(noise), epoch)           # a few thousand, in [-1, 1]
    labkit.report("results/own")

The cell is committed, measured and reported like any other, and marked *own code*: what was
not stated of its settings is said to be so.
"""

from __future__ import annotations

import io
import json
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labkit import code_version, durable, pictures
from labkit.calibration import feature_hash
from labkit.catalog import DATASETS, FAMILIES, REGISTRIES
from labkit.commits import json_bytes
from labkit.errors import behind, one_line
from labkit.experiment_model import nearest
from labkit.history import best_epoch
from labkit.plan import Plan, PlanError
from labkit.planning import SELECTION_AGAINST, SELECTION_RULE
from labkit.spec import OWN_CODE, UNSTATED, CellSpec
from labkit.store import Store

if TYPE_CHECKING:
    from labkit.measure.evaluate import Measures

#: Samples below which a proxy FID would say more about chance than about the images.
FEWEST = 1000
GRID = 16
_MAX_NAME = 120

Grey = NDArray[np.uint8]


class Cell:
    """A training of the user's own, as it is told."""

    def __init__(self, name: str, dataset: str, family: str) -> None:
        self.name, self.dataset, self.family = name, dataset, family
        self._rows: dict[int, dict[str, Any]] = {}
        self._pictures: dict[str, Grey] = {}
        self._best: tuple[float, Grey] | None = None
        self._count: int | None = None
        self._tracker: Any = None
        self._measuring = 0.0

    def log(self, epoch: int, **values: float) -> None:
        """Note what an epoch came to: means over its batches, by name.

        Args:
            epoch: from 1.
            values: ``d_loss``, ``g_loss``, ``total_loss``, ``recon_loss``, ``kl_loss`` and
                whatever else is worth a column; numbers or tensors of one number.

        Raises:
            ValueError: a value is not a finite number, the epoch not a whole one from 1, or a
                name almost that of a loss.
        """
        row = self._row(epoch)
        losses = FAMILIES[self.family].losses
        for name, value in values.items():
            near = get_close_matches(name.lower(), losses, 1, 0.8) if name not in losses else []
            if near:
                raise ValueError(f"epoch {epoch}: '{name}': did you mean '{near[0]}'?")
            try:
                number = float(value.detach() if hasattr(value, "detach") else value)
            except (TypeError, ValueError) as error:
                raise ValueError(f"epoch {epoch}: {name} must be a single number") from error
            if not np.isfinite(number):
                raise ValueError(f"epoch {epoch}: {name} is {number}: the training diverged")
            row[name] = number

    def samples(self, images: Any, epoch: int) -> float | None:
        """Show an epoch's samples and measure them.

        Args:
            images: tensor or array (N, 28, 28) or (N, 1, 28, 28): floats in [-1, 1], or
                uint8 0..255. 1,000 at least are measured, 10,000 are best; the same number
                each epoch, from the same noise if you can.
            epoch: from 1.

        Returns:
            The proxy FID against training images that chooses the best epoch, or None
            where there are too few samples for one.

        Raises:
            ValueError: another shape or range, or another number than before.
        """
        grey = as_grey(images)
        self._pictures[f"samples_epoch{epoch}"] = pictures.tile(grey[:GRID])
        row = self._row(epoch)
        if len(grey) < FEWEST:
            return None
        if self._count not in (None, len(grey)):
            raise ValueError(
                f"epoch {epoch}: {len(grey):,} samples, {self._count:,} before; the proxy FID of "
                "different numbers cannot be compared"
            )
        from labkit.measure.tracker import Tracker

        started = time.perf_counter()
        self._count = len(grey)
        self._tracker = self._tracker or Tracker(self.dataset)
        value = float(self._tracker.proxy_fid(grey))
        row["proxy_fid"] = value
        if self._best is None or value < self._best[0]:
            self._best = value, grey
        self._measuring += time.perf_counter() - started
        return value

    def reconstructions(self, originals: Any, rebuilt: Any, epoch: int) -> None:
        """Show images beside what a VAE made of them: the first eight of each.

        Raises:
            ValueError: not images, or not the same number of both.
        """
        a, b = as_grey(originals)[: GRID // 2], as_grey(rebuilt)[: GRID // 2]
        if len(a) != len(b):
            raise ValueError(f"{len(a)} originals but {len(b)} reconstructions")
        both = np.stack([a, b], 1).reshape(-1, 28, 28)
        self._row(epoch)
        self._pictures[f"reconstruction_epoch{epoch}"] = pictures.tile(both)

    def interpolation(self, images: Any, epoch: int) -> None:
        """Show up to sixteen steps between two images."""
        self._row(epoch)
        self._pictures[f"interpolation_epoch{epoch}"] = pictures.tile(as_grey(images)[:GRID])

    def _row(self, epoch: int) -> dict[str, Any]:
        if not isinstance(epoch, int) or isinstance(epoch, bool) or epoch < 1:
            raise ValueError(f"epoch {epoch!r}: expected a whole number from 1")
        return self._rows.setdefault(epoch, {"epoch": epoch})

    @property
    def history(self) -> list[dict[str, Any]]:
        """A row an epoch, in order."""
        return [self._rows[epoch] for epoch in sorted(self._rows)]


def as_grey(images: Any) -> Grey:
    """Whatever holds images -> uint8 (N, 28, 28).

    Raises:
        ValueError: the shape or the range of values is not that of images.
    """
    if hasattr(images, "detach"):
        images = images.detach().cpu().numpy()
    array = np.asarray(images)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2 and array.shape[1] == 784:
        array = array.reshape(-1, 28, 28)
    if array.ndim != 3 or array.shape[1:] != (28, 28) or not len(array):
        raise ValueError(f"expected images (N, 28, 28) or (N, 1, 28, 28), got {array.shape}")
    if array.dtype == np.uint8:
        return array
    low, high = float(array.min()), float(array.max())
    if not (low >= -1.001 and high <= 1.001):
        raise ValueError(f"expected pixels in [-1, 1] (or uint8), got {low:.3g} to {high:.3g}")
    if low >= 0 and len(array) > 1:
        raise ValueError(
            f"pixels from {low:.3g} to {high:.3g}: expected [-1, 1]; if yours are in [0, 1], "
            "pass 2 * images - 1"
        )
    return ((array + 1) * 127.5).round().clip(0, 255).astype(np.uint8)


@contextmanager
def cell(
    name: str,
    *,
    dataset: str,
    family: str,
    results: str | Path = "results/own",
    seed: int = 42,
    batch_size: int | None = None,
    source: str = "full",
    limit: int | None = None,
    **settings: Any,
) -> Iterator[Cell]:
    """Train something yourself and have it measured and reported.

    Args:
        name: how it is called in the report.
        dataset: ``MNIST`` or ``FashionMNIST``.
        family: ``gan``, ``vae``, ...: which losses and measures apply.
        results: the folder of results; the cell joins its newest plan, or starts one.
        seed: of your random numbers; a second one of the same name stands beside the first.
        batch_size: images per step, if you want it said.
        source: ``full`` or ``bundled``: which training images you used.
        limit: how many of them from the first on, if not all.
        settings: what else to say of it: ``loss="hinge"``, ``z_dim=64``, ...

    Raises:
        PlanError: an unknown data set, family or setting; nothing was logged.
    """
    for kind, value, allowed in (
        ("dataset", dataset, list(DATASETS)),
        ("family", family, list(FAMILIES)),
        ("source", source, ["full", "bundled"]),
    ):
        if value not in allowed:
            raise PlanError(f"labkit.cell: unknown {kind} '{value}'; {nearest(value, allowed)}")
    params = FAMILIES[family].params
    for key in settings:
        if key not in params:
            raise PlanError(f"labkit.cell: {family} has no '{key}'; {nearest(key, params)}")
        choices = params[key].choices
        if choices and settings[key] not in REGISTRIES[choices]:
            near = nearest(str(settings[key]), REGISTRIES[choices])
            raise PlanError(f"labkit.cell: unknown {key} '{settings[key]}'; {near}")
    for key in ("loss", "reconstruction"):
        if key in params and key not in settings:
            raise PlanError(
                f"labkit.cell: state {key}=...: losses are compared only with their like; "
                f"allowed: {', '.join(REGISTRIES[params[key].choices])}"
            )
    if not name or len(name) > _MAX_NAME or set(name) - _ALLOWED:
        raise PlanError(f"labkit.cell: '{name}': a name is of A-Z a-z 0-9 . _ -")

    data = {"source": source, "sha256": UNSTATED, "limit": limit}
    store = Store(Path(results))
    told = Cell(_named(store, name, seed), dataset, family)
    try:
        _ = _spec(told, seed, batch_size, data, settings).fingerprint
    except (TypeError, ValueError) as error:
        raise PlanError(
            f"labkit.cell: state settings as plain numbers and texts{behind('Python', error)}"
        ) from None
    started = time.perf_counter()
    try:
        yield told
    except Exception as error:
        spec = _spec(told, seed, batch_size, data, settings)
        line = one_line(error)
        store.fail(store.fresh_attempt(spec, "train"), spec, "train", line, traceback.format_exc())
        _join(store, spec)
        raise
    if not told.history:
        raise PlanError(f"labkit.cell: {name}: nothing was logged; call cell.log(epoch, ...)")
    spec = _spec(told, seed, batch_size, data, settings)
    if told._best is None:
        warnings.warn(
            f"labkit.cell: {name}: only what was logged is in the results; to have images "
            f"measured, call cell.samples(images, epoch) with {FEWEST:,} of them or more",
            stacklevel=3,
        )
    store.set_aside(spec)
    _commit(store, spec, told, time.perf_counter() - started - told._measuring)
    _join(store, spec)


_ALLOWED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


def _named(store: Store, name: str, seed: int) -> str:
    """The name, with the seed where the plan has a cell of this name and another seed."""
    cells = store.plan().cells if store.plan_path.is_file() else ()
    again = any(cell.name == name and cell.seed != seed for cell in cells)
    return f"{name}_seed{seed}" if again else name


def _spec(
    told: Cell,
    seed: int,
    batch_size: int | None,
    data: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> CellSpec:
    family, features = FAMILIES[told.family], feature_hash(told.dataset)
    return CellSpec(
        name=told.name,
        experiment="own",
        family=told.family,
        dataset=told.dataset,
        seed=seed,
        params={key: settings.get(key, UNSTATED) for key in family.params},
        training={
            "epochs": max(told._rows, default=1),
            "batch_size": UNSTATED if batch_size is None else batch_size,
        },
        data=data,
        precision=UNSTATED,
        selection={
            "rule": SELECTION_RULE,
            "samples": told._count or 0,
            "against": SELECTION_AGAINST,
            "features": features,
        },
        code=OWN_CODE,
        evaluation={
            "samples": told._count or 0,
            "features": features,
            "code": code_version.evaluation_code(),
        },
    )


def _commit(store: Store, spec: CellSpec, told: Cell, seconds: float) -> None:
    train = store.fresh_attempt(spec, "train")
    text = "".join(json.dumps(row, allow_nan=False) + "\n" for row in told.history)
    durable.write_bytes(train.history_path, text.encode())
    durable.mkdir(train.folder / "images")
    for name, page in told._pictures.items():
        (train.folder / "images" / f"{name}.png").write_bytes(pictures.png(page))
    _write_json(train.folder / "spec.json", spec.to_json())
    _write_json(train.folder / "cost.json", {"seconds": seconds})
    _write_json(train.folder / "environment.json", {"numeric": {"device": UNSTATED}})
    store.commit(train, spec, "train")

    measured = store.fresh_attempt(spec, "eval")
    parts = _measure(told)
    _write_json(
        measured.folder / "metrics.json",
        {
            "metrics": {k: v for part in parts for k, v in part.metrics.items()},
            "details": {k: v for part in parts for k, v in part.details.items()},
        },
    )
    if told._best is not None:
        file = io.BytesIO()
        np.savez_compressed(file, samples=told._best[1])
        durable.write_bytes(measured.folder / "samples.npz", file.getvalue())
    store.commit(measured, spec, "eval")


def _measure(told: Cell) -> Sequence[Measures]:
    """What can be measured of what was told: the samples of the best epoch, and the history."""
    from labkit.measure.evaluate import measure_history, measure_samples

    parts = []
    if told._best is not None:
        parts.append(measure_samples(told._best[1], told.dataset))
    if all("proxy_fid" in row for row in told.history):
        parts.append(measure_history(told.history, told.family))
    return parts


def _join(store: Store, spec: CellSpec) -> None:
    """Add the cell to the store's newest plan, in place of one of the same name."""
    if store.plan_path.is_file():
        plan = store.plan()
        cells = (*(c for c in plan.cells if c.name != spec.name), spec)
        seeds = dict.fromkeys((*plan.seeds, spec.seed))
        used = {cell.seed for cell in cells}
        plan = replace(plan, cells=cells, seeds=tuple(s for s in seeds if s in used))
    else:
        plan = Plan(
            name=store.root.name,
            title=store.root.name,
            author={"name": "", "id": "", "group": "", "course": ""},
            profile=None,
            seeds=(spec.seed,),
            data_source=spec.data["source"],
            data_reason="as stated by the author of the training code",
            snapshot_epochs=(1, 5, 10),
            settings={"name": store.root.name},
            cells=(spec,),
        )
    longest = max(cell.training["epochs"] for cell in plan.cells)
    epochs = {*plan.snapshot_epochs, best_or_last(store, spec)}
    shown = tuple(sorted(epoch for epoch in epochs if epoch <= longest))
    store.write_plan(replace(plan, snapshot_epochs=shown))


def best_or_last(store: Store, spec: CellSpec) -> int:
    """The epoch to show of a cell: its best, or its last if none was measured."""
    from labkit.spec import CellResult

    outcome = store.outcome(spec)
    found = best_epoch(outcome.history) if isinstance(outcome, CellResult) else None
    last: int = spec.training["epochs"]
    return found or last


def _write_json(path: Path, value: Any) -> None:
    durable.write_bytes(path, json_bytes(value))
