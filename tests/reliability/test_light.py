"""A light cell, without weights and samples, is done, and is not trained again for want of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit import api
from labkit.execution import runner
from labkit.execution.status import LIGHT as SAID
from labkit.execution.status import Task, as_measured, has_sheet, survey
from labkit.experiment.spec import CellResult
from labkit.handin.verify import verify
from labkit.reporting.build import render_report
from labkit.store.commits import LIGHT, light_bytes, read_commit
from labkit.store.file_names import HEAVY
from labkit.store.store import Store
from tests.builders import handins, stores
from tests.builders.commands import typed
from tests.builders.runs import Recorder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The experiment file of a project with weights and samples."""
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        return handins.project(tmp_path_factory.mktemp("whole") / "project", heavy=True)


@pytest.fixture
def file(whole: Path, tmp_path: Path) -> Path:
    """The same project, its store made light."""
    copy = shutil.copytree(whole.parent, tmp_path / "project") / whole.name
    store = handins.store_of(copy)
    for spec in store.plan().cells:
        lighten(store.train_folder(spec))
        lighten(store.eval_folder(spec))
    return copy


def lighten(folder: Path) -> None:
    left = [name for name in read_commit(folder)["files"] if name in HEAVY]
    assert left
    for name in left:
        (folder / name).unlink()
    (folder / LIGHT).write_bytes(light_bytes(left))


def never(task: Task) -> float:
    raise AssertionError(f"{task.spec.name} was worked on")


def run(store: Store, **options: Any) -> tuple[runner.Summary, list[str]]:
    """Run the store's plan with a worker that must not be called; what was said."""
    view = Recorder()
    asked = runner.Options(executor="inline", **options)
    return runner.run(store.plan(), store, asked, view, never), view.said


def test_it_is_done_and_says_that_it_is_light(file: Path) -> None:
    store = handins.store_of(file)
    for deep in (False, True):
        jobs = survey(store.plan(), store, deep)
        assert {(job.state, job.why) for job in jobs} == {("done", SAID)}
    summary, _said = run(store)
    assert (summary.done, summary.trained, summary.missing) == (3, 0, 0)
    code, out, _err = typed("status", cwd=file.parent)
    assert code == 0
    assert out.count(SAID) == 3


def test_its_report_is_that_of_the_whole_store(file: Path, whole: Path) -> None:
    roots = (handins.store_of(each).root for each in (file, whole))
    light, first = (render_report(root, formats=("md", "html")) for root in roots)
    assert light == first
    assert "report.html" in first["html"]


def test_it_is_handed_in_as_light_and_its_report_follows(file: Path, tmp_path: Path) -> None:
    path = handins.handed_in(file, tmp_path / "lab.zip")
    held = handins.payload(path)
    assert json.loads(held["submission.json"])["light"] is True
    assert not any(name.endswith((*HEAVY, LIGHT)) for name in held)
    assert handins.verdicts(handins.climbed(path)) == {1: "passed", 2: "passed"}


@pytest.mark.parametrize("name", ["best.safetensors", "samples.npz"])
def test_weights_that_went_astray_are_damage_still(whole: Path, tmp_path: Path, name: str) -> None:
    """Only what is marked as left out may be missing."""
    store = Store(shutil.copytree(handins.store_of(whole).root, tmp_path / "results"))
    spec = store.plan().cells[0]
    next(store.cell_folder(spec).rglob(name)).unlink()
    (job, *_) = survey(store.plan(), store)
    assert job.state in ("train", "measure")
    assert f"damaged: {name}: no such file" in job.why


@pytest.mark.parametrize("name", ["history.jsonl", "cost.json", "spec.json", "../plan.json"])
def test_a_mark_excuses_no_numbers(file: Path, name: str) -> None:
    store = handins.store_of(file)
    spec = store.plan().cells[0]
    folder = store.train_folder(spec)
    (folder / LIGHT).write_bytes(light_bytes([*HEAVY, name]))
    if name in read_commit(folder)["files"]:
        (folder / name).unlink()
        assert store.damage(spec, "train") == f"{name}: no such file or folder"
    assert store.left_out(spec) == set(HEAVY)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"left_out": 3}', b'{"left_out": [[1]]}'])
def test_a_mark_that_nobody_can_read_excuses_nothing(file: Path, data: bytes) -> None:
    store = handins.store_of(file)
    spec = store.plan().cells[0]
    (store.train_folder(spec) / LIGHT).write_bytes(data)
    assert "no such file or folder" in store.damage(spec, "train")


def test_what_is_there_of_it_is_looked_at_as_ever(file: Path) -> None:
    store = handins.store_of(file)
    spec = store.plan().cells[0]
    path = store.train_folder(spec) / "images" / "samples_epoch1.png"
    path.write_bytes(path.read_bytes()[::-1])
    assert "altered since" in store.damage(spec, "train")


def test_without_weights_it_cannot_be_measured_and_that_is_one_line(file: Path) -> None:
    store = handins.store_of(file)
    spec, *others = store.plan().cells
    shutil.rmtree(store.eval_folder(spec))
    (job, *_) = survey(store.plan(), store)
    assert job.state == "light"
    summary, said = run(store)
    assert (summary.done, summary.trained, summary.missing) == (len(others), 0, 1)
    assert said == [f"{spec.name}: not measured, and cannot be without its weights; to train it "
                    f"again: labkit run --force --only '{spec.name}'"]  # fmt: skip
    outcome = store.outcome(spec)
    assert isinstance(outcome, CellResult)
    assert not outcome.measured


def test_it_is_trained_again_where_that_is_asked_for(file: Path) -> None:
    store = handins.store_of(file)
    spec = store.plan().cells[0]
    chosen = runner.select(survey(store.plan(), store), runner.Options(force=True, only=spec.name))
    assert [job.spec for job in chosen] == [spec]


def test_the_measures_of_another_release_stay(file: Path) -> None:
    """As when a labkit with other measures plans a run: no number of a light cell is lost."""
    store = handins.store_of(file)
    old = store.plan()
    newer = {"evaluation": {**old.cells[0].evaluation, "code": "ab" * 32}}
    asked = replace(old, cells=tuple(replace(cell, **newer) for cell in old.cells))
    kept = as_measured(asked, old, store)
    assert [cell.evaluation for cell in kept.cells] == [cell.evaluation for cell in old.cells]
    assert {job.state for job in survey(kept, store)} == {"done"}
    # A whole cell is measured again.
    folder = store.train_folder(old.cells[0])
    (folder / LIGHT).unlink()
    assert as_measured(asked, old, store).cells[0] == asked.cells[0]


def test_a_run_of_the_file_leaves_it_alone(file: Path) -> None:
    """Through all of planning, with cells of a second seed that are still to be trained."""
    prepared = api.prepare(api.RunOptions(file=file, results=handins.store_of(file).root, seeds=2))
    todo = runner.select(survey(prepared.plan, prepared.store), prepared.options)
    assert len(prepared.plan.cells) == 6
    assert {job.spec.seed for job in todo} == {43}


def test_a_light_hand_in_unpacks_to_a_light_store(whole: Path, tmp_path: Path) -> None:
    path = handins.handed_in(whole, tmp_path / "light.zip", light=True)
    assert handins.verdicts(verify(path, highest=2)) == {1: "passed", 2: "passed"}
    found = handins.unpacked(path, tmp_path / "scratch")
    for spec in found.plan.cells:
        assert found.store.left_out(spec) == set(HEAVY)
        assert found.store.is_evaluated(spec, deep=True)


def test_a_whole_cell_does_without_the_number_of_a_light_gan(file: Path, whole: Path) -> None:
    """The lab sheet's number is by the first GAN's weights, which are not there."""
    store, first = handins.store_of(file), handins.store_of(whole)
    plan = store.plan()
    vae = plan.cells[-1]
    for kind in (Store.train_folder, Store.eval_folder):
        shutil.copytree(kind(first, vae), kind(store, vae), dirs_exist_ok=True)
        (kind(store, vae) / LIGHT).unlink()
    assert store.left_out(vae) == set()
    gan = plan.sheet_gan(vae)
    assert gan is not None
    assert not has_sheet(store, vae, gan)
    assert has_sheet(first, vae, gan)
    assert [job.state for job in survey(plan, store)] == ["done"] * 3
