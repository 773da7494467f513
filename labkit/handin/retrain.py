"""Rung 4: train some cells again. The only rung that finds numbers nobody ever computed.

On such a machine as it ran on, a cell must come out identical, bit by bit. On another one
the same seed gives another training, as another seed would; then the difference is held
against how far seeds lie apart: in the hand-in, else in trainings of the same kind that come with
labkit, if there are any.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import mean, variance
from typing import Any

from scipy.stats import t

from labkit.catalog import FAMILIES
from labkit.claims.cells import from_frame
from labkit.claims.measure import Samples
from labkit.claims.reference import find
from labkit.data.places import find_full
from labkit.errors import one_line
from labkit.execution import runner
from labkit.execution.image_grid import same_pixels
from labkit.execution.progress import PlainDisplay
from labkit.execution.status import Job
from labkit.execution.trials import differs, metrics_that_differ, unlike_here
from labkit.experiment.fingerprint import own_files, training_code
from labkit.experiment.spec import (
    OWN_CODE,
    CellFailure,
    CellResult,
    CellSpec,
    canonical_json,
    sha256_of,
)
from labkit.handin import ladder
from labkit.handin.content import measured_alike, own_noise, ran_on
from labkit.handin.ladder import UNTRUSTED, Asked, Rung, Say, first, printable
from labkit.handin.unpack import Unpacked
from labkit.plugins import registry as own_code
from labkit.plugins.registry import ABOUT, RESUMING
from labkit.reporting.view import read_view
from labkit.store.commits import read_commit
from labkit.store.file_names import BEST
from labkit.store.store import Store

#: What the clock and the machine decide.
NOT_COMPARED = {
    "seconds",
    "images_per_s",
    "peak_memory_mb",
    "flops_per_image",
    "flops_per_sample",
    "lab_sheet_fid",
}
#: One honest hand-in in so many has a cell that differs by more than the tolerance.
ONE_IN = 100
SCORE = "proxy_fid"
OTHERWISE = "measured by other code than this labkit's"
#: Degrees of freedom below which a spread over seeds is no yardstick.
LEAST_FREEDOM = 4


class _Announcer(PlainDisplay):
    """Of the run: which cells, how long that takes, and how each ended."""

    tell: Say

    def start(self, jobs: Sequence[Job], workers: int, expected: str) -> None:
        names = ", ".join(job.spec.name for job in jobs)
        self.tell(printable(f"training again: {names}: {expected}"))

    def finished(self, spec: CellSpec, outcome: CellResult | CellFailure) -> None:
        ended = "failed" if isinstance(outcome, CellFailure) else "trained again"
        self.tell(printable(f"{ended}: {spec.name}"))

    def say(self, line: str) -> None:
        """Leave out all else that a run tells."""


def check(found: Unpacked, asked: Asked) -> Rung:
    """Train some cells again, chosen by chance among those that can be."""
    rung = Rung(4)
    if asked.rerun < 1:
        rung.verdict = "not asked for"
        return rung
    if not (able := _able(found, asked, rung)):
        return rung
    chosen = asked.chance.sample(able, min(asked.rerun, len(able)))
    # What is in a plan's `own` is run by the workers: the files that were handed in and trusted.
    files = own_code.to_json(found.experiment.own) if asked.trust else []
    settings = {**found.plan.settings, "own": files}
    plan = replace(found.plan, cells=tuple(chosen), settings=settings)
    again = Store(found.scratch / "trained again")
    options, display = runner.Options(data_root=asked.data_root), _Announcer()
    display.tell = asked.say
    try:
        runner.run(plan, again, options, display)
    except Exception as error:
        if not (lacks := ladder.lacking(error)):
            raise
        rung.lack(lacks)
        return rung
    for spec in chosen:
        outcome = again.outcome(spec)
        why = outcome.error if isinstance(outcome, CellFailure) else "not done"
        if isinstance(outcome, CellResult) and outcome.measured:
            # What was handed in may hold anything; whatever it does to this code is no pass.
            try:
                _judge(found, again, spec, len(chosen), rung)
            except Exception as error:
                rung.fail(f"{spec.name}: cannot be compared: {one_line(error)}")
        elif lacks := ladder.lacking_in(why):
            rung.lack(lacks, spec.name)
        else:
            rung.give_up(f"{spec.name}: could not be trained here: {why}")
    return rung


def _able(found: Unpacked, asked: Asked, rung: Rung) -> list[CellSpec]:
    """The cells that can be trained again here; why the others cannot is said on `rung`."""
    able = []
    outside = "trained by a loop outside of labkit: not checkable"
    untrusted = f"of the author's own code: {UNTRUSTED}"
    unable: dict[str, list[str]] = {outside: [], untrusted: []}
    for spec in found.measured(asked.cells):
        if spec.code == OWN_CODE:
            unable[outside].append(spec.name)
        elif own_files(spec) and not asked.trust:
            unable[untrusted].append(spec.name)
        elif spec.code == training_code(spec.family, spec.params):
            able.append(spec)
    for why, names in unable.items():
        if names:
            rung.give_up(f"{first(names, 3)}: {why}")
    if not able:
        rung.give_up("no trained cell whose training code is this labkit's")
    if found.plan.data_source == "full":
        missing = {s.dataset for s in able if find_full(s.dataset, asked.data_root) is None}
        why = ladder.lacking_data(f"the full {' and '.join(sorted(missing))}: not on this machine")
        able = [spec for spec in able if spec.dataset not in missing]
        if missing and able:
            rung.note(why)
        elif missing:
            rung.lack(why)
    unlike = {spec.name: unlike_here(spec) for spec in able}
    for spec in able:
        if why := unlike[spec.name]:
            rung.give_up(f"{spec.name}: {', '.join(own_files(spec))}: {why}: not checkable")
    return [spec for spec in able if not unlike[spec.name]]


def _judge(found: Unpacked, again: Store, spec: CellSpec, cells: int, rung: Rung) -> None:
    """Say on `rung` whether a cell trained again, one of `cells`, agrees with the one handed in."""
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
            why = f"{OTHERWISE}, so its measures are not compared"
            rung.give_up(f"{spec.name}: identical: losses and pictures of every epoch; {why}")
        return
    if not alike or not spec.has_features:
        why = "nothing was measured of its samples" if alike else OTHERWISE
        rung.give_up(f"{spec.name}: another machine, and {why}: nothing to compare")
        return
    before, after = (_result(store, spec).metrics[SCORE] for store in (found.store, again))
    said = f"{spec.name}: proxy FID {before:.4g} handed in, {after:.4g} here"
    ratio, spread = math.log(after / before), seed_spread(found, spec)
    whose = f"the hand-in's other {FAMILIES[spec.family].label}s"
    if spread is None and (lent := reference_spread(found, spec)):
        sd, freedom, whose = lent
        spread = sd, freedom
    if spread is None:
        why = "too few seeds of its family to calibrate a tolerance on: not calibrated"
        rung.give_up(f"{said}; another machine, and {why}")
        return
    sd, freedom = spread
    most = tolerance(sd, freedom, cells)
    within = (
        f"within {100 * (math.exp(most) - 1):.0f} % of the other (by the spread over seeds of "
        f"{whose}, {freedom} degrees of freedom; 1 honest hand-in in {ONE_IN} is doubted)"
    )
    if abs(ratio) <= most:
        rung.note(f"{said}: consistent, {within}")
    elif excuse:
        rung.give_up(f"{said}: not consistent, but not checkable: {excuse}")
    else:
        rung.fail(f"{said}: not consistent, not {within}")


def seed_spread(found: Unpacked, judged: CellSpec) -> tuple[float, int] | None:
    """How far the log of the proxy FID lies apart between seeds of one setting.

    As standard deviation and degrees of freedom; None with too few seeds to say. Pooled over
    those settings of the cell's family that have several seeds: GANs lie further apart than VAEs.
    The cell itself is left out, or a number made up would widen the tolerance it is judged by; so
    are cells that nobody could train again.
    """
    groups: dict[str, list[float]] = defaultdict(list)
    within = [s for s in found.plan.cells if s.code != OWN_CODE and s != judged]
    for spec in (s for s in within if s.family == judged.family):
        outcome = found.store.outcome(spec)
        value = outcome.metrics.get(SCORE) if isinstance(outcome, CellResult) else None
        if value:
            key = sha256_of({k: v for k, v in spec.settings.items() if k != "seed"})
            groups[key].append(math.log(value))
    freedom = sum(len(values) - 1 for values in groups.values())
    if freedom < LEAST_FREEDOM:
        return None
    squares = sum((v - mean(values)) ** 2 for values in groups.values() for v in values)
    return math.sqrt(squares / freedom), freedom


def reference_spread(found: Unpacked, judged: CellSpec) -> tuple[float, int, str] | None:
    """The same of the trainings that come with labkit, and their name; None if none match.

    They match as in a report's answers: every setting, the data and the measuring are the same.
    Its settings share their seeds' weights and noise, so the seeds alone are degrees of freedom.
    """
    table = read_view(found.store).tables.cells
    samples = Samples(judged.evaluation["samples"], judged.selection["samples"])
    reference = find(from_frame(table[table["run"] == judged.name]), samples)
    if reference is None or (freedom := reference.fewest_seeds - 1) < LEAST_FREEDOM:
        return None
    groups: dict[str, list[float]] = defaultdict(list)
    for cell in reference.cells.of(dataset=judged.dataset):
        groups[canonical_json(dict(cell.settings))].append(math.log(cell.metrics[SCORE].value))
    sd = math.sqrt(mean(map(variance, groups.values())))
    return sd, freedom, f"{reference.name}, which comes with labkit"


def tolerance(sd: float, freedom: int, cells: int) -> float:
    """The largest believable difference of two trainings' log proxy FID, from `seed_spread`.

    By Student's t, since the spread is itself an estimate; where several cells are compared,
    each has its share of the risk (Bonferroni).
    """
    return float(t.ppf(1 - 0.5 / ONE_IN / cells, freedom)) * sd * math.sqrt(2)


def _differences(found: Unpacked, again: Store, spec: CellSpec, alike: bool) -> str:
    """What is not identical, or an empty string.

    Without `alike` what was measured is left out, and with it the weights of the best epoch,
    which is chosen by a measure.
    """
    wrong = []
    trains = found.store.train_folder(spec), again.train_folder(spec)
    stated = found.commits[trains[0].relative_to(found.store.root).as_posix()]["files"]
    made = read_commit(trains[1])["files"]
    # A light hand-in has no weights, nor all pictures, but its commits have their SHA-256.
    if alike and stated.get(BEST) != made[BEST]:
        wrong.append(BEST)
    for name in sorted(n for n in made if n.startswith("images/")):
        # Another version of the PNG library may pack the same pixels otherwise.
        given, drawn, same = trains[0] / name, trains[1] / name, stated.get(name) == made[name]
        if given.is_file():
            same = same_pixels(given.read_bytes(), drawn.read_bytes())
        wrong += [] if same else [name]
    before, after = _result(found.store, spec), _result(again, spec)
    if alike:
        not_run = own_code.own_metrics().keys() - after.metrics.keys()  # since not trusted
        left_out = not_run or set(metrics_that_differ(spec))
        wrong += [n for n in _unlike(before.metrics, after.metrics) if n not in left_out]
        wrong += _unlike(before.details, after.details)
    measured = set() if alike else {SCORE}
    for a, b in zip(before.history, after.history, strict=True):
        wrong += [f"{n} of epoch {b['epoch']}" for n in _unlike(a, b) if n not in measured]
    return first(wrong, 5)


def _unlike(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """The names, in order, whose values are not the same."""
    names = (a.keys() | b.keys()) - NOT_COMPARED
    return sorted(name for name in names if a.get(name) != b.get(name))


def _result(store: Store, spec: CellSpec) -> CellResult:
    outcome = store.outcome(spec)
    assert isinstance(outcome, CellResult)
    return outcome
