"""Each constraint against a critic whose slope is known."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from labkit.catalog import CONSTRAINTS
from labkit.train.constraints import make_constraint
from labkit.train.rng import stream


def make(name: str, **settings: Any) -> Any:
    return make_constraint({"constraint": name, "clip": 0.01, "gp_weight": 10.0, **settings})


def linear(*weights: float) -> nn.Linear:
    critic = nn.Linear(len(weights), 1)
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([weights]))
    return critic


@pytest.mark.parametrize(
    ("weights", "slope"), [((3.0, 4.0), 5.0), ((0.6, 0.8), 1.0), ((0.0, 0.5), 0.5)]
)
def test_gradient_penalty_of_a_linear_critic(weights: tuple[float, ...], slope: float) -> None:
    """Its slope is |w| everywhere, so the penalty is λ (|w| - 1)², whatever the points."""
    real, fake = torch.randn(5, 2), torch.randn(5, 2)
    penalty = make("gradient_penalty").penalty(linear(*weights), real, fake, stream(1, "x"))
    assert penalty.item() == pytest.approx(10 * (slope - 1) ** 2, abs=1e-5)
    halved = make("gradient_penalty", gp_weight=5.0)
    again = halved.penalty(linear(*weights), real, fake, stream(1, "x"))
    assert again.item() == pytest.approx(5 * (slope - 1) ** 2, abs=1e-5)


def test_gradient_penalty_looks_between_real_and_fake() -> None:
    """For D(x) = x²/2 the slope is |x|: 1 at x = 1, and more or less on either side."""
    rng = stream(1, "x")
    penalty = make("gradient_penalty", gp_weight=1.0).penalty

    def critic(x: torch.Tensor) -> torch.Tensor:
        return x.square() / 2

    one, two = torch.ones(2000, 1), torch.full((2000, 1), 2.0)
    assert penalty(critic, one, one, rng).item() == 0
    assert penalty(critic, two, two, rng).item() == pytest.approx(1.0)
    # Points are uniform between 1 and 2: the mean of t² over t in [0, 1] is 1/3.
    assert penalty(critic, two, one, rng).item() == pytest.approx(1 / 3, abs=0.02)


def test_gradient_penalty_teaches_the_critic_the_right_slope() -> None:
    critic = linear(3.0, 4.0)
    real, fake = torch.randn(4, 2), torch.randn(4, 2)
    make("gradient_penalty", gp_weight=1.0).penalty(critic, real, fake, stream(1, "x")).backward()
    # d/dw (|w| - 1)² = 2 (|w| - 1) w / |w|
    torch.testing.assert_close(critic.weight.grad, torch.tensor([[2 * 4 * 0.6, 2 * 4 * 0.8]]))


def test_spectral_norm_of_a_known_matrix() -> None:
    critic = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([[3.0, 0.0], [0.0, 1.0]]))
    made = make("spectral_norm").wrap(critic)
    for _ in range(20):  # power iteration goes on with each pass
        made(torch.eye(2))
    torch.testing.assert_close(
        made.weight, torch.tensor([[1.0, 0.0], [0.0, 1 / 3]]), rtol=1e-4, atol=1e-4
    )
    assert torch.linalg.matrix_norm(made.weight, 2).item() == pytest.approx(1, abs=1e-4)


def test_spectral_norm_reaches_every_layer() -> None:
    critic = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 1))
    names = [*make("spectral_norm").wrap(critic).state_dict()]
    assert sum(name.endswith("original") for name in names) == 2


def test_clip_cuts_at_the_bound_and_nowhere_else() -> None:
    critic = linear(0.0099, -0.5, 0.0101, -0.0100)
    make("clip").after_step(critic)
    assert critic.weight.tolist()[0] == pytest.approx([0.0099, -0.01, 0.01, -0.01])
    make("clip", clip=0.005).after_step(critic)
    assert critic.weight.abs().max().item() == pytest.approx(0.005)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_each_acts_in_one_place_at_most(name: str) -> None:
    critic = linear(3.0, 4.0)
    constraint = make(name)
    before = critic.weight.clone()
    wrapped = constraint.wrap(critic)
    acts = [
        "parametrizations" in "".join(wrapped.state_dict()),
        constraint.penalty(wrapped, torch.ones(2, 2), torch.zeros(2, 2), stream(1, "x"))
        is not None,
    ]
    if not acts[0]:
        constraint.after_step(critic)
        acts.append(not torch.equal(critic.weight, before))
    assert sum(acts) == (name != "none")
