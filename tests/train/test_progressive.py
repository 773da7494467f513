"""Progressive growing: when networks grow, what they see, and that a training can be resumed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from labkit.data import load
from labkit.train import checkpoint
from labkit.train.flops import flops_per_image
from labkit.train.loop import fit
from labkit.train.models.base import Context
from labkit.train.models.equalised import Deviation, PixelNorm, equalised
from labkit.train.models.progressive import shrunk
from labkit.train.rng import stream
from tests.builders.families import build


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.from_numpy(load("MNIST", "train", "bundled", limit=40).images.copy())


def test_networks_grow_in_the_shares_that_were_asked_for() -> None:
    model: Any = build("progressive", stages=[0.2, 0.4], fade=0.5)
    places = {0.0: 0, 0.2: 0, 0.25: 0.25, 0.3: 0.5, 0.4: 1, 0.6: 1, 0.7: 1.5, 0.8: 2, 1.0: 2}
    for place, grown in places.items():
        assert model._grown(place) == pytest.approx(grown)
    whole: Any = build("progressive", growth="at_once")
    assert [whole._grown(place) for place in (0.0, 0.5, 1.0)] == [2, 2, 2]
    at_once: Any = build("progressive", stages=[0.0, 0.0], fade=0.0)
    assert [at_once._grown(place) for place in (0.01, 1.0)] == [2, 2]


def test_the_shares_of_the_stages_add_up_and_name_places_within_them() -> None:
    model: Any = build("progressive", stages=[0.2, 0.3], fade=0.5)
    found = model.stages()
    assert sum(found.values()) == pytest.approx(1)
    assert [model._grown(place) for place in sorted(found)] == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert build("progressive", growth="at_once").stages() == {1.0: 1.0}
    skipping: Any = build("progressive", stages=[0.5, 0.0], fade=0.5)
    assert skipping.stages() == pytest.approx({0.5: 0.5, 0.625: 0.25, 1.0: 0.25})
    assert skipping._grown(0.625) == pytest.approx(1.5)


def test_small_stages_cost_less() -> None:
    model, batch = build("progressive"), torch.zeros(4, 1, 28, 28)
    costs = [
        flops_per_image(model, batch, Context(stream(1, "x"), epoch=epoch, epochs=100))
        for epoch in (10, 50, 100)
    ]
    assert costs == sorted(costs)
    assert costs[0] < costs[2] / 2


def test_real_images_are_shrunk_and_blended_like_the_generated_ones() -> None:
    x = torch.rand(3, 1, 28, 28)
    assert torch.equal(shrunk(x, 2), x)
    assert shrunk(x, 0).shape == (3, 1, 7, 7)
    torch.testing.assert_close(shrunk(x, 1)[0, 0, 0, 0], x[0, 0, :2, :2].mean())
    half = shrunk(x, 1.5)
    coarse = F.interpolate(shrunk(x, 1), scale_factor=2)
    torch.testing.assert_close(half, (x + coarse) / 2)


@pytest.mark.parametrize("grown", [0.0, 0.4, 1.0, 1.75, 2.0])
def test_samples_are_what_was_trained_enlarged(grown: float) -> None:
    """In evaluation all sizes are weighted by a number that nobody reads: the same images."""
    model: Any = build("progressive")
    model.G.grow(grown)
    z = torch.randn(2, 64)
    trained = model.G.train()(z)
    whole = model.G.eval()(z)
    assert whole.shape == (2, 1, 28, 28)
    enlarged = F.interpolate(trained, size=28)
    torch.testing.assert_close(enlarged, whole, rtol=1e-4, atol=1e-5)


def test_a_new_size_changes_nothing_at_first() -> None:
    """Just after growing, images and verdicts are those of before, but for the enlarging."""
    model: Any = build("progressive")
    z, x = torch.randn(4, 64), torch.rand(4, 1, 14, 14)
    seen = []
    for grown in (1.0, 1.0 + 1e-6):
        for network in (model.G, model.D):
            network.grow(grown)
        size = 14 if grown == 1 else 28
        seen.append((F.interpolate(model.G(z), 28), model.D(F.interpolate(x, size))))
    for before, after in zip(*seen, strict=True):
        torch.testing.assert_close(before, after, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("settings", [{}, {"ema": 0.0, "n_critic": 2}, {"growth": "at_once"}])
def test_a_training_is_resumed_to_the_bit_in_every_stage(
    images: torch.Tensor, settings: dict[str, Any]
) -> None:
    """Epochs 2 and 4 of 6 end within a fade-in: networks and moments are half grown."""
    given: dict[str, Any] = {"stages": [0.25, 0.35], "fade": 0.9, **settings}
    training: dict[str, Any] = {"epochs": 6, "batch_size": 16, "seed": 7}
    whole = build("progressive", **given)
    states = {e: checkpoint.dump(whole) for e, _ in fit(whole, images, **training)}
    for done in (1, 2, 3, 4, 5):
        resumed: Any = build("progressive", **given)
        checkpoint.restore(resumed, states[done])
        for _ in fit(resumed, images, done=done, **training):
            pass
        assert checkpoint.dump(resumed) == states[6], done
    moments = [len(state) for state in states.values()]
    assert (moments[0] < moments[5]) == (settings.get("growth") != "at_once")


def test_only_whole_stages_are_recorded() -> None:
    model: Any = build("progressive", stages=[0.2, 0.3], fade=0.5)
    noise = torch.Generator()
    turns = [model.branch(Context(noise, epoch=e, epochs=10)) for e in (1, 4, 5, 10)]
    assert turns[1] is None
    assert len({turns[0], turns[2], turns[3]}) == 3


def test_equalised_layers_keep_the_size_of_signals() -> None:
    torch.manual_seed(1)
    x = torch.randn(500, 64, 7, 7)
    for layer in (
        equalised(torch.nn.Conv2d(64, 32, 3), gain=1.0),
        equalised(torch.nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), gain=1.0),
        equalised(torch.nn.Conv2d(64, 32, 3), gain=1.0, pace=0.01),
    ):
        assert layer(x)[:, :, 2:-2, 2:-2].std().item() == pytest.approx(1, abs=0.05)
    slow, fast = (equalised(torch.nn.Linear(8, 8), gain=1.0, pace=pace) for pace in (0.01, 1.0))
    # A step of one size in what is learnt moves what is used in proportion to the pace.
    moved = []
    for layer in (slow, fast):
        before = layer.weight.detach().clone()
        with torch.no_grad():
            layer.parametrizations.weight.original.add_(1.0)  # type: ignore[union-attr, operator]
        moved.append((layer.weight - before).mean().item())
    assert moved[0] == pytest.approx(0.01 * moved[1], rel=1e-3)


def test_pixel_norm_and_the_spread_of_a_batch() -> None:
    x = torch.randn(4, 6, 3, 3)
    torch.testing.assert_close(PixelNorm()(x).square().mean(1), torch.ones(4, 3, 3))
    told = Deviation()(x)
    assert told.shape == (4, 7, 3, 3)
    torch.testing.assert_close(told[:, :6], x)
    torch.testing.assert_close(
        told[:, 6], x.std(0, correction=0).mean().expand(4, 3, 3), rtol=1e-4, atol=1e-4
    )
    alike = Deviation()(x[:1].expand(4, -1, -1, -1))
    assert alike[:, 6].max() < 1e-3
