"""A training loop of the user's own, told to labkit, ends in the same report."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import labkit
from labkit.data import load
from labkit.data.grey import to_grey
from labkit.errors import PlanError
from labkit.experiment.grid import make_plan, parse_experiment
from labkit.experiment.spec import OWN_CODE, UNSTATED, CellFailure, CellResult
from labkit.store.store import Store

REAL = load("MNIST", "train", "bundled", limit=3000).images


def train(results: Path, name: str = "MNIST_GAN_hinge_z64", **changes: Any) -> None:
    given: dict[str, Any] = {"dataset": "MNIST", "family": "gan", "loss": "hinge", "z_dim": 64}
    rng = np.random.default_rng(0)
    with labkit.cell(name, results=results, **(given | changes)) as cell:
        for epoch in (1, 2):
            cell.log(epoch, d_loss=torch.tensor(2.0 / epoch), g_loss=0.5)
            noisy = REAL[:1200] / 127.5 - 1 + rng.normal(0, 0.3 / epoch, REAL[:1200].shape)
            cell.samples(torch.from_numpy(noisy.clip(-1, 1)).unsqueeze(1), epoch)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("own") / "mine"
    train(root)
    return root


def test_it_is_a_result_like_any_other(results: Path) -> None:
    store = Store(results)
    (spec,) = store.plan().cells
    outcome = store.outcome(spec)
    assert isinstance(outcome, CellResult)
    assert outcome.measured
    assert outcome.spec.code == OWN_CODE
    assert outcome.metrics["best_epoch"] == 2  # less noise
    assert outcome.metrics["d_loss"] == 1.0
    assert outcome.metrics["proxy_fid"] > 0
    assert outcome.spec.params["lr"] == UNSTATED
    assert [row["epoch"] for row in outcome.history] == [1, 2]
    assert "images/samples_epoch2.png" in outcome.artifacts


def test_it_is_reported_and_marked(results: Path, tmp_path: Path) -> None:
    page = labkit.report(results, tmp_path / "report")
    text = page.read_text("utf-8")
    assert "MNIST_GAN_hinge_z64" in text
    assert "own code" in text
    assert "in a loop labkit has not seen" in text
    assert "the settings are what the author stated" in text
    assert "no fingerprint covers the code" in text
    assert "This tracking FID only chooses" not in text  # no such cell is there


def test_again_replaces_and_another_joins(results: Path, tmp_path: Path) -> None:
    root = tmp_path / "r"
    train(root)
    train(root)
    train(root, "MNIST_GAN_bce_z64", loss="bce")
    names = [cell.name for cell in Store(root).plan().cells]
    assert names == ["MNIST_GAN_hinge_z64", "MNIST_GAN_bce_z64"]
    assert len(list((root / "cells").glob("MNIST_GAN_hinge*/train"))) == 1


def test_seeds_of_one_name_stand_side_by_side(tmp_path: Path) -> None:
    for seed in (0, 1, 2, 1):
        train(tmp_path / "mine", seed=seed)
    plan = Store(tmp_path / "mine").plan()
    name = "MNIST_GAN_hinge_z64"
    assert [(c.name, c.seed) for c in plan.cells] == [
        (name, 0), (f"{name}_seed1", 1), (f"{name}_seed2", 2)
    ]  # fmt: skip
    assert plan.seeds == (0, 1, 2)
    told = labkit.load(tmp_path / "mine")
    assert {claim.finding.n_seeds for claim in told.claims} >= {3}
    assert len(told.table) == 3


@pytest.mark.parametrize("z_dim", [{"a": 1}, float("nan"), object(), np.array([None]), 1j])
def test_settings_that_cannot_be_kept_are_refused_before_the_loop(
    tmp_path: Path, z_dim: Any
) -> None:
    with pytest.raises(PlanError, match="state settings as plain numbers and texts"):
        train(tmp_path / "mine", z_dim=z_dim)
    assert not (tmp_path / "mine").exists()


def test_a_new_plan_keeps_them(results: Path) -> None:
    text = "name: mine\nexperiments: {v: {family: vae, grid: {dataset: [MNIST]}}}\n"
    plan = make_plan(parse_experiment(text, "a.yaml"), source="bundled")
    found = plan.keeping_own(Store(results).plan())
    assert [cell.name for cell in found.cells] == ["MNIST_VAE_latent16", "MNIST_GAN_hinge_z64"]


def test_an_error_in_the_loop_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    def loop() -> None:
        with labkit.cell(
            "a", dataset="MNIST", family="vae", reconstruction="l1", results=tmp_path
        ) as cell:
            cell.log(1, total_loss=3)
            cell.log(2, total_loss=1 / 0)

    with pytest.raises(ZeroDivisionError):
        loop()
    store = Store(tmp_path)
    outcome = store.outcome(store.plan().cells[0])
    assert isinstance(outcome, CellFailure)
    assert outcome.error == "ZeroDivisionError: division by zero (after epoch 1)"


def test_a_vae_shows_its_pictures(tmp_path: Path) -> None:
    given: dict[str, Any] = {"reconstruction": "l1", "latent_dim": 2}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with labkit.cell("v", dataset="MNIST", family="vae", results=tmp_path, **given) as cell:
            cell.log(1, total_loss=3, recon_loss=2, kl_loss=1)
            cell.samples(REAL[:16], 1)  # too few to be measured
            cell.reconstructions(REAL[:8], REAL[8:16], 1)
            cell.interpolation(REAL[:16], 1)
    assert "with 1,000 of them or more" in str(caught[-1].message)
    store = Store(tmp_path)
    assert store.plan().snapshot_epochs == (1,)
    outcome = store.outcome(store.plan().cells[0])
    assert isinstance(outcome, CellResult)
    assert outcome.metrics.get("proxy_fid") is None
    assert sorted(Path(name).name for name in outcome.artifacts) == [
        "interpolation_epoch1.png", "reconstruction_epoch1.png", "samples_epoch1.png",
    ]  # fmt: skip
    json.dumps(outcome.spec.to_json())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "KMNIST"}, "unknown dataset 'KMNIST'; allowed: MNIST, FashionMNIST"),
        ({"family": "gna"}, "unknown family 'gna'; did you mean 'gan'?"),
        ({"zdim": 3}, "gan has no 'zdim'; did you mean 'z_dim'?"),
        ({"loss": "hing"}, "unknown loss 'hing'; did you mean 'hinge'?"),
        ({"name": "../x"}, "a name is of"),
    ],
)
def test_mistakes_are_one_line(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    name = changes.pop("name", "x")
    with pytest.raises(PlanError) as caught:
        train(tmp_path, name, **changes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((3, 32, 32)), "expected images"),
        (np.full((3, 28, 28), 255.0), "expected pixels in"),
        (np.full((3, 28, 28), 0.5), "2 \\* images - 1"),
    ],
)
def test_images_of_another_kind(images: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_grey(images)


def test_the_numbers_of_images_are_kept() -> None:
    every = np.tile(np.arange(256, dtype=np.uint8), 49)[: 784 * 16].reshape(16, 28, 28)
    signed = torch.from_numpy(every / 127.5 - 1)
    for images in (every, torch.from_numpy(every), every.astype(int), signed, signed[:, None],
                   signed[..., None], signed.requires_grad_(), signed.numpy(force=True)[::1],
                   list(signed.numpy(force=True)), [*signed.detach()], signed.float(),
                   (signed + 1) / 2):  # fmt: skip
        assert np.array_equal(to_grey(images)[0], every)
    turned = to_grey(signed.detach().transpose(1, 2))[0]
    assert np.array_equal(turned, every.transpose(0, 2, 1))
    for dtype in (torch.float16, torch.bfloat16):
        assert np.abs(to_grey(signed.to(dtype))[0].astype(int) - every).max() <= 1
    assert np.array_equal(to_grey(every > 127)[0], (every > 127) * np.uint8(255))


def test_the_scale_of_images_is_what_they_show() -> None:
    real = REAL[:64] / 255.0
    for dtype in (np.float16, np.float32, np.float64):
        grey, scale = to_grey(real.astype(dtype))
        assert scale == "[0, 1]"
        assert np.abs(grey.astype(int) - REAL[:64]).max() <= 1
    assert to_grey(real * 2 - 1)[1] == "[-1, 1]"
    # Grey all over: nothing shows the scale, but what came before does.
    mush = np.full((64, 28, 28), 0.5)
    assert to_grey(mush, "[-1, 1]")[0].max() == 191
    assert to_grey(mush, "[0, 1]")[0].max() == 128
    with pytest.raises(ValueError, match="those before were in"):
        to_grey(real * 2 - 1, "[0, 1]")


def test_a_loss_by_almost_its_name_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="epoch 2: 'D_Loss': did you mean 'd_loss'"):  # noqa: PT012, SIM117
        with labkit.cell("x", dataset="MNIST", family="gan", loss="bce", results=tmp_path) as cell:
            cell.log(1, d_loss=1.0, g_loss=2.0, temperature=3.0)
            cell.log(2, D_Loss=1.0)
