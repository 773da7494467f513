"""What `labkit sheet init` and `labkit init --sheet` write: a sheet, and a student's experiment."""

import json
from pathlib import Path
from textwrap import indent

from labkit.claims.answers import applicable
from labkit.errors import PlanError, nearest, reason
from labkit.experiment.family_models import SCHEMA_NAME, json_schema
from labkit.experiment.reader import Experiment, read_experiment
from labkit.experiment.starter import EDITOR_LINE, FILE_NAME, recipes
from labkit.sheet.reading import Sheet, experiment_text, listed, quoted, sections

_SHEET = """\
# A lab sheet: what every student runs, answers and hands in.
#
#   labkit sheet check {file}: read this file, and say what it asks for
#   labkit init --sheet {file}: what a student starts from
#   labkit verify --sheet {file} ZIP: one hand-in held against it
#   labkit grade FOLDER --sheet {file}: a class

course: ""
deadline: "" # with its offset to UTC: 2026-12-18 23:59 +01:00

# A key of labkit's own questions (docs/reference.md lists them), under which its computed
# evidence stands; or a question of your own, written out. `points` are the most you give.
questions:
{questions}
  # - {{ask: "Which of your pictures would convince a sceptic, and why?", points: 2}}

# Points that follow from checks alone, in the proportion of cells done, and for rungs passed;
# for rung_3, which measures again, grade with --sample.
points: {{cells: 0, rung_2: 0, rung_3: 0}}

# What students may choose; all else is fixed. `any`, a list of values, or limits:
#   lr: any
#   latent_dim: [2, 8, 16]
#   epochs: {{at_least: 10}}
#   cells: any      more cells than those of the sheet; also seeds, code
vary: {{}}

layout: full # of the students' reports; or brief
answers: prose # what labkit writes under a question: prose, evidence or off

# What students get as experiments.yaml, with the questions and room for their names.
# `seeds: student` gives each a seed of their own, so that honest results differ.
experiment:
{experiment}
"""
_STUDENT = """\
# {title}
# From the lab sheet{course}{deadline}. {fixed}
#
#   labkit run        train what is not trained yet, and measure it
#   labkit report     write the report; your own words go into answers.md
#   labkit submit     pack what is handed in

# Fill this in first{seed}.
author:
  name: ""
  id: ""
  group: ""
  course: {course_text}

{experiment}

# The sheet's questions, in its order.
report:
  layout: {layout}
  answers: {answers}
  questions:
{questions}
"""


def write_sheet(file: Path, recipe: str = "lab1") -> Path:
    """Write a lab sheet from a recipe, with its questions and seeds by student.

    PlanError where there is no such recipe, or the file exists already.
    """
    known = recipes()
    if recipe not in known:
        raise PlanError(f"unknown recipe '{recipe}'; {nearest(recipe, known)}")
    text = known[recipe].path.read_text("utf-8")
    experiment = read_experiment(known[recipe].path)
    kept = sections(text)
    for name in ("", "author", "report", "seeds"):
        kept.pop(name, None)
    parts = [*kept.values()]
    parts.insert(2, "seeds: student")  # below name and title
    asked = experiment.content.report.questions or _applicable(experiment)
    questions = "\n".join(f"  - {{ask: {key}, points: 0}}" for key in asked)
    body = indent("\n\n".join(parts), "  ")
    made = _SHEET.format(file=file.name, questions=questions, experiment=body)
    _write({file: made})
    return file


def _applicable(experiment: Experiment) -> tuple[str, ...]:
    """The questions that an experiment's grid calls for."""
    grid: dict[str, dict[str, list[object]]] = {}
    for block in experiment.content.experiments.values():
        levels = grid.setdefault(block.family, {})
        for name, values in block.axes().items():
            levels[name] = [*levels.get(name, ()), *values]
    return applicable(grid, bool(experiment.content.references))


def write_experiment(sheet: Sheet, folder: Path) -> tuple[Path, ...]:
    """Write what a student starts from: the sheet's experiment, its Python files, the schema.

    Return their paths. PlanError where one of them exists already but the schema.
    """
    files = {folder / FILE_NAME: EDITOR_LINE + student_text(sheet)}
    for name in sheet.experiment.content.code:
        files[folder / name] = (sheet.file.parent / name).read_text("utf-8")
    schema = {folder / SCHEMA_NAME: json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"}
    _write(files, schema)
    return (*files, *schema)


def student_text(sheet: Sheet) -> str:
    """The experiment file that a student gets."""
    content, vary = sheet.content, ", ".join(sheet.content.vary)
    fixed = f"Yours to choose: {vary}; all else is fixed." if vary else "Its settings are fixed."
    by_student = sheet.experiment.content.seeds == "student"
    return _STUDENT.format(
        title=sheet.title,
        course=f" of {content.course}" if content.course else "",
        deadline=f", due {content.deadline}" if content.deadline else "",
        fixed=fixed,
        seed=": your seed follows from the group, or from the id" if by_student else "",
        course_text=quoted(content.course),
        experiment=experiment_text(sheet.text).strip("\n"),
        layout=content.layout,
        answers=content.answers,
        questions=listed(list(sheet.questions), "    ") or "    []",
    )


def _write(new: dict[Path, str], may_exist: dict[Path, str] | None = None) -> None:
    there = next((path for path in new if path.exists()), None)
    if there:
        raise PlanError(f"{there}: exists already; nothing was written")
    try:
        for path, text in {**new, **(may_exist or {})}.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise PlanError(f"{error.filename}: cannot be written: {reason(error)}") from error
