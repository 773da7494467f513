"""InfoGAN: the bound, the code's place in the noise, and who learns from what."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from labkit.plugins.registry import OwnCodeError
from labkit.train.models.base import Context
from labkit.train.models.infogan import COLUMNS, Code, bounds, split
from labkit.train.rng import stream
from tests.train.test_combinations import build


def test_a_code_that_is_recognised_for_certain_gives_all_its_information() -> None:
    code = Code(torch.tensor([3, 0, 9]), torch.tensor([[0.5, -0.25], [0.0, 1.0], [-1.0, 0.75]]))
    logits = torch.full((3, 10), -100.0)
    logits[range(3), code.category] = 100.0
    log_variance = torch.full((3, 2), math.log(0.01))
    found = torch.cat([logits, code.numbers, log_variance], 1)
    category, numbers = bounds(found, code)
    assert category == pytest.approx(math.log(10), abs=1e-6)
    # two numbers, each H - (-log N(c; c, 0.01)) = log 2 + log(1 / sqrt(2 pi 0.01))
    assert numbers == pytest.approx(2 * (math.log(2) - 0.5 * math.log(2 * math.pi * 0.01)))


def test_a_guess_gives_none_of_it() -> None:
    code = Code(torch.arange(10), torch.zeros(10, 2))
    category, _ = bounds(torch.zeros(10, 14), code)
    assert category == pytest.approx(0.0, abs=1e-6)


def test_in_a_generator_step_the_discriminator_learns_nothing_and_the_head_does() -> None:
    model: Any = build("infogan")
    judged = [p.clone() for p in model.D.parameters()]
    head, made = model.head[0].weight.clone(), model.G[0].weight.clone()
    model._generator_step(8, Context(stream(1, "noise")))
    assert all(torch.equal(a, b) for a, b in zip(judged, model.D.parameters(), strict=True))
    assert not torch.equal(head, model.head[0].weight)
    assert not torch.equal(made, model.G[0].weight)


def test_without_weight_the_generator_does_not_hear_the_head() -> None:
    gradients = []
    for factor in (1.0, 5.0):  # a head with other weights, unheard, changes nothing
        model: Any = build("infogan", info_weight=0.0)
        with torch.no_grad():
            model.head[-1].weight.mul_(factor)
        head = model.head[-1].weight.clone()
        model._generator_step(8, Context(stream(1, "noise")))
        gradients.append(model.G[0].weight.grad.clone())
        assert not torch.equal(head, model.head[-1].weight)  # it listens all the same
    assert torch.equal(*gradients)


def test_pictures_hold_all_else_fixed() -> None:
    model: Any = build("infogan")
    seen: list[torch.Tensor] = []
    model.decode = lambda z: seen.append(z) or torch.zeros(len(z), 1, 28, 28)
    for draw in model.pictures().values():
        images, columns = draw(stream(1, "x"))
        assert len(images) == 10 * columns
    categories, codes = seen
    rows = categories.view(10, COLUMNS, -1)
    assert torch.equal(rows[0, :, :-12], rows[9, :, :-12])  # only the category differs down
    assert torch.equal(rows[..., -12:-2].argmax(2), torch.arange(10)[:, None].expand(10, COLUMNS))
    walks = codes.view(10, 2 * COLUMNS, -1)
    assert torch.equal(walks[0, :, -2:], walks[9, :, -2:])
    assert walks[0, 0, -2:].tolist() == pytest.approx([-2 * 3**0.5, 0.0])
    assert walks[0, -1, -2:].tolist() == pytest.approx([0.0, 2 * 3**0.5])


def test_every_entry_of_the_code_weighs_as_much_as_one_of_the_noise() -> None:
    model: Any = build("infogan")
    noise = model._training_noise(20_000, Context(stream(1, "x")))
    assert torch.allclose(noise.var(0), torch.ones(noise.shape[1]), atol=0.08)
    assert torch.allclose(noise.mean(0), torch.zeros(noise.shape[1]), atol=0.04)


def test_a_discriminator_that_does_not_tell_its_layers_is_refused() -> None:
    class Own(nn.Module):
        pass

    with pytest.raises(OwnCodeError, match=r"nn\.Sequential"):
        split(Own())
    features, judge = split(
        nn.Sequential(nn.Flatten(), nn.Linear(784, 3), nn.ReLU(), nn.Linear(3, 1))
    )
    assert (len(features), len(judge)) == (3, 1)
