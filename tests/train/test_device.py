"""Nothing of a cell stays behind on the CPU when it trains elsewhere, and nothing waits for a card.

Tried without a card, in two ways: with real numbers on the CPU, what would be waited for is
counted; on a device without numbers, reading one raises, and so do tensors of two devices.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks import plain
from benchmarks.gpu.cases import Case, cases, spec_of
from labkit.catalog import FAMILIES
from labkit.execution import sampling, worker
from labkit.execution.status import Task
from labkit.store.attempts import Attempt
from labkit.train import checkpoint, loop, runtime
from labkit.train.loop import fit
from labkit.train.models import layers
from labkit.train.models.base import Autoencoder, Context, Family
from labkit.train.models.gan import GAN
from tests.builders.devices import META, Stream, Watch, built, elsewhere, family_of

CPU = torch.device("cpu")
IMAGES = (
    torch.arange(10 * 28 * 28).reshape(10, 28, 28).to(torch.uint8)
)  # two batches of 4, one of 2
LABELS = torch.arange(10)
ALL = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
DEFAULTS = pytest.mark.parametrize("family", FAMILIES)


def _trained(family: Family, device: torch.device, epochs: int = 1) -> Watch:
    """Train while a watch is active from an epoch's first step to its end."""

    def on_step(epoch: int, i: int, steps: int) -> None:
        watch.active = True

    with Watch(device) as watch:
        watch.active = False
        for _ in fit(
            family, IMAGES.to(device), epochs=epochs, batch_size=4, seed=1,
            labels=LABELS.to(device), on_step=on_step,
        ):  # fmt: skip
            watch.active = False
    return watch


@ALL
def test_within_an_epoch_nothing_is_read(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "_on_cpu", lambda x: False)  # torch's own layers, as there
    watch = _trained(family_of(case, CPU), CPU, epochs=2)
    assert watch.reads == 2 * ["tolist in loop.py: read"]  # the means, at each epoch's end
    assert watch.strays == []


@ALL
def test_training_stays_on_the_device(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere(monkeypatch)
    monkeypatch.setattr(loop._Means, "read", lambda self: ({}, None))
    family = family_of(case, META)
    watch = _trained(family, META)  # a latent GAN trains its VAE first, its GAN in the last step
    assert (watch.reads, watch.strays) == ([], [])
    moments = {
        value.device
        for optimiser in family.optimisers.values()
        for state in optimiser.state.values()
        for value in state.values()
    }
    by_torch = {META, CPU} if case.params.get("optimiser") == "rmsprop" else {META}
    assert moments == by_torch  # RMSprop counts its steps on the CPU and reads them nowhere


@pytest.mark.parametrize(
    ("mistake", "noticed"),
    [
        (lambda x: x.sum().item(), "item"),
        (lambda x: bool(x.sum() > 0), "__bool__"),
        (lambda x: x[x > 0], "index"),
        (lambda x: x.nonzero(), "nonzero"),
        (lambda x: x.cpu().numpy(), "numpy"),
        (lambda x: x * torch.tensor([2.0], device=x.device), "tensor"),
        (lambda x: x + torch.zeros(1), "zeros"),
        (lambda x: torch.randn(4), "randn"),
    ],
)
def test_a_mistake_is_noticed(
    mistake: Callable[[Tensor], Any], noticed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = family_of(Case("vae", {}), CPU)
    step = family.step

    def mistaken(batch: Tensor, context: Context) -> dict[str, Tensor]:
        mistake(batch)
        return step(batch, context)

    family.step = mistaken  # type: ignore[method-assign]
    watch = _trained(family, CPU)
    found = [line for line in watch.reads + watch.strays if line.startswith(f"{noticed} in test_")]
    assert len(found) == 3  # once a step


def test_on_the_device_without_numbers_a_mistake_raises() -> None:
    x = torch.zeros(2, device=META)
    with pytest.raises(RuntimeError):
        x.sum().item()
    with pytest.raises(RuntimeError):
        x + torch.zeros(2)
    with Watch(META) as watch:
        x.copy_(torch.zeros(2, device="cpu"))
        torch.zeros(2, device="cpu")
    assert watch.reads == ["copy to meta in test_device.py: " + watch.reads[0].split(": ")[1]]
    assert len(watch.strays) == 2


class Told(dict[str, Any]):
    """The progress of a worker: counts what is read between two steps of an epoch."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch, self._before = watch, 0
        self.steps, self.read = 0, list[str]()

    def update(self, *_: Any, step: int, **told: Any) -> None:
        if step:
            self.read += self._watch.reads[self._before :] + self._watch.strays
        self.steps += 1
        self._before = len(self._watch.reads)
        self._watch.strays.clear()


@pytest.mark.slow
@pytest.mark.parametrize("family", ["gan", "cvae"])
def test_a_worker_reads_nothing_between_steps(family: str, tmp_path: Path) -> None:
    runtime.set_up()
    spec = spec_of(Case(family, {}), 3, 4)
    with Watch(CPU) as watch:
        told = Told(watch)
        worker.train(Task(spec, tmp_path), Attempt(tmp_path), told)
    assert told.steps == 3
    assert told.read == []
    assert watch.reads  # measuring and pictures do


# --------------------------------------------------------------------- beside training


def _made(images: Tensor) -> sampling.GreyImages:
    """What becomes an array; here none has numbers."""
    assert images.device == META
    return np.zeros((len(images), 28, 28), np.uint8)


@DEFAULTS
def test_samples_and_pictures_stay_on_the_device(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(monkeypatch)
    monkeypatch.setattr(sampling, "to_numpy", _made)
    spec = spec_of(Case(family, {"latent_dim": 2} if family == "vae" else {}), 1, 4)
    there = built(spec, META)
    pictures = sampling.grids(there, spec, sampling.probe_images(spec, META))
    assert "samples" in pictures
    assert ("manifold" in pictures) == (family == "vae")
    assert sampling.selection_samples(there, spec).shape == (spec.selection["samples"], 28, 28)


@DEFAULTS
def test_codes_losses_and_features_stay_on_the_device(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(monkeypatch)
    there = family_of(Case(family, {}), META)
    images, labels = torch.zeros(4, 1, 28, 28, device=META), LABELS[:4].to(META)
    if isinstance(there, GAN) and isinstance(there.D, torch.nn.Sequential) and not there.classes:
        assert there.discriminator_features(images).device == META
    if isinstance(there, Autoencoder):
        assert there.reconstruct(images, labels).device == META
        with Watch(META) as watch, pytest.raises((RuntimeError, NotImplementedError)):
            there.test_losses(images, Stream(), labels)  # type: ignore[arg-type]
        # Nothing there can be read, so it ends where the losses are: on the device until then.
        assert (watch.reads, watch.strays) == (["tolist in vae.py: test_losses"], [])
        here = family_of(Case(family, {}), CPU)
        with Watch(CPU) as watch:
            here.test_losses(
                torch.zeros(1200, 1, 28, 28), torch.Generator(), torch.arange(1200) % 10
            )
        assert watch.reads == ["tolist in vae.py: test_losses"]  # once, not once a part


@DEFAULTS
def test_a_picture_is_read_once(family: str) -> None:
    spec = spec_of(Case(family, {}), 1, 4)
    here = sampling.build(spec, CPU)
    shown = sampling.probe_images(spec, CPU)
    with Watch(CPU) as watch:
        pictures = sampling.grids(here, spec, shown)
    assert [line for line in watch.reads if line.startswith("numpy")] == (
        len(pictures) * ["numpy in sampling.py: to_numpy"]
    )
    assert {line.partition(" in ")[2] for line in watch.reads} == {"sampling.py: to_numpy"}


# --------------------------------------------------------------------- going on


@pytest.mark.filterwarnings("ignore:for .* copying from a non-meta parameter")
@pytest.mark.parametrize(
    ("family", "optimiser"), [*((family, "adam") for family in FAMILIES), ("gan", "rmsprop")]
)
def test_a_checkpoint_goes_to_the_device(
    family: str, optimiser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(family, {"optimiser": optimiser})
    here = family_of(case, CPU)
    _trained(here, CPU)
    elsewhere(monkeypatch)
    monkeypatch.setattr(loop._Means, "read", lambda self: ({}, None))
    there = family_of(case, META)
    checkpoint.restore(there, checkpoint.dump(here))
    left = {
        key
        for optimiser_ in there.optimisers.values()
        for moments in optimiser_.state.values()
        for key, value in moments.items()
        if value.device != META
    }
    assert left == ({"step"} if optimiser == "rmsprop" else set())
    watch = _trained(there, META)
    assert (watch.reads, watch.strays) == ([], [])


@DEFAULTS
def test_a_checkpoint_is_loaded_where_the_tensors_lie(family: str) -> None:
    trained, other = family_of(Case(family, {}), CPU), family_of(Case(family, {}), CPU)
    _trained(trained, CPU)
    _trained(other, CPU, epochs=2)
    for network in other.networks.values():
        for weight in network.parameters():
            weight.data += 1
    before = _places(other)
    data = checkpoint.dump(trained)
    assert checkpoint.dump(other) != data
    checkpoint.restore(other, data)
    assert checkpoint.dump(other) == data
    assert _places(other) == before


def _places(family: Family) -> list[int]:
    """Where weights, buffers and moments lie."""
    weights = [t for net in family.networks.values() for t in net.state_dict().values()]
    moments = [
        optimiser.state[weight][key]
        for optimiser in family.optimisers.values()
        for weight in optimiser.param_groups[0]["params"]
        for key in sorted(optimiser.state[weight])
    ]
    assert moments
    return [tensor.data_ptr() for tensor in (*weights, *moments)]


# --------------------------------------------------------------------- the rest


@pytest.mark.parametrize("loss", ["hinge", "bce", None])
def test_the_plain_script_stays_on_the_device(
    loss: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[torch.nn.Module] = []
    to = torch.nn.Module.to

    def noted(module: torch.nn.Module, device: str) -> torch.nn.Module:
        trained.append(to(module, device))
        return trained[-1]

    monkeypatch.setattr(torch.nn.Module, "to", noted)
    monkeypatch.setattr(Tensor, "item", lambda self: 1.0)
    batches: Any = [(torch.zeros(4, 1, 28, 28), torch.zeros(4))]
    if loss:
        plain._train_gan(batches, loss, 8, 1, "meta")
    else:
        plain._train_vae(batches, 8, "lab1", 1, "meta")
    weights = [weight for network in trained for weight in network.parameters()]
    assert weights
    assert all(w.grad is not None and w.grad.device == META for w in weights)


def test_a_card_named_by_its_number_becomes_the_current_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    current: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    assert runtime.pick_device("cuda:1") == torch.device("cuda", 1)
    assert runtime.pick_device("cpu") == torch.device("cpu")
    assert runtime.pick_device("cuda") == torch.device("cuda")
    assert current == [torch.device("cuda", 1)]
