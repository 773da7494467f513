"""The style-based generator: what a style reaches, noise by layer, mixing and truncation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from labkit.catalog import FAMILIES
from labkit.train.models.base import Context
from labkit.train.models.style import ACROSS, DOWN, MIXED, SIZES, TRUNCATIONS, Modulated
from labkit.train.rng import stream
from tests.builders.families import build


@pytest.fixture
def model() -> Any:
    made: Any = build("style")
    for layer in made.G.layers:  # strengths start at 0
        torch.nn.init.constant_(layer.noise.strength, 0.5)
    made.average.network.load_state_dict(made.G.state_dict())
    return made


@pytest.mark.parametrize("enlarges", [False, True])
def test_a_modulated_convolution_is_one_with_modulated_weights(enlarges: bool) -> None:
    """Scaling maps before and after is the same as the paper's scaling of weights, per image."""
    torch.manual_seed(1)
    layer = Modulated(8, 6, 4, enlarges)
    x, style = torch.randn(3, 6, 7, 7), torch.randn(3, 8)
    found = layer(x, style, torch.zeros(3, 1, 1, 1))
    for i in range(3):
        weight, scale = layer.convolution.weight, layer.scale(style)[i]
        if enlarges:
            mine = weight * scale[:, None, None, None]
            mine = mine / (mine.square().sum((0, 2, 3)) / 4 + 1e-8).sqrt()[None, :, None, None]
            y = F.conv_transpose2d(x[i : i + 1], mine, stride=2, padding=1)
        else:
            mine = weight * scale[None, :, None, None]
            mine = mine / (mine.square().sum((1, 2, 3)) + 1e-8).sqrt()[:, None, None, None]
            y = F.conv2d(x[i : i + 1], mine, padding=1)
        expected = 2**0.5 * F.leaky_relu(y, 0.2)
        torch.testing.assert_close(found[i : i + 1], expected, rtol=1e-4, atol=1e-5)


def test_the_noise_of_a_layer_is_part_of_the_samples_noise(model: Any) -> None:
    """So samples are the same however they are split, and a pixel's noise stays where it is."""
    noise = model.random_noise(3, stream(1, "x"))
    assert noise.shape == (3, 64 + sum(size**2 for size in SIZES))
    images = model.decode(noise)
    torch.testing.assert_close(images[2:], model.decode(noise[2:]))
    other = noise.clone()
    other[:, -1] += 1.0  # the last pixel of the finest layer
    changed = (model.decode(other) - images).abs().amax((0, 1)) > 0
    assert changed.nonzero().tolist() == [[27, 27]]


def test_mixing_takes_coarse_layers_from_one_image_and_fine_ones_from_another(model: Any) -> None:
    grid, columns = model.pictures()["styles"](stream(1, "x"))
    rows = grid.unflatten(0, (-1, columns))
    assert rows.shape[:2] == (1 + DOWN, 1 + ACROSS)
    assert rows[0, 0].eq(-1).all()
    _, columns = model.pictures()["layers"](stream(1, "x"))
    noise = model.random_noise(1 + ACROSS + DOWN, stream(1, "x"))
    z, own = model._parts(noise)
    same = [m[:1] for m in own]
    with torch.no_grad():
        network = model._trained.eval()
        style = network.mapping(z)
        across, down = style[2], style[1 + ACROSS + 3]
        both = torch.stack([down, down, across, across, across])[None]
        torch.testing.assert_close(network.image(both, same)[0], rows[4, 2], rtol=1e-3, atol=1e-4)
        for alone, shown in ((across, rows[0, 2]), (down, rows[4, 0])):
            layers = alone.expand(1, len(SIZES), -1)
            torch.testing.assert_close(network.image(layers, same)[0], shown, rtol=1e-3, atol=1e-4)


def test_a_share_of_the_images_in_training_is_mixed() -> None:
    def styles(mixing: float) -> list[torch.Tensor]:
        model: Any = build("style", mixing=mixing)
        seen: list[torch.Tensor] = []
        model.G.image = lambda layers, own: seen.append(layers) or torch.zeros(1)
        model._fake(400, Context(stream(1, "noise", 1)))
        return [*seen[0]]

    assert all(layers.eq(layers[:1]).all() for layers in styles(0.0))
    mixed = [layers for layers in styles(0.5) if not layers.eq(layers[:1]).all()]
    assert 150 < len(mixed) < 250
    cuts = [int(layers.eq(layers[:1]).all(1).sum()) for layers in mixed]
    assert {cuts.count(k) > 20 for k in range(1, len(SIZES))} == {True}
    assert sum(cuts.count(k) for k in range(1, len(SIZES))) == len(cuts)  # one change each


def test_truncation_draws_styles_to_their_mean(model: Any) -> None:
    network = model._trained
    network.mean_style.normal_()
    noise = model.random_noise(4, stream(1, "x"))
    z, own = model._parts(noise)
    with torch.no_grad():
        network.eval()
        whole = network.mapping(z)
        half, _ = model._styles(noise, 0.5)
        torch.testing.assert_close(half, (whole + network.mean_style) / 2)
        mean = network.image(network.mean_style.expand(4, len(SIZES), -1), own)
    torch.testing.assert_close(model.images_of(lambda n: model._drawn(n, 0.0), noise), mean)
    sweeps = model.sweeps()
    assert tuple(sweeps["truncation"]) == TRUNCATIONS
    assert tuple(sweeps["mixed"]) == MIXED
    for make in (sweeps["truncation"][1.0], sweeps["mixed"][1]):
        assert torch.equal(model.images_of(make, noise), model.decode(noise))
    assert not torch.equal(model.images_of(sweeps["mixed"][2], noise), model.decode(noise))


def test_the_mean_style_follows_the_styles_of_training() -> None:
    model: Any = build("style")
    styles = torch.randn(50, 64) + 3
    for _ in range(1000):
        model.G.follow(styles)
    torch.testing.assert_close(model.G.mean_style, styles.mean(0), rtol=1e-3, atol=1e-3)
    before = model.G.mean_style.clone()
    model.sample(4, stream(1, "x"))
    assert torch.equal(model.G.mean_style, before)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_family_shows_is_what_the_catalog_says(family: str) -> None:
    made: Any = build(family)
    assert list(made.pictures()) == list(FAMILIES[family].pictures)
    assert list(made.sweeps()) == list(FAMILIES[family].sweeps)


def test_layers_from_coarse_to_fine_end_in_the_sample(model: Any) -> None:
    grid, columns = model.pictures()["layers"](stream(1, "x"))
    coarse, _, fine = grid.unflatten(0, (-1, columns))
    blocks = coarse.unfold(2, 4, 4).unfold(3, 4, 4).flatten(4)
    assert (blocks.amax(-1) == blocks.amin(-1)).all()  # 7 pixels across
    torch.testing.assert_close(fine, model.sample(columns, stream(1, "x")))
