"""Nothing of a cell stays behind on the CPU when it trains elsewhere; tried without a card.

PyTorch's fake tensors know shape and device and hold no numbers: an operation on tensors of two
devices raises as it would on a card. What needs a card is left out: generators are stood in for,
and a backward pass, which the forward pass decides, gives gradients of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchmarks import plain
from benchmarks.gpu.cases import Case, cases, spec_of
from labkit.catalog import FAMILIES, resolve
from labkit.train import runtime
from labkit.train.models.base import Autoencoder, Context, Family

fake_tensor = pytest.importorskip("torch._subclasses.fake_tensor")

CARD = torch.device("cuda:0")
N = 4


class Stream:
    """Stands in for a generator of the card."""

    device = CARD


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[nn.Module]]:
    """The networks that get gradients; while it is in use there seems to be a card."""
    networks: list[nn.Module] = []

    def backward(*_: Any, **__: Any) -> None:
        for network in networks:
            for weight in network.parameters():
                weight.grad = torch.zeros_like(weight) if weight.requires_grad else None

    def grad(of: Tensor, by: Any, **_: Any) -> tuple[Tensor, ...]:
        return tuple(torch.zeros_like(each) for each in (by if isinstance(by, list) else [by]))

    monkeypatch.setattr(torch, "randn", _without_stand_in(torch.randn))
    monkeypatch.setattr(torch, "rand", _without_stand_in(torch.rand))
    monkeypatch.setattr(Tensor, "backward", backward)
    monkeypatch.setattr(torch.autograd, "grad", grad)
    with fake_tensor.FakeTensorMode():
        yield networks


def _without_stand_in(draw: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def drawn(*size: Any, generator: Any = None, **more: Any) -> Tensor:
        if generator is not None and not isinstance(generator, Stream):
            more["generator"] = generator
        return draw(*size, **more)

    return drawn


def _on_the_card(case: Case) -> Family:
    with CARD:
        family: Family = resolve(FAMILIES[case.family].target)(spec_of(case, 1, N).params)
    family.train()
    return family


def test_a_tensor_left_behind_is_noticed(trained: list[nn.Module]) -> None:
    with pytest.raises(RuntimeError, match=r"cuda:0.*cpu"):
        torch.zeros(2, device=CARD) + torch.zeros(2)


# The average of a generator is a deep copy, which fake tensors do not bear.
@pytest.mark.parametrize(
    "case", [case for case in cases() if "ema" not in case.params], ids=lambda case: case.name
)
def test_training_sampling_and_coding_stay_on_the_card(
    case: Case, trained: list[nn.Module]
) -> None:
    family = _on_the_card(case)
    trained += family.networks.values()
    images = torch.zeros(N, 1, 28, 28, device=CARD)
    labels = torch.zeros(N, dtype=torch.int64, device=CARD)
    for i in range(2):  # a latent GAN trains its VAE in the first, its GAN in the second
        stats = family.step(images, Context(Stream(), labels, step=i, steps=2))
        assert {value.device for value in stats.values()} == {CARD}
    made = [family.sample(20, Stream())]
    if isinstance(family, Autoencoder):
        made += [family.reconstruct(images, labels), *family.encode(images, labels)]
        made.append(family.interpolate(images[0], images[1], labels=labels[:2]))
    made += [draw(Stream())[0] for draw in family.pictures().values()]
    assert {each.device for each in made} == {CARD}


def _moved(module: nn.Module, device: str) -> nn.Module:
    """What `nn.Module.to` does, which fake tensors do not bear."""
    for part in module.modules():
        for name, weight in part._parameters.items():
            part._parameters[name] = None if weight is None else nn.Parameter(weight.to(device))
        for name, buffer in part._buffers.items():
            part._buffers[name] = None if buffer is None else buffer.to(device)
    return module


@pytest.mark.parametrize("loss", ["hinge", "bce", None])
def test_the_plain_script_stays_on_the_card(
    loss: str | None, trained: list[nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    def to(module: nn.Module, device: str) -> nn.Module:
        trained.append(_moved(module, device))
        return module

    monkeypatch.setattr(nn.Module, "to", to)
    monkeypatch.setattr(Tensor, "item", lambda self: 1.0)
    batches: Any = [(torch.zeros(N, 1, 28, 28), torch.zeros(N))]
    if loss:
        plain._train_gan(batches, loss, 8, 1, "cuda:0")
    else:
        plain._train_vae(batches, 8, "lab1", 1, "cuda:0")
    weights = [weight for network in trained for weight in network.parameters()]
    assert weights
    assert {weight.device for weight in weights} == {CARD}


def test_a_card_named_by_its_number_becomes_the_current_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    current: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    assert runtime.pick_device("cuda:1") == torch.device("cuda", 1)
    assert runtime.pick_device("cpu") == torch.device("cpu")
    assert runtime.pick_device("cuda") == torch.device("cuda")
    assert current == [torch.device("cuda", 1)]
