"""`store.zip` beside a report: it renders the report again, byte for byte, and is small."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

import labkit
from labkit.errors import LabkitError
from labkit.experiment.reader import read_experiment
from labkit.handin import bag, store_zip
from labkit.handin.join import join
from labkit.handin.submit import submit
from labkit.handin.verify import verify
from labkit.reporting.files import LIST
from labkit.store.file_names import HEAVY
from labkit.store.store import Store
from scripts import render_reports
from tests.builders import handins, stores
from tests.builders.commands import labkit as typed_outside
from tests.builders.commands import typed
from tests.builders.plans import fake_plan

SHOWCASE = Path(__file__).parents[2] / "reports" / "showcase"
NAME = store_zip.NAME


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two seeds with a failed cell, and a student's own words."""
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        folder = tmp_path_factory.mktemp("zipped") / "project"
        failed = ("MNIST_GAN_bce_z64_seed43",)
        return handins.project(folder, failed, heavy=True, seeds="[42, 43]", epochs=4)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)}


def reported(file: Path, out: Path, **asked: Any) -> dict[str, bytes]:
    results = handins.store_of(file).root
    labkit.report(file, out, results=results, format="md,html", **asked)
    return files(out)


ASKED = [{}, {"layout": "brief"}, {"no_reference": True}]


@pytest.mark.parametrize("asked", ASKED, ids=["as it is", "brief", "own seeds alone"])
def test_it_renders_the_same_report(file: Path, tmp_path: Path, asked: dict[str, Any]) -> None:
    first = reported(file, tmp_path / "first", **asked)
    assert {"report.md", "report.html", "metrics.csv", NAME, LIST} <= first.keys()
    labkit.report(tmp_path / "first" / NAME, tmp_path / "again", format="md,html")
    assert files(tmp_path / "again") == first


def test_by_the_command_line_from_another_folder(file: Path, tmp_path: Path) -> None:
    """In a process of its own, with the file's title, author and answers of the day."""
    copy = shutil.copytree(file.parent, tmp_path / "project") / file.name
    text = copy.read_text().replace('title: "A lab"', 'title: "Another title"')
    copy.write_text(text.replace("Ada Lovelace", "Grace Hopper"))
    (copy.parent / "answers.md").write_text(
        "# What hyperparameters most influenced GAN stability in your runs?\n\nOnly the loss.\n"
    )
    typed_outside("report", "--format", "md,html", cwd=copy.parent)
    first = files(copy.parent / "reports" / "lab")
    for words in (b"Another title", b"Grace Hopper", b"Only the loss."):
        assert words in first["report.md"]
    shutil.move(copy.parent / "reports" / "lab" / NAME, tmp_path / "kept.zip")
    done = typed_outside("report", "kept.zip", "--format", "md,html", cwd=tmp_path)
    assert done.stdout.splitlines() == ["reports/lab/report.md", "reports/lab/report.html"]
    assert files(tmp_path / "reports" / "lab") == first


def test_it_holds_no_weights_and_only_pictures_that_are_shown(file: Path, tmp_path: Path) -> None:
    reported(file, tmp_path / "report")
    held = handins.payload(tmp_path / "report" / NAME)
    assert not any(name.endswith((*HEAVY, "log.txt")) for name in held)
    pictures = {name.rpartition("/")[2] for name in held if name.endswith(".png")}
    assert "samples_epoch4.png" in pictures
    # Of the second seed only the best epoch's grids can be shown.
    shown = [n for n in held if n.endswith(".png") and "seed43" in n]
    every = [n for n in files(handins.store_of(file).root) if n.endswith(".png") and "seed43" in n]
    assert 0 < len(shown) < len(every)
    assert held.keys() >= {"store.json", "answers.md", "results/plan.json"}
    assert any(name.endswith("failed/error.json") for name in held)


def test_every_layout_and_every_part_can_be_made_of_it(file: Path, tmp_path: Path) -> None:
    """A brief report's store still has what the full one shows, and the other way round."""
    brief = reported(file, tmp_path / "brief", layout="brief")
    full = reported(file, tmp_path / "full")
    for name, layout, first in (("brief", "full", full), ("full", "brief", brief)):
        out = tmp_path / f"{name} as {layout}"
        labkit.report(tmp_path / name / NAME, out, format="md,html", layout=layout)
        again = files(out)
        for each in (first, again):
            del each[NAME], each[LIST]
        assert again == first


def test_the_slider_shows_the_same_epochs_though_others_are_left_out(tmp_path: Path) -> None:
    """Lab 1's eighteen cells of ten epochs: more pictures than a page may hold."""
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        stores.write_store(tmp_path / "lab1", fake_plan(), heavy=True)
    first = labkit.report(tmp_path / "lab1", tmp_path / "a", format="html").parent
    packed = first / NAME
    page, size = (first / "report.html").stat().st_size, packed.stat().st_size
    assert size < 0.7 * page
    every = [n for n in files(tmp_path / "lab1") if n.endswith(".png")]
    held = [n for n in handins.payload(packed) if n.endswith(".png")]
    assert len(held) < len(every)
    labkit.report(packed, tmp_path / "b", format="html")
    assert files(tmp_path / "b") == files(tmp_path / "a")
    # A store of it has what is there, and its report does without the rest.
    join([packed], tmp_path / "joined")
    labkit.report(tmp_path / "joined", tmp_path / "c", format="html")
    assert (tmp_path / "c" / "report.html").read_bytes() == (first / "report.html").read_bytes()
    store = Store(tmp_path / "joined")
    for spec in store.plan().cells:
        assert store.is_evaluated(spec, deep=True)
    cell = next(iter(labkit.load(tmp_path / "joined").cells.values()))
    assert cell.images
    assert all(image.path.is_file() for image in cell.images)


REAL = """\
name: lab
data: {source: bundled, limit: 128}
seeds: [1, 2]
training: {epochs: 3, batch_size: 64, snapshot_epochs: [3]}
evaluation: {samples: 150, selection_samples: 150}
experiments:
  vae: {family: vae, grid: {dataset: [MNIST], latent_dim: [4]}}
"""


@pytest.mark.slow
def test_a_store_of_it_is_trained_again_and_identical(tmp_path: Path) -> None:
    """Rung 4, without weights, samples and most pictures: by what the commits say of them."""
    handins.trained(tmp_path, REAL)
    file = tmp_path / "experiments.yaml"
    report = labkit.report(
        file, tmp_path / "report", results=tmp_path / "results", format="md"
    ).parent
    join([report / "store.zip"], tmp_path / "joined")
    out = tmp_path / "again.zip"
    submit(read_experiment(file), file, tmp_path / "joined", out, "full")
    held = handins.payload(out)
    pictures = [name for name in held if "seed2" in name and name.endswith(".png")]
    assert len([name for name in pictures if name.startswith("results/")]) < 9
    ladder = verify(out, rerun=2)
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed", 3: "not checkable", 4: "passed"}
    assert sum("identical: weights, history" in line for line in ladder.rungs[3].notes) == 2


def test_it_can_be_left_out_and_goes_with_its_report(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    assert NAME in reported(file, out)
    listed = json.loads((out / LIST).read_bytes())["files"]
    assert all(NAME in names for names in listed.values())
    code, _out, err = typed(
        "report", "--no-store", "--format", "md,html", "-o", out, cwd=file.parent
    )
    assert code == 0, err
    assert NAME not in files(out)
    assert "report.html" in files(out)


def test_a_store_of_very_many_files_has_none(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(store_zip, "MOST_FILES", 20)
    assert NAME not in reported(file, tmp_path / "report")
    assert f"no {NAME}: more than 20 files" in capsys.readouterr().err


def test_what_is_no_store_zip_is_one_line(file: Path, tmp_path: Path) -> None:
    reported(file, tmp_path / "report")
    whole = (tmp_path / "report" / NAME).read_bytes()
    bad = tmp_path / "bad.zip"
    for place in range(30):
        at = place * len(whole) // 30
        bad.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(LabkitError) as caught:
            labkit.report(bad, tmp_path / "out", format="md")
        assert str(bad) in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1
    handins.handed_in(file, tmp_path / "lab.zip", light=True)
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as photos:
        photos.writestr("sea.jpg", b"blue")
    for name, why in (("lab.zip", "a hand-in, whose report is in it"), ("photos.zip", "no bagit")):
        code, _out, err = typed("report", name, cwd=tmp_path)
        assert (code, why in err, len(err.splitlines())) == (2, True, 1), err
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "reports").exists()
    # Nor is it a hand-in.
    ladder = handins.climbed(tmp_path / "report" / NAME)
    assert handins.verdicts(ladder) == {1: "failed"}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("store.json", lambda value: {**value, "name": "../../outside"}),
        ("store.json", lambda value: {**value, "lang": "../de"}),
        ("store.json", lambda value: {**value, "format": 2}),
        ("store.json", lambda value: [value]),
        ("results/plan.json", lambda value: {**value, "title": {"a": 1}}),
        ("results/plan.json", lambda value: {**value, "settings": {"report": 3}}),
        ("results/plan.json", lambda value: {**value, "author": 3}),
        ("results/plan.json", lambda value: {**value, "snapshot_epochs": ["first"]}),
        ("results/plan.json", lambda value: {**value, "cells": []}),
    ],
)
def test_a_forged_one_writes_nothing_and_is_one_line(
    file: Path, tmp_path: Path, name: str, change: Any
) -> None:
    reported(file, tmp_path / "report")
    held: dict[str, Any] = handins.payload(tmp_path / "report" / NAME)
    held[name] = json.dumps(change(json.loads(held[name]))).encode()
    (tmp_path / "forged.zip").write_bytes(bag.bag_bytes("lab", held, {}))
    before = files(tmp_path)
    code, _out, err = typed("report", "forged.zip", "--format", "md", cwd=tmp_path)
    assert (code, len(err.splitlines())) == (2, 1), err
    assert "forged.zip" in err
    assert files(tmp_path) == before


def test_committed_reports_follow_from_the_stores_beside_them() -> None:
    """Tables and answers; pages and pictures are committed once a release."""
    for store in render_reports.stores(SHOWCASE):
        assert list(render_reports.differences(store)) == []


def test_a_report_that_does_not_follow_is_noticed(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "reports" / "lab"
    reported(file, out)
    (store,) = render_reports.stores(tmp_path / "reports")
    assert list(render_reports.differences(store)) == []
    first, changed = files(out), ("metrics.csv", "history.csv", "report.md", "report.html")
    for name in changed:
        text = (out / name).read_text("utf-8")
        last = next(i for i in reversed(range(len(text))) if text[i].isdigit())
        told = {"report.md": "ahead", "report.html": "</td>"}
        at = text.index(told[name]) if name in told else last
        (out / name).write_text(text[:at] + "7x" + text[at + 1 :], "utf-8")
    lines = list(render_reports.differences(store))
    assert [line.partition(": ")[0] for line in lines] == [str(out / name) for name in changed]
    render_reports.render(store)
    assert files(out) == first
