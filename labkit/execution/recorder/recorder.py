"""For those with a training loop of their own, in a script or a notebook.

    import labkit

    with labkit.cell("MNIST_GAN_hinge_z64", dataset="MNIST", family="gan",
                     loss="hinge", z_dim=64, epochs=10) as cell:
        for epoch in cell.remaining():              # 1 to 10; after an interruption, the rest
            ...                                     # train as you like
            cell.log(epoch, d_loss=d_loss, g_loss=g_loss)
            cell.samples(G(noise), epoch)           # a few thousand, in [-1, 1]
    labkit.report("results/own")

The cell is committed, measured and reported like any other, and marked *own code*: what was
not stated of its settings is said to be so. What is told is on the disk at once, so that
nothing that ends the loop can lose it.
"""

import io
import json
import re
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from labkit.catalog import DATASETS, FAMILIES, REGISTRIES
from labkit.errors import PlanError, nearest
from labkit.execution.recorder import convert
from labkit.execution.recorder import journal as begun
from labkit.execution.recorder import plan as own_plan
from labkit.execution.recorder.cell import FEWEST, Cell
from labkit.experiment.grid import measuring
from labkit.experiment.spec import OWN_CODE, UNSTATED, CellSpec
from labkit.store import atomic
from labkit.store.attempts import Attempt
from labkit.store.commits import write_json
from labkit.store.file_names import COST, ENVIRONMENT, MEASURES, SAMPLES, SPEC
from labkit.store.store import Store


@contextmanager
def cell(
    name: str,
    *,
    dataset: str,
    family: str,
    results: str | Path = "results/own",
    seed: int = 42,
    epochs: int | None = None,
    batch_size: int | None = None,
    source: str = "full",
    limit: int | None = None,
    **settings: Any,
) -> Iterator[Cell]:
    """Train something yourself and have it measured and reported.

    What is told is on the disk at once. If the block is left before its end, however, the cell
    is reported as a failure that says after which epoch; opened again with the same settings it
    goes on from there (``cell.remaining()``, ``cell.epochs_done``).

    Args:
        name: how it is called in the report.
        dataset: ``MNIST`` or ``FashionMNIST``.
        family: ``gan``, ``vae``, ...: which losses and measures apply.
        results: the folder of results; the cell joins its newest plan, or starts one.
        seed: of your random numbers; a second one of the same name stands beside the first.
        epochs: how many there are to be; with fewer the cell is not done. Not stated: the block
            says by its end that it is.
        batch_size: images per step, if you want it said.
        source: ``full`` or ``bundled``: which training images you used.
        limit: how many of them from the first on, if not all.
        settings: what else to say of it: ``loss="hinge"``, ``z_dim=64``, ...

    Raises:
        PlanError: an unknown data set, family or setting; nothing was logged.
    """
    stated = {"seed": seed, "epochs": epochs, "batch_size": batch_size, "limit": limit}
    named = {"dataset": dataset, "family": family, "source": source}
    spec, planned = _stated(name, named, stated, settings)
    store = Store(Path(results).expanduser())
    told = Cell(spec, store, planned)
    if told.epochs_done:
        begun.say(
            f"{name}: {told.epochs_done} epochs were logged before it was interrupted; it goes on "
            f"from epoch {told.epochs_done + 1} (cell.remaining(), cell.epochs_done)"
        )
    try:
        yield told
        _finish(told, store)
    except BaseException as error:
        _interrupted(told, store, error)
        raise


def _stated(
    name: str, named: Mapping[str, str], stated: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[CellSpec, int | None]:
    """What is stated of a cell, checked, as plain values; and how many epochs it is to have."""
    known = {"dataset": [*DATASETS], "family": [*FAMILIES], "source": ["full", "bundled"]}
    for kind, allowed in known.items():
        if (value := named[kind]) not in allowed:
            # No nearest data set: what looks like one's name may be another's.
            listed = f"allowed: {', '.join(allowed)}"
            rest = listed if kind == "dataset" else nearest(value, allowed)
            raise PlanError(f"labkit.cell: unknown {kind} '{value}'; {rest}")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,120}", name):
        raise PlanError(f"labkit.cell: '{name}': a name is of A-Z a-z 0-9 . _ -")
    numbers: dict[str, int | None] = {}
    for key, value in stated.items():
        try:
            least = 0 if key == "seed" else 1
            numbers[key] = None if value is None and least else convert.whole(value, least)
        except ValueError as error:
            raise PlanError(f"labkit.cell: {key}={error}") from None
    batch, limit = numbers["batch_size"], numbers["limit"]
    dataset, family, source = (str(named[kind]) for kind in known)
    data = {"source": source, "sha256": UNSTATED, "limit": limit, own_plan.LOOP: str(name)}
    spec = CellSpec(
        name=str(name),
        experiment="own",
        family=family,
        dataset=dataset,
        seed=numbers["seed"] or 0,
        params=_params(family, settings),
        training={"epochs": 0, "batch_size": UNSTATED if batch is None else batch},
        data=data,
        precision=UNSTATED,
        code=OWN_CODE,
        **measuring(dataset, 0, 0),
    )
    return spec, numbers["epochs"]


def _params(family: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting of the family; what was not stated is said to be so."""
    params = FAMILIES[family].params
    found: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in params:
            raise PlanError(f"labkit.cell: {family} has no '{key}'; {nearest(key, params)}")
        try:
            found[key] = convert.plain(value, params[key].default)
        except (TypeError, ValueError, OverflowError) as error:
            why = f"state settings as plain numbers and texts: {error}"
            raise PlanError(f"labkit.cell: {key}={value!r}: {why}") from None
        choices = params[key].choices
        if choices and str(found[key]) not in REGISTRIES[choices]:
            near = nearest(str(found[key]), REGISTRIES[choices])
            raise PlanError(f"labkit.cell: unknown {key} '{found[key]}'; {near}")
    for key in ("loss", "reconstruction"):
        if key in params and key not in settings:
            why = "losses are compared only with their like"
            allowed = ", ".join(REGISTRIES[params[key].choices])
            raise PlanError(f"labkit.cell: state {key}=...: {why}; allowed: {allowed}")
    return {key: found.get(key, UNSTATED) for key in params}


def _finish(told: Cell, store: Store) -> None:
    """Commit what was told, if that is all of it."""
    journal, name = told.journal, told.name
    if not journal.rows:
        raise PlanError(f"labkit.cell: {name}: nothing was logged; call cell.log(epoch, ...)")
    if told.diverged:
        _fail(told, store, told.diverged)
        begun.say(f"{name}: {told.diverged}; it is reported so")
    elif told.planned is not None and told.epochs_done < told.planned:
        journal.take_back_part()
        _fail(told, store, f"stopped {told.how_far}")
        begun.say(
            f"{name}: stopped {told.how_far}, so it is not done; open it again to go on, or with "
            f"epochs={told.epochs_done} to have it as it is"
        )
        journal.release()
        return
    else:
        _commit(told, store)
    journal.remove()


def _interrupted(told: Cell, store: Store, error: BaseException) -> None:
    """Record why the block was left, and let the next opening go on; never hides the error."""
    try:
        if told.journal.rows or not isinstance(error, PlanError):
            told.journal.take_back_part()
            _fail(told, store, _why(told, error), traceback.format_exc())
        if told.epochs_done:
            begun.say(
                f"{told.name}: interrupted {told.how_far}; what was logged is kept: open the cell "
                f"again to go on from epoch {told.epochs_done + 1}"
            )
        told.journal.release()
    except Exception as second:
        begun.say(f"{told.name}: that it was interrupted could not be recorded: {second}")


def _why(told: Cell, error: BaseException) -> str:
    if isinstance(error, Exception):
        why = f"{type(error).__name__}: {error}".splitlines()[0] + f" ({told.how_far})"
    elif isinstance(error, SystemExit):
        why = f"the program ended {told.how_far}"
        if error.code not in (None, 0):
            why += f": {error.code}".splitlines()[0]
    else:  # Ctrl-C; the generator that the block is in was closed
        why = f"interrupted {told.how_far}"
    return f"{why}; {told.diverged}" if told.diverged else why


def _written(told: Cell, spec: CellSpec, store: Store) -> Attempt:
    """An attempt with what there is of any training: its settings and the history so far."""
    attempt = store.begin(spec, "train", anew=True)
    rows = "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in told.history)
    atomic.write_bytes(attempt.history_path, rows.encode())
    write_json(attempt.folder / SPEC, spec.to_json())
    return attempt


def _fail(told: Cell, store: Store, error: str, trace: str = "") -> None:
    """Keep a failure as data, with the history so far."""
    spec = told.spec()
    store.fail(_written(told, spec, store), spec, "train", error, trace)
    if own_plan.join(store, spec).fingerprint != spec.fingerprint:
        begun.say(f"{told.name}: the report keeps the training of it that was finished before")


def _measures(told: Cell, best: bytes | None) -> dict[str, dict[str, Any]]:
    """What can be measured of the best epoch's samples and of the history, as the store has it."""
    followed = all("proxy_fid" in row for row in told.history)
    if best is None and not followed:
        return {"metrics": {}, "details": {}}
    # torch: only where something is measured
    from labkit.execution.evaluation import together
    from labkit.measure import evaluate

    parts = []
    if best is not None:
        with np.load(io.BytesIO(best), allow_pickle=False) as file:
            parts.append(evaluate.measure_samples(file["samples"], told.dataset))
    if followed:
        parts.append(evaluate.measure_history(told.history, told.family))
    return together(parts)


def _commit(told: Cell, store: Store) -> None:
    """Measure what was told, the samples of the best epoch and the history, and commit it."""
    seconds, spec = told.seconds, told.spec(done=True)
    best = told.journal.kept(told.journal.best[1]) if told.journal.best else None
    if best is None and not told.elsewhere:
        warnings.warn(
            f"labkit.cell: {told.name}: only what was logged is in the results; to have images "
            f"measured, call cell.samples(images, epoch) with {FEWEST:,} of them or more",
            stacklevel=5,
        )
    measures = _measures(told, best)
    store.set_aside(spec)
    train = _written(told, spec, store)
    atomic.mkdir(train.folder / "images")
    for name, png in told.journal.pictures.items():
        (train.folder / name).write_bytes(png)
    write_json(train.folder / COST, {"seconds": None if told.elsewhere else seconds})
    write_json(train.folder / ENVIRONMENT, {"numeric": {"device": UNSTATED}})
    store.commit(train, spec, "train")

    measured = store.begin(spec, "eval", anew=True)
    write_json(measured.folder / MEASURES, measures)
    if best is not None:
        atomic.write_bytes(measured.folder / SAMPLES, best)
    store.commit(measured, spec, "eval")
    own_plan.join(store, spec)
