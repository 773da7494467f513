"""The power fails: whatever was not flushed is gone, in every combination that matters.

A disk keeps two things: the content of a file and the names in a folder. Each lasts only
once it was fsynced. A run is recorded before each of its operations; from each moment
follow the states the disk may be found in: all that was not flushed lost, or all but one
thing, or one thing only. (A rename is two names; losing one of them alone cannot happen
on a journalling file system, but is tried too.)
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labkit.store import atomic
from labkit.store.store import Store
from tests.builders import breakable

Names = dict[str, int]
LOCKS = Store(Path()).locks.name


@dataclass(frozen=True)
class Blob:
    """A file's content, hashed once."""

    data: bytes = field(repr=False, compare=False)
    digest: str

    @classmethod
    def of(cls, data: bytes) -> Blob:
        return cls(data, hashlib.sha256(data).hexdigest())


EMPTY = Blob.of(b"")


@dataclass(frozen=True)
class State:
    """What a disk holds: folders' names and files' content, by inode."""

    top: int
    names: dict[int, Names]
    content: dict[int, Blob]

    def write(self, target: Path) -> None:
        target.mkdir()
        self._write(self.top, target)

    def _write(self, folder: int, target: Path) -> None:
        for name, inode in self.names.get(folder, {}).items():
            if inode in self.content:
                (target / name).write_bytes(self.content[inode].data)
            else:
                (target / name).mkdir()
                self._write(inode, target / name)

    def digest(self) -> str:
        return hashlib.sha256("\n".join(self._lines(self.top, "")).encode()).hexdigest()

    def _lines(self, folder: int, prefix: str) -> list[str]:
        lines = []
        for name, inode in sorted(self.names.get(folder, {}).items()):
            path = f"{prefix}/{name}"
            if inode in self.content:
                lines.append(f"{path} {self.content[inode].digest}")
            else:
                lines += [path, *self._lines(inode, path)]
        return lines


@dataclass
class Recorder:
    """Follows a run and collects every state a power cut could leave."""

    base: Path
    names: dict[int, Names] = field(default_factory=dict)
    """Flushed folders."""
    content: dict[int, Blob] = field(default_factory=dict)
    """Flushed files."""
    read: dict[int, tuple[tuple[int, int], Blob]] = field(default_factory=dict)
    """Files by their time of change and size, so that each content is read once."""
    states: dict[str, State] = field(default_factory=dict)
    held: dict[int, int] = field(default_factory=dict)
    """Open handles, so that no inode is used for two files."""
    files: set[int] = field(default_factory=set)
    """Every inode that ever was a file: what is gone and was never flushed comes back empty."""

    def fate(self, kind: str, real: Callable[..., None], args: tuple[Any, ...]) -> None:
        self.collect()
        real(*args)
        if kind == "fsync":
            inode = os.fstat(args[0]).st_ino
            now = self.scan()
            if inode in now.names:
                self.names[inode] = now.names[inode]
            else:
                self.content[inode] = now.content[inode]

    def scan(self) -> State:
        names: dict[int, Names] = {}
        content: dict[int, Blob] = {}
        folders = [str(self.base)]
        while folders:
            folder = folders.pop()
            inode = self._hold(folder, Path(folder).stat().st_ino)
            names[inode] = {}
            for each in os.scandir(folder):
                if each.name == LOCKS:  # what is in it binds nobody: tests/run/test_lock.py
                    continue
                names[inode][each.name] = each.inode()
                if each.is_dir():
                    folders.append(each.path)
                else:
                    content[each.inode()] = self._blob(each)
        self.files |= content.keys()
        return State(self.base.stat().st_ino, names, content)

    def _blob(self, entry: os.DirEntry[str]) -> Blob:
        inode, about = self._hold(entry.path, entry.inode()), entry.stat()
        version = (about.st_mtime_ns, about.st_size)
        if self.read.get(inode, (None,))[0] != version:
            self.read[inode] = (version, Blob.of(Path(entry.path).read_bytes()))
        return self.read[inode][1]

    def _hold(self, path: str, inode: int) -> int:
        if inode not in self.held:
            self.held[inode] = os.open(path, os.O_RDONLY)
        return inode

    def collect(self) -> None:
        now = self.scan()
        files = set(now.content)
        changes: list[tuple[int, str | None]] = [
            (inode, None) for inode in files if now.content[inode] != self.content.get(inode, EMPTY)
        ]
        for folder, current in now.names.items():
            flushed = self.names.get(folder, {})
            changes += [
                (folder, name)
                for name in current.keys() | flushed.keys()
                if current.get(name) != flushed.get(name)
            ]
        kept: list[set[tuple[int, str | None]]] = [set()]
        kept += [{change} for change in changes]
        kept += [set(changes) - {change} for change in changes]
        for survivors in kept:
            state = self._state(now, files, survivors)
            self.states.setdefault(state.digest(), state)

    def _state(self, now: State, files: set[int], kept: set[tuple[int, str | None]]) -> State:
        """Flushed, and of the rest what is in `kept`."""
        content = {i: self.content.get(i, EMPTY) for i in files | self.files}
        names = {folder: dict(self.names.get(folder, {})) for folder in self.names | now.names}
        for inode, name in kept:
            if name is None:
                content[inode] = now.content[inode]
            elif name in now.names[inode]:
                names[inode][name] = now.names[inode][name]
            else:
                names[inode].pop(name, None)
        return State(now.top, names, content)

    def close(self) -> None:
        for handle in self.held.values():
            os.close(handle)


def record(base: Path) -> list[State]:
    base.mkdir()
    recorder = Recorder(base)
    try:
        with breakable.disk(recorder.fate):
            breakable.go(base / "results")
        recorder.collect()
    finally:
        recorder.close()
    return list(recorder.states.values())


def check(states: list[State], folder: Path, expected: dict[str, bytes]) -> None:
    for number, state in enumerate(states):
        base = folder / str(number)
        state.write(base)
        assert breakable.go(base / "results").done == 2
        assert breakable.files(base / "results") == expected, f"state {number}"


def test_some_states_of_a_power_cut(tmp_path: Path, expected: dict[str, bytes]) -> None:
    states = record(tmp_path / "recorded")
    assert len(states) > 300
    check(states[::40], tmp_path, expected)


@pytest.mark.slow
def test_every_state_of_a_power_cut(tmp_path: Path, expected: dict[str, bytes]) -> None:
    check(record(tmp_path / "recorded"), tmp_path, expected)


def test_what_is_committed_is_flushed(tmp_path: Path, expected: dict[str, bytes]) -> None:
    """The state in which all that was not flushed is lost, at the end, holds every commit."""
    base = tmp_path / "recorded"
    base.mkdir()
    recorder = Recorder(base)
    with breakable.disk(recorder.fate):
        breakable.go(base / "results")
    now = recorder.scan()
    recorder._state(now, set(now.content), set()).write(tmp_path / "after")
    recorder.close()
    assert breakable.files(tmp_path / "after" / "results") == expected, "lost"


@pytest.mark.parametrize("forgotten", ["sync_folder"])
def test_a_forgotten_flush_is_noticed(
    tmp_path: Path, expected: dict[str, bytes], forgotten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The instrument itself: without these calls, what is committed can be lost."""
    monkeypatch.setattr(atomic, forgotten, lambda *args: None)
    with pytest.raises(AssertionError, match="lost"):
        test_what_is_committed_is_flushed(tmp_path, expected)
