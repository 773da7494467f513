"""Flow matching: the solvers on an equation with a known solution, guidance, what is learnt."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from labkit.data import load
from labkit.train.loop import fit
from labkit.train.models.flow import MOMENTS, PATHS, PIXELS, euler, heun
from labkit.train.models.unet import Velocity, waves
from labkit.train.rng import stream
from tests.train.test_combinations import build


def _solved(solve: Any, steps: int) -> float:
    """dx/dt = -2 t x from x(0) = 1, whose x(1) is 1/e, solved in float64."""
    x = torch.ones(1, dtype=torch.float64)
    for i in range(steps):
        x = solve(lambda x, t: -2 * t * x, x, i / steps, 1 / steps)
    return float(x)


@pytest.mark.parametrize(("solve", "order"), [(euler, 1), (heun, 2)])
def test_a_solver_is_of_its_order(solve: Any, order: int) -> None:
    errors = [abs(_solved(solve, n) - math.exp(-1)) for n in (64, 128)]
    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.05)


def test_a_straight_path_is_exact_in_one_step() -> None:
    x, v = torch.zeros(3, 1, 28, 28), torch.randn(3, 1, 28, 28, generator=stream(1, "v"))
    for solve in (euler, heun):
        torch.testing.assert_close(solve(lambda x, t: v, x, 0.0, 1.0), v)


@pytest.mark.parametrize("classes", [0, 10])
def test_the_network_hears_time_and_class(classes: int) -> None:
    torch.manual_seed(0)
    net = Velocity(8, classes)
    x, label = torch.randn(2, 1, 28, 28), torch.zeros(2, classes) if classes else None
    early, late = (net(x, torch.full((2,), t), label) for t in (0.1, 0.9))
    assert early.shape == x.shape
    assert not torch.allclose(early, late)
    if label is not None:
        told = label.clone()
        told[:, 3] = 1
        assert not torch.allclose(early, net(x, torch.full((2,), 0.1), told))
    assert waves(torch.tensor([0.0, 0.5, 1.0])).unique(dim=0).shape[0] == 3


def test_guidance_is_between_and_beyond_the_two_velocities() -> None:
    model: Any = build("cflow", width=8)
    z, x = model.random_noise(4, stream(1, "z")), torch.zeros(4, 1, 28, 28)

    def at(weight: float) -> Tensor:
        found: Tensor = model._field(z, guidance=weight)(x, 0.5)
        return found.detach()

    untold, told = at(0.0), at(1.0)
    assert not torch.allclose(untold, told)
    torch.testing.assert_close(at(3.0), untold + 3 * (told - untold), rtol=1e-4, atol=1e-5)
    z[:, PIXELS:] = 0
    torch.testing.assert_close(at(1.0), untold)  # no class told: the velocity without


def test_the_class_is_kept_from_a_tenth_of_the_images() -> None:
    from labkit.train.models.base import Context

    model: Any = build("cflow", width=8)
    told = model._told(Context(stream(1, "n"), torch.arange(10_000) % 10))
    assert 0.08 < float((told.sum(1) == 0).float().mean()) < 0.12
    assert set(told.sum(1).tolist()) == {0.0, 1.0}


def test_paths_begin_in_noise_and_end_in_the_samples() -> None:
    model: Any = build("flow", width=8)
    images, columns = model.pictures()["paths"](stream(1, "x"))
    rows = images.view(PATHS, MOMENTS, -1)
    assert columns == MOMENTS
    noise = model.random_noise(PATHS, stream(1, "x"))
    torch.testing.assert_close(rows[:, 0], noise.clamp(-1, 1))
    torch.testing.assert_close(rows[:, -1], model.decode(noise).flatten(1))


def test_it_learns_what_the_mean_of_crossing_paths_is() -> None:
    """Of one image the velocity is known, so its error falls far below that of no velocity."""
    image = torch.from_numpy(load("MNIST", "train", "bundled").images[:1].repeat(256, 0))
    model: Any = build("flow", width=16, lr=2e-3, ema=0.0)
    losses = [row["flow_loss"] for _, row in fit(model, image, epochs=12, batch_size=32, seed=1)]
    assert losses[-1] < 0.25 * losses[0]
    x = model.sample(8, stream(1, "s"))
    wanted = image[:1].float() / 127.5 - 1
    assert float((x[:, 0] - wanted).abs().mean()) < 0.2


def test_what_is_swept_is_what_the_catalog_says() -> None:
    from labkit.catalog import FAMILIES

    for family in ("flow", "cflow"):
        model: Any = build(family, width=8)
        assert list(model.sweeps()) == list(FAMILIES[family].sweeps)
        noise = model.random_noise(3, stream(1, "z"))
        with torch.no_grad():
            for points in model.sweeps().values():
                for make in points.values():
                    made = make(noise)
                    assert made.shape == (3, 1, 28, 28)
                    assert float(made.abs().max()) <= 1
