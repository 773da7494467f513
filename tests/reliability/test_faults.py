"""A disk that is full, broken or locked at any one operation: no lie, and the next run mends it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import REASONS, one_line
from labkit.execution.status import survey
from labkit.experiment.spec import CellFailure
from labkit.store.store import Store
from tests.builders import breakable
from tests.builders.runs import Recorder

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)


def failing(number: int, code: int, lasting: bool) -> breakable.Fate:
    """The operation of this number fails, alone or with all that follow."""
    seen = -1

    def fate(kind: str, real: Callable[..., None], args: tuple[Any, ...]) -> None:
        nonlocal seen
        seen += 1
        if seen == number or (lasting and seen > number):
            # The calls that know a name put it into their error; the others do not.
            named = (str(args[0]),) if kind in ("mkdir", "replace") else ()
            raise OSError(code, os.strerror(code), *named)
        real(*args)

    return fate


def disturbed(root: Path, number: int, code: int, lasting: bool) -> str:
    """Run on a failing disk; what was said, or an empty string if nothing was."""
    view = Recorder()
    with breakable.disk(failing(number, code, lasting)):
        try:
            summary = breakable.go(root, view)
        except OSError as error:
            stopped: OSError | None = error
        else:
            stopped = None
    if stopped is None:
        return "; ".join([*(failure.error for failure in summary.failed), *view.said])
    assert stopped.errno == code
    assert stopped.filename, "the line must say which file"
    return one_line(stopped)


def check(folder: Path, every: int, expected: dict[str, bytes]) -> None:
    kinds = breakable.operations(folder / "counted")
    assert len(kinds) > 80
    for number in range(0, len(kinds), every):
        # Once, with each error; from then on, with each error by turns.
        cases = [(code, False) for code in ERRORS] + [(ERRORS[number % len(ERRORS)], True)]
        for code, lasting in cases:
            root = folder / f"{code}-{lasting}-{number}"
            said = disturbed(root, number, code, lasting)
            where = f"{errno.errorcode[code]} at {number} ({kinds[number]}), said {said!r}"
            if code != errno.EACCES or kinds[number] != "fsync":
                # A folder that cannot be flushed is let be; all else is said.
                assert REASONS[code] in said, where
            for name, data in breakable.files(root).items() if root.exists() else ():
                if "/attempt-" not in name and not name.startswith("."):
                    assert expected[name] == data, where
            assert breakable.go(root).done == 2, where
            assert breakable.files(root).items() >= expected.items(), where


def test_a_failing_disk_now_and_then(tmp_path: Path, expected: dict[str, bytes]) -> None:
    check(tmp_path, 23, expected)


@pytest.mark.slow
def test_a_failing_disk_at_every_operation(tmp_path: Path, expected: dict[str, bytes]) -> None:
    check(tmp_path, 1, expected)


def test_one_bad_write_costs_one_cell(tmp_path: Path) -> None:
    """The fault hits the first cell's first row; the second cell does not notice."""
    kinds = breakable.operations(tmp_path / "counted")
    first_row = [n for n, kind in enumerate(kinds) if kind == "write"][2]
    root = tmp_path / "results"
    assert REASONS[errno.ENOSPC] in disturbed(root, first_row, errno.ENOSPC, lasting=False)
    outcomes = [Store(root).outcome(spec) for spec in breakable.plan().cells]
    (failure,) = [o for o in outcomes if isinstance(o, CellFailure)]
    assert REASONS[errno.ENOSPC] in failure.error
    assert str(tmp_path) not in failure.error + failure.traceback
    assert (root / failure.log).is_file()


@pytest.mark.parametrize("flushed", ["train", "eval-", "sheet-"])
def test_a_commit_that_could_not_be_flushed_counts_and_is_said(
    tmp_path: Path, flushed: str
) -> None:
    """The name is there, and only a power cut could take it back: no reason to train again."""
    cell = breakable.plan().cells[0]
    folder = Store(tmp_path).cell_folder(cell)
    broken: list[int] = []

    def fate(kind: str, real: Callable[..., None], args: tuple[Any, ...]) -> None:
        if kind == "fsync" and broken and os.fstat(args[0]).st_ino == broken[0]:
            broken.clear()
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(*args)
        if kind == "replace" and args[1].parent == folder and args[1].name.startswith(flushed):
            broken.append(folder.stat().st_ino)

    view = Recorder()
    with breakable.disk(fate):
        summary = breakable.go(tmp_path, view)
    trained = (folder / "train" / "COMMIT.json").stat().st_ino
    if flushed == "train":
        assert REASONS[errno.EIO] in summary.failed[0].error
    else:
        assert (summary.done, summary.failed) == (2, ())
        (line,) = view.said
        assert line.startswith(f"{cell.name}: done, but something failed: OSError")
        assert REASONS[errno.EIO] in line
    assert breakable.go(tmp_path).done == 2
    assert (folder / "train" / "COMMIT.json").stat().st_ino == trained


def test_a_sheet_number_that_cannot_be_had_costs_no_cell(tmp_path: Path) -> None:
    """Both cells are done; what is missing is said now, and by every later look."""

    def refused(kind: str, real: Callable[..., None], args: tuple[Any, ...]) -> None:
        if kind == "replace" and args[1].name.startswith("sheet-"):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(args[1]))
        real(*args)

    view = Recorder()
    with breakable.disk(refused):
        summary = breakable.go(tmp_path, view)
    assert (summary.done, summary.failed) == (2, ())
    assert {line.partition(":")[0] for line in view.said} == {
        c.name for c in breakable.plan().cells
    }
    jobs = survey(breakable.plan(), Store(tmp_path))
    assert [job.state for job in jobs] == ["measure", "measure"]
    assert all("missing; failed: PermissionError" in job.why for job in jobs)
    view = Recorder()
    assert breakable.go(tmp_path, view).done == 2
    assert view.said == []
    assert [job.state for job in survey(breakable.plan(), Store(tmp_path))] == ["done", "done"]


def test_a_store_nobody_may_write_can_be_read(undisturbed: Path) -> None:
    with breakable.disk(failing(0, errno.EROFS, lasting=True)):
        jobs = survey(breakable.plan(), Store(undisturbed), deep=True)
        assert [job.state for job in jobs] == ["done", "done"]
        assert breakable.go(undisturbed).trained == 0
