"""The fast layers compute what the torch layers do."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from labkit.train.models.layers import ConvToOne, ConvTranspose2x
from labkit.train.models.networks import Flatten

Make = Callable[[], nn.Module]

#: (ours, torch's, input channels, height): Lab 1's shapes.
PAIRS: list[tuple[Make, Make, int, int]] = [
    (
        lambda: ConvTranspose2x(128, 64),
        lambda: nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1),
        128,
        7,
    ),
    (
        lambda: ConvTranspose2x(32, 16),
        lambda: nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
        32,
        14,
    ),
    (lambda: ConvToOne(32), lambda: nn.Conv2d(32, 1, 3, padding=1), 32, 28),
    (lambda: ConvToOne(16), lambda: nn.Conv2d(16, 1, 3, padding=1), 16, 28),
]
IDS = ["up 128-64", "up 32-16", "one 32", "one 16"]


def build(make: Make, dtype: torch.dtype) -> nn.Module:
    torch.manual_seed(3)
    return make().to(dtype)


def run(layer: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Output and every gradient of a fixed random functional of it."""
    x = x.clone().requires_grad_()
    y = layer(x)
    torch.manual_seed(5)
    (y * torch.randn(y.shape).to(y.dtype)).sum().backward()
    assert x.grad is not None
    gradients = {name: p.grad for name, p in layer.named_parameters() if p.grad is not None}
    return {"output": y.detach(), "input": x.grad, **gradients}


def inputs(channels: int, height: int, dtype: torch.dtype) -> Tensor:
    torch.manual_seed(4)
    return torch.randn(6, channels, height, height, dtype=dtype)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-13)])
@pytest.mark.parametrize(("ours", "theirs", "channels", "height"), PAIRS, ids=IDS)
def test_same_output_and_gradients(
    ours: Make,
    theirs: Make,
    channels: int,
    height: int,
    dtype: torch.dtype,
    tolerance: float,
    layout: torch.memory_format,
) -> None:
    x = inputs(channels, height, dtype).contiguous(memory_format=layout)
    mine, torchs = build(ours, dtype), build(theirs, dtype)
    mine.to(memory_format=layout)
    got, wanted = run(mine, x), run(torchs, x)
    assert got.keys() == wanted.keys() == {"output", "input", "weight", "bias"}
    for name in wanted:
        # Relative to the largest value: sums of both signs may cancel to almost nothing.
        error = (got[name] - wanted[name]).abs().max() / wanted[name].abs().max()
        assert error < tolerance, name


@pytest.mark.parametrize(("ours", "theirs", "channels", "height"), PAIRS, ids=IDS)
def test_the_comparison_sees_one_wrong_tap(
    ours: Make, theirs: Make, channels: int, height: int
) -> None:
    x = inputs(channels, height, torch.float32)
    wrong = build(ours, torch.float32)
    with torch.no_grad():
        next(wrong.parameters())[0, 0, 0, 0] *= 1.01
    got, wanted = run(wrong, x), run(build(theirs, torch.float32), x)
    for name in ("output", "input"):
        error = (got[name] - wanted[name]).abs().max() / wanted[name].abs().max()
        assert error > 1e-5, name


@pytest.mark.parametrize(("ours", "theirs", "channels", "height"), PAIRS, ids=IDS)
def test_same_state_from_the_same_seed(
    ours: Make, theirs: Make, channels: int, height: int
) -> None:
    mine, torchs = build(ours, torch.float32), build(theirs, torch.float32)
    torch.manual_seed(3)
    ours()
    after_ours = torch.get_rng_state()
    torch.manual_seed(3)
    theirs()
    assert torch.equal(after_ours, torch.get_rng_state())
    assert [*mine.state_dict()] == [*torchs.state_dict()] == ["weight", "bias"]
    for a, b in zip(mine.parameters(), torchs.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("layer", "channels"), [(ConvToOne(2), 2), (ConvTranspose2x(3, 2), 3)], ids=["one", "up"]
)
def test_gradients_are_derivatives(layer: nn.Module, channels: int) -> None:
    layer = layer.double()
    torch.manual_seed(6)
    x = torch.randn(2, channels, 3, 4, dtype=torch.float64, requires_grad=True)
    names, values = zip(*layer.named_parameters(), strict=True)

    def function(x: Tensor, *parameters: Tensor) -> Tensor:
        state = dict(zip(names, parameters, strict=True))
        y: Tensor = torch.func.functional_call(layer, state, x)
        return y

    assert torch.autograd.gradcheck(function, (x, *values))


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize(("ours", "theirs", "channels", "height"), PAIRS, ids=IDS)
def test_bit_equal_twice(ours: Make, theirs: Make, channels: int, height: int, bf16: bool) -> None:
    x = inputs(channels, height, torch.float32).to(memory_format=torch.channels_last)
    layer = build(ours, torch.float32)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        first = run(layer, x)
        layer.zero_grad(set_to_none=True)
        second = run(layer, x)
    assert all(torch.equal(first[name], second[name]) for name in first)


def errors_in_bf16(layer: nn.Module, x: Tensor, exact: dict[str, Tensor]) -> dict[str, float]:
    """How far it is from exact under autocast, relative to the largest value."""
    with torch.autocast("cpu", torch.bfloat16):
        found = run(layer, x)
    assert found["output"].dtype == torch.bfloat16
    assert found.keys() == exact.keys()
    return {
        name: float((found[name].double() - value).abs().max() / value.abs().max())
        for name, value in exact.items()
    }


@pytest.mark.parametrize(("ours", "theirs", "channels", "height"), PAIRS, ids=IDS)
def test_in_bf16_it_is_as_exact_as_the_torch_layer(
    ours: Make, theirs: Make, channels: int, height: int
) -> None:
    x = inputs(channels, height, torch.float32).to(memory_format=torch.channels_last)
    mine, torchs = build(ours, torch.float32), build(theirs, torch.float32)
    exact = run(deepcopy(torchs).double(), x.double())
    got, usual = errors_in_bf16(mine, x, exact), errors_in_bf16(torchs, x, exact)
    for name, error in got.items():
        assert error < 1.5 * usual[name] + 1e-3, name
    with torch.no_grad():
        next(mine.parameters())[0, 0, 0, 0] += 0.05
    assert errors_in_bf16(mine, x, exact)["output"] > 1.5 * usual["output"] + 1e-3


@pytest.mark.parametrize(("ours", "theirs", "channels", "height"), PAIRS, ids=IDS)
def test_in_bf16_the_weights_alone_may_learn(
    ours: Make, theirs: Make, channels: int, height: int
) -> None:
    """The first layer's input needs no gradient; frozen weights get none and pass it on."""
    x, layer = inputs(channels, height, torch.float32), build(ours, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        layer(x).float().sum().backward()
        assert all(p.grad is not None and p.grad.abs().max() > 0 for p in layer.parameters())
        layer.zero_grad(set_to_none=True)
        layer.requires_grad_(False)(x.requires_grad_()).float().sum().backward()
    assert x.grad is not None
    assert x.grad.abs().max() > 0
    assert all(p.grad is None for p in layer.parameters())


def test_flattening_changes_the_layout_of_gradients_only() -> None:
    x = inputs(8, 4, torch.float32).to(memory_format=torch.channels_last)
    weight, seen = torch.randn(128), []
    for flatten in (nn.Flatten(), Flatten()):
        given = x.clone().requires_grad_()
        y = F.leaky_relu(given, 0.2)
        assert flatten(y).is_contiguous()
        score = (flatten(y) @ weight).square().sum()
        (first,) = torch.autograd.grad(score, given, create_graph=True)  # as a penalty does
        (second,) = torch.autograd.grad(first.square().sum(), given)
        seen.append((flatten(y).detach(), first.detach(), second))
        laid_out = torch.autograd.grad((flatten(y) @ weight).sum(), y)[0]
        as_input = laid_out.is_contiguous(memory_format=torch.channels_last)
        assert as_input == (type(flatten) is Flatten)
    assert all(torch.equal(a, b) for a, b in zip(*seen, strict=True))
    assert torch.equal(Flatten()(x), x.flatten(1))


def test_frozen_weights_still_pass_the_gradient_on() -> None:
    layer = ConvToOne(32).requires_grad_(False)
    x = torch.randn(2, 32, 28, 28, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().max() > 0
    assert layer.weight.grad is None
