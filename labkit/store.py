"""The store: every path and file name, and what makes a cell count as done.

    cells/<name>-<fingerprint[:12]>/
      train/                 committed training
      eval-<fingerprint[:12]>/   committed evaluation
      sheet-<fingerprint[:12]>/  the lab sheet's own number, committed
      failed/                the last failure: error.json, log.txt, what was trained so far
      attempt-<kind>-<host>.<pid>.<token>/   work in progress, nobody's result
      damaged-*, superseded-*    what was in the way; set aside, never deleted

Work is done in an attempt folder. To commit it, ``COMMIT.json`` with the SHA-256 of
every file is written last, all is flushed, and the folder is renamed. So a folder
with a final name is whole or does not exist, nothing can be stuck at "running",
and two runs on one store may do the same work twice but never harm it.

Disks and people damage what was whole. Whoever reads a folder first asks `damage`:
files that reports are made of are checked by content each time, weights and samples
by size, and by content where their time of change is later than the commit's, before
they are used, and by ``labkit status``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from labkit import durable
from labkit.catalog import FAMILIES
from labkit.errors import LabkitError
from labkit.spec import CellFailure, CellResult, CellSpec, Outcome, sha256_of

if TYPE_CHECKING:
    from labkit.plan import Plan

FORMAT = 1
COMMIT = "COMMIT.json"
#: An attempt whose worker has not been heard of for this long may be taken over.
STALE_AFTER_S = 60.0
#: Files up to this size are checked by content whenever they count.
SMALL_BYTES = 1 << 16


class StoreError(LabkitError):
    """The store cannot be read or written; one line says which file and why."""


def now() -> str:
    """The time of a commit, UTC. The one clock of the store, so that tests can set it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Store:
    """The results of one experiment file (and profile) in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[str, Path] | None = None

    # ------------------------------------------------------------------ the plan

    @property
    def plan_path(self) -> Path:
        return self.root / "plan.json"

    def plan(self) -> Plan:
        """The newest plan.

        Raises:
            StoreError: there is none, or it is of a later format.
        """
        from labkit.plan import Plan

        try:
            return Plan.from_json(_read_json(self.plan_path))
        except FileNotFoundError:
            raise StoreError(f"{self.plan_path}: no plan yet: `labkit run` makes one") from None
        except (KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"{self.plan_path}: not a plan ({error!r})") from error

    def write_plan(self, plan: Plan) -> None:
        """Make `plan` the newest, unless it already is."""
        data = _json_bytes(plan.to_json())
        for left in self.root.glob(f".{self.plan_path.name}.*{durable.TEMPORARY}"):
            owner = left.name.split(".")[-2]
            if owner.isdigit() and not _process_lives(int(owner)):
                left.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if self.plan_path.read_bytes() == data:
                return
        durable.mkdir(self.root)
        durable.replace_bytes(self.plan_path, data)

    # ------------------------------------------------------------------ paths

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

    def sheet_folder(self, spec: CellSpec, yardstick: CellSpec) -> Path:
        return self.cell_folder(spec) / f"sheet-{spec.sheet_fingerprint(yardstick)[:12]}"

    def failed_folder(self, spec: CellSpec) -> Path:
        return self.cell_folder(spec) / "failed"

    def artifact(self, spec: CellSpec, name: str) -> Path:
        """The path of an artifact of a committed cell, e.g. ``images/samples_epoch10.png``."""
        return self.train_folder(spec) / name

    # ------------------------------------------------------------------ reading

    def is_trained(self, spec: CellSpec, deep: bool = False) -> bool:
        """Whether the training is committed and undamaged; `deep` looks into every file."""
        return not self.train_damage(spec, deep)

    def is_evaluated(self, spec: CellSpec, deep: bool = False) -> bool:
        """Whether this training's evaluation is committed and undamaged."""
        return not self.eval_damage(spec, deep)

    def train_damage(self, spec: CellSpec, deep: bool = False) -> str:
        """What is wrong with the committed training: ``missing``, which file, or nothing."""
        return damage(self.train_folder(spec), deep, spec.fingerprint)

    def eval_damage(self, spec: CellSpec, deep: bool = False) -> str:
        """What is wrong with the committed evaluation: ``missing``, which file, or nothing."""
        return damage(
            self.eval_folder(spec), deep, spec.evaluation_fingerprint, self._inputs(spec, "eval")
        )

    def sheet_damage(self, spec: CellSpec, yardstick: CellSpec, deep: bool = False) -> str:
        """What is wrong with the lab sheet's own number: ``missing``, which file, or nothing."""
        return damage(
            self.sheet_folder(spec, yardstick),
            deep,
            spec.sheet_fingerprint(yardstick),
            self._inputs(spec, "sheet", yardstick),
        )

    def _inputs(self, spec: CellSpec, kind: str, yardstick: CellSpec | None = None) -> str:
        """A hash of the files a measurement is made from, as their own commits state it.

        A training that was damaged and done again on another machine differs in its last
        bits; what was measured of the first one is then no measure of the second.
        """
        if kind == "train":
            return ""
        used = [(self.train_folder(spec), "best.safetensors")]
        if yardstick is not None:
            used = [
                (self.eval_folder(spec), "samples.npz"),
                (self.train_folder(yardstick), "best.safetensors"),
            ]
        try:
            stated = [_read_json(folder / COMMIT)["files"].get(name) for folder, name in used]
        except (OSError, StoreError, KeyError, TypeError, AttributeError):
            return ""
        return sha256_of(stated)

    def outcome(self, spec: CellSpec, yardstick: CellSpec | None = None) -> Outcome | None:
        """How the cell ended: a result, a failure, or None while it is missing.

        Args:
            spec: which cell.
            yardstick: the cell whose discriminator yields the lab sheet's own number;
                without it, or if that is not committed, the number is not measured.
        """
        trained = self.is_trained(spec)
        measured = trained and self.is_evaluated(spec)
        if not measured:
            failure = self._failure(spec, "eval" if trained else "train")
            if failure is not None:
                return failure
        return self._result(spec, measured, yardstick) if trained else None

    def newest_commit(self, specs: Iterable[CellSpec]) -> str:
        """The time of the newest commit among the cells, or an empty string."""
        times = [
            _read_json(folder / COMMIT)["time"]
            for spec in specs
            for folder, wrong in (
                (self.train_folder(spec), self.train_damage(spec)),
                (self.eval_folder(spec), self.eval_damage(spec)),
            )
            if not wrong
        ]
        return max(times, default="")

    def _failure(self, spec: CellSpec, stage: str) -> CellFailure | None:
        folder = self.failed_folder(spec)
        if damage(folder):
            return None
        error = _read_json(folder / "error.json")
        wanted = spec.fingerprint if stage == "train" else spec.evaluation_fingerprint
        if error["stage"] != stage or error["fingerprint"] != wanted:
            return None
        log = (folder / "log.txt").relative_to(self.root).as_posix()
        return CellFailure(spec, error["error"], error["traceback"], log)

    def _result(self, spec: CellSpec, measured: bool, yardstick: CellSpec | None) -> CellResult:
        train = self.train_folder(spec)
        history = tuple(read_history(train / "history.jsonl"))
        cost = _read_json(train / "cost.json")
        measures: dict[str, Any] = {"metrics": {}, "details": {}}
        if measured:
            measures = _read_json(self.eval_folder(spec) / "metrics.json")
        sheet: dict[str, Any] = {}
        if yardstick and not self.sheet_damage(spec, yardstick):
            sheet = _read_json(self.sheet_folder(spec, yardstick) / "metrics.json")["metrics"]
        last = history[-1]
        metrics = {
            "best_epoch": best_epoch(history),
            **{name: last.get(name) for name in FAMILIES[spec.family].losses},
            **cost,
            **measures["metrics"],
            **sheet,
        }
        files = _read_json(train / COMMIT)["files"]
        artifacts = {
            name: (train / name).relative_to(self.root).as_posix()
            for name in sorted(files)
            if name.startswith("images/")
        }
        return CellResult(
            spec,
            metrics,
            history,
            artifacts,
            cost["seconds"],
            _read_json(train / "environment.json"),
            measures["details"],
            measured,
        )

    # ------------------------------------------------------------------ writing

    def begin(self, spec: CellSpec, kind: str) -> Attempt:
        """A folder to work in: an abandoned attempt of the same kind, or a new one."""
        mine = self._new_attempt(spec, kind)
        for old in sorted(self.cell_folder(spec).glob(f"attempt-{kind}-*")):
            if is_abandoned(old):
                # Renaming is the lock: of two runs that want it, one finds it gone.
                with contextlib.suppress(FileNotFoundError):
                    durable.rename(old, mine)
                    return Attempt(mine)
        return self.fresh_attempt(spec, kind)

    def fresh_attempt(self, spec: CellSpec, kind: str) -> Attempt:
        """A new folder to work in, whatever was begun before."""
        mine = self._new_attempt(spec, kind)
        durable.mkdir(mine)
        return Attempt(mine)

    def _new_attempt(self, spec: CellSpec, kind: str) -> Path:
        owner = f"{_host()}.{os.getpid()}.{uuid4().hex[:8]}"
        return self.cell_folder(spec) / f"attempt-{kind}-{owner}"

    def sweep(self, spec: CellSpec) -> None:
        """Remove what dead workers left beside a cell that is done."""
        for old in sorted(self.cell_folder(spec).glob("attempt-*")):
            if is_abandoned(old):
                durable.remove_tree(old)

    def set_aside(self, spec: CellSpec) -> None:
        """Move a cell's commits out of the way (``--force``); nothing is deleted."""
        # The training last: without its evaluation a cell is seen to be unfinished.
        for folder in (self.eval_folder(spec), self.train_folder(spec)):
            if folder.exists():
                self._set_aside(folder, "superseded")

    def commit(
        self, attempt: Attempt, spec: CellSpec, kind: str, yardstick: CellSpec | None = None
    ) -> None:
        """Make an attempt the cell's committed ``train``, ``eval`` or (of a yardstick) ``sheet``.

        Losing the race against another run that committed the same is harmless.
        A damaged folder in the way is set aside, never deleted.
        """
        if yardstick is not None:
            target, fingerprint = (
                self.sheet_folder(spec, yardstick),
                spec.sheet_fingerprint(yardstick),
            )
        elif kind == "train":
            target, fingerprint = self.train_folder(spec), spec.fingerprint
        else:
            target, fingerprint = self.eval_folder(spec), spec.evaluation_fingerprint
        inputs = self._inputs(spec, kind, yardstick)
        seal(attempt.folder, kind, fingerprint, inputs)
        if target.exists():
            if not damage(target, True, fingerprint, inputs):
                durable.remove_tree(attempt.folder)
                return
            self._set_aside(target, "damaged")
        durable.rename(attempt.folder, target)
        durable.sync_folder(target.parent)

    def fail(
        self, attempt: Attempt, spec: CellSpec, stage: str, error: str, traceback: str
    ) -> None:
        """Keep a failed attempt as ``failed``: the error, the log, what there was."""
        fingerprint = spec.fingerprint if stage == "train" else spec.evaluation_fingerprint
        error, traceback = (_placeless(text, self.root.absolute()) for text in (error, traceback))
        content = {
            "stage": stage,
            "fingerprint": fingerprint,
            "error": error,
            "traceback": traceback,
        }
        durable.mkdir(attempt.folder)  # a commit that failed at its end has moved it
        durable.write_bytes(attempt.folder / "error.json", _json_bytes(content))
        attempt.log(f"failed: {error}\n{traceback}")
        seal(attempt.folder, "failed", fingerprint)
        target = self.failed_folder(spec)
        if target.exists():
            durable.remove_tree(target)
        durable.rename(attempt.folder, target)
        durable.sync_folder(target.parent)

    def _set_aside(self, folder: Path, why: str) -> None:
        durable.rename(folder, folder.with_name(f"{why}-{folder.name}-{uuid4().hex[:8]}"))


@dataclass(frozen=True)
class Attempt:
    """Work in progress: a folder with a heartbeat."""

    folder: Path

    @property
    def history_path(self) -> Path:
        return self.folder / "history.jsonl"

    def log(self, line: str) -> None:
        with (self.folder / "log.txt").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def beat(self, **progress: Any) -> None:
        """Say that the worker is alive, and how far it is. A hint, so not flushed."""
        beat = {"pid": os.getpid(), "host": _host(), "at": time.time(), **progress}
        path = self.folder / "heartbeat.json"
        temporary = path.with_suffix(".tmp")
        # The folder may just have been committed; a missed beat harms nothing.
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(beat), "utf-8")
            temporary.replace(path)

    def progress(self) -> dict[str, Any] | None:
        """The last heartbeat, or None."""
        try:
            beat: dict[str, Any] = _read_json(self.folder / "heartbeat.json")
            return beat
        except (OSError, StoreError):
            return None


#: Files of an attempt that are not part of what is committed.
_TRANSIENT = ("heartbeat.json", "heartbeat.tmp", f".*{durable.TEMPORARY}", COMMIT)


def seal(folder: Path, kind: str, fingerprint: str, inputs: str = "") -> None:
    """Write ``COMMIT.json`` over everything in the folder, and flush all of it."""
    # A worker that died while it noted a failure may have left the note.
    left = [*_TRANSIENT, *(() if kind == "failed" else ("error.json",))]
    for path in [path for pattern in left for path in folder.glob(pattern)]:
        path.unlink(missing_ok=True)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    durable.sync_files(paths)
    files = {}
    for path in paths:
        data = path.read_bytes()
        files[path.relative_to(folder).as_posix()] = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
        }
    content = {
        "format": FORMAT,
        "kind": kind,
        "fingerprint": fingerprint,
        "inputs": inputs,
        "time": now(),
        "files": files,
    }
    for sub in sorted(path for path in folder.rglob("*") if path.is_dir()):
        durable.sync_folder(sub)
    durable.write_bytes(folder / COMMIT, _json_bytes(signed(content)))
    durable.sync_folder(folder)


def signed(content: Mapping[str, Any]) -> dict[str, Any]:
    """A commit's content with its own SHA-256, so that a flipped bit in it is seen too."""
    bare = {key: value for key, value in content.items() if key != "self"}
    return {**bare, "self": sha256_of(bare)}


def damage(folder: Path, deep: bool = False, fingerprint: str = "", inputs: str = "") -> str:
    """What is wrong with a committed folder: an empty string if nothing is.

    Args:
        folder: a ``train``, ``eval-...`` or ``failed`` folder.
        deep: check every file's SHA-256, not only that of small files and of those
            changed after the commit.
        fingerprint: what the folder should be the result of, if that is known.
        inputs: what the folder should have been measured from, if that is known.
    """
    try:
        commit, committed_at = read_commit(folder), (folder / COMMIT).stat().st_mtime_ns
    except FileNotFoundError:
        return "missing" if not folder.exists() else f"{COMMIT} is missing"
    except (OSError, StoreError) as error:
        return str(error).removeprefix(f"{folder}{os.sep}")
    if fingerprint and commit["fingerprint"] != fingerprint:
        return f"{COMMIT}: of another cell"
    # Commits made before inputs were noted name none.
    if inputs and commit.get("inputs", inputs) != inputs:
        return "measured of a training that has been replaced since"
    for name, stated in commit["files"].items():
        try:
            found = (folder / name).stat()
            if found.st_size != stated["bytes"]:
                return f"{name}: {found.st_size:,} bytes, committed with {stated['bytes']:,}"
            suspect = found.st_size <= SMALL_BYTES or found.st_mtime_ns > committed_at
            if (deep or suspect) and _sha256(folder / name) != stated["sha256"]:
                return f"{name}: altered since it was committed"
        except OSError as error:
            return f"{name}: {error.strerror}"
    return ""


def read_commit(folder: Path) -> dict[str, Any]:
    """The ``COMMIT.json`` of a folder, checked in itself: ``fingerprint``, ``time``, ``files``, ...

    Raises:
        StoreError: it is not a commit of this format, or not as it was written.
        OSError: it cannot be read.
    """
    path = folder / COMMIT
    commit = _read_json(path)
    if not isinstance(commit, dict) or commit.get("format") != FORMAT:
        raise StoreError(f"{path}: not of format {FORMAT}")
    keys = commit.keys() - {"inputs", "self"}  # which the first commits lack
    if keys != {"format", "kind", "fingerprint", "time", "files"}:
        raise StoreError(f"{path}: altered since it was written")
    if "self" in commit and signed(commit) != commit:
        raise StoreError(f"{path}: altered since it was written")
    if ("inputs" in commit) != ("self" in commit) or not _are_files(commit["files"]):
        raise StoreError(f"{path}: altered since it was written")
    return commit


def _are_files(files: Any) -> bool:
    """Whether this maps names below a folder to sizes and hashes."""
    return isinstance(files, dict) and all(
        isinstance(stated, dict)
        and stated.keys() == {"sha256", "bytes"}
        and not name.startswith("/")
        and not {"", ".", ".."} & set(name.replace("\\", "/").split("/"))
        for name, stated in files.items()
    )


def read_history(path: Path) -> Iterator[dict[str, Any]]:
    """The whole rows of a history file; a torn last line is dropped."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            try:
                yield json.loads(line)
            except ValueError:
                return


def best_epoch(history: Sequence[Mapping[str, Any]]) -> int | None:
    """The epoch of the lowest proxy FID (the first of equals), or None if never measured."""
    tracked = [row for row in history if row.get("proxy_fid") is not None]
    return min(tracked, key=lambda row: row["proxy_fid"])["epoch"] if tracked else None


def is_abandoned(attempt: Path) -> bool:
    """Whether nobody is working on an attempt: its process is gone, or silent for long."""
    host, _, rest = attempt.name.rpartition("-")[2].partition(".")
    owner = rest.partition(".")[0]
    if host == _host() and owner.isdigit() and not _process_lives(int(owner)):
        return True
    try:
        beat = Attempt(attempt).progress() or {"at": attempt.stat().st_mtime}
        return bool(time.time() - beat["at"] > STALE_AFTER_S)
    except (OSError, KeyError, TypeError):
        return False


def _process_lives(pid: int) -> bool:
    if os.name == "nt":  # os.kill would end it; rely on the heartbeat
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _host() -> str:
    """A hash that tells machines apart without naming them."""
    import platform

    return hashlib.sha256(platform.node().encode()).hexdigest()[:12]


def _placeless(text: str, *roots: Path) -> str:
    """An error's text without the folders of the machine it happened on.

    Failures are part of reports and of what is handed in.
    """
    package = Path(__file__).resolve().parent.parent
    places = {str(place) for place in (package, sys.prefix, *roots)} | set(sys.path)
    places |= {sysconfig.get_paths()[name] for name in ("purelib", "platlib", "stdlib")}
    for place in sorted(places - {"", os.sep}, key=len, reverse=True):
        text = text.replace(f"{place}{os.sep}", "")
    # What is left of absolute paths is cut to the last name.
    return re.sub(r"(?<![\w:./\\])(?:[A-Za-z]:)?(?:[/\\][^/\\\s\"':]+)+(?=[/\\])[/\\]", "", text)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json_bytes(value: Any) -> bytes:
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: not JSON: {error}") from error
