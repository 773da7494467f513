"""The store: what counts as done, and how it is read and written.

Work is done in an attempt folder. To commit it, ``COMMIT.json`` with the SHA-256 of
every file is written last, all is flushed, and the folder is renamed. So a folder
with a final name is whole or does not exist, nothing can be stuck at "running".
Two runs share a store cell by cell; where they cannot see each other's locks they may do the same
work twice but never harm it.

Disks and people damage what was whole, so whoever reads a folder first asks
:func:`labkit.store.commits.damage`: files that reports are made of are checked by content each
time, weights and samples by size, and by content where they were changed after the commit,
before they are used, and by ``labkit status``.

plan.json
.gitattributes           git leaves line ends alone here
.locks/<fingerprint[:12]>    who is at work on a cell, while it is; see labkit.store.lock
.plan.lock               held while plan.json is read, changed and written
cells/<name>-<fingerprint[:12]>/
  train/                 committed training; what a light one is without stands in LIGHT.json
  eval-<fingerprint[:12]>/   committed evaluation
  sheet-<fingerprint[:12]>/  the lab sheet's number, committed
  failed/                the last failure: error.json, log.txt, what was trained so far
  attempt-<kind>-<host>.<pid>.<token>/   work in progress, nobody's result; of the kind
                         ``own``: what a loop of the user's own has told, see execution.recorder
  damaged-*, superseded-*    what was in the way; set aside, never deleted
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from labkit.catalog import FAMILIES, METRICS
from labkit.catalog.metrics import WITHDRAWN
from labkit.errors import misshapen, placeless, reason
from labkit.experiment.spec import CellFailure, CellResult, CellSpec, Outcome, sha256_of
from labkit.store import atomic, attempts, file_names, layer_table
from labkit.store.attempts import Attempt
from labkit.store.commits import (
    COMMIT,
    LINE_ENDS,
    RESTORE,
    StoreError,
    damage,
    json_bytes,
    left_out,
    read_json,
    restore_line_ends,
    seal,
    write_json,
)
from labkit.store.history import best_epoch, read_history
from labkit.store.lock import briefly, only_one

if TYPE_CHECKING:
    from labkit.experiment.plan import Plan

#: How often a change of the plan is made again where others' writes come between.
_TRIES = 5


class Store:
    """The results of one experiment file (and profile) in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.plan_path = root / "plan.json"
        self.plan_lock_path = root / ".plan.lock"
        self.locks = root / ".locks"
        self.attributes_path = root / ".gitattributes"
        self._folders: dict[str, Path] | None = None
        self._told = False  # Whether it was said that line ends were restored

    def cell_folder(self, spec: CellSpec) -> Path:
        """The cell's folder: looked up by fingerprint, named for people."""
        tag = spec.fingerprint[:12]
        if self._folders is None:
            cells = self.root / "cells"
            names = sorted(os.listdir(cells)) if cells.is_dir() else []  # noqa: PTH208 (fast)
            self._folders = {name[-12:]: cells / name for name in names}
        folder = self._folders.get(tag)
        if folder is None:
            folder = self._folders[tag] = self.root / "cells" / f"{spec.name}-{tag}"
        return folder

    def train_folder(self, spec: CellSpec) -> Path:
        return self.cell_folder(spec) / "train"

    def eval_folder(self, spec: CellSpec) -> Path:
        return self.cell_folder(spec) / f"eval-{spec.evaluation_fingerprint[:12]}"

    def sheet_folder(self, spec: CellSpec, sheet_gan: CellSpec) -> Path:
        return self.cell_folder(spec) / f"sheet-{spec.sheet_fingerprint(sheet_gan)[:12]}"

    def failed_folder(self, spec: CellSpec) -> Path:
        return self.cell_folder(spec) / "failed"

    # ------------------------------------------------------------------ the plan

    def plan(self) -> Plan:
        """The newest plan; StoreError where there is none, or one of a later format."""
        try:
            from labkit.experiment.plan import Plan  # which reads users' Python files too

            return Plan.from_json(read_json(self.plan_path))
        except FileNotFoundError:
            raise StoreError(f"{self.plan_path}: no plan yet: `labkit run` makes one") from None
        except (KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"{self.plan_path}: not a plan: {misshapen(error)}") from error

    def write_plan(self, plan: Plan) -> None:
        """Make `plan` the newest, unless it already is."""
        for left in attempts.left_behind(self.root):
            left.unlink(missing_ok=True)
        if self._is_newest(plan):
            with contextlib.suppress(OSError):  # an older store may be only readable
                self._keep_from_git()
            return
        atomic.mkdir(self.root)
        self._keep_from_git()
        atomic.replace_bytes(self.plan_path, json_bytes(plan.to_json()))

    def _keep_from_git(self) -> None:
        """Tell git to leave the files' line ends alone: a commit knows each byte."""
        text = b"* -text\n"
        if not self.attributes_path.is_file() or self.attributes_path.read_bytes() != text:
            atomic.replace_bytes(self.attributes_path, text)

    def update_plan(self, change: Callable[[Plan | None], Plan]) -> Plan:
        """Make a change of the newest plan, or of None, the newest: one step among many such.

        Done again on its own outcome `change` must change nothing.
        """
        plan = change(self._newest())
        if self._is_newest(plan):
            self.write_plan(plan)  # clears what a killed run left
            return plan
        atomic.mkdir(self.root)
        with briefly(self.plan_lock_path):
            for _ in range(_TRIES):
                plan = change(self._newest())
                self.write_plan(plan)
                # Where there are no locks, another's write may have come between.
                if self._is_newest(change(self._newest())):
                    break
        return plan

    def _newest(self) -> Plan | None:
        return self.plan() if self.plan_path.is_file() else None

    def _is_newest(self, plan: Plan) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return self.plan_path.read_bytes() == json_bytes(plan.to_json())
        return False

    # ------------------------------------------------------------------ reading

    def is_trained(self, spec: CellSpec, deep: bool = False) -> bool:
        """Whether the training is committed and undamaged; `deep` looks into every file."""
        return not self.damage(spec, "train", deep=deep)

    def is_evaluated(self, spec: CellSpec, deep: bool = False) -> bool:
        """Whether this training's evaluation is committed and undamaged."""
        return not self.damage(spec, "eval", deep=deep)

    def damage(
        self, spec: CellSpec, kind: str, sheet_gan: CellSpec | None = None, deep: bool = False
    ) -> str:
        """What is wrong with a commit: ``missing``, which file, or nothing; see `commit`."""
        return self._damage(*self._place(spec, kind, sheet_gan), deep=deep)

    def left_out(self, spec: CellSpec) -> frozenset[str]:
        """The files that a light cell does without, such as its weights; of a whole one none."""
        train, measured = self.train_folder(spec), self.eval_folder(spec)
        # Logs count for nothing: no hand-in has them.
        return (left_out(train, "train") | left_out(measured, "eval")) - {file_names.LOG}

    def _place(
        self, spec: CellSpec, kind: str, sheet_gan: CellSpec | None = None
    ) -> tuple[Path, str, str]:
        """The folder, fingerprint and inputs of a cell's commit of a kind.

        The inputs are a hash of the files a measurement is made from, as their commits state it;
        empty for a training, and where they cannot be read. Trained again on another machine a
        cell differs in its last bits; what was measured of the first is no measure of the second.
        """
        train = self.train_folder(spec)
        if kind == "train":
            return train, spec.fingerprint, ""
        measured = self.eval_folder(spec)
        place, used = (measured, spec.evaluation_fingerprint), [(train, file_names.BEST)]
        if kind == "sheet" and sheet_gan is not None:
            place = self.sheet_folder(spec, sheet_gan), spec.sheet_fingerprint(sheet_gan)
            gan = self.train_folder(sheet_gan)
            used = [(measured, file_names.SAMPLES), (gan, file_names.BEST)]
        try:
            stated = [read_json(folder / COMMIT)["files"].get(name) for folder, name in used]
        except (OSError, StoreError, KeyError, TypeError, AttributeError):
            return *place, ""
        return *place, sha256_of(stated)

    def _damage(
        self, folder: Path, fingerprint: str = "", inputs: str = "", deep: bool = False
    ) -> str:
        """:func:`damage` of a commit, once line ends that a tool changed are taken back."""
        wrong = damage(folder, fingerprint, inputs, deep)
        if not wrong.endswith(LINE_ENDS):
            return wrong
        try:
            restore_line_ends(folder)
            plan = self.plan_path.read_bytes() if self.plan_path.is_file() else b""
            if (plain := atomic.with_unix_ends(plan)) != plan:
                atomic.replace_bytes(self.plan_path, plain)
        except OSError as error:
            return f"{wrong}, and cannot be taken back here ({reason(error)}): {RESTORE}"
        if not self._told:
            self._told = True
            changed = "line ends had been changed (CRLF for LF, as git's core.autocrlf does)"
            said = f"{self.root}: {changed}; what was committed is restored"
            print(said, file=sys.stderr, flush=True)
        return damage(folder, fingerprint, inputs, deep)

    def outcome(self, spec: CellSpec, sheet_gan: CellSpec | None = None) -> Outcome | None:
        """How the cell ended: a result, a failure, or None while it is missing.

        Without the cell whose discriminator yields the lab sheet's number, that is not measured.
        """
        trained = self.is_trained(spec)
        measured = trained and self.is_evaluated(spec)
        if not measured and (failure := self.failure(spec, "eval" if trained else "train")):
            return failure
        return self._result(spec, measured, sheet_gan) if trained else None

    def newest_commit(self, specs: Iterable[CellSpec]) -> str:
        """The time of the newest commit among the cells, or an empty string."""
        places = [self._place(spec, kind) for spec in specs for kind in ("train", "eval")]
        whole = [place[0] for place in places if not self._damage(*place)]
        return max((read_json(folder / COMMIT)["time"] for folder in whole), default="")

    def failure_mark(self, spec: CellSpec) -> tuple[int, int] | None:
        """Another value each time a failure of the cell is noted; None before the first."""
        with contextlib.suppress(OSError):
            about = (self.failed_folder(spec) / COMMIT).stat()
            return about.st_ino, about.st_mtime_ns
        return None

    def failure(
        self, spec: CellSpec, *stages: Literal["train", "eval", "sheet"]
    ) -> CellFailure | None:
        """What last went wrong, if that was in one of these stages, even if all is well since."""
        folder = self.failed_folder(spec)
        if self._damage(folder):
            return None
        error = read_json(folder / file_names.ERROR)
        stage = error["stage"]
        if stage not in stages or error["fingerprint"] != self._place(spec, stage)[1]:
            return None
        log = (folder / file_names.LOG).relative_to(self.root).as_posix()
        return CellFailure(spec, error["error"], error["traceback"], log)

    def measures(self, spec: CellSpec) -> dict[str, dict[str, Any]]:
        """``metrics`` and ``details`` of a measured cell, without those that were withdrawn."""
        return {
            part: {k: v for k, v in values.items() if k in METRICS or k not in WITHDRAWN}
            for part, values in read_json(self.eval_folder(spec) / file_names.MEASURES).items()
        }

    def _result(self, spec: CellSpec, measured: bool, sheet_gan: CellSpec | None) -> CellResult:
        train = self.train_folder(spec)
        history = tuple(read_history(train / file_names.HISTORY))
        cost, layers = read_json(train / file_names.COST), train / file_names.NETWORKS
        measures = self.measures(spec) if measured else {"metrics": {}, "details": {}}
        found = {**cost, **measures["metrics"]}
        if sheet_gan and not self.damage(spec, "sheet", sheet_gan):
            found |= read_json(self.sheet_folder(spec, sheet_gan) / file_names.MEASURES)["metrics"]
        misnamed = {name for name, metric in METRICS.items() if spec.family in metric.not_for}
        committed = read_json(train / COMMIT)["files"]
        grids = {n: committed[n]["bytes"] for n in sorted(committed) if n.startswith("images/")}
        there = grids.keys() - left_out(train, "train")
        return CellResult(
            spec=spec,
            metrics={
                "best_epoch": best_epoch(history),
                **{name: history[-1].get(name) for name in FAMILIES[spec.family].losses},
                **{name: value for name, value in found.items() if name not in misnamed},
            },
            history=history,
            artifacts={n: (train / n).relative_to(self.root).as_posix() for n in sorted(there)},
            grids=grids,
            seconds=cost["seconds"] or 0.0,  # not known of one trained elsewhere
            environment=read_json(train / file_names.ENVIRONMENT),
            details=measures["details"],
            measured=measured,
            networks=layer_table.from_json(read_json(layers)) if layers.is_file() else (),
        )

    # ------------------------------------------------------------------ writing

    def alone(self, spec: CellSpec) -> AbstractContextManager[str]:
        """Hold a cell, so that no other run works on it; yields who does, or nothing."""
        return only_one(self.locks / spec.fingerprint[:12], self.cell_folder(spec))

    def begin(self, spec: CellSpec, kind: str, anew: bool = False) -> Attempt:
        """A folder to work in: an abandoned attempt of the same kind, or (if `anew`) a new one."""
        owner = f"{attempts.host()}.{os.getpid()}.{uuid4().hex[:8]}"
        mine = self.cell_folder(spec) / f"attempt-{kind}-{owner}"
        begun = [] if anew else sorted(mine.parent.glob(f"attempt-{kind}-*"))
        for old in filter(attempts.is_abandoned, begun):
            # Renaming is the lock: of two runs that want it, one finds it gone.
            with contextlib.suppress(FileNotFoundError):
                atomic.rename(old, mine)
                return Attempt(mine)
        atomic.mkdir(mine)
        return Attempt(mine)

    def sweep(self, spec: CellSpec) -> None:
        """Remove what dead workers left beside a cell that is done."""
        for old in filter(attempts.is_abandoned, sorted(self.cell_folder(spec).glob("attempt-*"))):
            atomic.remove_tree(old)

    def set_aside(self, spec: CellSpec) -> None:
        """Move a cell's commits out of the way (``--force``); nothing is deleted."""
        # The training last: without its evaluation a cell is seen to be unfinished.
        for folder in filter(Path.exists, (self.eval_folder(spec), self.train_folder(spec))):
            self._set_aside(folder, "superseded")

    def commit(
        self, attempt: Attempt, spec: CellSpec, kind: str, sheet_gan: CellSpec | None = None
    ) -> None:
        """Make an attempt the cell's committed ``train``, ``eval`` or (with `sheet_gan`) ``sheet``.

        Losing the race against another run that committed the same is harmless.
        A damaged folder in the way is set aside, never deleted.
        """
        target, fingerprint, inputs = self._place(spec, kind, sheet_gan)
        seal(attempt.folder, kind, fingerprint, inputs)
        if target.exists():
            if not damage(target, fingerprint, inputs, deep=True):
                atomic.remove_tree(attempt.folder)
                return
            self._set_aside(target, "damaged")
        atomic.rename(attempt.folder, target)

    def fail(
        self, attempt: Attempt, spec: CellSpec, stage: str, error: str, traceback: str
    ) -> None:
        """Keep a failed attempt as ``failed``: the error, the log, what there was."""
        of = {"stage": stage, "fingerprint": self._place(spec, stage)[1]}
        error, traceback = (placeless(text, self.root.absolute()) for text in (error, traceback))
        atomic.mkdir(attempt.folder)  # a commit that failed at its end has moved it
        found = {**of, "error": error, "traceback": traceback}
        write_json(attempt.folder / file_names.ERROR, found)
        attempt.log(f"failed: {error}\n{traceback}")
        seal(attempt.folder, "failed", of["fingerprint"])
        target = self.failed_folder(spec)
        atomic.remove_tree(target)
        atomic.rename(attempt.folder, target)

    def _set_aside(self, folder: Path, why: str) -> None:
        atomic.rename(folder, folder.with_name(f"{why}-{folder.name}-{uuid4().hex[:8]}"))
