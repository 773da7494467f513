"""Rung 3: measure the stored samples again, and draw them again from the stored weights.

Where the numeric environment and the processor are those the cell ran on, numbers must
agree within 1e-9 and pixels exactly. Elsewhere the last bits of a convolution differ, and
what is asked is written in `ELSEWHERE`. Of a cell that was measured on a graphics card and is
measured here on the CPU, or the other way round, the samples are the same file all the same:
what follows from them has to agree as :func:`other_device` says.

A hand-in of the usual size has no samples, last epochs and discriminators. Its samples are drawn
from the weights of the best epoch, and measured in place of those that were measured first.
"""

import io
import json
import math
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from PIL import Image

from labkit.catalog import METRICS
from labkit.catalog.metrics import MEASURED_ON
from labkit.data.machine import processor
from labkit.errors import one_line
from labkit.execution import sampling
from labkit.execution.evaluation import of_samples, of_weights, sheet_measures, together
from labkit.execution.trials import metrics_that_differ, unlike_here
from labkit.experiment.fingerprint import own_files, training_code
from labkit.experiment.spec import OWN_CODE, CellSpec
from labkit.handin.content import measured_alike, own_noise, ran_on
from labkit.handin.ladder import UNTRUSTED, Asked, Rung, lacking, printable
from labkit.handin.unpack import Unpacked
from labkit.handin.weights import not_drawn
from labkit.measure.evaluate import Measures, measure_history
from labkit.measure.on_device import measured_on
from labkit.measure.samples_file import SamplesError, read_samples
from labkit.measure.tracker import Tracker
from labkit.plugins import registry as own_code
from labkit.store.file_names import BEST, CHECKPOINT, DRAWS, HISTORY, MEASURES, SAMPLES
from labkit.store.history import best_epoch, read_history
from labkit.store.store import Store
from labkit.train import checkpoint, runtime
from labkit.train.models.base import Family


@dataclass(frozen=True)
class Tolerance:
    """How far what is recomputed may lie from what is stored; pixels on average, of 0 to 255."""

    relative: float
    grey: float
    absolute: float
    wider: Mapping[str, Self] = field(default_factory=dict)
    """Of some numbers, by name, more is allowed."""

    def __str__(self) -> str:
        return f"numbers within {self.relative:g}, pixels within {self.grey:g} grey levels"


HERE = Tolerance(1e-9, 0.0, 1e-11)
ELSEWHERE = Tolerance(1e-2, 0.5, 1e-4)
#: What counts samples, of all or of a class: one on an edge may fall on the other side elsewhere.
_COUNTED = (
    "precision", "recall", "density", "coverage", "memorisation", "near_duplicates", "distinct",
    "class_imbalance", "sharpness", "label_accuracy", "code_accuracy", "code_purity",
    "two_sample_accuracy", "two_sample_interval", "two_sample_of_samples", "two_sample_of_real",
    "clipped_density", "clipped_coverage",
)  # fmt: skip
_OF_A_CLASS = (
    "class_shares_predicted", "class_coverage", "class_label_accuracy", "code_classes", "code_nmi",
)  # fmt: skip
#: So many may; and how far measures may move that look at some of a class, with one more there.
EDGE, _CHOSEN = 3, {"vendi": 0.02, "class_vendi": 0.1}
_HEADER_BYTES = 1 << 20


def other_device(
    samples: int, of_weights: Iterable[str], least: Tolerance = Tolerance(1e-5, 0.0, 1e-7)
) -> Tolerance:
    """What is asked of measures from another device: of the same samples, so many, `least`.

    More is allowed where samples are counted, and of what is computed by the weights.
    """
    edge = (EDGE + 0.5) / samples
    far = dict.fromkeys(_COUNTED, edge) | dict.fromkeys(_OF_A_CLASS, 10 * edge)
    wider = {
        name: Tolerance(max(most, least.relative), 0.0, max(most, least.absolute))
        for name, most in (far | _CHOSEN).items()
    }
    return replace(least, wider=wider | dict.fromkeys(of_weights, ELSEWHERE))


def check(found: Unpacked, asked: Asked) -> Rung:
    """Recompute what can be; every disagreement is a finding."""
    rung = Rung(3)
    specs = asked.some_of(found.measured(asked.cells))
    if not specs:
        rung.give_up("no measured cell to look at")
        return rung
    if not all(map(measured_alike, specs)):
        rung.give_up("measured by other code or another feature network than this labkit's")
        return rung
    measures = own_code.own_metrics()
    if measures and not asked.trust:
        rung.give_up(f"{', '.join(measures)}: measures of the author's own: {UNTRUSTED}")
    here = 0
    for i, spec in enumerate(specs, 1):
        asked.say(printable(f"measuring again, {i} of {len(specs)}: {spec.name}"))
        lines: list[str] = []
        # A stranger's arrays are read by libraries; whatever they say, it is no pass.
        try:
            runtime.set_up()
            numeric = runtime.numeric_environment(runtime.pick_device())
            same = ran_on(found.store, spec) == {"numeric": numeric, "processor": processor()}
            here += same
            cell = _Cell(found, spec, HERE if same else ELSEWHERE, asked, rung)
            lines += cell.check()
            if lines and (noise := own_noise(found.store, spec)):
                why = f"not checkable: recorded when it was trained: {noise} ({lines[0]})"
                lines = list(cell.check(why))
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
    if drawn := sum(_from_weights_alone(found.store, spec) for spec in specs):
        rung.note(
            f"{drawn} of {len(specs)} cells were handed in without samples and last epochs: what "
            "the weights of their best epoch draw here was measured, and nothing of other epochs"
        )
    return rung


def _from_weights_alone(store: Store, spec: CellSpec) -> bool:
    train, samples = store.train_folder(spec), store.eval_folder(spec) / SAMPLES
    return not samples.is_file() and any((train / name).is_file() for name in (BEST, DRAWS))


@dataclass(frozen=True)
class _Cell:
    """A cell to measure again; each method yields a line for each thing that does not follow."""

    found: Unpacked
    spec: CellSpec
    most: Tolerance
    asked: Asked
    rung: Rung

    def check(self, blind: str = "") -> Iterator[str]:
        """Look at all of it; with `blind`, a reason, its weights are not looked at."""
        store, spec = self.found.store, self.spec
        path = store.eval_folder(spec) / SAMPLES
        history = list(read_history(store.train_folder(spec) / HISTORY))
        stored = store.measures(spec)
        if unknown := stored["metrics"].keys() - METRICS.keys():
            yield f"metrics.json: {', '.join(sorted(unknown))}: no such measure"
        family = None
        if why := blind or self.no_weights(spec):
            self.rung.give_up(f"{spec.name}: {why}")
        else:
            family = self.built()
            yield from self.weights(family, history)
        # A loop of the author's may have shown few samples, or those of some epochs only.
        whole = all("proxy_fid" in row for row in history) or not spec.has_features
        drawn = None if family is None else sampling.evaluation_samples(family, spec)
        if path.is_file():
            try:
                samples = read_samples(path)
            except SamplesError as error:
                yield f"samples.npz: {str(error).partition(': ')[2]}"
                return
            if len(samples) != (wanted := spec.evaluation["samples"]):
                yield f"samples.npz: {len(samples)} samples, {wanted} were asked for"
        elif drawn is not None:
            samples = drawn
        else:
            follows = whole and spec.has_features
            steady = measure_history(history, spec.family).metrics if follows else {}
            yield from _compare("metrics", _only(stored["metrics"], steady), steady, self.most)
            why = "no samples were handed in; only what follows from its history"
            self.rung.give_up(f"{spec.name}: {why}")
            return
        yield from self.measures(stored, family, samples, history if whole else None)
        if drawn is not None and drawn is not samples:
            yield from _pixels(SAMPLES, samples, drawn, self.most)
        yield from self.sheet(samples)

    def built(self) -> Family:
        """The cell's networks, without those that it was handed in without."""
        family = sampling.build(self.spec, runtime.pick_device())
        if not (self.found.store.train_folder(self.spec) / BEST).is_file():
            for name in not_drawn(self.found.plan, self.spec):
                family.networks.pop(name, None)
        return family

    def measures(
        self,
        stored: dict[str, Any],
        family: Family | None,
        samples: sampling.GreyImages,
        history: list[dict[str, Any]] | None,
    ) -> Iterator[str]:
        """The measures of ``metrics.json``; without `family` only those that need no weights."""
        spec, root = self.spec, self.asked.data_root
        device = measured_on(family.device) if family is not None else None
        beside = of_weights(spec, family, device, root) if family is not None else []
        if self.asked.trust:
            beside.append(Measures(sampling.own_measures(spec, samples)))
        again = together([*of_samples(spec, samples, history, device, root), *beside])
        here, there = (
            device and runtime.device_name(device),
            stored["details"].pop(MEASURED_ON, None),
        )
        most = self.most
        names = [name for part in beside for name in (*part.metrics, *part.details)]
        if most is ELSEWHERE and not (self.found.store.eval_folder(spec) / SAMPLES).is_file():
            # Other last bits in the samples themselves: one on an edge may fall on its other side.
            most = replace(ELSEWHERE, wider=other_device(len(samples), names, ELSEWHERE).wider)
        elif here != there:
            most = other_device(len(samples), names)
            said = printable(
                f"measured on {there or 'a CPU'}, here on {here or 'a CPU'}: of the same samples, "
                f"numbers within {most.relative:g} asked, counts within {EDGE} samples"
            )
            if said not in self.rung.notes:
                self.rung.note(said)
        if spec.code == OWN_CODE:
            again = {part: _only(values, stored[part]) for part, values in again.items()}
        left_out = set(own_code.own_metrics())
        if self.asked.trust:
            left_out = set(metrics_that_differ(spec))
            why = "this measure of the author's own differs each time: not checkable"
            for name in sorted(left_out):
                self.rung.give_up(f"{name}: {why}")
        for part in ("metrics", "details"):
            known = stored[part] if family is not None else _only(stored[part], again[part])
            given, made = (_only(each, each.keys() - left_out) for each in (known, again[part]))
            yield from _compare(part, given, made, most)

    def no_weights(self, spec: CellSpec) -> str:
        """Why a cell's weights cannot be looked at: an empty string where they can."""
        seen = "its samples are measured"
        if spec.code == OWN_CODE:
            return f"trained by a loop of the author's own, without weights; {seen}"
        train = self.found.store.train_folder(spec)
        if not any((train / name).is_file() for name in (BEST, DRAWS)):
            return "handed in without weights"
        files = ", ".join(own_files(spec))
        if files and not self.asked.trust:
            return f"its weights are those of {files}: {UNTRUSTED}"
        # Other code may mean other networks by the same name.
        if spec.code != training_code(spec.family, spec.params):
            return f"trained by other code than this labkit's; {seen}"
        unlike = unlike_here(spec)
        return f"{files}: {unlike}: not checkable" if unlike else ""

    def weights(self, family: Family, history: list[dict[str, Any]]) -> Iterator[str]:
        """Weights against the history and the pictures; those of the best epoch stay loaded."""
        spec, train = self.spec, self.found.store.train_folder(self.spec)
        on = measured_on(family.device)
        tracker = Tracker(spec.dataset, on) if spec.has_features else None
        probe = sampling.probe_images(spec, family.device, self.asked.data_root)
        last = spec.training["epochs"]
        best = best_epoch(history) if spec.has_features else last
        kept = BEST if (train / BEST).is_file() else DRAWS
        for name, epoch in ((CHECKPOINT, last), (kept, best)):
            path = train / name
            if epoch is None or not path.is_file():
                continue
            if not 0 < int.from_bytes(path.read_bytes()[:8], "little") <= _HEADER_BYTES:
                yield f"{name}: a header of unbelievable size"
                continue
            checkpoint.load(family, path)
            if tracker is not None:
                fid = tracker.proxy_fid(sampling.selection_samples(family, spec))
                stated = history[epoch - 1]["proxy_fid"]
                yield from _compare(f"{name}, epoch {epoch}", stated, fid, self.most)
            for kind, page in sampling.grids(family, spec, probe).items():
                picture = train / "images" / f"{kind}_epoch{epoch}.png"
                yield from _pixels(picture.name, _picture(picture.read_bytes()), page, self.most)

    def sheet(self, samples: Any) -> Iterator[str]:
        """The lab sheet's number, unless its GAN cannot be looked at, as is said of that."""
        store, spec = self.found.store, self.spec
        sheet_gan = self.found.plan.sheet_gan(spec)
        if (
            sheet_gan is None
            or store.damage(spec, "sheet", sheet_gan)
            or self.no_weights(sheet_gan)
            or not (store.train_folder(sheet_gan) / BEST).is_file()
        ):
            return
        gan = sampling.build(sheet_gan, runtime.pick_device())
        checkpoint.load(gan, store.train_folder(sheet_gan) / BEST)
        again = sheet_measures(spec, gan, samples, self.asked.data_root)
        stored = json.loads((store.sheet_folder(spec, sheet_gan) / MEASURES).read_bytes())
        yield from _compare("the lab sheet's number", stored, {"metrics": again}, self.most)


def _only(values: Mapping[str, Any], names: Container[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}


def _compare(where: str, stored: Any, again: Any, most: Tolerance) -> Iterator[str]:
    """A line for each number, at any depth, that is not what it should be."""
    if isinstance(stored, Mapping) and isinstance(again, Mapping):
        for key in sorted(stored.keys() | again.keys()):
            if key in stored and key in again:
                asked = most.wider.get(key, most)
                yield from _compare(f"{where}.{key}", stored[key], again[key], asked)
            else:
                yield f"{where}.{key}: {'is extra' if key in stored else 'is missing'}"
    elif isinstance(stored, list) and isinstance(again, list | tuple):
        if len(stored) != len(again):
            yield f"{where}: {len(stored)} values, should be {len(again)}"
            return
        for i, (a, b) in enumerate(zip(stored, again, strict=True)):
            yield from _compare(f"{where}[{i}]", a, b, most)
    elif isinstance(stored, int | float) and isinstance(again, int | float):
        if not math.isclose(stored, again, rel_tol=most.relative, abs_tol=most.absolute):
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
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        if image.mode != "L" or max(image.size) > 4096:
            raise ValueError(f"a picture of {image.size} {image.mode}")
        return np.asarray(image)
