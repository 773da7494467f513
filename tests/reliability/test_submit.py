"""What is handed in: all that is needed, nothing of the user's machine, the same bytes twice."""

from __future__ import annotations

import getpass
import json
import platform
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from labkit.errors import LabkitError
from labkit.execution.sampling import build
from labkit.experiment.grid import differences, make_plan
from labkit.experiment.reader import parse_experiment, read_experiment
from labkit.handin import weights
from labkit.handin.submit import submit
from labkit.store.store import Store
from labkit.train import checkpoint
from tests.builders import handins, stores


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        folder = tmp_path_factory.mktemp("home-of-ada") / "project"
        return handins.project(folder, failed=("MNIST_GAN_bce_z64",))


def test_a_bag_that_others_can_read(file: Path, tmp_path: Path) -> None:
    path = handins.handed_in(file, tmp_path / "lab.zip")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert archive.read("lab/bagit.txt").startswith(b"BagIt-Version: 1.0\n")
        manifest = archive.read("lab/manifest-sha256.txt").decode().splitlines()
    assert {line.split("  ", 1)[1] for line in manifest} == {
        name.removeprefix("lab/") for name in names if name.startswith("lab/data/")
    }
    held = handins.payload(path)
    for name in ("experiments.yaml", "answers.md", "results/plan.json", "report/report.html",
                 "report/report.md", "report/metrics.csv"):  # fmt: skip
        assert name in held
    assert any(name.endswith("failed/error.json") for name in held)
    assert not any(name.endswith("log.txt") for name in held)


def test_the_same_store_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    first = handins.handed_in(file, tmp_path / "a.zip").read_bytes()
    copy = shutil.copytree(file.parent, tmp_path / "elsewhere")
    assert handins.handed_in(copy / "experiments.yaml", tmp_path / "b.zip").read_bytes() == first


def test_the_same_bytes_also_where_the_first_report_is_made_now(file: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(file.parent, tmp_path / "elsewhere") / "experiments.yaml"
    (copy.parent / "answers.md").unlink()
    first = handins.handed_in(copy, tmp_path / "a.zip").read_bytes()
    assert "answers.md" in handins.payload(tmp_path / "a.zip")
    assert handins.handed_in(copy, tmp_path / "b.zip").read_bytes() == first


def test_nothing_of_the_machine(file: Path, tmp_path: Path) -> None:
    held = handins.payload(handins.handed_in(file, tmp_path / "lab.zip"))
    private = [str(file.parent), "home-of-ada", str(tmp_path), platform.node(), str(Path.home())]
    private.append(getpass.getuser())
    # A short name is found in any picture.
    private = [word for word in private if len(word) > 5]
    for name, data in held.items():
        for word in private:
            assert word.encode() not in data, f"{word} in {name}"


def test_light_leaves_out_what_is_heavy(file: Path, tmp_path: Path) -> None:
    results = handins.store_of(file).root
    copy = shutil.copytree(file.parent, tmp_path / "copy")
    store = Store(copy / "results" / results.name)
    for spec in [store.plan().cells[0], store.plan().cells[2]]:
        attempt = store.begin(spec, "train")
        shutil.copytree(store.train_folder(spec), attempt.folder, dirs_exist_ok=True)
        (attempt.folder / "best.safetensors").write_bytes(b"weights")
        (attempt.folder / "log.txt").write_text("/home/ada/secret")
        store.set_aside(spec)
        store.commit(attempt, spec, "train")
    full = handins.payload(handins.handed_in(copy / "experiments.yaml", tmp_path / "full.zip"))
    light = handins.payload(handins.handed_in(copy / "experiments.yaml", tmp_path / "l.zip", True))
    left = {name.rpartition("/")[2] for name in full.keys() - light.keys()}
    assert left == {"best.safetensors"}
    assert light.keys() < full.keys()
    assert json.loads(light["submission.json"])["light"] is True


def test_the_usual_size_leaves_out_what_can_be_drawn_again(tmp_path: Path) -> None:
    """Of weights that nobody can read nothing is cut: they go in whole."""
    file = handins.project(tmp_path / "project", heavy=True)
    full = handins.payload(handins.handed_in(file, tmp_path / "full.zip"))
    usual = handins.payload(handins.handed_in(file, tmp_path / "usual.zip", size="usual"))
    left = {name.rpartition("/")[2] for name in full.keys() - usual.keys()}
    assert left == {"samples.npz", "checkpoint.safetensors"}
    assert usual.keys() < full.keys()
    assert json.loads(usual["submission.json"])["light"] is True
    assert handins.verdicts(handins.climbed(tmp_path / "usual.zip")) == {1: "passed", 2: "passed"}


def test_of_lab_1_it_has_at_most_48_mb() -> None:
    """By the weights of its networks, which are nearly all of it; pictures and report take 6 MB."""
    plan = make_plan(read_experiment(Path("experiments.yaml")), download=False, source="bundled")
    octets = 0
    for spec in plan.cells:
        family = build(spec, torch.device("cpu"))
        for name in weights.not_drawn(plan, spec):
            del family.networks[name]
        octets += len(checkpoint.dump(family, optimisers=False))
    assert 30e6 < octets < 42e6


def test_a_file_of_somebodys_own_is_left_alone(file: Path, tmp_path: Path) -> None:
    store = handins.store_of(file)
    own = tmp_path / "experiments.yaml"
    own.write_text("name: mine\n")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as photos:
        photos.writestr("sea.jpg", b"blue")
    for out in (own, tmp_path / "photos.zip", tmp_path):
        with pytest.raises(LabkitError):
            submit(read_experiment(file), file, store.root, out, "light")
    assert own.read_text() == "name: mine\n"
    for _ in range(2):  # a hand-in may be made again, also in a folder that is not there yet
        submit(read_experiment(file), file, store.root, tmp_path / "new" / "lab.zip", "light")


def test_the_checklist_says_what_is_missing(file: Path, tmp_path: Path) -> None:
    experiment = read_experiment(file)
    items = submit(experiment, file, handins.store_of(file).root, tmp_path / "lab.zip", "full")
    said = "\n".join(map(str, items))
    assert "[x] who: Ada Lovelace, 1815, A, Deep Learning" in said
    assert "[ ] gan cells done: 1 of 2" in said
    assert "[x] vae cells done: 1 of 1" in said
    assert "[ ] MNIST_GAN_bce_z64: failed: DivergedError" in said
    assert "[x] the experiment file is what was run" in said
    assert "[ ] data: the BUNDLED subset" in said
    assert "[ ] no answer in answers.md: Evidence of mode collapse" in said
    assert "no answer in answers.md: What hyperparameters" not in said


def test_the_checklist_sees_a_changed_file_and_damage(file: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(file.parent, tmp_path / "copy") / "experiments.yaml"
    copy.write_text(copy.read_text().replace("latent_dim: [8]", "latent_dim: [16]"))
    store = handins.store_of(copy)
    spec = store.plan().cells[-1]
    picture = store.train_folder(spec) / "images" / "samples_epoch1.png"
    picture.write_bytes(picture.read_bytes()[::-1])
    items = submit(read_experiment(copy), copy, store.root, tmp_path / "lab.zip", "full")
    said = "\n".join(map(str, items))
    assert "[ ] the experiment file is what was run: no:" in said
    assert f"[ ] {spec.name}" in said


def test_a_seed_that_was_left_out_is_a_difference() -> None:
    text = (
        "name: lab\nseeds: [0, 1, 2]\nexperiments:\n  gan:\n    family: gan\n"
        "    grid: {dataset: [MNIST], loss: [hinge, bce]}\n"
    )
    experiment = parse_experiment(text, "experiments.yaml")
    plan = make_plan(experiment, source="bundled")
    assert differences(experiment, plan) == []
    lucky = {("hinge", 2), ("bce", 0), ("bce", 1), ("bce", 2)}
    kept = tuple(c for c in plan.cells if (c.params["loss"], c.seed) in lucky)
    (said,) = differences(experiment, replace(plan, cells=kept))
    assert said.startswith("MNIST_GAN_hinge_z64_seed2: asked for with seed 0, 1, too")
    more = make_plan(experiment, seeds="4", source="bundled")  # 0 to 3: seeds may be added
    assert differences(experiment, more) == []
