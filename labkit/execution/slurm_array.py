"""Cells as tasks of SLURM job arrays, each of which runs one cell and commits it.

No driver has to live, nor is an accounting database asked: the store says what is done, ``squeue``
what is queued. What was handed in stands in the store, a folder an array by the name of the job,
so whoever gives the command again waits for what an earlier one handed in:

.slurm/<job's name>/
  tasks.jsonl     a line a cell
  <index>.json    what came of it; none where the task was cut off
  <index>.log     what SLURM and Python had to say

In the task: ``python -m labkit.execution.slurm_array FOLDER``.
"""

import contextlib
import json
import math
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor as Standard
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from labkit.catalog import resolve
from labkit.errors import UserError, one_line
from labkit.execution.executors import TURNS, Place, WorkerDiedError
from labkit.execution.status import Task
from labkit.experiment.spec import CellSpec
from labkit.store import atomic
from labkit.store.file_names import HISTORY
from labkit.store.store import Store

FOLDER, TASKS, JOB = ".slurm", "tasks.jsonl", "labkit-"
#: How often the store is looked at, and SLURM is asked.
LOOK_EVERY_S, ASK_EVERY_S = 1.0, 5.0
#: Seconds until a task that SLURM no longer lists and that left no result counts as lost: a network
#: folder may show late what another machine wrote.
LOST_S = 60.0
#: A task may take so many times what is expected of its cell, and never less than these minutes.
MARGIN, LEAST_MINUTES = 4.0, 15
#: How many tasks an array has at most, if SLURM does not say less.
MOST = 1000
#: Seconds after which the task lists of arrays that no run waited for are removed.
OLD_S = 86_400.0

#: The name of an array's job, and a task's index in it.
Seat = tuple[str, int]


@dataclass
class _Given:
    """A cell that is handed in, or is about to be."""

    future: Future[Any]
    line: Mapping[str, Any]  # In ``tasks.jsonl``
    spec: CellSpec
    expected: float
    turn: int = 1
    history: int = 0  # Its bytes when the turn began
    gone_since: float | None = None


class SlurmArray(Standard):
    """Hands in all it is given as arrays and waits for them; what is queued outlives it."""

    window = sys.maxsize

    def __init__(self, place: Place) -> None:
        self._store, self._jobs, self._options = Store(place.store), place.jobs, place.sbatch
        self._root = place.store / FOLDER
        if (queue := queued()) is None:
            raise UserError("--executor slurm: squeue is not there, or does not answer")
        self._queue, self._asked_at = queue, time.monotonic()
        self._earlier = dict(_handed_in(self._root))
        self._new: list[_Given] = []
        self._out: dict[Seat, _Given] = {}
        self._mine: set[str] = set()
        found = re.search(r"MaxArraySize\s*=\s*(\d+)", _ask("scontrol", "show", "config") or "")
        self._most = min(MOST, int(found[1]) if found else MOST)
        self._guard, self._ended = threading.Lock(), threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def submit(self, function: Callable[..., Any], /, *args: Any, **limit: Any) -> Future[Any]:
        work, task = args
        line = {"run": _named(function), "work": _named(work), "task": _to_json(task)}
        given = _Given(Future(), line, task.spec, limit.get("expected") or 0.0)
        seat = self._earlier.pop(task.spec.fingerprint, None)
        with self._guard:
            if seat in self._queue:
                self._out[seat] = given
                self._mine.add(seat[0])
            elif seat and self._is_done(task.spec):  # since the store was looked at
                given.future.set_result(0.0)
            else:
                self._new.append(given)
        return given.future

    def stop(self) -> None:
        """End what was handed in."""
        self._ended.set()
        self._watch.join()
        for name in {name for name, _ in self._out}:
            _ask("scancel", "--quiet", f"--jobname={name}")
        for given in (*self._out.values(), *self._new):
            given.future.cancel()
        self._out.clear()

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._watch.join()
        left = sorted({name for name, _ in self._out})
        if left:
            ends = "; ".join(shlex.join(["scancel", f"--jobname={name}"]) for name in left)
            print(
                f"cells that SLURM has go on there; `{ends}` ends them", file=sys.stderr, flush=True
            )
        there = {name for name, _ in self._queue}  # some seconds ago
        # Of an array that an earlier run handed in, this one may have wanted a part.
        busy = {name for name, i in self._queue if not (self._root / name / f"{i}.json").exists()}
        for folder in self._root.glob(f"{JOB}*"):
            old = time.time() - folder.stat().st_mtime > OLD_S and folder.name not in there
            if folder.name not in {*left, *busy} and (old or folder.name in self._mine):
                atomic.remove_tree(folder)
        with contextlib.suppress(OSError):  # others are there
            self._root.rmdir()

    # ------------------------------------------------------------------ in the thread

    def _look(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            with self._guard:
                new, self._new = self._new, []
            try:
                for i in range(0, len(new), self._most):
                    self._hand_in(new[i : i + self._most])
                self._collect()
            except Exception as error:  # whoever waits has to hear of it
                for given in (*new, *self._out.values()):
                    if not given.future.done():
                        given.future.set_exception(error)

    def _hand_in(self, given: Sequence[_Given]) -> None:
        """Submit an array of these cells; UserError with what sbatch says if it refuses."""
        name = f"{JOB}{self._store.root.name}-{uuid4().hex[:8]}"
        folder = self._root / name
        atomic.mkdir(folder)
        lines = "".join(f"{json.dumps(each.line)}\n" for each in given)
        atomic.write_bytes(folder / TASKS, lines.encode())
        minutes = max(
            max(LEAST_MINUTES, math.ceil(MARGIN * each.expected / 60)) * 2 ** (each.turn - 1)
            for each in given
        )
        side_by_side = f"%{self._jobs}" if self._jobs else ""
        command = shlex.join([sys.executable, "-m", __name__, str(folder)])
        submitted = subprocess.run(
            [
                "sbatch", f"--job-name={name}", f"--array=0-{len(given) - 1}{side_by_side}",
                f"--time={minutes}", f"--cpus-per-task={given[0].line['task']['threads']}",
                f"--output={str(folder).replace('%', '%%')}/%a.log", *self._options,
            ],
            input=f"#!/bin/sh\nexport PYTHONHASHSEED=0\nexec {command}\n",
            capture_output=True, text=True,
        )  # fmt: skip
        if submitted.returncode:
            atomic.remove_tree(folder)
            said = submitted.stderr.strip().splitlines() or [f"exit code {submitted.returncode}"]
            raise UserError(f"sbatch: {said[0].removeprefix('sbatch: ').removeprefix('error: ')}")
        self._mine.add(name)
        for index, each in enumerate(given):
            each.history, each.gone_since = self._history(each.spec), None
            self._out[name, index] = each
            self._queue[name, index] = "PENDING"

    def _collect(self) -> None:
        """Pass on what has ended, and hand in again what was cut off."""
        if time.monotonic() - self._asked_at > ASK_EVERY_S:
            self._asked_at = time.monotonic()
            if (queue := queued()) is not None:
                self._queue = queue
        # What is looked at after SLURM was asked is there if SLURM has it no more.
        notes = {name: set(_names(self._root / name)) for name, _ in self._out}
        for seat, given in list(self._out.items()):
            state, there = self._queue.get(seat), f"{seat[1]}.json" in notes[seat[0]]
            if there:
                del self._out[seat]
                self._pass_on(
                    json.loads((self._root / seat[0] / f"{seat[1]}.json").read_bytes()), given
                )
            elif state == "RUNNING" and not given.future.running():
                given.future.set_running_or_notify_cancel()
            elif state is None:
                given.gone_since = given.gone_since or time.monotonic()
                if time.monotonic() - given.gone_since > LOST_S:
                    del self._out[seat]
                    self._cut_off(seat, given)
            else:
                given.gone_since = None

    @staticmethod
    def _pass_on(note: Mapping[str, Any], given: _Given) -> None:
        if "error" in note:
            given.future.set_exception(UserError(f"{given.spec.name}: {note['error']}"))
        else:
            given.future.set_result(note["took"])

    def _cut_off(self, seat: Seat, given: _Given) -> None:
        """Give a cell another turn, or give it up; as long as it comes further it has its turns."""
        if self._is_done(given.spec):
            given.future.set_result(0.0)  # its note was tidied away by another driver
            return
        further = self._history(given.spec) > given.history
        given.turn = 2 if further else given.turn + 1
        if given.turn <= TURNS:
            with self._guard:
                self._new.append(given)
            return
        why = _last_line(self._root / seat[0] / f"{seat[1]}.log")
        given.future.set_exception(
            WorkerDiedError(f"the SLURM task was cut off, {TURNS} times{why and f' ({why})'}")
        )

    def _is_done(self, spec: CellSpec) -> bool:
        return self._store.is_trained(spec) and self._store.is_evaluated(spec)

    def _history(self, spec: CellSpec) -> int:
        """How many bytes there are of what a cell has trained so far."""
        found = self._store.cell_folder(spec).glob(f"attempt-train-*/{HISTORY}")
        with contextlib.suppress(OSError):
            return max((path.stat().st_size for path in found), default=0)
        return 0


def queued() -> dict[Seat, str] | None:
    """labkit's tasks that SLURM has, queued or running, and in which state; None if it is mute."""
    said = _ask("squeue", "-h", "-r", "--me", "-o", "%j|%K|%T")
    if said is None:
        return None
    rows = (line.rsplit("|", 2) for line in said.splitlines() if line.startswith(JOB))
    return {(name, int(index)): state for name, index, state in rows if index.isdigit()}


def states(root: Path) -> dict[str, str]:
    """``queued``, ``running`` or ``lost`` for each cell of a store that SLURM was given.

    By fingerprint; without those that have ended, and empty where SLURM cannot be asked. A task is
    lost that SLURM has no more and that left no word.
    """
    if not (root / FOLDER).is_dir() or (queue := queued()) is None:
        return {}
    found = {}
    for tag, (name, index) in _handed_in(root / FOLDER):
        state = queue.get((name, index))
        found[tag] = {"RUNNING": "running", None: "lost"}.get(state, "queued")
        if (root / FOLDER / name / f"{index}.json").exists():
            del found[tag]
    return found


def _handed_in(folder: Path) -> Iterator[tuple[str, Seat]]:
    """The fingerprint of each cell handed in, and its seat; the newest of a cell last."""
    paths = sorted(folder.glob(f"{JOB}*/{TASKS}"), key=lambda path: path.stat().st_mtime)
    for path in paths:
        for index, line in enumerate(path.read_text().splitlines()):
            with contextlib.suppress(ValueError):  # cut short
                spec = CellSpec.from_json(json.loads(line)["task"]["spec"])
                yield spec.fingerprint, (path.parent.name, index)


def _ask(*command: str) -> str | None:
    """What a command of SLURM's prints; None where there is none, or it fails."""
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if asked.returncode else asked.stdout


def _names(folder: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(folder)  # noqa: PTH208 (fast)
    return []


def _last_line(path: Path) -> str:
    with contextlib.suppress(OSError):
        return (path.read_text(errors="replace").strip().splitlines() or [""])[-1]
    return ""


# ---------------------------------------------------------------------- in the task


def main(folder: Path, index: int) -> None:
    """Run one cell and note how it ended."""
    line = json.loads((folder / TASKS).read_text().splitlines()[index])
    try:
        note = {"took": resolve(line["run"])(resolve(line["work"]), _from_json(line["task"]))}
    except Exception as error:
        note = {"error": one_line(error)}
    atomic.replace_bytes(folder / f"{index}.json", json.dumps(note).encode())


def _named(function: Callable[..., Any]) -> str:
    return f"{function.__module__}:{function.__qualname__}"


def _to_json(task: Task) -> dict[str, Any]:
    """A task as `_from_json` reads it."""
    return {
        **vars(task),
        "spec": task.spec.to_json(),
        "store": str(task.store),
        "data_root": task.data_root and str(task.data_root.absolute()),
        "sheet_gan": task.sheet_gan and task.sheet_gan.to_json(),
    }


def _from_json(told: Mapping[str, Any]) -> Task:
    cell = CellSpec.from_json
    made: dict[str, Callable[[Any], Any]]
    made = {"spec": cell, "sheet_gan": cell, "store": Path, "data_root": Path}
    return Task(**{k: made[k](v) if v and k in made else v for k, v in told.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(os.environ["SLURM_ARRAY_TASK_ID"]))
