"""Whether a user's own networks do the same twice: what a grader can repeat of a cell.

labkit seeds torch, NumPy and Python's `random` before each epoch and each drawing. A file may
draw from elsewhere (the clock, a generator without a seed) or keep something beside its weights
(a counter). That is no fault, but then nobody can make the same again, and it is better said
before hours of training than after.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Sequence

import torch

from labkit.data import load
from labkit.execution.evaluation import own_measures
from labkit.execution.sampling import build
from labkit.experiment.fingerprint import evaluation_code, own_files
from labkit.experiment.spec import CellSpec, sha256_of
from labkit.plugins import registry as own_code
from labkit.plugins.unlike import ABOUT, RESUMING, SAMPLES, TRAINING
from labkit.train import checkpoint
from labkit.train.draws import drawing
from labkit.train.models.base import Context, Family
from labkit.train.rng import seed_all, stream

_N, _SAMPLES, _MEASURED = 8, 4, 1000
#: Clocks that count in seconds look the same within one.
_CLOCK, _TICK_S = re.compile(r"\b(?:date)?time\b"), 1.05
_known: dict[str, tuple[str, ...]] = {}


def differs(spec: CellSpec) -> tuple[str, ...]:
    """What of a cell with a user's own networks is not the same when it is tried twice.

    The user's files are run, and after it they are as if they had not been. What raises is
    not judged here: training says better what is wrong.

    Returns:
        Keys of :data:`labkit.plugins.unlike.ABOUT`; none for networks of labkit's own.
    """
    names = own_files(spec)
    if not names:
        return ()
    if spec.fingerprint not in _known:
        with contextlib.suppress(Exception):
            _known[spec.fingerprint] = _differs(spec, [n.removesuffix(".py") for n in names])
        own_code.run_again()
    return _known.get(spec.fingerprint, ())


def _differs(spec: CellSpec, names: Sequence[str]) -> tuple[str, ...]:
    found = []
    first = _begun(spec)
    after_one = checkpoint.dump(first)
    if any(_CLOCK.search(own_code.source_of(f"{own_code.PREFIX}{name}:") or "") for name in names):
        time.sleep(_TICK_S)
    if checkpoint.dump(_begun(spec)) != after_one:
        return (TRAINING,)  # the rest would differ for that alone
    drawn = []
    for _ in range(2):
        with drawing(first, spec.seed, "try") as noise:
            drawn.append(first.sample(_SAMPLES, noise))
    if not torch.equal(*drawn):
        found.append(SAMPLES)
    own_code.run_again()
    resumed = build(spec, torch.device("cpu"))
    checkpoint.restore(resumed, after_one)
    if _stepped(first, spec, 2) != _stepped(resumed, spec, 2):
        found.append(RESUMING)
    return tuple(found)


def _begun(spec: CellSpec) -> Family:
    """A family after its first step, its user's files run anew."""
    own_code.run_again()
    family = build(spec, torch.device("cpu"))
    _stepped(family, spec, 1)
    return family


def _stepped(family: Family, spec: CellSpec, epoch: int) -> bytes:
    """One step of training as in an epoch of its own; what a checkpoint then holds."""
    images = torch.rand(_N, 1, 28, 28, generator=stream(spec.seed, "try")) * 2 - 1
    family.train()
    last = getattr(family, "n_critic", 1) - 1  # the step in which a generator learns too
    noise, labels = stream(spec.seed, "try", epoch), torch.arange(_N) % 10
    seed_all(spec.seed, "try", epoch)
    family.step(images, Context(noise, labels, step=last, steps=last + 1, epoch=epoch))
    return checkpoint.dump(family)


def metrics_that_differ(spec: CellSpec) -> tuple[str, ...]:
    """The measures of a user's own that give another number for the same images."""
    if not own_code.own_metrics():
        return ()
    key = f"{evaluation_code()}/{spec.dataset}/{spec.seed}"
    if key not in _known:
        with contextlib.suppress(Exception):
            images = load(spec.dataset, "train", "bundled", _MEASURED).images
            first, second = own_measures(spec, images), own_measures(spec, images)
            _known[key] = tuple(name for name in first if first[name] != second[name])
    return _known.get(key, ())


def notes(specs: Sequence[CellSpec]) -> list[str]:
    """A line on each of the user's files that is not the same twice, for before training."""
    found: list[str] = []
    tried: set[str] = set()
    for spec in specs:
        kind = sha256_of([spec.family, dict(spec.params)])
        if kind in tried:
            continue
        tried.add(kind)
        if unlike := differs(spec):
            found.append(
                f"{' and '.join(own_files(spec))}: {'; '.join(ABOUT[what] for what in unlike)}: "
                "`labkit verify` will not be able to check that. What torch, numpy.random and "
                "random draw is seeded by labkit"
            )
    for name in metrics_that_differ(specs[0]) if specs else ():
        found.append(f"{name}: this measure of your own differs when taken twice of one set")
    return list(dict.fromkeys(found))
