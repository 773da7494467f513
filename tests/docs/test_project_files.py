"""What the project's own files promise is there: targets, paths, versions, programs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import labkit

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GUIDE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def _targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([\w-]+):", makefile, re.M))


def _asked_of_make(text: str) -> set[str]:
    return set(re.findall(r"(?:^|[`\s])make ([a-z][\w-]*)(?=[`\s]|$)", text, re.M))


def _commands(workflow: dict[str, Any]) -> Iterator[str]:
    for job in workflow["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)


def test_the_guide_names_targets_that_exist() -> None:
    named = _asked_of_make(re.sub(r"(?m)#.*$", "", GUIDE))
    assert {"test", "lint", "docs", "test-newest"} <= named
    assert named <= _targets()


def test_the_guide_names_files_that_exist() -> None:
    named = {
        word
        for word in re.findall(r"`([\w./*-]+)`", GUIDE) + re.findall(r"\]\(([^)#]+)\)", GUIDE)
        if "/" in word or word.endswith((".md", ".txt", ".toml", ".yaml"))
    }
    assert len(named) > 20
    assert [word for word in sorted(named) if not list(ROOT.glob(word))] == []


def test_the_readme_leads_to_the_guide() -> None:
    assert "(CONTRIBUTING.md)" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_what_there_is(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text("utf-8"))
    commands = list(_commands(workflow))
    assert "on" in workflow  # unquoted, YAML reads it as true
    assert commands
    assert _asked_of_make("\n".join(commands)) <= _targets()
    for file in re.findall(r"(?:-c |^)([\w.]+[/.][\w.]+)", "\n".join(commands), re.M):
        assert (ROOT / file).is_file(), file


def test_everything_runs_on_linux_and_the_newest_weekly() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    commands = list(_commands(workflow))
    assert ".ci/run" in commands
    assert "make test-newest" in commands
    assert workflow["on"]["schedule"]


def test_hooks_call_programs_that_developers_have() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    dev = {re.split(r"[<>=\[]", line)[0] for line in project["optional-dependencies"]["dev"]}
    found = [hook for repo in hooks["repos"] for hook in repo["hooks"]]
    assert found
    for hook in found:
        program = hook["entry"].split()[0]
        assert program.startswith(".venv/bin/")
        assert program.removeprefix(".venv/bin/") in dev
        assert hook["language"] == "system"


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert citation["version"] == labkit.__version__
    assert citation["license"] == project["license"]
    assert citation["abstract"] == project["description"]
    assert citation["title"] == project["name"] == "labkit"


@pytest.mark.parametrize("name", ["bug", "feature"])
def test_a_form_is_one_that_can_be_filled_in(name: str) -> None:
    path = ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml"
    form = yaml.safe_load(path.read_text("utf-8"))
    assert {"name", "description", "body"} <= form.keys()
    ids = [field["id"] for field in form["body"]]
    assert len(set(ids)) == len(ids)
    assert all(field["attributes"]["label"] for field in form["body"])
    if name == "bug":
        assert "labkit doctor" in path.read_text("utf-8")
