"""`labkit join`: the cells of several stores as one store, which all other verbs take.

A store is a folder of results, a hand-in or a report's ``store.zip``, whole or light. What it
holds is a stranger's: it is unpacked by the same guards as a hand-in that is verified. The new
store is built beside its place and renamed, so it is there as a whole or not at all.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labkit.errors import LabkitError, UserError, misshapen
from labkit.experiment.fingerprint import evaluation_code
from labkit.experiment.lookup import stored
from labkit.experiment.plan import Plan
from labkit.experiment.spec import CellResult, CellSpec, canonical_json
from labkit.handin import bag
from labkit.handin.container import ContainerError
from labkit.handin.ladder import needing_room
from labkit.handin.plans import Held, Source, join_plans
from labkit.handin.unpack import read_plan, sound_store
from labkit.plugins import registry as own_code
from labkit.store import atomic, attempts
from labkit.store.commits import COMMIT, LIGHT, StoreError, light_bytes, read_commit
from labkit.store.file_names import BEST, HISTORY
from labkit.store.history import read_history
from labkit.store.store import Store

#: What is compared of a cell that several stores have.
COMPARED = "the SHA-256 of its best epoch's weights, and every epoch's losses and measures"


@dataclass
class _Joined:
    """The store to be: its plan, the committed folders it takes, and what came up."""

    plan: Plan
    folders: dict[str, Path] = field(default_factory=dict)  # ``<cell>/train`` to where it lies
    twice: int = 0
    light: int = 0
    environments: set[str] = field(default_factory=set)
    measured_by: set[str] = field(default_factory=set)


def join(paths: Sequence[Path], target: Path) -> list[str]:
    """Write the cells of several stores to a new one; return what there is to say of it.

    Stores are folders of results, hand-ins and ``store.zip`` files, as they are or unpacked; the
    new one may be there already as a join of the same.

    Raises:
        LabkitError: a store is damaged or cannot be read, their plans do not fit together, a cell
            is not the same in two of them, or the target is something else. Nothing is written.
    """
    own_code.forget()
    try:
        with TemporaryDirectory(prefix="labkit-join-") as scratch:
            with needing_room():
                sources = [_opened(p, Path(scratch) / str(i)) for i, p in enumerate(paths)]
            joined = _chosen(sources, target.absolute().name)
            there = target.exists() and (target.is_file() or any(target.iterdir()))
            if there and not _is(target, joined):
                raise UserError(f"{target}: is there and is not these stores joined; name another")
            if not there:
                _write(joined, target)
            return [*_said(joined, len(sources), Store(target)), *(["it was so before"] * there)]
    finally:
        own_code.forget()


def _opened(path: Path, scratch: Path) -> Source:
    """A store by its path; LabkitError where it is none, or not whole as it was packed."""
    if (path / "plan.json").is_file() or (path / "cells").is_dir():
        try:
            store = stored(path)
            return Source(path, read_plan(store.plan_path.read_bytes()), store)
        except LabkitError as error:
            raise UserError(f"{path}: {error}") from error
    try:
        with closing((found := bag.find_bag(path)).container):
            return Source(path, *sound_store(found, path, scratch))
    except ContainerError as error:
        raise UserError(f"{path}: no store: {error}") from error


# --------------------------------------------------------------------- which cells


def _chosen(sources: Sequence[Source], name: str) -> _Joined:
    plan, held = join_plans(sources, name)
    joined, cells = _Joined(plan), []
    for spec in plan.cells:
        try:
            cell, folders = _cell(spec, held[spec.fingerprint], plan.sheet_gan(spec), joined)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise UserError(f"{spec.name}: cannot be read: {misshapen(error)}") from error
        cells.append(cell)
        below = f"{cell.name}-{cell.fingerprint[:12]}"
        joined.folders |= {f"{below}/{folder.name}": folder for folder in folders}
    joined.plan = replace(plan, cells=tuple(cells))
    return joined


def _cell(
    spec: CellSpec, held: Sequence[Held], gan: CellSpec | None, joined: _Joined
) -> tuple[CellSpec, list[Path]]:
    """A cell as it is measured, and its folders; of several the whole and the measured ones."""
    for source, theirs in held:
        for kind in ("train", "eval"):
            if (wrong := source.store.damage(theirs, kind)) not in ("", "missing"):
                raise UserError(f"{source.path}: {theirs.name}: damaged: {kind}: {wrong}")
    trained = [each for each in held if each[0].store.is_trained(each[1])]
    if not trained:
        failed = [s.store.failed_folder(c) for s, c in held if s.store.failure(c, "train")]
        return spec, failed[:1]
    for other in trained[1:]:
        if _bits(*trained[0]) != _bits(*other):
            raise UserError(
                f"{spec.name}: is not the same in {trained[0][0].path} and in {other[0].path}, as "
                f"if trained on unlike machines; join only one of them (compared: {COMPARED})"
            )
    joined.twice += len(trained) > 1
    source, theirs = min(trained, key=_lacking)
    folders = [source.store.train_folder(theirs)]
    outcome = source.store.outcome(theirs)
    if isinstance(outcome, CellResult):
        joined.environments.add(canonical_json(outcome.environment.get("numeric", {})))
    # Measured as this labkit measures, if there is the choice.
    measured = [each for each in trained if each[0].store.is_evaluated(each[1])]
    ours = [each for each in measured if each[1].evaluation.get("code") == evaluation_code()]
    if measured:
        source, theirs = min(ours or measured, key=_lacking)
        spec = replace(spec, evaluation=theirs.evaluation)
        joined.measured_by.add(str(spec.evaluation.get("code")))
        folders.append(source.store.eval_folder(theirs))
        if gan and not source.store.damage(theirs, "sheet", gan):
            folders.append(source.store.sheet_folder(theirs, gan))
    elif source.store.failure(theirs, "eval"):
        folders.append(source.store.failed_folder(theirs))
    joined.light += _lacking((source, theirs)) > 0
    return spec, folders


def _lacking(held: Held) -> int:
    """How many of its files a light cell is without."""
    return len(held[0].store.left_out(held[1]))


def _bits(source: Source, spec: CellSpec) -> tuple[Any, ...]:
    """What two trainings of one cell share if they are one: `COMPARED`."""
    train = source.store.train_folder(spec)
    rows = [{**row, "seconds": None} for row in read_history(train / HISTORY)]
    return read_commit(train)["files"].get(BEST), rows


# --------------------------------------------------------------------- the new store


def _write(joined: _Joined, target: Path) -> None:
    """Build the store beside its place, flushed, and rename it; what a killed join left goes."""
    for left in attempts.left_behind(target.parent, f"{target.name}."):
        atomic.remove_tree(left)
    aside = target.with_name(f".{target.name}.{os.getpid()}{atomic.TEMPORARY}")
    atomic.remove_tree(aside)
    try:
        atomic.mkdir(aside)
        for below, folder in joined.folders.items():
            _copy(folder, aside / "cells" / below)
        Store(aside).write_plan(joined.plan)
        if target.is_dir():  # an empty one, which some systems do not replace
            target.rmdir()
        atomic.rename(aside, target)
    finally:
        atomic.remove_tree(aside)


def _copy(folder: Path, target: Path) -> None:
    """Copy a committed folder, and look at every byte on the way; the commit comes last."""
    absent = []
    for name, stated in read_commit(folder)["files"].items():
        try:
            data = (folder / name).read_bytes()
        except FileNotFoundError:
            absent.append(name)
            continue
        if hashlib.sha256(data).hexdigest() != stated["sha256"]:
            raise StoreError(f"{folder / name}: damaged: altered since it was committed")
        atomic.mkdir((target / name).parent)
        atomic.write_bytes(target / name, data)
    if absent:
        atomic.write_bytes(target / LIGHT, light_bytes(absent))
    atomic.write_bytes(target / COMMIT, (folder / COMMIT).read_bytes())
    for each in (*(path for path in target.rglob("*") if path.is_dir()), target):
        atomic.sync_folder(each)


def _is(target: Path, joined: _Joined) -> bool:
    """Whether a store is this join already; it may have come to hold more."""
    store = Store(target)
    try:
        same = store.plan().to_json() == joined.plan.to_json()
        return same and all(
            (target / "cells" / below / COMMIT).read_bytes() == (folder / COMMIT).read_bytes()
            for below, folder in joined.folders.items()
        )
    except (OSError, LabkitError):
        return False


def _said(joined: _Joined, stores: int, store: Store) -> Iterator[str]:
    plan = joined.plan
    done = sum(store.is_evaluated(spec) for spec in plan.cells)
    seeds = ", ".join(map(str, plan.seeds))
    several = f"{stores} store{'s' * (stores > 1)}"
    yield f"{several}: {done} of {len(plan.cells)} cells done; seeds {seeds}"
    if joined.twice:
        yield f"cells of several stores, with the same bits: {joined.twice} (compared: {COMPARED})"
    if joined.light:
        yield f"cells that are light, without weights or samples: {joined.light}"
    if (n := len(joined.environments)) > 1:
        yield f"trained in {n} numeric environments, as the report will say"
    if (n := len(joined.measured_by)) > 1:
        yield f"measured by {n} versions of the measures, as the report will say"
