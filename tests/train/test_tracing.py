"""The record of a network's layers: what is seen, what is not, and that nobody is disturbed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from labkit.catalog import FAMILIES, GAN_NETWORKS, VAE_NETWORKS
from labkit.execution import worker
from labkit.execution.sampling import build
from labkit.execution.status import Task
from labkit.execution.trials import _watched, trace
from labkit.experiment.grid import make_plan, parse_experiment
from labkit.experiment.spec import CellSpec
from labkit.plugins import registry as own_code
from labkit.store import layer_table
from labkit.store.file_names import NETWORKS
from labkit.store.layer_table import Network
from labkit.store.store import Store
from labkit.train.models import networks
from labkit.train.models.base import Context, Family

TEXT = """\
name: traced
data: {source: bundled, limit: 64}
training: {epochs: 1, batch_size: 32, snapshot_epochs: [1]}
evaluation: {samples: 100, selection_samples: 100}
"""


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    own_code.forget()


def cell(family: str, settings: str = "", source: str = "") -> CellSpec:
    text = TEXT + ("code: [mine.py]\n" if source else "")
    text += f"experiments:\n  one: {{family: {family}, params: {{dataset: MNIST, {settings}}}}}\n"
    experiment = parse_experiment(text, "e.yaml", beside=lambda name: source.encode())
    return make_plan(experiment, source="bundled").cells[0]


def shapes(found: Network) -> list[tuple[int, ...]]:
    return [layer.output for layer in found.layers]


def really(network: nn.Sequential, x: Tensor) -> list[tuple[int, ...]]:
    """The shapes that torch computes, layer by layer."""
    found = []
    for layer in network:
        x = layer(x)
        found.append(tuple(x.shape[1:]))
    return found


@pytest.mark.parametrize("name", GAN_NETWORKS)
def test_a_gans_layers_are_those_torch_computes(name: str) -> None:
    generator, discriminator = trace(cell("gan", f"networks: {name}"))
    assert shapes(generator) == really(networks.generator(name, 64), torch.zeros(2, 64))
    images = torch.zeros(2, 1, 28, 28)
    assert shapes(discriminator) == really(networks.discriminator(name), images)
    assert (generator.input, discriminator.input) == ((64,), (1, 28, 28))


@pytest.mark.parametrize("name", VAE_NETWORKS)
def test_a_vaes_layers_are_those_torch_computes(name: str) -> None:
    encoder, decoder = trace(cell("vae", f"networks: {name}"))
    features = networks.encoder(name, 16, norm="none", dropout=0.0).features
    assert shapes(encoder) == [*really(features, torch.zeros(2, 1, 28, 28)), (16,), (16,)]
    assert shapes(decoder) == really(networks.decoder(name, 16), torch.zeros(2, 16))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_network_of_every_family_is_seen_whole(family: str) -> None:
    """Also those of a second phase; every weight is in a layer, and JSON holds it all."""
    spec = cell(family)
    found = trace(spec)
    built = build(spec, torch.device("cpu"))
    # A moving average is made of another network, not run in a step.
    assert [each.name for each in found] == [name for name in built.networks if name != "average"]
    assert sum(each.parameters for each in found) == built.parameter_count()
    for each in found:
        assert sum(layer.parameters for layer in each.layers) == each.parameters
    text = json.dumps(layer_table.to_json(found))
    assert json.dumps(layer_table.to_json(layer_table.from_json(json.loads(text)))) == text


class Odd(nn.Module):
    """A layer called twice, a nest, weights of its own, and work that no module does."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(784, 8)
        self.nest = nn.ModuleDict({"a": nn.Sequential(nn.Linear(8, 8), nn.ReLU())})
        self.scale = nn.Parameter(torch.ones(8))
        self.unused = nn.Linear(3, 3)
        self.last = nn.Linear(8, 784)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(self.first(x.flatten(1)))
        for _ in range(2):
            h = self.nest["a"](h) * self.scale
        return torch.tanh(self.last(h)).view(-1, 1, 28, 28)


class Own(Family):
    """A family of the author's own, whose second network is only called in parts."""

    def __init__(self) -> None:
        self.noise_dim = 3
        self.whole, self.parts = Odd(), Odd()
        self.networks = {"whole": self.whole, "in_parts": self.parts, "never": Odd()}
        self.optimisers = {}

    def step(self, batch: Tensor, context: Context) -> dict[str, Tensor]:
        self.parts.last(self.parts.first(batch.flatten(1)))
        return {"loss": self.whole(self.whole(batch)).mean()}


def test_odd_networks() -> None:
    whole, parts = _watched(Own(), seed=0)
    counted = [(each.name, each.kind, each.parameters) for each in whole.layers]
    assert counted == [
        ("first", "Linear", 6280),
        ("nest.a.0", "Linear", 72),
        ("nest.a.1", "ReLU", 0),
        ("nest.a.0", "Linear", 0),
        ("nest.a.1", "ReLU", 0),
        ("last", "Linear", 7056),
    ]
    assert whole.parameters - sum(each.parameters for each in whole.layers) == 8 + 12
    assert [(each.name, each.output) for each in parts.layers] == [
        ("first", (8,)),
        ("last", (784,)),
    ]
    assert whole.input == (1, 28, 28)
    assert parts.input == (784,)


GOOD = """
import torch
from torch import nn

CALLS = []

class Generator(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(z_dim, 784), nn.Dropout(0.1), nn.Tanh())

    def forward(self, z):
        CALLS.append(1)
        return self.net(z).view(-1, 1, 28, 28) * (1 - 1e-3 * (len(CALLS) % 7))
"""
#: Works in training, which sees more than four images, and not where it is looked at.
SHY = GOOD.replace("CALLS.append(1)", "assert z.shape[0] != 4, 'not you'")


def trained(spec: CellSpec, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The committed training of a cell."""
    monkeypatch.setattr(worker, "evaluate", lambda *_: None)  # it is the training that is tested
    own = own_code.to_json(own_code._FILES.values())
    task = Task(spec, folder, own=own)
    worker.opened.cache_clear()
    assert worker.run_cell(task) == "done"
    return Store(folder).train_folder(spec)


@pytest.mark.parametrize(
    ("family", "settings", "source"),
    [
        ("gan", "ema: 0.9", ""),
        ("vae", "networks: dense512, dropout: 0.2, norm: batch", ""),
        ("gan", "constraint: spectral_norm", ""),
        ("gan", "networks: mine", GOOD),
    ],
)
def test_training_ends_in_the_same_bits(
    family: str, settings: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the record and without: weights, buffers, pictures and history; dropout, too."""
    spec = cell(family, settings, source)
    seen = trained(spec, tmp_path / "seen", monkeypatch)
    own_code.run_again()
    monkeypatch.setattr(worker, "_record_layers", lambda *_: None)
    unseen = trained(spec, tmp_path / "unseen", monkeypatch)
    assert (seen / NETWORKS).is_file()
    assert not (unseen / NETWORKS).exists()
    pictures = [f"images/{path.name}" for path in (unseen / "images").iterdir()]
    assert pictures
    for name in ("best.safetensors", *pictures):
        assert (seen / name).read_bytes() == (unseen / name).read_bytes(), name
    rows = [json.loads((each / "history.jsonl").read_text()) for each in (seen, unseen)]
    assert rows[0] | {"seconds": 0} == rows[1] | {"seconds": 0}


def test_looking_leaves_the_stream_of_random_numbers() -> None:
    spec = cell("gan", "networks: tf_dcgan")
    torch.manual_seed(7)
    before = torch.get_rng_state()
    trace(spec)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_training_whose_networks_cannot_be_looked_at_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = cell("gan", "networks: mine", SHY)
    folder = trained(spec, tmp_path, monkeypatch)
    assert not (folder / NETWORKS).exists()
    log = (folder / "log.txt").read_text()
    assert "the layers could not be recorded (AssertionError: not you)" in log
    assert Store(tmp_path).is_trained(spec, deep=True)


@pytest.mark.parametrize(
    "record",
    [
        None, [], {}, {"networks": 3}, {"networks": [{}]}, {"networks": [None] * 99},
        {"networks": [{"name": "g", "input": [-1], "parameters": 1, "layers": []}]},
        {"networks": [{"name": "g", "input": [1], "parameters": True, "layers": []}]},
        {"networks": [{"name": "g" * 101, "input": [1], "parameters": 1, "layers": []}]},
        {"networks": [{"name": "g", "input": [1], "parameters": 1, "layers": [{}] * 501}]},
    ],
)  # fmt: skip
def test_a_strangers_record_that_is_none(record: object) -> None:
    assert layer_table.from_json(record) == ()
