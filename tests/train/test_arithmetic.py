"""Floating-point operations that can be counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from labkit.train.flops import Arithmetic, flops_per_image, flops_per_sample
from labkit.train.models.base import Context, Family
from tests.builders.families import build

BATCH = torch.zeros(8, 1, 28, 28)


def gan(**changes: Any) -> Family:
    made = build("gan", networks="dense", **changes)
    made.train()
    return made


def flops(family: Family) -> float:
    return flops_per_image(family, BATCH, Context(torch.Generator()))


def weights(network: torch.nn.Module) -> int:
    return sum(m.weight.numel() for m in network.modules() if isinstance(m, torch.nn.Linear))


def test_a_linear_layer_forward_and_backward() -> None:
    layer = torch.nn.Linear(30, 20, bias=False)
    with Arithmetic() as counter:
        layer(torch.ones(8, 30)).sum().backward()
    assert counter.total == 2 * (2 * 8 * 30 * 20)  # the input needs no gradient


def test_a_step_of_a_dense_gan() -> None:
    """Forward a multiply-add a weight; backward one for the weights, one for the inputs."""
    family = gan()
    g, d = weights(family.networks["generator"]), weights(family.networks["discriminator"])
    first_d, first_g = 784 * 512, 64 * 256  # images and noise need no gradient
    discriminator = g + 2 * (3 * d - first_d)
    generator = 3 * g - first_g + 2 * d  # D's own weights learn nothing
    assert flops(family) == 2 * (discriminator + generator)


def test_the_mean_over_steps_of_which_one_moves_the_generator() -> None:
    one, five = flops(gan()), flops(gan(n_critic=5))
    family = gan()
    g, d = weights(family.networks["generator"]), weights(family.networks["discriminator"])
    generator = 2 * (3 * g - 64 * 256 + 2 * d)
    assert five == pytest.approx(one - generator * 4 / 5)


def test_a_gradient_penalty_is_counted() -> None:
    free = flops(gan(loss="wasserstein"))
    fined = flops(gan(loss="wasserstein", constraint="gradient_penalty"))
    assert fined > 1.2 * free


def test_a_sample_is_a_pass_of_the_generator_a_flows_one_for_each_step() -> None:
    family = gan()
    assert flops_per_sample(family) == 2 * weights(family.networks["generator"])
    eight, twice = (
        flops_per_sample(build("flow", width=8, sampling_steps=8, solver=solver))
        for solver in ("euler", "heun")
    )
    assert eight == 8 * flops_per_sample(build("flow", width=8, sampling_steps=1))
    assert twice == 2 * eight
