"""A report's folder holds what the report shows, and what its owner put there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labkit.reporting.files import LIST, update

TABLES = {"metrics.csv": b"a", "history.csv": b"b"}
FIRST = {**TABLES, "report.md": b"1", "plots/loss.png": b"x", "grids/a/best9.png": b"y"}


def inside(folder: Path) -> set[str]:
    files = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return set(files) - {LIST}


def test_what_is_no_longer_shown_goes_with_the_folders_it_leaves_empty(tmp_path: Path) -> None:
    update(tmp_path, {"md": FIRST})
    assert inside(tmp_path) == set(FIRST)
    second = {**TABLES, "report.md": b"2", "plots/fid.png": b"z"}
    update(tmp_path, {"md": second})
    assert inside(tmp_path) == set(second)
    assert not (tmp_path / "grids").exists()
    before = (tmp_path / LIST).read_bytes()
    update(tmp_path, {"md": second})
    assert (tmp_path / LIST).read_bytes() == before


def test_what_is_the_owners_stays(tmp_path: Path) -> None:
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "mine.png").write_bytes(b"mine")
    (tmp_path / "notes.txt").write_bytes(b"mine")
    update(tmp_path, {"md": FIRST})
    (tmp_path / "grids" / "a" / "best9.png").write_bytes(b"drawn over by hand")
    update(tmp_path, {"md": {**TABLES, "report.md": b"2"}})
    assert inside(tmp_path) == {
        *TABLES, "report.md", "plots/mine.png", "notes.txt", "grids/a/best9.png"
    }  # fmt: skip


def test_another_format_stays_while_its_tables_are_the_same(tmp_path: Path) -> None:
    page = {**TABLES, "report.html": b"page"}
    update(tmp_path, {"md": FIRST})
    update(tmp_path, {"html": page})
    assert inside(tmp_path) == {*FIRST, "report.html"}
    newer = {**page, "metrics.csv": b"trained again"}
    update(tmp_path, {"html": newer})
    assert inside(tmp_path) == set(newer)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"files": 3}', '{"files": {"md": [1]}}', "[" * 100_000, '{"files": null}'],
)
def test_a_list_that_nobody_can_read_removes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    (tmp_path / LIST).write_text(text)
    update(tmp_path, {"md": FIRST})
    assert inside(tmp_path) == {*FIRST, "old.png"}


def test_a_list_of_somebody_elses_reaches_nothing_outside(tmp_path: Path) -> None:
    """Folders travel: their lists are anybody's files."""
    import hashlib

    outside, folder = tmp_path / "mine.txt", tmp_path / "report"
    outside.write_bytes(b"mine")
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    sha256 = hashlib.sha256(b"mine").hexdigest()
    names = {"../mine.txt": sha256, str(outside): sha256, "link": sha256}
    (folder / LIST).write_text(json.dumps({"format": 1, "files": {"md": names}}))
    update(folder, {"md": FIRST})
    assert outside.read_bytes() == b"mine"
    assert (folder / "link").is_symlink()
