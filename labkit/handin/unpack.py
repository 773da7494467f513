"""From a bag to a store on disk that this labkit can read.

Every name is made from checked parts, every commit is recomputed, and what was not handed in
makes the copy a light one. What does not hold is a finding.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.catalog import DATASETS, FAMILIES, REGISTRIES
from labkit.errors import PlanError, UserError, misshapen
from labkit.experiment.plan import Plan, matches
from labkit.experiment.reader import Experiment
from labkit.experiment.spec import OWN_CODE, UNSTATED, CellSpec
from labkit.handin import content
from labkit.handin.bag import Bag, problems
from labkit.handin.container import ContainerError
from labkit.handin.content import ANSWERS, EXPERIMENT, REPORT, RESULTS, SUBMISSION
from labkit.handin.ladder import Rung
from labkit.store.commits import (
    COMMIT,
    LIGHT,
    StoreError,
    as_committed,
    light_bytes,
    may_lack,
    read_commit,
)
from labkit.store.file_names import DRAWS
from labkit.store.store import Store

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}-[0-9a-f]{12}")
_HASH = re.compile(r"[0-9a-f]{64}")
_PLAN_BYTES = 1 << 26
_JSON_BYTES = 1 << 24
#: The settings of a plan that are sections of the file.
_SECTIONS = ("data", "training", "evaluation", "experiments", "within", "report")


@dataclass(frozen=True)
class Unpacked:
    """A hand-in as values and as a store."""

    bag: Bag
    about: dict[str, Any]  # ``submission.json``
    experiment: Experiment
    plan: Plan
    store: Store
    scratch: Path
    commits: dict[str, dict[str, Any]]  # ``cells/<cell>/<folder>`` to the commit as handed in

    def measured(self, cells: str | None) -> list[CellSpec]:
        """The measured cells that a glob on names means; all of them for None."""
        asked = [s for s in self.plan.cells if cells is None or matches(s.name, cells)]
        return [spec for spec in asked if self.store.is_evaluated(spec)]


def unpack(
    bag: Bag, about: dict[str, Any], experiment: Experiment, scratch: Path, rung: Rung
) -> Unpacked | None:
    """Write the bag's results and answers below `scratch`; None where its plan cannot be used."""
    found = unpack_store(bag, about["light"], scratch / RESULTS, rung)
    if found is None:
        return None
    plan, store, commits = found
    files = {EXPERIMENT, ANSWERS, *(f"{code.name}.py" for code in experiment.own)}
    for name in sorted(files):
        if name in bag:
            _write(scratch / name, bag.read(name, _PLAN_BYTES))
    known = {SUBMISSION, f"{RESULTS}/plan.json", *files}
    for below, commit in commits.items():
        known |= {f"{RESULTS}/{below}/{name}" for name in (COMMIT, *commit["files"])}
        if commit["kind"] == "train":
            known.add(f"{RESULTS}/{below}/{DRAWS}")
    for name in bag.payload:
        if name not in known and not name.startswith(f"{REPORT}/"):
            rung.fail(f"{name}: no part of a hand-in of this plan")
    return Unpacked(bag, about, experiment, plan, store, scratch, commits)


def unpack_store(
    bag: Bag, light: bool, root: Path, rung: Rung
) -> tuple[Plan, Store, dict[str, dict[str, Any]]] | None:
    """Write a bag's results to `root`: their plan, their store, and the commits as they were.

    What does not hold goes to `rung`; None where the plan cannot be used. Weights, samples and
    pictures may be absent from a `light` one.
    """
    try:
        data = bag.read(f"{RESULTS}/plan.json", _PLAN_BYTES)
        plan = read_plan(data)
    except (ContainerError, PlanError) as error:
        rung.fail(f"plan.json: {error}")
        return None
    store = Store(root)
    _write(store.plan_path, data)
    commits: dict[str, dict[str, Any]] = {}
    for below, kind, fingerprints in _folders(plan, _named(bag, rung)):
        prefix = f"{RESULTS}/{below}/"
        if prefix + COMMIT not in bag:
            continue
        path, as_given = store.root / below / COMMIT, bag.read(prefix + COMMIT, _JSON_BYTES)
        _write(path, as_given)
        wrong = ""
        try:
            commit = read_commit(path.parent)
            if commit["kind"] != kind or commit["fingerprint"] not in fingerprints:
                wrong = f"{below}: its commit is of another cell ({kind} expected)"
        except StoreError:
            wrong = f"{below}/{COMMIT}: altered since it was written"
        if wrong:
            rung.fail(wrong)
            path.unlink()
            continue
        commits[below] = commit
        absent = [name for name in commit["files"] if prefix + name not in bag]
        for name in absent:
            if not may_lack(kind, name, light):
                rung.fail(f"{below}/{name}: missing")
        for name, stated in commit["files"].items():
            if name in absent:
                continue
            data = bag.read(prefix + name)
            data = as_committed(data, stated["sha256"]) or data
            if stated != {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}:
                rung.fail(f"{below}/{name}: is not what was committed")
            _write(store.root / below / name, data)
        if prefix + DRAWS in bag and kind == "train":
            _write(store.root / below / DRAWS, bag.read(prefix + DRAWS))
        if absent:
            _write(path.with_name(LIGHT), light_bytes(absent))
        _write(path, as_given)  # after the files, which would else seem changed since
    return plan, store, commits


def sound_store(bag: Bag, path: Path, root: Path) -> tuple[Plan, Store]:
    """Write the results of a hand-in or ``store.zip`` to `root`; UserError where any is damaged."""
    light, rung, wrong = content.about(bag)["light"], Rung(2), problems(bag)
    found = None if wrong else unpack_store(bag, light, root, rung)
    if found is None or rung.found:
        raise UserError(f"{path}: damaged: {[*wrong, *rung.found][0]}")
    return found[:2]


def _named(bag: Bag, rung: Rung) -> dict[str, str]:
    """The cells' folders by the fingerprint they end in; the rest of a name is for people."""
    found: dict[str, str] = {}
    prefix = f"{RESULTS}/cells/"
    folders = {p[len(prefix) :].partition("/")[0] for p in bag.payload if p.startswith(prefix)}
    for folder in sorted(folders):
        if not _FOLDER.fullmatch(folder) or ".." in folder or folder[-12:] in found:
            rung.fail(f"{prefix}{folder}: not the folder of a cell, or the second of one")
        else:
            found[folder[-12:]] = folder
    return found


def _folders(plan: Plan, named: dict[str, str]) -> Iterator[tuple[str, str, set[str]]]:
    """Every folder a plan's results may lie in, its kind and what it may be the result of."""
    for spec in plan.cells:
        tag, measured = spec.fingerprint[:12], spec.evaluation_fingerprint
        cell = f"cells/{named.get(tag, f'{spec.name}-{tag}')}"
        yield f"{cell}/train", "train", {spec.fingerprint}
        yield f"{cell}/eval-{measured[:12]}", "eval", {measured}
        if sheet_gan := plan.sheet_gan(spec):
            sheet = spec.sheet_fingerprint(sheet_gan)
            yield f"{cell}/sheet-{sheet[:12]}", "sheet", {sheet}
        yield f"{cell}/failed", "failed", {spec.fingerprint, measured}


def read_plan(data: bytes) -> Plan:
    """A stranger's plan, its cells' names safe to make paths of; PlanError where it is none."""
    try:
        plan = Plan.from_json(json.loads(data))
        _ = plan.author.values(), plan.settings.keys()
        for spec in plan.cells:
            _check(spec)
            _ = spec.evaluation_fingerprint  # refuses what JSON can hold and a spec cannot
        names = [spec.name.lower() for spec in plan.cells]
        if len(set(names)) < len(names) or not names:
            raise PlanError("no cells, or two of one name")
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise PlanError(f"not a plan: {misshapen(error)}") from error
    texts = (plan.name, plan.title, *plan.author.values())
    sections = [plan.settings.get(name, {}) for name in _SECTIONS]
    if not (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(section, dict) for section in sections)
        and all(type(epoch) is int for epoch in plan.snapshot_epochs)
    ):
        raise PlanError("not a plan: a title, author, setting or epoch of another type")
    cells = [spec for spec in plan.cells if spec.code != OWN_CODE]
    if any(spec.data["source"] != plan.data_source for spec in cells):
        raise PlanError("cells of another data source than the plan's")
    asked = [s for s in plan.seeds if len(cells) == len(plan.cells) or s in {c.seed for c in cells}]
    if asked != list(dict.fromkeys(spec.seed for spec in cells)):
        raise PlanError("seeds that are not those of its cells")
    return plan


def _check(spec: CellSpec) -> None:
    """Refuse a spec that is not one, before anything is named after it."""
    outside = spec.code == OWN_CODE
    features = spec.selection["features"]
    hashes = [] if outside else [spec.code, spec.data["sha256"]]
    hashes += [] if features == "" else [features]  # a data set may have no feature network
    training, data = dict(spec.training), dict(spec.data)
    loop = data.pop("loop", "") if outside else ""  # of which the first ones said nothing
    if outside and training.get("batch_size") == UNSTATED:
        training["batch_size"] = 1
    texts = [(spec.name, _NAME), *((each, _HASH) for each in hashes)]
    texts += [] if loop == "" else [(loop, _NAME)]
    ok = (
        all(isinstance(text, str) and pattern.fullmatch(text) for text, pattern in texts)
        and ".." not in spec.name
        and spec.family in FAMILIES
        and spec.dataset in DATASETS
        and type(spec.seed) is int
        and all(isinstance(each, dict) for each in (spec.params, spec.evaluation))
        and spec.params.keys() <= FAMILIES[spec.family].params.keys()
        and all(
            spec.params.get(name, UNSTATED) in (*REGISTRIES[param.choices], UNSTATED)
            for name, param in FAMILIES[spec.family].params.items()
            if param.choices
        )
        and training.keys() == {"epochs", "batch_size"}
        and all(type(n) is int and 0 < n <= 1_000_000 for n in training.values())
        and data.keys() == {"source", "sha256", "limit"}
        and data["source"] in ("full", "bundled")
        and spec.precision in ((UNSTATED,) if outside else ("fp32", "bf16"))
    )
    if not ok:
        raise PlanError(f"not a cell of this labkit: {spec.name!r}")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
