"""What is found in a folder of hand-ins, and whose it is."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import pytest

from labkit.errors import UserError
from labkit.grade.found import Found, hand_ins
from labkit.grade.record import HandIn, to_bytes
from tests.builders.archives import archive

BAG = ("lab/bagit.txt", b"BagIt-Version: 1.0\n")


@pytest.mark.parametrize(
    ("file", "student", "identifier"),
    [
        ("Ada Lovelace_123_assignsubmission_file_/lab.zip", "Ada Lovelace", "Participant 123"),
        ("Ada Lovelace_123_assignsubmission_file_lab.zip", "Ada Lovelace", "Participant 123"),
        ("Participant_77_assignsubmission_file_/lab.zip", "Participant", "Participant 77"),
        ("lovelaceada_5012_887_lab.zip", "lovelaceada", "5012"),
        ("lovelaceada_LATE_5012_887_lab.zip", "lovelaceada", "5012"),
        ("assignment_1_export/submission_998/lab.zip", "998", "998"),
        ("Lab1_al1815_attempt_2026-01-02-03-04-05_lab.zip", "al1815", ""),
        ("ada/lab.zip", "ada", ""),
        ("ada.zip", "ada", ""),
    ],
)
def test_whose_it_is(tmp_path: Path, file: str, student: str, identifier: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    archive(path, BAG)
    (found,) = hand_ins(tmp_path, tmp_path / "grades")
    assert (found.file, found.student, found.identifier, found.problem) == (
        file, student, identifier, "")  # fmt: skip


def test_everything_is_a_row(tmp_path: Path) -> None:
    archive(tmp_path / "all.zip", ("Ada_1_assignsubmission_file_/a.zip", b"x"), ("b/b.zip", b"y"))
    archive(tmp_path / "one.zip", ("in/lab.zip", b"x"))
    (tmp_path / "unpacked" / "lab" / "data").mkdir(parents=True)
    (tmp_path / "unpacked" / "lab" / "bagit.txt").write_bytes(BAG[1])
    archive(tmp_path / "unpacked" / "lab" / "data" / "inside.zip", ("x", b""))
    (tmp_path / "twice").mkdir()
    for name in ("first.zip", "second.zip"):
        archive(tmp_path / "twice" / name, BAG)
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "pdf").mkdir()
    (tmp_path / "pdf" / "report.pdf").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    (tmp_path / "lab.rar").write_bytes(b"")
    (tmp_path / "Grades.csv").write_bytes(b"")
    (tmp_path / "lab.yaml").write_bytes(b"")
    (tmp_path / "link.zip").symlink_to(tmp_path / "one.zip")
    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "grades" / "records").mkdir(parents=True)
    found = {each.file: each.problem for each in hand_ins(tmp_path, tmp_path / "grades")}
    assert found == {
        "all.zip/Ada_1_assignsubmission_file_/a.zip": "",
        "all.zip/b/b.zip": "",
        "empty": "no hand-in in it; it holds nothing",
        "lab.rar": "not a ZIP file; a hand-in is what `labkit submit` writes",
        "link.zip": "is a link, which is not followed",
        "one.zip": "",
        "pdf": "no hand-in in it; it holds report.pdf",
        "pipe.zip": "is a link or a device, not a file",
        "twice/first.zip": "",
        "twice/second.zip": "",
        "unpacked/lab": "",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"J\xf6rg_3_assignsubmission_file_.zip")  # noqa: PTH118
    archive(Path(os.fsdecode(path)), BAG)
    (found,) = hand_ins(tmp_path, tmp_path / "grades")
    assert (found.student, found.identifier) == ("J\\xf6rg", "Participant 3")
    assert found.digest()
    assert to_bytes(HandIn(found.file, found.student))


def test_no_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        hand_ins(tmp_path / "nowhere", tmp_path)


def test_contents_and_times(tmp_path: Path) -> None:
    """A digest is of what a hand-in holds, its state of when it was touched."""
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "a").write_bytes(b"1")
    path = tmp_path / "lab.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.write(folder / "a")
    for found in (Found("lab", folder), Found("lab.zip", path)):
        state, digest = found.state(), found.digest()
        touched = path if found.path == path else folder / "a"
        os.utime(touched, (1, 1))
        assert found.state() != state
        assert found.digest() == digest
        touched.write_bytes(touched.read_bytes() + b"2")
        assert found.digest() != digest
