"""A class through the command line: what is written, what is kept, what the instructor adds."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.grade import kept
from labkit.grade.build import grade as of_class
from labkit.grade.guarded import Limits
from labkit.grade.kept import Asked, Kept
from labkit.grade.opening import opened
from labkit.grade.record import HandIn, from_bytes, to_bytes
from tests.builders.commands import typed


def rows(path: Path) -> dict[str, dict[str, str]]:
    """A table by the student's name."""
    key = "Full name" if path.name == "moodle.csv" else "student"
    return {row[key]: row for row in csv.DictReader(io.StringIO(path.read_text()))}


def everything(out: Path) -> dict[str, bytes]:
    """All that a grading wrote, but for times of change."""
    paths = (p for p in out.rglob("*") if p.is_file() and p.suffix != ".seen")
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in paths}


@pytest.fixture(scope="module")
def graded(three: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "grades"
    code, said, err = typed("grade", three, "-o", out, "-j", 2, cwd=three.parent)
    assert code == 0, err
    assert said.startswith("4 hand-ins: 3 without a fault, 0 with, 1 cannot be read")
    return out


def test_a_row_each(graded: Path) -> None:
    table = rows(graded / "grades.csv")
    assert list(table) == ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Kurt Goedel"]
    ada, grace, kurt = (table[n] for n in ("Ada Lovelace", "Grace Hopper", "Kurt Goedel"))
    assert (ada["rung_1"], ada["rung_2"], ada["cells_done"], ada["cells"]) == (
        "passed", "passed", "3", "3")  # fmt: skip
    assert ada["author_id"] == "1815"
    assert ada["words_stability"] == "10"
    assert ada["words_combining"] == "0"
    assert ada["doubts"].startswith("99.9: matches no value")
    assert (grace["cells_done"], grace["not_done"]) == ("2", "MNIST_GAN_bce_z64 failed")
    assert "training.epochs 2 -> 3" in kurt["settings"]
    assert (ada["settings"], grace["settings"]) == ("", "")
    alan = table["Alan Turing"]
    assert alan["problem"] == "no hand-in in it; it holds report.pdf"
    assert {row["points"] for row in table.values()} == {""}


def test_moodle_and_gradescope_get_what_they_read(graded: Path) -> None:
    header, first, *rest = (graded / "moodle.csv").read_text().splitlines()
    assert header == (
        "Identifier,Full name,Grade,Maximum Grade,Last modified (grade),Feedback comments"
    )
    assert first == "Participant 300,Ada Lovelace,,,-,"
    assert len(rest) == 3
    (ada,) = (json.loads(p.read_bytes()) for p in graded.rglob("results.json")
              if p.parent.name == rows(graded / "grades.csv")["Ada Lovelace"]["id"])  # fmt: skip
    assert ada["score"] == 0.0
    names = {test["name"]: test.get("status") for test in ada["tests"]}
    assert names == {
        "1. container and manifest": "passed",
        "2. report and tables follow from the committed cells": "passed",
    }
    assert len(list(graded.rglob("results.json"))) == 4


def test_what_was_looked_at_is_not_looked_at_again(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "grades"
    assert typed("grade", folder, "-o", out, cwd=tmp_path)[0] == 0
    before = everything(out)
    for path in folder.rglob("*.zip"):
        os.utime(path, (1, 1))  # as unpacked from the platform's archive once more
    _code, _out, err = typed("grade", folder, "-o", out, cwd=tmp_path)
    assert err == "3 of 3 were looked at before\n"
    assert everything(out) == before
    late = folder / "Emmy Noether_309_assignsubmission_file_"
    late.mkdir()
    (late / "lab.zip").write_bytes(b"PK nonsense")
    changed = next(folder.glob("Kurt*/lab.zip"))
    changed.write_bytes(changed.read_bytes()[:-40])
    _code, _out, err = typed("grade", folder, "-o", out, cwd=tmp_path)
    assert err.splitlines()[0] == "2 of 4 were looked at before"
    assert sorted(line.split(": ")[1] for line in err.splitlines()[1:]) == [
        "Emmy Noether_309_assignsubmission_file_/lab.zip",
        "Kurt Goedel_302_assignsubmission_file_/lab.zip",
    ]
    table = rows(out / "grades.csv")
    assert table["Kurt Goedel"]["problem"] == "not a ZIP file"
    assert table["Ada Lovelace"]["rung_2"] == "passed"


def test_a_damaged_record_is_made_anew(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "grades"
    assert typed("grade", folder, "-o", out, cwd=tmp_path)[0] == 0
    before = everything(out)
    record, *_ = sorted((out / "records").glob("h*.json"))
    record.write_bytes(record.read_bytes()[:100])
    _code, _out, err = typed("grade", folder, "-o", out, cwd=tmp_path)
    assert err.startswith("2 of 3 were looked at before\n")
    assert everything(out) == before


def test_points_go_out_and_come_back(graded: Path, three: Path, tmp_path: Path) -> None:
    out = shutil.copytree(graded, tmp_path / "grades")
    ada = rows(out / "grades.csv")["Ada Lovelace"]["id"]
    (out / "points.csv").write_text(
        "id,hand_in,question,points,comment\n"
        f'{ada},Ada Lovelace,stability,2.5,"Good, but\nwhere is the seed?"\n'
        f"{ada},Ada Lovelace,overall,1,'=well done\n"
        f"{ada},Ada Lovelace,combining,,\n"
    )
    code, said, _err = typed("grade", three, "-o", out, cwd=tmp_path)
    assert code == 0
    assert "points given: to 1 of" in said
    row = rows(out / "grades.csv")["Ada Lovelace"]
    assert (row["points_stability"], row["points_combining"], row["points"]) == ("2.5", "", "3.5")
    moodle = rows(out / "moodle.csv")["Ada Lovelace"]
    assert moodle["Grade"] == "3.5"
    assert "where is the seed?" in moodle["Feedback comments"]
    assert moodle["Feedback comments"].endswith("=well done")
    assert rows(out / "moodle.csv")["Grace Hopper"]["Grade"] == ""
    results = json.loads((out / "gradescope" / ada / "results.json").read_bytes())
    assert results["score"] == 3.5
    assert any(t.get("score") == 2.5 and "seed" in t["output"] for t in results["tests"])
    page = (out / "index.html").read_text()
    assert 'value="2.5"' in page
    assert "where is the seed?</textarea>" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,question\nx,y\n", "points.csv: no column points"),
        ("id,question,points\nx,y,many\n", "points.csv: row 2: points 'many': a number from 0 on"),
        ("id,question,points\nx,y,-1\n", "points.csv: row 2: points '-1': a number from 0 on"),
        ("id,question,points\nx,y,1\nx,y,2\n", "points.csv: row 3: 'y' of x a second time"),
        ("id,question,points\nx,y\n", "points.csv: row 2: 2 fields, but 3 column names"),
    ],
)
def test_a_mistake_in_the_points_is_one_line(
    graded: Path, three: Path, tmp_path: Path, text: str, said: str
) -> None:
    out = shutil.copytree(graded, tmp_path / "grades")
    (out / "points.csv").write_text(text)
    before = everything(out)
    code, _out, err = typed("grade", three, "-o", out, cwd=tmp_path)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert everything(out) == before


def test_a_folder_of_somebodys_own_is_left_alone(three: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "index.html").write_text("mine")
    for out, folder in (("photos", three), ("grades", tmp_path / "nowhere")):
        code, _out, err = typed("grade", folder, "-o", out, cwd=tmp_path)
        assert code == 2
        assert err.count("\n") == 1
    assert [p.name for p in (tmp_path / "photos").iterdir()] == ["index.html"]


def test_a_blind_page_has_no_names(three: Path, graded: Path, tmp_path: Path) -> None:
    out = shutil.copytree(graded, tmp_path / "grades")
    assert typed("grade", three, "-o", out, "--blind", cwd=tmp_path)[0] == 0
    page = (out / "index.html").read_text()
    shown = re.sub(r"<style>.*?</style>|<script.*?</script>|base64,[^\"]*", "", page, flags=re.S)
    for word in ("Ada", "Lovelace", "Grace", "Hopper", "Kurt", "Goedel", "Turing", "1815", "1816",
                 "lab.zip", "assignsubmission", "Lab 1"):  # fmt: skip
        assert word not in shown
    assert f"Hand-in {rows(graded / 'grades.csv')['Ada Lovelace']['id'][1:5]}" in shown
    assert "with hinge ▮▮▮ saw" in shown  # a name in an answer
    open_page = (graded / "index.html").read_text()
    assert "Ada Lovelace" in open_page
    # Pictures are pixels and nothing else.
    for text in re.findall(r'data:image/png;base64,([^"]+)', page):
        data = base64.b64decode(text)
        assert not {b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME"} & set(
            re.findall(rb"[a-zA-Z]{4}", data)
        )


def test_no_torch_is_loaded(three: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from labkit.cli.grade import grade\n"
        "from labkit.grade.found import hand_ins\n"
        "from labkit.grade.opening import opened\n"
        f"founds = hand_ins(Path({str(three)!r}), Path('grades'))\n"
        "assert opened(founds[0]).verdicts == {1: 'passed', 2: 'passed'}\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_a_record_comes_back_as_it_was(three: Path) -> None:
    found = next(each for each in kept.hand_ins(three, Path("grades")) if "Ada" in each.file)
    record = opened(found)
    assert from_bytes(to_bytes(record)) == record
    assert len(record.cells) == 3
    assert all(cell.thumb and cell.history and cell.files for cell in record.cells)
    assert [a.question for a in record.answers][:2] == ["stability", "mode_collapse"]
    assert from_bytes(b"{}") is None
    assert from_bytes(to_bytes(HandIn("x", format=99))) is None


def test_higher_rungs_are_climbed_by_those_that_hold(folder: Path, tmp_path: Path) -> None:
    """Invented numbers do not follow from their history, which is as far as rung 3 can look."""
    next(folder.glob("Kurt*/lab.zip")).write_bytes(b"nothing")
    looks = Kept(tmp_path / "grades" / "records", Asked(sample=1), Limits(), jobs=1)
    found = of_class(looks, folder, tmp_path / "grades", None, False)
    verdicts = {each.student: each.verdicts for each in found.class_.handins}
    assert verdicts["Ada Lovelace"] == {1: "passed", 2: "passed", 3: "failed"}
    assert verdicts["Kurt Goedel"] == {}
