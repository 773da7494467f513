"""Apple's MPS: no float64 on it, and chosen only where a training step on it goes as on the CPU.

No such device is needed: the CPU stands in for one, and nothing may be in float64 on it.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.gpu.cases import Case, cases, spec_of
from labkit.catalog import FAMILIES
from labkit.execution import sampling
from labkit.train import loop, runtime
from labkit.train.models import vae
from labkit.train.models.base import Autoencoder, Family, widest
from labkit.train.rng import stream

N = 8
#: Another name of the CPU, as if it were a second device.
OTHER = torch.device("cpu", 0)
MPS = torch.device("mps")


class NoFloat64(TorchDispatchMode):
    """A device that has no float64."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(found):
            assert not (isinstance(leaf, Tensor) and leaf.dtype == torch.float64), func
        return found


def test_sums_are_in_float64_where_there_is_one() -> None:
    assert widest(MPS) is torch.float32
    assert widest(torch.device("cpu")) is widest(torch.device("cuda")) is torch.float64
    with NoFloat64(), pytest.raises(AssertionError):
        torch.zeros(2).double()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_no_family_needs_float64(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vae, "widest", lambda device: widest(MPS))
    spec = spec_of(case, 2, N)
    family = sampling.build(spec, torch.device("cpu"))
    data = sampling.load_for(spec, "train")
    images, labels = torch.from_numpy(data.images.copy()), sampling.labels_of(data, OTHER)
    with NoFloat64():
        ((_, row),) = loop.fit(
            family, images, epochs=1, batch_size=N, seed=0, labels=labels, precision=spec.precision
        )
        assert set(FAMILIES[case.family].losses) <= row.keys()
        family.sample(N, stream(0, "samples"))
        if isinstance(family, Autoencoder):
            few = sampling.to_device(data.images[:N], OTHER)
            family.encode(few, labels[:N])
            family.reconstruct(few, labels[:N])
            family.interpolate(few[0], few[1], labels=labels[:2])
            losses = family.test_losses(few, stream(0, "test"), labels[:N])
    if isinstance(family, Autoencoder):
        monkeypatch.undo()
        exact = family.test_losses(few, stream(0, "test"), labels[:N])
        assert losses == pytest.approx(exact, rel=1e-6)


def test_a_device_like_the_cpu_agrees() -> None:
    before = torch.random.get_rng_state()
    assert runtime.agrees.__wrapped__(OTHER)
    assert torch.equal(torch.random.get_rng_state(), before)


def forged(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """Let a family on the other device train in a changed way."""
    move = Family.to

    def to(family: Family, device: torch.device) -> None:
        move(family, device)
        if device == OTHER:
            change(family)

    monkeypatch.setattr(Family, "to", to)


def scaled(by: float) -> Any:
    """Make every convolution and linear layer give a little more than it should."""

    def change(family: Family) -> None:
        for network in family.networks.values():
            for part in network.modules():
                if isinstance(part, torch.nn.Linear | torch.nn.Conv2d):
                    part.register_forward_hook(lambda _, __, out: out * (1 + by))

    return change


@pytest.mark.parametrize(("by", "alike"), [(1e-6, True), (1e-2, False)])
def test_a_device_that_computes_otherwise_is_not_chosen(
    by: float, alike: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged(monkeypatch, scaled(by))
    assert runtime.agrees.__wrapped__(OTHER) == alike


def frozen(family: Family) -> None:
    """Weights stay as they are, as an optimiser's faulty kernel would leave them."""
    for optimiser in family.optimisers.values():
        optimiser.step = lambda *_: None  # type: ignore[method-assign]


def refusing(family: Family) -> None:
    def step(*_: Any) -> dict[str, Tensor]:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype")

    family.step = step  # type: ignore[method-assign]


def broken(family: Family) -> None:
    learn = family.step

    def step(*args: Any) -> dict[str, Tensor]:
        return {name: value * torch.nan for name, value in learn(*args).items()}

    family.step = step  # type: ignore[method-assign]


@pytest.mark.parametrize("change", [frozen, refusing, broken])
def test_a_device_that_does_not_learn_is_not_chosen(
    change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged(monkeypatch, change)
    assert not runtime.agrees.__wrapped__(OTHER)


@pytest.mark.parametrize(
    ("cuda", "mps", "alike", "kind"),
    [
        (True, True, True, "cuda"),
        (False, True, True, "mps"),
        (False, True, False, "cpu"),
        (False, False, True, "cpu"),
    ],
)
def test_auto_is_the_best_device_that_can_be_trusted(
    cuda: bool, mps: bool, alike: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(runtime, "agrees", lambda device: alike)
    assert runtime.pick_device().type == kind
    assert runtime.pick_device("mps") == MPS  # named, it is taken as it is
