"""The loop, the checkpoint and exact resume, for every family of the catalog."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from labkit.catalog import FAMILIES
from labkit.data import load
from labkit.train import checkpoint, runtime
from labkit.train.loop import DivergedError, fit
from labkit.train.models.base import Context, Family, to_float, to_uint8
from labkit.train.rng import derive, stream
from tests.builders.families import build

EPOCHS = 3


@pytest.fixture(scope="module", autouse=True)
def _deterministic() -> None:
    runtime.set_up()


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.from_numpy(load("MNIST", "train", "bundled", limit=72).images.copy())


LABELS = torch.arange(72) % 10


def train(
    family: Family, images: torch.Tensor, done: int = 0, epochs: int = EPOCHS, stop: int = EPOCHS
) -> list[Any]:
    """The rows of training, which ends early after `stop` epochs, as if killed."""
    rows = islice(
        fit(family, images, epochs=epochs, batch_size=32, seed=7, done=done, labels=LABELS),
        stop - done,
    )
    return [(epoch, {k: v for k, v in row.items() if k != "seconds"}) for epoch, row in rows]


def state(family: Family) -> bytes:
    return checkpoint.dump(family)


@pytest.mark.parametrize("name", FAMILIES)
def test_same_seed_same_bits(name: str, images: torch.Tensor) -> None:
    a, b = build(name), build(name)
    assert train(a, images) == train(b, images)
    assert state(a) == state(b)


@pytest.mark.parametrize("stop", range(1, EPOCHS))
@pytest.mark.parametrize("name", FAMILIES)
def test_resumed_after_any_epoch_ends_the_same(
    name: str, stop: int, images: torch.Tensor, tmp_path: Path
) -> None:
    whole = build(name)
    rows = train(whole, images)

    first = build(name)
    train(first, images, stop=stop)
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(checkpoint.dump(first, epoch=stop))
    second = build(name)
    torch.manual_seed(12345)  # whatever this process did before must not matter
    checkpoint.load(second, path)
    assert checkpoint.read_facts(path) == {"epoch": stop}
    assert train(second, images, done=stop) == rows[stop:]
    assert state(second) == state(whole)


@pytest.mark.parametrize("name", FAMILIES)
def test_looking_between_epochs_disturbs_nothing(name: str, images: torch.Tensor) -> None:
    quiet, watched = build(name), build(name)
    train(quiet, images)
    for epoch, _ in fit(watched, images, epochs=EPOCHS, batch_size=32, seed=7, labels=LABELS):
        watched.sample(5, stream(7, "grid", epoch))
        torch.randn(100)
    assert state(watched) == state(quiet)


@pytest.mark.parametrize("name", FAMILIES)
def test_another_seed_is_another_training(name: str, images: torch.Tensor) -> None:
    a, b = build(name), build(name)
    train(a, images)
    for _ in fit(b, images, epochs=EPOCHS, batch_size=32, seed=8, labels=LABELS):
        pass
    assert state(a) != state(b)


@pytest.mark.parametrize("name", FAMILIES)
def test_rows_hold_the_losses_the_catalog_promises(name: str, images: torch.Tensor) -> None:
    ((_, row),) = train(build(name), images, epochs=1)
    assert set(FAMILIES[name].losses) <= row.keys()
    assert all(np.isfinite(list(row.values())))


@pytest.mark.parametrize("name", FAMILIES)
def test_samples_are_images_and_follow_their_stream(name: str) -> None:
    family = build(name)
    once, again = (family.sample(6, stream(1, "x")) for _ in range(2))
    assert once.shape == (6, 1, 28, 28)
    assert once.dtype == torch.float32
    assert once.abs().max() <= 1
    assert torch.equal(once, again)
    assert not torch.equal(once, family.sample(6, stream(2, "x")))


def test_a_generator_waits_for_its_turn(images: torch.Tensor) -> None:
    family = build("gan", n_critic=2)
    noise = stream(7, "noise", 1)
    batch = to_float(images[:32]).unsqueeze(1)
    before = family.networks["generator"].state_dict()["0.weight"].clone()
    assert "g_loss" not in family.step(batch, Context(noise, step=0))
    assert torch.equal(before, family.networks["generator"].state_dict()["0.weight"])
    assert "g_loss" in family.step(batch, Context(noise, step=1))
    assert not torch.equal(before, family.networks["generator"].state_dict()["0.weight"])


def test_divergence_names_the_step(images: torch.Tensor) -> None:
    family = build("vae")
    calls = []

    def poisoned(batch: torch.Tensor, context: Context) -> dict[str, torch.Tensor]:
        calls.append(context.step)
        value = torch.tensor(float("nan") if len(calls) == 5 else 1.0)
        return {"total_loss": value}

    family.step = poisoned  # type: ignore[method-assign]
    with pytest.raises(DivergedError, match="step 2 of epoch 2"):
        train(family, images)


def test_means_are_weighted_by_batch_size(images: torch.Tensor) -> None:
    family = build("vae")

    def counting(batch: torch.Tensor, context: Context) -> dict[str, torch.Tensor]:
        return {"total_loss": torch.tensor(float(context.step))}

    family.step = counting  # type: ignore[method-assign]
    ((_, row),) = train(family, images, epochs=1)  # batches of 32, 32 and 8
    assert row["total_loss"] == pytest.approx((32 * 0 + 32 * 1 + 8 * 2) / 72)


def test_uint8_round_trip_is_exact() -> None:
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_uint8(to_float(every)), every)
    assert to_uint8(torch.tensor([-1.5, 1.5])).tolist() == [0, 255]


def test_streams_differ_by_every_part() -> None:
    seeds = {derive(s, p, e) for s in (1, 2) for p in ("order", "noise") for e in (0, 1)}
    assert len(seeds) == 8
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_vae_interpolates_between_its_reconstructions() -> None:
    family: Any = build("vae")
    two = to_float(torch.from_numpy(load("MNIST", "test", "bundled", limit=2).images.copy()))
    two = two.unsqueeze(1)
    line = family.interpolate(two[0], two[1], 16)
    ends = family.reconstruct(two)
    torch.testing.assert_close(line[0], ends[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(line[-1], ends[1], rtol=1e-4, atol=1e-5)
    assert line.shape == (16, 1, 28, 28)


def test_in_bf16_a_weight_changed_within_a_step_is_used_as_it_is_now(images: torch.Tensor) -> None:
    class Twice(Family):
        noise_dim = 1

        def __init__(self) -> None:
            self.net = torch.nn.Linear(784, 1)
            self.networks, self.optimisers = {"net": self.net}, {}

        def step(self, batch: torch.Tensor, context: Context) -> dict[str, torch.Tensor]:
            with torch.no_grad():
                before = self.net(batch.flatten(1))
                self.net.bias.add_(1)
            after = self.net(batch.flatten(1))
            after.sum().backward()
            assert self.net.weight.grad is not None
            return {"moved": (after - before).detach().float().mean()}

    ((_, row),) = fit(Twice(), images, epochs=1, batch_size=36, seed=7, precision="bf16")
    assert row["moved"] == pytest.approx(1, abs=0.02)
