"""Rung 3: measure the stored samples again, and draw them again from the stored weights.

Where the numeric environment and the processor are those the cell ran on, numbers must
agree within 1e-9 and pixels exactly. Elsewhere the last bits of a convolution differ, and
what is asked is written in `ELSEWHERE`.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labkit.catalog import METRICS
from labkit.errors import one_line
from labkit.execution import evaluation as cell_measures
from labkit.execution import sampling
from labkit.experiment.fingerprint import own_files, training_code
from labkit.experiment.plan import matches
from labkit.experiment.spec import OWN_CODE, CellSpec
from labkit.handin.content import measured_alike, own_noise, ran_on, unlike_here
from labkit.handin.ladder import Rung, Say, printable, silent
from labkit.handin.machine import lacking
from labkit.handin.unpack import Unpacked
from labkit.measure.evaluate import measure_history
from labkit.measure.samples_file import SamplesError, read_samples
from labkit.measure.tracker import Tracker
from labkit.plugins import registry as own_code
from labkit.store.history import best_epoch, read_history
from labkit.train import checkpoint, runtime
from labkit.train.hardware import processor
from labkit.train.models.base import Family


@dataclass(frozen=True)
class Tolerance:
    """How far what is recomputed may lie from what is stored."""

    relative: float
    """Of a number."""
    grey: float
    """Mean absolute difference of pixels, in grey levels of 0 to 255."""

    def __str__(self) -> str:
        return f"numbers within {self.relative:g}, pixels within {self.grey:g} grey levels"


HERE = Tolerance(1e-9, 0.0)
ELSEWHERE = Tolerance(1e-2, 0.5)
_HEADER_BYTES = 1 << 20
UNTRUSTED = "not checkable without --trust-code"


def check(
    found: Unpacked,
    cells: str | None,
    data_root: Path | None,
    trust: bool = False,
    say: Say = silent,
) -> Rung:
    """Recompute what can be; every disagreement is a finding.

    Args:
        found: the hand-in.
        cells: a glob on cell names; None for all.
        data_root: where to look for the full data sets first.
        trust: whether the author's own code may be run.
        say: told each cell that is being measured.
    """
    rung = Rung(3)
    specs = [s for s in found.plan.cells if cells is None or matches(s.name, cells)]
    specs = [spec for spec in specs if found.store.is_evaluated(spec)]
    if not specs:
        rung.give_up("no measured cell to look at")
        return rung
    if not all(map(measured_alike, specs)):
        rung.give_up("measured by other code or another feature network than this labkit's")
        return rung
    measured = own_code.own_metrics()
    if measured and not trust:
        rung.give_up(f"{', '.join(measured)}: measures of the author's own: {UNTRUSTED}")
    here = 0
    for i, spec in enumerate(specs, 1):
        say(printable(f"measuring again, {i} of {len(specs)}: {spec.name}"))
        lines: list[str] = []
        # A stranger's arrays are read by libraries; whatever they say, it is no pass.
        try:
            same = ran_on(found.store, spec) == _here()
            here += same
            asked = HERE if same else ELSEWHERE, data_root, trust, rung
            lines += _cell(found, spec, *asked)
            if lines and (noise := own_noise(found.store, spec)):
                blind = f"not checkable: recorded when it was trained: {noise} ({lines[0]})"
                lines = list(_cell(found, spec, *asked, blind))
        except Exception as error:
            if lacks := lacking(error):
                rung.lack(lacks, spec.name)
            else:
                lines.append(f"cannot be measured again: {one_line(error)}")
        for line in lines:
            rung.fail(f"{spec.name}: {line}")
    rung.note(f"{here} of {len(specs)} cells ran on such a machine: {HERE} asked")
    if here < len(specs):
        rung.note(f"the others on another, whose last bits differ: {ELSEWHERE} asked")
    return rung


def _here() -> dict[str, Any]:
    runtime.set_up()
    numeric = runtime.numeric_environment(runtime.pick_device())
    return {"numeric": numeric, "processor": processor()}


def _cell(
    found: Unpacked,
    spec: CellSpec,
    most: Tolerance,
    data_root: Path | None,
    trust: bool,
    rung: Rung,
    blind: str = "",
) -> Iterator[str]:
    """What of a cell does not follow; with `blind`, a reason, its weights are not looked at."""
    train, evaluation = found.store.train_folder(spec), found.store.eval_folder(spec)
    history = list(read_history(train / "history.jsonl"))
    stored = json.loads((evaluation / "metrics.json").read_bytes())
    unknown = stored["metrics"].keys() - METRICS.keys()
    if unknown:
        yield f"metrics.json: {', '.join(sorted(unknown))}: no such measure"
    family = None
    why = blind or _no_weights(spec, train, trust)
    if why:
        rung.give_up(f"{spec.name}: {why}")
    else:
        family = sampling.build(spec, runtime.pick_device())
        yield from _weights(found, spec, family, history, most, data_root)
    # A loop of the author's own may have shown few samples, or those of some epochs only.
    whole = all("proxy_fid" in row for row in history) or not spec.has_features
    if not (evaluation / "samples.npz").is_file():
        steady = (
            measure_history(history, spec.family).metrics if whole and spec.has_features else {}
        )
        yield from _compare("metrics", _shared(stored["metrics"], steady), steady, most)
        rung.give_up(f"{spec.name}: no samples were handed in; only what follows from its history")
        return
    try:
        samples = read_samples(evaluation / "samples.npz")
    except SamplesError as error:
        yield f"samples.npz: {str(error).partition(': ')[2]}"
        return
    if len(samples) != spec.evaluation["samples"]:
        yield f"samples.npz: {len(samples)} samples, {spec.evaluation['samples']} were asked for"
    steps = history if whole else None
    again = cell_measures.measures(spec, family, samples, steps, data_root, trust)
    if spec.code == OWN_CODE:
        again = {part: _shared(values, stored[part]) for part, values in again.items()}
    from labkit.execution.repeatable import metrics_that_differ  # for measures of the author's own

    unsteady = set(metrics_that_differ(spec)) if trust else set()
    for name in sorted(unsteady):
        rung.give_up(f"{name}: this measure of the author's own differs each time: not checkable")
    for part in ("metrics", "details"):
        known = stored[part] if family else _shared(stored[part], again[part])
        left_out = unsteady if trust else own_code.own_metrics().keys()
        given, made = (
            {k: v for k, v in values.items() if k not in left_out}
            for values in (known, again[part])
        )
        yield from _compare(part, given, made, most)
    if family is not None:
        drawn = sampling.evaluation_samples(family, spec)
        yield from _pixels("samples.npz", samples, drawn, most)
    yield from _sheet(found, spec, samples, most, data_root, trust)


def _no_weights(spec: CellSpec, train: Path, trust: bool) -> str:
    """Why a cell's weights cannot be looked at: an empty string where they can."""
    if spec.code == OWN_CODE:
        return "trained by a loop of the author's own, without weights; its samples are measured"
    absent = [n for n in ("best", "checkpoint") if not (train / f"{n}.safetensors").is_file()]
    if absent:
        return f"handed in without weights ({', '.join(absent)})"
    own = [] if trust else own_files(spec)
    if own:
        return f"its weights are those of {', '.join(own)}: {UNTRUSTED}"
    # Other code may mean other networks by the same name.
    if spec.code != training_code(spec.family, spec.params):
        return "trained by other code than this labkit's; its samples are measured"
    unlike = unlike_here(spec)
    if unlike:
        return f"{', '.join(own_files(spec))}: {'; '.join(unlike)}: not checkable"
    return ""


def _weights(
    found: Unpacked,
    spec: CellSpec,
    family: Family,
    history: list[dict[str, Any]],
    most: Tolerance,
    root: Path | None,
) -> Iterator[str]:
    """Weights against the history and the pictures; leaves those of the best epoch loaded."""
    train = found.store.train_folder(spec)
    tracker = Tracker(spec.dataset) if spec.has_features else None
    probe = sampling.probe_images(spec, family.device, root)
    best = best_epoch(history) if spec.has_features else spec.training["epochs"]
    for name, epoch in (
        ("checkpoint.safetensors", spec.training["epochs"]),
        ("best.safetensors", best),
    ):
        path = train / name
        if not path.is_file() or epoch is None:
            continue
        if not 0 < int.from_bytes(path.read_bytes()[:8], "little") <= _HEADER_BYTES:
            yield f"{name}: a header of unbelievable size"
            continue
        checkpoint.load(family, path)
        if tracker is not None:
            fid = tracker.proxy_fid(sampling.selection_samples(family, spec))
            stated = history[epoch - 1]["proxy_fid"]
            yield from _compare(f"{name}, epoch {epoch}", stated, fid, most)
        for view, page in sampling.grids(family, spec, probe).items():
            picture = train / "images" / f"{view}_epoch{epoch}.png"
            yield from _pixels(picture.name, _picture(picture.read_bytes()), page, most)


def _sheet(
    found: Unpacked, spec: CellSpec, samples: Any, most: Tolerance, root: Path | None, trust: bool
) -> Iterator[str]:
    sheet_gan = found.plan.sheet_gan(spec)
    if sheet_gan is None or found.store.sheet_damage(spec, sheet_gan):
        return
    train = found.store.train_folder(sheet_gan)
    if _no_weights(sheet_gan, train, trust):
        return  # said of that GAN itself
    gan = sampling.build(sheet_gan, runtime.pick_device())
    checkpoint.load(gan, train / "best.safetensors")
    again = cell_measures.sheet_measures(spec, gan, samples, root)
    folder = found.store.sheet_folder(spec, sheet_gan)
    stored = json.loads((folder / "metrics.json").read_bytes())
    yield from _compare("the lab sheet's number", stored, {"metrics": again}, most)


def _shared(stored: Mapping[str, Any], again: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name in again}


def _compare(where: str, stored: Any, again: Any, most: Tolerance) -> Iterator[str]:
    """A line for each number, at any depth, that is not what it should be."""
    if isinstance(stored, Mapping) and isinstance(again, Mapping):
        for key in sorted(stored.keys() | again.keys()):
            if key in stored and key in again:
                yield from _compare(f"{where}.{key}", stored[key], again[key], most)
            else:
                yield f"{where}.{key}: {'is extra' if key in stored else 'is missing'}"
    elif isinstance(stored, list) and isinstance(again, list | tuple):
        if len(stored) != len(again):
            yield f"{where}: {len(stored)} values, should be {len(again)}"
            return
        for i, (a, b) in enumerate(zip(stored, again, strict=True)):
            yield from _compare(f"{where}[{i}]", a, b, most)
    elif isinstance(stored, int | float) and isinstance(again, int | float):
        if not math.isclose(stored, again, rel_tol=most.relative, abs_tol=most.relative * 1e-2):
            yield f"{where}: {stored!r}, should be {again!r}"
    elif stored != again and (most is HERE or not isinstance(stored, str)):
        # Words with rounded numbers in them may differ elsewhere.
        yield f"{where}: {str(stored)[:60]!r}, should be {str(again)[:60]!r}"


def _pixels(where: str, stored: Any, again: Any, most: Tolerance) -> Iterator[str]:
    if stored.shape != again.shape:
        yield f"{where}: {stored.shape}, should be {again.shape}"
        return
    off = float(np.abs(stored.astype(np.int16) - again.astype(np.int16)).mean())
    if off > most.grey:
        yield f"{where}: not what the weights draw ({off:.2f} grey levels off on average)"


def _picture(data: bytes) -> Any:
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        if image.mode != "L" or max(image.size) > 4096:
            raise ValueError(f"a picture of {image.size} {image.mode}")
        return np.asarray(image)
