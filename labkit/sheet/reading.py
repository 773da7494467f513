"""``lab.yaml``: read, checked, and with its experiment as the plan that it asks for.

lab.yaml:14: questions[2].ask: no such question; did you mean 'stability'?
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from textwrap import dedent
from typing import Any

from pydantic import ValidationError

from labkit.catalog import QUESTIONS, words_of
from labkit.errors import PlanError
from labkit.experiment import safe_yaml
from labkit.experiment.grid import make_plan
from labkit.experiment.plan import Plan
from labkit.experiment.reader import Experiment, explain, mistake, parse_experiment, read_text
from labkit.experiment.schema import Author
from labkit.sheet.schema import LabSheet, moment
from labkit.text.numbers import duration

#: Stands for a student while the sheet itself is checked; ``seeds: student`` needs one.
_NOBODY = "author: {id: nobody}\n"


@dataclass(frozen=True)
class Sheet:
    """A checked lab sheet."""

    file: Path
    text: str  # the whole file
    content: LabSheet
    experiment: Experiment  # what every student gets, of nobody
    plan: Plan  # what that asks for

    @property
    def title(self) -> str:
        return self.experiment.content.title or self.experiment.content.name

    @cached_property
    def questions(self) -> dict[str, str]:
        """Every question's words by its key; a question of the course's own is its own key."""
        keys = [each.ask for each in self.content.questions]
        return {key: words_of(key) for key in keys}

    @cached_property
    def max_points(self) -> dict[str, float]:
        """The most points of each question that has any, by its key."""
        return {each.ask: each.points for each in self.content.questions if each.points}

    def seeds(self, author: dict[str, str]) -> list[int]:
        """The seeds the sheet asks of an author; none where they follow from an id not given."""
        content = self.experiment.content
        if content.seeds == "student" and not (author.get("group") or author.get("id")):
            return []
        # As it is: what a stranger handed in may be no name that a file would be allowed.
        given: dict[str, Any] = {name: author.get(name, "") for name in Author.model_fields}
        who = Author.model_construct(**given)
        return content.model_copy(update={"author": who}).seed_list()

    def late(self, when: str) -> str:
        """How long after the deadline a moment (ISO) is: ``2 h 10 min``; empty if it is not.

        Empty, too, for what is no moment: it may come from a stranger's file.
        """
        if not self.content.deadline:
            return ""
        try:
            seconds = (datetime.fromisoformat(when) - moment(self.content.deadline)).total_seconds()
        except (ValueError, TypeError):
            return ""
        return duration(seconds) if seconds > 0 else ""


def read_sheet(path: Path) -> Sheet:
    """Read a lab sheet and the experiment in it; PlanError, in one line, where it has a mistake."""
    text = read_text(path, "labkit sheet init")
    try:
        tree = safe_yaml.parse(text)
    except safe_yaml.YamlError as error:
        raise PlanError(f"{path}:{error.line}: {error}") from error
    if tree is None or not isinstance(tree.value, dict):
        raise PlanError(f"{path}: not a lab sheet; `labkit sheet init` writes one")
    try:
        content = LabSheet.model_validate(tree.plain())
    except ValidationError as invalid:
        found = [explain(dict(error)) for error in invalid.errors(include_url=False)]
        where, message = min(found, key=lambda each: tree.line(*each[0]))
        raise mistake(str(path), tree, where, message) from None
    block = experiment_text(text)
    if not block.strip():
        where = ("experiment",)
        raise mistake(str(path), tree, where, "write it on lines of its own below, indented")
    experiment = parse_experiment(
        f"{block}\n{_NOBODY}", str(path),
        beside=lambda name: (path.parent / name).read_bytes(), run=False,
    )  # fmt: skip
    plan = make_plan(experiment, images=("full", ""), precision="fp32")
    return Sheet(path, text, content, experiment, plan)


def experiment_text(text: str) -> str:
    """The experiment file in a sheet, comments and all, on the lines where it stands there.

    Empty where it is not written as an indented block.
    """
    lines = text.splitlines()
    begins = [i for i, line in enumerate(lines) if line.startswith("experiment:")]
    if not begins:
        return ""
    start = begins[0]
    end = next((i for i in range(start + 1, len(lines)) if _begins(lines[i])), len(lines))
    body = lines[start + 1 : end]
    depth = next((len(x) - len(x.lstrip()) for x in body if x.strip() and x[0].isspace()), 0)
    block = dedent("\n".join(" " * depth + x if x.startswith("#") else x for x in body))
    return "\n" * (start + 1) + block.rstrip() + "\n"


def sections(text: str) -> dict[str, str]:
    """The top-level sections of a YAML text by key, each with the comments above it.

    What stands before the first of them, but for the comments that touch it, has the key "".
    """
    found: dict[str, list[str]] = {"": []}
    key, above = "", list[str]()
    for line in text.splitlines():
        if _begins(line):
            key = line.partition(":")[0]
            found[key] = [*above, line]
            above = []
        elif line.startswith("#"):
            above.append(line)
        else:
            found[key] += [*above, line]
            above = []
    found[key] += above
    return {name: "\n".join(body).strip("\n") for name, body in found.items()}


def _begins(line: str) -> bool:
    """Whether a line begins a section: a key that is not indented."""
    return bool(line) and not line[0].isspace() and line[0] not in "#-" and ":" in line


def quoted(text: str) -> str:
    """A text as YAML may have it on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def listed(questions: Sequence[str], indent: str) -> str:
    """Questions as a YAML list, a line each."""
    return "\n".join(f"{indent}- {key if key in QUESTIONS else quoted(key)}" for key in questions)
