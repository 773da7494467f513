"""A lab sheet, from `init` to a student's file, and a hand-in held against it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from labkit.catalog import QUESTIONS, own_question
from labkit.errors import LabkitError
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.experiment.starter import recipes
from labkit.grade.points import points
from labkit.sheet.against import against
from labkit.sheet.reading import read_sheet, sections
from labkit.sheet.starting import student_text, write_experiment, write_sheet
from tests.builders import handins, stores
from tests.builders.commands import typed

OWN = "Which picture would convince a sceptic, and why?"
SHEET = """\
course: Deep Learning
deadline: 2026-12-18 23:59 +01:00
questions:
  - {ask: stability, points: 3}
  - {ask: "Which picture would convince a sceptic, and why?", points: 2.5}
points: {cells: 2, rung_2: 1}
vary:
  batch_size: [64, 128]
  beta: {at_least: 0.5, at_most: 4}
experiment:
  name: lab
  title: "A lab" # of two families
  data: {source: bundled}
  seeds: student
  training: {epochs: 2, batch_size: 128, snapshot_epochs: [1, 2]}
  experiments:
    gan:
      family: gan
      grid: {dataset: [MNIST], loss: [hinge, bce]}
    vae:
      family: vae
      grid: {dataset: [MNIST], latent_dim: [8]}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.yaml"
    path.write_text(SHEET, encoding="utf-8")
    return path


def filled_in(lab: Path, folder: Path, *changes: tuple[str, str], number: str = "17") -> Path:
    """The experiment file that a student gets, filled in and perhaps changed."""
    file = write_experiment(read_sheet(lab), folder)[0]
    text = file.read_text("utf-8").replace('  id: ""', f'  id: "{number}"')
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return file


def handed_in(lab: Path, folder: Path, *changes: tuple[str, str], number: str = "17") -> Path:
    """That run, with invented numbers, answered in part, and packed."""
    file = filled_in(lab, folder, *changes, number=number)
    plan = make_plan(read_experiment(file), download=False)
    stores.write_store(folder / "results" / "lab", plan)
    answers = f"# {QUESTIONS['stability'].text}\nThe loss.\n\n# {OWN}\nMine.\n"
    (folder / "answers.md").write_text(answers)
    return handins.handed_in(file, folder / "lab.zip")


# ----------------------------------------------------------------------------- what is written


@pytest.mark.parametrize("recipe", recipes())
def test_every_recipe_makes_a_sheet_and_a_students_file(recipe: str, tmp_path: Path) -> None:
    sheet = read_sheet(write_sheet(tmp_path / "lab.yaml", recipe))
    original = read_experiment(recipes()[recipe].path)
    assert sheet.title == original.content.title
    assert [c.name for c in sheet.plan.cells] == [
        c.name.removesuffix(f"_seed{c.seed}")
        for c in make_plan(original, images=("full", "")).cells
        if c.seed == original.content.seed_list()[0]
    ]  # fmt: skip
    file = write_experiment(sheet, tmp_path / "student")[0]
    with pytest.raises(LabkitError, match=r"seeds: 'student' needs author.group or author.id"):
        read_experiment(file)
    file.write_text(file.read_text("utf-8").replace('  group: ""', "  group: B"), "utf-8")
    filled = read_experiment(file)
    assert filled.content.report.questions == list(sheet.questions)
    plan = make_plan(filled, images=("full", ""))
    assert against(sheet, plan, filled.content.report.questions) == []


def test_the_verbs(tmp_path: Path) -> None:
    assert typed("sheet", "init", cwd=tmp_path)[:2] == (0, "lab.yaml\n")
    assert typed("sheet", "init", cwd=tmp_path)[2] == (
        "labkit: lab.yaml: exists already; nothing was written\n"
    )
    code, said, _ = typed("sheet", cwd=tmp_path)
    assert (code, said.splitlines()[1]) == (0, "18 cells, seeds by student; no deadline")
    code, said, _ = typed("init", "--sheet", "lab.yaml", "mine", cwd=tmp_path)
    assert said.split() == ["mine/experiments.yaml", "mine/experiments.schema.json"]
    for args, message in {
        ("sheet", "look"): "sheet look: allowed: init, check, gradescope",
        ("sheet", "check", "no.yaml"): "no.yaml: no such file; `labkit sheet init` writes one",
        ("sheet", "init", "a.yaml", "--recipe", "lab2"):
            "unknown recipe 'lab2'; did you mean 'lab1'?",
        ("sheet", "check", "--recipe", "lab1"): "--recipe: is for `labkit sheet init`",
        ("init", "--sheet", "lab.yaml", "--own"): "--own, --recipe and --sheet: choose one of them",
        ("verify", "x.zip", "--sheet", "lab.yaml", "--rungs", "1"):
            "--sheet: rung 2 reads what was run, and --rungs 1 stops before",
    }.items():  # fmt: skip
        assert typed(*args, cwd=tmp_path) == (2, "", f"labkit: {message}\n")


def test_a_comment_may_begin_at_the_margin(lab: Path) -> None:
    """It is as valid inside the experiment as anywhere in YAML."""
    before = yaml.safe_load(student_text(read_sheet(lab)))
    lines = lab.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("experiment:"))
    lab.write_text("\n".join([*lines[: at + 2], "# try this first", *lines[at + 2 :]]))
    text = student_text(read_sheet(lab))
    assert "# try this first" in text
    assert yaml.safe_load(text) == before


def test_a_students_file_keeps_the_sheets_words_and_comments(lab: Path) -> None:
    text = student_text(read_sheet(lab))
    assert '\ntitle: "A lab" # of two families\n' in text
    assert f'    - stability\n    - "{OWN}"\n' in text
    assert "due 2026-12-18 23:59 +01:00. Yours to choose: batch_size, beta; all else" in text
    assert '  course: "Deep Learning"' in text


@pytest.mark.slow
def test_python_files_come_along_and_are_held_to_the_sheet(lab: Path) -> None:
    source = "QUESTIONS = {'new': 'Why so?'}\n"
    lab.with_name("extra.py").write_text(source)
    lab.write_text(SHEET.replace("  name: lab\n", "  name: lab\n  code: [extra.py]\n"))
    path = handed_in(lab, lab.parent / "student")
    assert (lab.parent / "student" / "extra.py").read_text() == source
    ladder = handins.climbed(path)
    assert (ladder.holds, ladder.to_json()["sheet"]) == (True, None)
    code, said, _ = typed("verify", path, "--rungs", 2, "--sheet", lab, cwd=lab.parent)
    assert (code, "Lab sheet: as it says" in said) == (0, True)
    lab.with_name("extra.py").write_text("QUESTIONS = {'new': 'Why not?'}\n")
    code, said, _ = typed("verify", path, "--rungs", 2, "--sheet", lab, cwd=lab.parent)
    assert (code, "- code: other Python files than the sheet's" in said) == (1, True)


# ---------------------------------------------------------------------------------- mistakes


EXPERIMENT = SHEET[SHEET.index("experiment:") :]
NAME = "  name: lab\n"


@pytest.mark.parametrize(("old", "new", "message"), [
    ("ask: stability", "ask: stabilty",
     "4: questions[0].ask: no such question; did you mean 'stability'?; or write one of your own"),
    ("ask: stability", f'ask: "{OWN}"', f"5: questions[1]: “{OWN}” is here twice"),
    ("points: 3", "points: many", "4: questions[0].points: expected a number, got text 'many'"),
    ("23:59 +01:00", "23:59", "2: deadline: '2026-12-18 23:59' needs an offset to UTC: 2026-12"),
    ("2026-12-18 23:59 +01:00", "soon", "2: deadline: 'soon' is no time like 2026-12-18 23:59 +0"),
    ("batch_size: [64", "batchsize: [64",
     "8: vary.batchsize: no such setting; did you mean 'batch_size'?"),
    ("course:", "curse:", "1: curse: unknown key; did you mean 'course'?"),
    ("rung_2", "rung_5", "6: points.rung_5: unknown key; did you mean 'rung_"),
    ("loss: [hinge, bce]", "loss: [hinge, bces]",
     "19: experiments.gan.grid.loss[1]: unknown loss 'bces'"),
    (NAME, f"{NAME}  author: {{id: me}}\n",
     "12: experiment.author: does not stand in a lab sheet: the student fills it in"),
    (NAME, f"{NAME}  report: {{layout: brief}}\n",
     "12: experiment.report: does not stand in a lab sheet: `questions`, `layout` and `answers`"),
    (EXPERIMENT, "experiment: {name: lab}\n",
     "10: experiment: write it on lines of its own below, indented"),
    (EXPERIMENT, "", "1: experiment: required"),
])  # fmt: skip
def test_a_mistake_is_told_in_one_line(lab: Path, old: str, new: str, message: str) -> None:
    assert SHEET.count(old) == 1
    lab.write_text(SHEET.replace(old, new), encoding="utf-8")
    with pytest.raises(LabkitError) as error:
        read_sheet(lab)
    assert str(error.value).startswith(f"{lab}:{message}")
    assert "\n" not in str(error.value)


def test_what_is_no_sheet(lab: Path) -> None:
    for text, message in (("", ": not a lab sheet"), ("a: [", ":1: "), ("- a", ": not a lab")):
        lab.write_text(text)
        with pytest.raises(LabkitError, match=f"^{lab}{message}"):
            read_sheet(lab)
    lab.write_bytes(b"course: \xff\n")
    with pytest.raises(LabkitError, match="not UTF-8"):
        read_sheet(lab)


# --------------------------------------------------------------------------------- held to it


@pytest.mark.parametrize(("changes", "lines"), [
    ((), []),
    # What the sheet leaves free, within and beyond its limits.
    ((("batch_size: 128", "batch_size: 64"),), []),
    ((("batch_size: 128", "batch_size: 32"),),
     ["GAN: batch_size 32 instead of 128 (2 cells: MNIST_GAN_hinge_z64, MNIST_GAN_bce_z64)",
      "VAE: batch_size 32 instead of 128 (MNIST_VAE_latent8)"]),
    ((("latent_dim: [8]}", "latent_dim: [8], beta: [4]}"),), []),
    ((("latent_dim: [8]}", "latent_dim: [8], beta: [4.5]}"),),
     ["VAE: beta 4.5 instead of 1 (MNIST_VAE_latent8)"]),
    # What it fixes.
    ((("loss: [hinge, bce]}", "loss: [hinge, bce]}\n    params: {lr: 2.0e-3}"),),
     ["GAN: lr 0.002 instead of 0.0002 (2 cells: MNIST_GAN_hinge_z64, MNIST_GAN_bce_z64)"]),
    ((("epochs: 2,", "epochs: 1,"), ("[1, 2]", "[1]")),
     ["GAN: epochs 1 instead of 2 (2 cells: MNIST_GAN_hinge_z64, MNIST_GAN_bce_z64)",
      "VAE: epochs 1 instead of 2 (MNIST_VAE_latent8)"]),
    ((("[hinge, bce]", "[hinge]"),), ["of the sheet and not in the plan: MNIST_GAN_bce_z64"]),
    ((("latent_dim: [8]", "latent_dim: [8, 16, 32]"),),
     ["in the plan, not in the sheet: 2 cells: MNIST_VAE_latent16, MNIST_VAE_latent32"]),
    ((("{source: bundled}", "{source: bundled, limit: 500}"),),
     ["GAN: limit 500 instead of none (2 cells: MNIST_GAN_hinge_z64, MNIST_GAN_bce_z64)",
      "VAE: limit 500 instead of none (MNIST_VAE_latent8)"]),
    ((("seeds: student", "seeds: [42]"),), ["seeds: 42 instead of 1590652164 (seeds: student)"]),
    ((("name: lab\n", "name: lab\nseeds: [1]\n"), ("seeds: student\n", ""), ('id: "17"', 'id: ""')),
     ["seeds: neither author.id nor author.group is given, from which the seed follows"]),
    (((f'    - "{OWN}"\n', ""),), [f"report.questions: without “{OWN}”"]),
])  # fmt: skip
def test_differences_are_named(
    lab: Path, changes: tuple[tuple[str, str], ...], lines: list[str]
) -> None:
    experiment = read_experiment(filled_in(lab, lab.parent / "student", *changes))
    plan, asked = make_plan(experiment, download=False), experiment.content.report.questions
    assert against(read_sheet(lab), plan, asked) == lines


def test_verify_says_what_differs(lab: Path) -> None:
    without = (f'    - "{OWN}"\n', "")
    path = handed_in(lab, lab.parent / "student", ("batch_size: 128", "batch_size: 32"), without)
    code, said, _ = typed("verify", path, "--rungs", 2, "--sheet", lab, cwd=lab.parent)
    assert code == 1
    shown = said.partition("Lab sheet: DIFFERS\n")[2].splitlines()
    assert [line.partition(" (")[0].strip() for line in shown[:3]] == [
        "- GAN: batch_size 32 instead of 128", "- VAE: batch_size 32 instead of 128",
        f"- report.questions: without “{OWN}”",
    ]  # fmt: skip
    assert shown[3] == "all that was asked for holds; differs from the lab sheet, see there"
    code, said, _ = typed("verify", path, "--rungs", 2, "--sheet", lab, "--json", cwd=lab.parent)
    found = json.loads(said)
    assert (code, found["holds"], len(found["sheet"])) == (1, True, 3)


# ------------------------------------------------------------------------ questions and points


def test_a_courses_own_question_is_asked_answered_and_reported(lab: Path) -> None:
    path = handed_in(lab, lab.parent / "student")
    report = handins.payload(path)["report/report.md"].decode()
    own = report.partition(f"### 2. {OWN}\n")[2]
    assert own.split("**")[2].strip().startswith("Mine.")
    assert "Computed" not in own.partition("\n## ")[0]
    code, said, _ = typed("check", cwd=lab.parent / "student")
    assert f"   1 words  {OWN}" in said
    assert code == 0
    (lab.parent / "student" / "answers.md").unlink()
    typed("report", "--format", "md", cwd=lab.parent / "student")
    assert f"## 2. {OWN}\n" in (lab.parent / "student" / "answers.md").read_text("utf-8")
    code, said, _ = typed("submit", cwd=lab.parent / "student")
    assert f"[ ] no answer in answers.md: {OWN}" in said


@pytest.mark.parametrize(("key", "own"), [
    ("stability", False), ("stabilty", False), ("mode-collapse", False), ("", False), ("?", False),
    ("Why?", True), ("What helped", True), ("哪个模型更好", True),
])  # fmt: skip
def test_what_is_like_a_key_is_no_question_of_a_courses_own(key: str, own: bool) -> None:
    assert own_question(key) == own


def test_points_are_the_sheets_alone(lab: Path) -> None:
    from labkit.grade.record import GradedCell, HandIn
    from labkit.handin.ladder import Rung

    sheet = read_sheet(lab)
    assert sheet.max_points == {"stability": 3, OWN: 2.5}
    experiment = read_experiment(filled_in(lab, lab.parent / "student"))
    plan = make_plan(experiment, download=False).to_json()
    cells = tuple(
        GradedCell(c["name"], "", c["family"], c["dataset"], c["seed"], state)
        for c, state in zip(plan["cells"], ("done", "trained", "done"), strict=True)
    )
    rungs = (Rung(1), Rung(2, "failed"))
    found = HandIn("a.zip", plan=plan, cells=cells, rungs=rungs)
    assert points(sheet, found) == {"cells": (1.33, 2), "rung 2": (0, 1)}
    passed = HandIn("a.zip", plan=plan, cells=cells[:2], rungs=(Rung(1), Rung(2)))
    assert points(sheet, passed) == {"cells": (0.67, 2), "rung 2": (1, 1)}
    assert points(sheet, HandIn("b.zip", problem="no")) == {"cells": (0, 2), "rung 2": (0, 1)}
    lab.write_text(SHEET.replace("points: {cells: 2, rung_2: 1}\n", ""))
    assert points(read_sheet(lab), passed) == {}


def test_points_for_a_rung_that_nobody_climbed_are_open_and_not_lost(lab: Path) -> None:
    from labkit.grade.build import Graded
    from labkit.grade.class_view import Class
    from labkit.grade.outcome import results_json
    from labkit.grade.record import HandIn
    from labkit.handin.ladder import Rung

    lab.write_text(SHEET.replace("rung_2: 1", "rung_3: 1"))
    sheet, low = read_sheet(lab), HandIn("a.zip", rungs=(Rung(1), Rung(2)))
    high, broken = HandIn("b.zip", rungs=(*low.rungs, Rung(3))), HandIn("c.zip", problem="no")
    two, three = Class((low, broken), sheet), Class((high, low, broken), sheet)
    assert [two.automatic(each) for each in two.handins] == [{"cells": (0, 2)}] * 2
    assert [three.automatic(each)["rung 3"] for each in three.handins] == [(1, 1), (0, 1), (0, 1)]
    assert two.most == three.most == 8.5
    said = "points for rung 3, which the sheet gives, are still open: needs --sample K or --rungs 3"
    assert said in Graded(two, []).lines
    assert not any("still open" in line for line in Graded(three, []).lines)
    assert [test["name"] for test in results_json(two, broken)["tests"]] == ["hand-in", "cells"]


def test_late_is_after_the_deadline_in_any_zone(lab: Path) -> None:
    sheet = read_sheet(lab)
    assert sheet.late("2026-12-18T22:59:00+00:00") == ""
    assert sheet.late("2026-12-19T01:09:00+00:00") == "2 h 10 min"
    assert [sheet.late(each) for each in ("yesterday", "2026-12-19T01:09:00", "")] == [""] * 3
    lab.write_text(SHEET.replace("deadline:", "# deadline:"))
    assert read_sheet(lab).late("2030-01-01T00:00:00+00:00") == ""


def test_sections_keep_their_comments() -> None:
    text = "# the file\n\n# above a\na: 1\n  # in a\n# above b\nb:\n  c: 2\n# last\n"
    assert sections(text) == {
        "": "# the file", "a": "# above a\na: 1\n  # in a", "b": "# above b\nb:\n  c: 2\n# last"
    }  # fmt: skip
