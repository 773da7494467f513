"""The autograder, run in folders laid out as Gradescope lays them out, by the script it calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from labkit.sheet.reading import read_sheet
from labkit.sheet.starting import student_text
from tests.builders import handins
from tests.builders.commands import typed
from tests.sheet.test_sheet import OWN, SHEET, handed_in

ROOT = Path(__file__).parents[2]
SMALL = SHEET.replace("{source: bundled}", "{source: bundled, limit: 256}").replace(
    "  experiments:\n", "  evaluation: {samples: 300, selection_samples: 200}\n  experiments:\n"
)


@pytest.fixture(scope="module")
def autograder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with ``source`` as Gradescope unpacks it."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "lab.yaml").write_text(SMALL, encoding="utf-8")
    assert typed("sheet", "gradescope", cwd=folder) == (0, "autograder.zip\n", "")
    subprocess.run(["unzip", "-q", folder / "autograder.zip", "-d", folder / "source"], check=True)
    return folder


def graded(autograder: Path, root: Path, **env: str) -> dict[str, Any]:
    """What the script leaves in ``results`` for what lies in ``submission`` of a root."""
    (root / "source").symlink_to(autograder / "source")
    variables = {**os.environ, "PYTHON": sys.executable, **env}
    done = subprocess.run(
        [root / "source" / "run_autograder", root], cwd=root, env=variables,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((root / "results" / "results.json").read_text())
    return found


def statuses(results: dict[str, Any]) -> dict[str, str | None]:
    return {test["name"].partition(".")[0]: test.get("status") for test in results["tests"]}


# --------------------------------------------------------------------------- what is written


def test_it_holds_the_package_as_a_wheel_does_and_scripts_that_run(autograder: Path) -> None:
    source = autograder / "source"
    for name in ("setup.sh", "run_autograder"):
        assert os.access(source / name, os.X_OK)
        subprocess.run(["bash", "-n", source / name], check=True)
    mine = {p.relative_to(ROOT / "labkit").as_posix() for p in (ROOT / "labkit").rglob("*.py")}
    theirs = source / "labkit"
    assert mine == {p.relative_to(theirs).as_posix() for p in theirs.rglob("*.py")}
    assert (theirs / "experiments.yaml").read_bytes() == (ROOT / "experiments.yaml").read_bytes()
    assert (theirs / "templates" / "report.html.j2").is_file()
    assert (source / "lab.yaml").read_text("utf-8") == SMALL
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pinned = (source / "requirements.txt").read_text().split()
    assert sorted(each.partition(">")[0] for each in declared) == [
        each.partition("==")[0] for each in pinned
    ]
    assert not any("+" in each for each in pinned)


def test_the_same_sheet_gives_the_same_bytes_and_nothing_else_is_overwritten(
    autograder: Path, tmp_path: Path
) -> None:
    sheet = autograder / "lab.yaml"
    first = (autograder / "autograder.zip").read_bytes()
    assert (
        typed("sheet", "gradescope", sheet, "-o", autograder / "autograder.zip", cwd=tmp_path)[0]
        == 0
    )
    assert (autograder / "autograder.zip").read_bytes() == first
    (tmp_path / "mine.zip").write_bytes(b"mine")
    code, _, said = typed("sheet", "gradescope", sheet, "-o", "mine.zip", cwd=tmp_path)
    assert (code, said) == (
        2, "labkit: mine.zip: exists and is no autograder; nothing was written\n"
    )  # fmt: skip
    assert (tmp_path / "mine.zip").read_bytes() == b"mine"


# ----------------------------------------------------------------------------------- as it runs


@pytest.mark.slow
def test_an_honest_hand_in_and_one_with_other_settings(autograder: Path, tmp_path: Path) -> None:
    text = student_text(read_sheet(autograder / "lab.yaml")).replace('  id: ""', "  id: 17")
    whole = handins.trained(tmp_path / "student", text)
    for name in ("zip", "unpacked"):
        root = tmp_path / name
        (root / "submission").mkdir(parents=True)
        if name == "zip":
            (root / "submission" / "lab.zip").write_bytes(whole.read_bytes())
        else:  # Gradescope unpacks an archive that is uploaded alone
            with zipfile.ZipFile(whole) as archive:
                archive.extractall(root / "submission")
        found = graded(autograder, root)
        assert statuses(found) == {
            "1": "passed", "2": "passed", "3": "passed", "cells": None, "rung 2": None,
            "lab sheet": "passed",
        }  # fmt: skip
        assert found["score"] == 3
    other = tmp_path / "other"
    (other / "submission").mkdir(parents=True)
    handed = handed_in(
        autograder / "lab.yaml", tmp_path / "s", (f'    - "{OWN}"\n', ""), number="18"
    )
    handed.rename(other / "submission" / "lab.zip")
    found = graded(autograder, other)
    assert statuses(found)["lab sheet"] == "failed"
    (sheet,) = [test for test in found["tests"] if test["name"] == "lab sheet"]
    assert sheet["output"] == f"report.questions: without “{OWN}”"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "data"), [
    ("lab.zip", b"PK\x05\x06" + bytes(18)), ("lab.pdf", b"%PDF"), ("lab.zip", bytes(1 << 20)),
])  # fmt: skip
def test_what_is_no_hand_in_gets_a_result_that_says_so(
    autograder: Path, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / name).write_bytes(data)
    found = graded(autograder, tmp_path)
    assert found["score"] == 0
    first = found["tests"][0]
    assert (first["name"], first["status"]) == ("hand-in", "failed")
    assert "\n" not in first["output"]
    assert sum(first["output"] in test.get("output", "") for test in found["tests"]) == 1


@pytest.mark.slow
def test_where_there_is_no_time_left_the_first_rungs_stand(
    autograder: Path, tmp_path: Path
) -> None:
    from labkit.grade.autograder import autograde

    (tmp_path / "submission").mkdir()
    (tmp_path / "source").symlink_to(autograder / "source")
    handed_in(autograder / "lab.yaml", tmp_path / "s").rename(tmp_path / "submission" / "lab.zip")
    found = autograde(tmp_path, seconds=0)
    assert statuses(found)["2"] == "passed"
    assert statuses(found)["3"] is None
    assert "took longer than there is time for" in json.dumps(found["tests"])
    assert json.loads((tmp_path / "results" / "results.json").read_text()) == found
