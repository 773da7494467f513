"""Rung 4: train some cells again. The only rung that finds numbers nobody ever computed.

On such a machine as it ran on, a cell must come out identical, bit by bit. On another one
the same seed gives another training, as another seed would; then the difference is held
against how far seeds lie apart, if that is known.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from labkit.catalog import FAMILIES
from labkit.data.places import find_full
from labkit.errors import one_line
from labkit.execution import runner
from labkit.execution.image_grid import pixels
from labkit.execution.status import Job
from labkit.execution.watch import Progress
from labkit.experiment import fingerprint
from labkit.experiment.plan import matches
from labkit.experiment.spec import OWN_CODE, CellFailure, CellResult, CellSpec, sha256_of
from labkit.handin import machine
from labkit.handin.content import measured_alike, own_noise, ran_on, unlike_here
from labkit.handin.ladder import Rung, Say, printable, silent
from labkit.handin.machine import lacking, lacking_in
from labkit.handin.unpack import Unpacked
from labkit.plugins import registry as own_code
from labkit.plugins.unlike import ABOUT, RESUMING
from labkit.store.commits import read_commit
from labkit.store.store import Store

#: What the clock and the machine decide.
NOT_COMPARED = {"seconds", "images_per_s", "peak_memory_mb", "flops_per_image", "lab_sheet_fid"}
#: One honest hand-in in so many has a cell that differs by more than the tolerance.
ONE_IN = 100
#: Degrees of freedom below which a spread over seeds is no yardstick.
LEAST_FREEDOM = 4


class _View:
    """Of the run: which cells, how long that takes, and how each ended."""

    def __init__(self, say: Say) -> None:
        self._tell = say

    def start(self, jobs: Sequence[Job], workers: int, expected: str) -> None:
        names = ", ".join(job.spec.name for job in jobs)
        self._tell(printable(f"training again: {names}: {expected}"))

    def update(self, running: Sequence[Progress], waiting: Sequence[CellSpec]) -> None: ...

    def finished(self, spec: CellSpec, outcome: CellResult | CellFailure) -> None:
        ended = "failed" if isinstance(outcome, CellFailure) else "trained again"
        self._tell(printable(f"{ended}: {spec.name}"))

    def say(self, line: str) -> None: ...

    def stop(self) -> None: ...


def check(
    found: Unpacked,
    n: int,
    cells: str | None,
    data_root: Path | None,
    trust: bool = False,
    say: Say = silent,
) -> Rung:
    """Train `n` cells again, chosen by the system's own chance among those that can be.

    Args:
        found: the hand-in.
        n: how many cells; 0 leaves the rung alone.
        cells: a glob on cell names; None for all.
        data_root: where to look for the full data sets first.
        trust: whether the author's own code may be run.
        say: told which cells are trained again, and about how long that takes.
    """
    rung = Rung(4)
    if n < 1:
        rung.verdict = "not asked for"
        return rung
    asked = [
        spec
        for spec in found.plan.cells
        if (cells is None or matches(spec.name, cells)) and found.store.is_evaluated(spec)
    ]
    elsewhere = [spec for spec in asked if spec.code == OWN_CODE]
    strange = [] if trust else [spec for spec in asked if fingerprint.own_files(spec)]
    if elsewhere:
        rung.give_up(f"{_names(elsewhere)}: trained by a loop outside of labkit: not checkable")
    if strange:
        rung.give_up(f"{_names(strange)}: of the author's own code: not checkable without "
                     "--trust-code")  # fmt: skip
    able = [
        spec
        for spec in asked
        if spec not in elsewhere
        and spec not in strange
        and spec.code == fingerprint.training_code(spec.family, spec.params)
    ]
    if not able:
        rung.give_up("no trained cell whose training code is this labkit's")
        return rung
    able = _able_here(found, able, data_root, rung)
    if not able:
        return rung
    chosen = random.SystemRandom().sample(able, min(n, len(able)))
    # What is in a plan's `own` is run by the workers: the files that were handed in and trusted.
    own = own_code.to_json(found.experiment.own) if trust else []
    settings = {**found.plan.settings, "own": own}
    plan = replace(found.plan, cells=tuple(chosen), settings=settings)
    again = Store(found.scratch / "trained again")
    options = runner.Options(data_root=data_root)
    try:
        runner.run(plan, again, options, _View(say))
    except Exception as error:
        if not (lacks := lacking(error)):
            raise
        rung.lack(lacks)
        return rung
    for spec in chosen:
        _compare(found, again, spec, len(chosen), rung)
    return rung


def _compare(found: Unpacked, again: Store, spec: CellSpec, cells: int, rung: Rung) -> None:
    """A cell trained again with the one handed in, if it could be."""
    outcome = again.outcome(spec)
    if isinstance(outcome, CellFailure) or outcome is None or not outcome.measured:
        why = outcome.error if isinstance(outcome, CellFailure) else "not done"
        if lacks := lacking_in(why):
            rung.lack(lacks, spec.name)
        else:
            rung.give_up(f"{spec.name}: could not be trained here: {why}")
        return
    # What was handed in may hold anything; whatever it does to this code is no pass.
    try:
        _judge(found, again, spec, cells, rung)
    except Exception as error:
        rung.fail(f"{spec.name}: cannot be compared: {one_line(error)}")


def _able_here(
    found: Unpacked, specs: list[CellSpec], data_root: Path | None, rung: Rung
) -> list[CellSpec]:
    """The cells whose images are on this machine and whose networks can be repeated at all."""
    if found.plan.data_source == "full":
        missing = {s.dataset for s in specs if find_full(s.dataset, data_root) is None}
        why = machine.data(f"the full {' and '.join(sorted(missing))}: not on this machine")
        specs = [spec for spec in specs if spec.dataset not in missing]
        if missing and specs:
            rung.note(why)
        elif missing:
            rung.lack(why)
    able = []
    for spec in specs:
        if unlike := unlike_here(spec):
            files = ", ".join(fingerprint.own_files(spec))
            rung.give_up(f"{spec.name}: {files}: {'; '.join(unlike)}: not checkable")
        else:
            able.append(spec)
    return able


def _names(specs: Sequence[CellSpec]) -> str:
    more = f" and {len(specs) - 3} more" if len(specs) > 3 else ""
    return ", ".join(spec.name for spec in specs[:3]) + more


def _judge(found: Unpacked, again: Store, spec: CellSpec, cells: int, rung: Rung) -> None:
    from labkit.execution.repeatable import differs  # for an author's own networks

    alike = measured_alike(spec)
    excuse = ABOUT[RESUMING] if RESUMING in differs(spec) else own_noise(found.store, spec)
    if ran_on(found.store, spec) == ran_on(again, spec):
        differ = _differences(found, again, spec, alike)
        if differ and excuse:
            rung.give_up(f"{spec.name}: not identical ({differ}), but not checkable: {excuse}")
        elif differ:
            rung.fail(f"{spec.name}: not identical though the machine is: {differ}")
        elif alike:
            rung.note(f"{spec.name}: identical: weights, history, samples and measures")
        else:
            rung.give_up(
                f"{spec.name}: identical: losses and pictures of every epoch; measured by other "
                "code than this labkit's, so its measures are not compared"
            )
        return
    if not alike:
        rung.give_up(
            f"{spec.name}: another machine, and measured by other code than this labkit's: "
            "nothing to compare"
        )
        return
    if not spec.has_features:
        rung.give_up(f"{spec.name}: another machine, and nothing was measured of its samples: "
                     "nothing to compare")  # fmt: skip
        return
    before, after = (_result(store, spec).metrics["proxy_fid"] for store in (found.store, again))
    ratio = math.log(after / before)
    said = f"{spec.name}: proxy FID {before:.4g} handed in, {after:.4g} here"
    spread = seed_spread(found, spec)
    if spread is None:
        rung.give_up(f"{said}; another machine, and too few seeds of its family to calibrate "
                     "a tolerance on: not calibrated")  # fmt: skip
        return
    most = tolerance(*spread, cells)
    within = (
        f"within {100 * (math.exp(most) - 1):.0f} % of the other (by the spread over seeds of "
        f"the hand-in's other {FAMILIES[spec.family].label}s, {spread[1]} degrees of freedom; "
        f"1 honest hand-in in {ONE_IN} is doubted)"
    )
    if abs(ratio) <= most:
        rung.note(f"{said}: consistent, {within}")
    elif excuse:
        rung.give_up(f"{said}: not consistent, but not checkable: {excuse}")
    else:
        rung.fail(f"{said}: not consistent, not {within}")


def seed_spread(found: Unpacked, judged: CellSpec) -> tuple[float, int] | None:
    """How far the log of the proxy FID lies apart between seeds of one setting.

    Pooled over those settings of the cell's family that have several seeds: GANs lie further
    apart than VAEs. The cell itself is left out, or a number made up would widen the tolerance
    it is judged by; so are cells that nobody could train again.

    Args:
        found: the hand-in.
        judged: the cell that is to be judged by the spread.

    Returns:
        (standard deviation, degrees of freedom), or None with too few seeds to say.
    """
    groups: dict[str, list[float]] = defaultdict(list)
    for spec in found.plan.cells:
        if spec.family != judged.family or spec.code == OWN_CODE or spec == judged:
            continue
        outcome = found.store.outcome(spec)
        value = outcome.metrics.get("proxy_fid") if isinstance(outcome, CellResult) else None
        if value:
            key = sha256_of({k: v for k, v in spec.settings.items() if k != "seed"})
            groups[key].append(math.log(value))
    freedom = sum(len(values) - 1 for values in groups.values())
    if freedom < LEAST_FREEDOM:
        return None
    squares = sum((v - mean(values)) ** 2 for values in groups.values() for v in values)
    return math.sqrt(squares / freedom), freedom


def tolerance(sd: float, freedom: int, cells: int) -> float:
    """The largest believable difference of two trainings' log proxy FID.

    By Student's t, since the spread is itself an estimate; where several cells are compared,
    each has its share of the risk (Bonferroni).

    Args:
        sd: standard deviation over seeds of the log proxy FID.
        freedom: its degrees of freedom.
        cells: how many cells are compared.
    """
    from scipy.stats import t

    return float(t.ppf(1 - 0.5 / ONE_IN / cells, freedom)) * sd * math.sqrt(2)


def _differences(found: Unpacked, again: Store, spec: CellSpec, alike: bool) -> str:
    """What is not identical, or an empty string.

    Without `alike` what was measured is left out, and with it the weights of the best epoch,
    which is chosen by a measure.
    """
    wrong = []
    stated = found.commits[found.store.train_folder(spec).relative_to(found.store.root).as_posix()]
    made = read_commit(again.train_folder(spec))["files"]
    # A light hand-in has no weights, but its commits have their SHA-256.
    if alike and stated["files"].get("best.safetensors") != made["best.safetensors"]:
        wrong.append("best.safetensors")
    for name in sorted(n for n in made if n.startswith("images/")):
        # Another version of the PNG library may pack the same pixels otherwise.
        first, second = (store.train_folder(spec) / name for store in (found.store, again))
        if not first.is_file() or pixels(first.read_bytes()) != pixels(second.read_bytes()):
            wrong.append(name)
    before, after = _result(found.store, spec), _result(again, spec)
    if alike:
        unrun = own_code.own_metrics().keys() - after.metrics.keys()  # not trusted, so not run
        if not unrun:
            # For measures of the author's own.
            from labkit.execution.repeatable import metrics_that_differ

            unrun = set(metrics_that_differ(spec))
        wrong += sorted(set(_unlike(before.metrics, after.metrics)) - unrun)
        wrong += _unlike(before.details, after.details)
    measured = set() if alike else {"proxy_fid"}
    for a, b in zip(before.history, after.history, strict=True):
        unlike = (name for name in _unlike(a, b) if name not in measured)
        wrong += [f"{name} of epoch {b['epoch']}" for name in unlike]
    return ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")


def _unlike(a: Any, b: Any) -> list[str]:
    names = (a.keys() | b.keys()) - NOT_COMPARED
    return sorted(name for name in names if a.get(name) != b.get(name))


def _result(store: Store, spec: CellSpec) -> CellResult:
    outcome = store.outcome(spec)
    assert isinstance(outcome, CellResult)
    return outcome
