"""Drawings that a grader repeats: from the CPU's generator, and without a trace."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from labkit.catalog import FAMILIES
from labkit.execution import sampling
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.experiment.spec import CellSpec
from labkit.plugins import registry as own_code
from labkit.train import checkpoint, draws, runtime
from labkit.train.draws import drawing, drawn_on_cpu
from labkit.train.loop import fit
from labkit.train.models.base import Autoencoder, Family
from tests.builders.cells import settings, spec

META = torch.device("meta")
FILE = """\
name: x
data: {source: bundled}
code: [noisy.py]
experiments:
  a: {family: gan, grid: {dataset: [MNIST]}, params: {networks: noisy, z_dim: 8}}
"""
NOISY = """\
import random
import numpy as np
import torch
from torch import nn
from torch.nn.functional import dropout

class Generator(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.net = nn.Linear(z_dim, 784)
        self.norm = nn.BatchNorm1d(784)

    def train(self, mode=True):
        return super().train(True)  # a norm that never stops to learn

    def forward(self, z):
        x = self.norm(self.net(z)) + 0.1 * torch.randn(len(z), 784, device=z.device)
        x = dropout(x + 0.1 * torch.randn_like(x), 0.5, training=True)
        x = x + 0.1 * torch.empty_like(x).normal_() + random.gauss(0, 0.1)
        x = x + 0.1 * torch.from_numpy(np.random.randn(len(z), 1)).float().to(z.device)
        return x.tanh().view(-1, 1, 28, 28)

class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 1))

    def forward(self, x):
        return self.net(x + 0.1 * torch.randn_like(x))
"""


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    own_code.forget()


@pytest.fixture
def noisy(tmp_path: Path) -> CellSpec:
    (tmp_path / "noisy.py").write_text(NOISY)
    (tmp_path / "experiments.yaml").write_text(FILE)
    plan = make_plan(read_experiment(tmp_path / "experiments.yaml"), download=False)
    return plan.cells[0]


class Asked(TorchDispatchMode):
    """Remembers every random number that is drawn, and where."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[tuple[str, str]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if torch.Tag.nondeterministic_seeded in func.tags:
            tensors = (leaf for leaf in tree_leaves((result, args)) if isinstance(leaf, Tensor))
            devices = {leaf.device.type for leaf in tensors}
            given = tree_leaves((args, kwargs or {}))
            devices |= {g.device.type for g in given if isinstance(g, torch.Generator)}
            self.drawn += [(str(func), device) for device in sorted(devices)]
        return result


def spec_of(family: str, **params: Any) -> CellSpec:
    return spec(
        family=family, params=settings(family, **params),
        training={"epochs": 1, "batch_size": 8}, selection={"samples": 30},
        evaluation={"samples": 600},
    )  # fmt: skip


def drawn_elsewhere(spec: CellSpec, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Draw all that a grader draws of a cell on a device that is not the CPU."""
    # What lies on no real device cannot be copied to one; its shape is all that is needed.
    monkeypatch.setattr(
        draws, "_to_cpu", lambda leaf: torch.empty_like(leaf, device="cpu")
        if isinstance(leaf, Tensor) else torch.device("cpu") if isinstance(leaf, torch.device)
        else leaf,
    )  # fmt: skip
    family = sampling.build(spec, META)
    assert family.device == META
    monkeypatch.setattr(sampling, "to_numpy", lambda images: np.zeros((16, 28, 28), np.uint8))
    probe = (torch.zeros(8, 1, 28, 28, device=META), torch.zeros(8, dtype=torch.long, device=META))
    with Asked() as asked:
        sampling.evaluation_samples(family, spec)
        sampling.selection_samples(family, spec)
        sampling.grids(family, spec, probe)
        if isinstance(family, Autoencoder):
            with drawing(family, spec.seed, "test") as noise:
                family._draw(*family.encode(*probe), noise)  # type: ignore[attr-defined]
    return asked.drawn


@pytest.mark.parametrize("name", [name for name in FAMILIES])  # noqa: C416 (own ones come and go)
def test_every_family_is_drawn_from_by_the_cpu(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn_elsewhere(spec_of(name), monkeypatch)
    assert len(found) >= 3
    assert {device for _, device in found} == {"cpu"}, found


def test_layers_that_draw_by_themselves_draw_on_the_cpu(
    noisy: CellSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = drawn_elsewhere(noisy, monkeypatch)
    assert {device for _, device in found} == {"cpu"}, found
    operations = " ".join(name for name, _ in found)
    for name in ("randn", "normal_"):
        assert name in operations
    assert re.search(r"dropout|bernoulli", operations), operations
    # And there would be something to find.
    with Asked() as asked:
        sampling.build(noisy, META).sample(3, torch.Generator())
    assert "meta" in {device for _, device in asked.drawn}


def test_dropout_is_the_same_where_it_is_one_operation() -> None:
    """On a GPU dropout is a kernel of its own; the CPU, asked for it, drops the same."""
    x = torch.randn(50, 40)
    torch.manual_seed(5)
    expected = F.dropout(x, 0.3, training=True)
    torch.manual_seed(5)
    found, kept = torch.ops.aten.native_dropout(x, 0.3, True)
    assert torch.allclose(found, expected)
    assert torch.equal(kept, expected != 0)


def test_what_is_on_the_cpu_already_is_left_alone() -> None:
    torch.manual_seed(2)
    expected = torch.randn(3, 4)
    torch.manual_seed(2)
    assert torch.equal(drawn_on_cpu(torch.ops.aten.randn.default, ([3, 4],), {}), expected)
    into, own = torch.zeros(3), torch.Generator().manual_seed(3)
    same = drawn_on_cpu(torch.ops.aten.normal_.default, (into,), {"generator": own})
    assert same is into
    assert torch.equal(into, torch.zeros(3).normal_(generator=torch.Generator().manual_seed(3)))


def test_a_drawing_leaves_no_trace(noisy: CellSpec) -> None:
    """In any order, once or twice: the same images, and a family as it was."""
    family = sampling.build(noisy, torch.device("cpu"))
    before = checkpoint.dump(family)
    first = sampling.selection_samples(family, noisy)
    random.random(), np.random.rand(), torch.rand(1)
    other = sampling.evaluation_samples(family, noisy)[: len(first)]
    assert (other != first).any()
    assert (sampling.selection_samples(family, noisy) == first).all()
    assert checkpoint.dump(family) == before


def trained(spec: CellSpec, data: bytes | None = None, done: int = 0, epochs: int = 2) -> bytes:
    family: Family = sampling.build(spec, torch.device("cpu"))
    if data is not None:
        checkpoint.restore(family, data)
    images = (torch.arange(40 * 784) % 251).to(torch.uint8).view(40, 28, 28)
    for _ in fit(family, images, epochs=epochs, batch_size=8, seed=1, done=done):
        sampling.selection_samples(family, spec)
    return checkpoint.dump(family)


def test_networks_that_draw_by_themselves_resume_exactly(noisy: CellSpec) -> None:
    whole = trained(noisy)
    assert trained(noisy, trained(noisy, epochs=1), done=1) == whole
    assert trained(noisy) == whole


def test_a_file_that_seeds_or_sets_things_changes_no_cell(tmp_path: Path) -> None:
    """What stands at the top of a script is run once a process: it must not reach the cells."""
    top = (
        "import random, numpy, torch\ntorch.manual_seed(0)\nnumpy.random.seed(0)\nrandom.seed(0)\n"
        "torch.set_num_threads(3)\ntorch.set_default_dtype(torch.float64)\n"
        "torch.use_deterministic_algorithms(False)\ntorch.backends.cudnn.benchmark = True\n"
        "torch.set_grad_enabled(False)\n"
    )
    runtime.set_up()
    weights = []
    for name, text in (("plain", NOISY), ("seeds", top + NOISY)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "noisy.py").write_text(text)
        (folder / "experiments.yaml").write_text(FILE)
        plan = make_plan(read_experiment(folder / "experiments.yaml"), seeds="2", download=False)
        for _ in range(2):  # the second time the file is not run again
            weights.append([checkpoint.dump(sampling.build(c, torch.device("cpu")))
                            for c in plan.cells])  # fmt: skip
        own_code.forget()
    assert weights[0] == weights[1] == weights[2] == weights[3]
    assert weights[0][0] != weights[0][1]  # another seed, other weights
    assert torch.get_num_threads() == 1
    assert torch.get_default_dtype() == torch.float32
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.is_grad_enabled()
    assert not torch.backends.cudnn.benchmark


def test_measures_of_ones_own_that_draw_are_seeded(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text(
        "import numpy as np, random\ndef metric_some(samples, real):\n"
        "    return float(np.random.rand() + random.random())\n"
    )
    (tmp_path / "experiments.yaml").write_text(FILE.replace("networks: noisy, ", ""))
    spec = make_plan(read_experiment(tmp_path / "experiments.yaml"), download=False).cells[0]
    images = np.zeros((4, 28, 28), np.uint8)
    found = [sampling.own_measures(spec, images) for _ in range(2)]
    assert found[0] == found[1]
    assert 0 < found[0]["some"] < 2
