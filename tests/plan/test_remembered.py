"""Plans made before: what is recalled is what would be made, and nothing else is recalled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labkit import api
from labkit.execution import remembered
from labkit.experiment.grid import make_plan
from labkit.experiment.plan import Plan
from labkit.experiment.reader import read_experiment
from labkit.experiment.starter import recipes
from labkit.plugins import registry as own_code

LAB = """
name: lab
data: {source: bundled}
training: {epochs: 1}
experiments:
  gan: {family: gan, grid: {dataset: [MNIST], loss: [hinge], z_dim: [32, 64]}}
profiles:
  short: {data: {limit: 100}}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "experiments.yaml"
    path.write_text(LAB)
    return path


def plan_of(file: Path, **asked: str) -> Plan:
    return api.prepare(api.RunOptions(file=file, **asked)).plan  # type: ignore[arg-type]


@pytest.mark.parametrize("recipe", sorted(recipes()))
def test_what_is_recalled_is_what_was_kept(recipe: str, file: Path) -> None:
    plan = make_plan(read_experiment(recipes()[recipe].path), source="bundled")
    remembered.keep("a" * 64, plan)
    assert remembered.recall("a" * 64) == plan


def test_the_second_time_nothing_is_read_or_expanded(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plan_of(file)
    monkeypatch.setattr(api.lookup, "read", lambda *_: pytest.fail("read again"))
    assert plan_of(file) == first


@pytest.mark.parametrize(
    "asked",
    [{"profile": "short"}, {"seeds": "2"}, {"source": "auto", "no_download": "yes"}],
    ids=lambda asked: next(iter(asked)),
)
def test_other_arguments_are_another_plan(file: Path, asked: dict[str, str]) -> None:
    first = plan_of(file)
    assert plan_of(file, **asked) != first
    assert plan_of(file) == first


def test_another_file_is_another_plan(file: Path) -> None:
    first = plan_of(file)
    file.write_text(LAB.replace("epochs: 1", "epochs: 2"))
    assert plan_of(file).cells[0].fingerprint != first.cells[0].fingerprint


def test_a_change_of_labkit_forgets(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    (package / "train").mkdir(parents=True)
    module = package / "train" / "loop.py"
    module.write_text("x = 1\n")
    monkeypatch.setattr(remembered, "PACKAGE", package)
    before = remembered.key(file, [])
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "loop.pyc").write_text("")
    assert remembered.key(file, []) == before
    module.write_text("x = 2\n")
    assert remembered.key(file, []) != before


def test_where_the_images_come_from_is_looked_up_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(LAB.replace("bundled", "auto"))
    assert plan_of(file, no_download="yes").data_source == "bundled"
    for user in ("labkit.api", "labkit.experiment.grid"):
        monkeypatch.setattr(f"{user}.resolve_source", lambda *_: ("full", "at hand"))
    assert plan_of(file, no_download="yes").data_source == "full"


def test_code_of_ones_own_is_never_remembered(file: Path) -> None:
    code = "def discriminator_loss(real, fake): ...\ndef generator_loss(fake): ...\n"
    (file.parent / "remembered_gan.py").write_text(code)
    file.write_text(LAB.replace("hinge", "remembered_gan") + "code: [remembered_gan.py]\n")
    try:
        plan_of(file)
    finally:
        own_code.forget()
    assert not list((file.parent / "cache").glob("plans/*"))


@pytest.mark.parametrize("text", ["", "[]", "{}", "\x00", '{"format_version": 1}'])
def test_a_damaged_memory_is_no_memory(file: Path, text: str) -> None:
    first = plan_of(file)
    (kept,) = (file.parent / "cache" / "plans").iterdir()
    kept.write_text(text)
    assert plan_of(file) == first


def test_only_the_latest_are_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 2)
    for seed in range(4):
        plan_of(file, seeds=f"{seed},")
    assert len(list((file.parent / "cache" / "plans").iterdir())) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(file: Path) -> None:
    (file.parent / "cache").write_text("a file where the folder should be")
    assert plan_of(file) == plan_of(file)


def test_a_plan_is_read_without_what_planning_needs() -> None:
    code = (
        "import sys, labkit.experiment.plan, labkit.execution.remembered, labkit.store.store; "
        "print(*sorted({'pydantic', 'yaml', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
