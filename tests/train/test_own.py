"""A user's own file: what it becomes, and what is said when it is not what it must be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from labkit.catalog import FAMILIES, GAN_NETWORKS, LOSSES, METRICS, Loss
from labkit.errors import PlanError
from labkit.execution.sampling import build
from labkit.experiment.fingerprint import training_code
from labkit.experiment.grid import make_plan, read_experiment
from labkit.experiment.plan import Plan
from labkit.experiment.starter import write_own
from labkit.plugins import registry as own_code
from labkit.plugins.registry import OwnCodeError
from labkit.train import losses
from labkit.train.loop import fit

ROOT = Path(__file__).parents[2]

GOOD = """
from torch import nn

def generator(z_dim):
    return nn.Sequential(nn.Linear(z_dim, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))

class Discriminator(nn.Module):
    def __init__(self, norm="none"):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 1))

    def forward(self, x):
        return self.net(x)
"""
VAE = """
from torch import nn

class Encoder(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.mean, self.log = nn.Linear(784, latent_dim), nn.Linear(784, latent_dim)

    def forward(self, x):
        return self.mean(x.flatten(1)), self.log(x.flatten(1))
"""
#: The example of the documentation, as a reader copies it.
DOCUMENT = (Path(__file__).parents[2] / "docs" / "your-own-model.md").read_text("utf-8")
FAMILY = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)[0]
FILE = (
    "name: x\ncode: [mine.py]\nexperiments:\n  a:\n    family: gan\n    grid: {dataset: [MNIST]}\n"
)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    own_code.forget()


def plan_of(
    folder: Path, source: str, settings: str = "networks: mine", family: str = "gan"
) -> Plan:
    (folder / "mine.py").write_text(source)
    text = FILE.replace("family: gan", f"family: {family}") + f"    params: {{{settings}}}\n"
    (folder / "e.yaml").write_text(text)
    return make_plan(read_experiment(folder / "e.yaml"), source="bundled")


def tried(plan: Plan) -> None:
    from labkit.execution.trials import try_own_code

    try_own_code(plan.cells)


def test_networks_become_an_entry_and_train(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, GOOD)
    assert GAN_NETWORKS["mine"].options == ("norm",)
    assert GAN_NETWORKS["mine"].norm == "none"
    tried(plan)
    tried(plan_of(tmp_path, VAE, family="vae"))
    tried(plan_of(tmp_path, FAMILY, "width: 4", family="mine"))
    assert FAMILIES["mine"].losses == ("g_loss",)
    assert "mine" in METRICS["g_loss"].families
    own_code.forget()
    assert "mine" not in METRICS["g_loss"].families
    assert "mine" not in FAMILIES


def test_a_family_of_the_first_release_still_trains(tmp_path: Path) -> None:
    """Then a step was told the number of its batch, and found the stream on the model."""
    older = FAMILY.replace("batch, context)", "batch, i)").replace("context.noise", "self.noise")
    weights = []
    for source in (FAMILY, older):
        plan = plan_of(tmp_path, source, "width: 4", family="mine")
        tried(plan)
        family = build(plan.cells[0], torch.device("cpu"))
        images = torch.arange(6 * 784, dtype=torch.uint8).reshape(6, 28, 28)
        for _ in fit(family, images, epochs=2, batch_size=2, seed=1):
            pass
        weights.append(family.networks["net"].weight)
        own_code.forget()
    assert torch.equal(*weights)


def test_reading_runs_nothing(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "raise SystemExit('ran')\n" + GOOD)
    assert plan.cells[0].params["networks"] == "mine"


def test_a_loss_of_ones_own_is_least_squares(tmp_path: Path) -> None:
    source = (
        "def discriminator_loss(real, fake):\n"
        "    return ((real - 1) ** 2).mean() + (fake ** 2).mean()\n"
        "def generator_loss(fake):\n    return ((fake - 1) ** 2).mean()\n"
    )
    plan = plan_of(tmp_path, source, "loss: mine")
    tried(plan)
    from labkit.train.adversary import _loss

    loss = _loss(LOSSES["mine"].target)
    assert loss.discriminator(torch.tensor([3.0]), torch.tensor([2.0])).item() == 8
    assert loss.generator(torch.tensor([3.0])).item() == 4
    with pytest.raises(PlanError, match=r"mine.py: generator_loss\(fake\) is missing"):
        plan_of(tmp_path, source.partition("def generator")[0], "loss: mine")


def test_what_the_file_says_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    first = plan_of(tmp_path, GOOD).cells[0]
    commented = plan_of(tmp_path, "# a remark\n" + GOOD).cells[0]
    changed = plan_of(tmp_path, GOOD.replace("784), nn.Tanh", "784), nn.Dropout(0.1), nn.Tanh"))
    assert first.fingerprint == commented.fingerprint
    assert first.fingerprint != changed.cells[0].fingerprint
    # A cell that does not use the file is the same cell with and without it.
    assert training_code("gan") == plan_of(tmp_path, GOOD, "z_dim: 64").cells[0].code


def test_a_plan_brings_its_files_along(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, GOOD)
    value = plan.to_json()
    own_code.forget()
    again = Plan.from_json(value)
    assert again == plan
    assert "mine" in GAN_NETWORKS
    # A stored plan may be anybody's: its code is known, and not run unless that is said.
    with pytest.raises(OwnCodeError, match="not run unless it is trusted"):
        tried(again)
    own_code.register(own_code.from_json(plan.settings["own"]), run=True)
    tried(again)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("lab1", GOOD),
        ("other", "def metric_proxy_fid(samples, real):\n    return 0\n"),
        ("other", "QUESTIONS = {'stability': 'Is mine best?'}\n" + GOOD),
    ],
)
def test_a_plan_cannot_replace_what_is_labkits_own(name: str, source: str, tmp_path: Path) -> None:
    value = plan_of(tmp_path, GOOD).to_json()
    before = dict(METRICS), dict(GAN_NETWORKS)
    value["settings"]["own"] = [{"name": name, "source": source}]
    with pytest.raises(PlanError, match="is already one of"):
        Plan.from_json(value)
    assert METRICS["proxy_fid"] == before[0]["proxy_fid"]
    assert GAN_NETWORKS["lab1"] == before[1]["lab1"]


def test_a_stored_plan_does_not_replace_the_users_newer_file(tmp_path: Path) -> None:
    value = plan_of(tmp_path, GOOD).to_json()
    newer = plan_of(tmp_path, GOOD.replace("nn.Tanh()", "nn.Hardtanh()")).cells[0]
    Plan.from_json(value)
    assert training_code("gan", newer.params) == newer.code


SHAPES: list[tuple[str, str]] = [
    (GOOD.replace("generator(z_dim)", "generator()"), "4: expected generator(z_dim), found ()"),
    (
        GOOD.replace('(self, norm="none")', "(self, depth)"),
        "8: expected Discriminator(), found (depth)",
    ),
    ("x = 1\n", "nothing to use in it"),
    ("def generator(z_dim:\n", "1: not valid Python (Python: "),
    (FAMILY.replace("def step", "def stride"), "8: class Model needs step"),
    (FAMILY.replace('["g_loss"]', '["loss"]'), "8: expected LOSSES = [...] with names among"),
    (FAMILY.replace('["g_loss"]', "3"), '5: LOSSES: expected LOSSES = ["name", ...]'),
    (FAMILY.replace('{"width": 8, "lr": 0.01}', "[1]"), "4: PARAMS: expected PARAMS = {"),
    (GOOD + "QUESTIONS = ['why?']\n", "14: QUESTIONS: expected QUESTIONS = {"),
    (GOOD + "QUESTIONS = {'q': 3}\n", "14: QUESTIONS: expected QUESTIONS = {"),
    (GOOD + "QUESTIONS = {[]: 1}\n", "14: QUESTIONS must be written out"),
    ("def metric_loss(samples, real):\n    return 1\n", "1: 'metric_loss': the table has another"),
    ("def metric_seed(samples, real):\n    return 1\n", "1: 'metric_seed': the table has another"),
    (GOOD.replace("Discriminator", "Discriminater"), "7: 'Discriminater': did you mean"),
    ("def metric_ink(samples):\n    return 1\n", "1: expected metric_ink(samples, real)"),
]


@pytest.mark.parametrize(("source", "message"), SHAPES)
def test_a_wrong_shape_is_one_line_when_read(source: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(tmp_path, source)
    assert f"e.yaml:2: code[0]: mine.py:{message}".replace(
        "mine.py:nothing", "mine.py: nothing"
    ) in (str(caught.value).replace(str(tmp_path) + "/", ""))


NAN = """
def discriminator_loss(real, fake):
    return real.mean() * float('nan')

def generator_loss(fake):
    return -fake.mean()
"""
RUNS: list[tuple[str, str]] = [
    (
        GOOD.replace(", nn.Unflatten(1, (1, 28, 28))", ""),
        "mine.py: generator: expected noise (N, 64) -> images (N, 1, 28, 28) in [-1, 1]; "
        "for N = 2 it gave (2, 784)",
    ),
    (
        GOOD.replace("nn.Tanh()", "nn.Hardtanh(-9, 9)").replace(
            "nn.Linear(z_dim, 784)", "nn.Linear(z_dim, 784), nn.Softplus(), nn.Threshold(9, 9)"
        ),
        "in [-1, 1]; it gave 9",
    ),
    (
        GOOD.replace("nn.Linear(784, 1)", "nn.Linear(784, 2)"),
        "mine.py: Discriminator: expected images (N, 1, 28, 28) -> logits (N, 1), without a "
        "sigmoid; for N = 2 it gave (2, 2)",
    ),
    (
        GOOD.replace("nn.Linear(784, 1)", "nn.Linear(700, 1)"),
        "logits (N, 1), without a sigmoid; it raised",
    ),
    (GOOD.replace("    return nn.Seq", "    return 3 or nn.Seq"), "expected a torch.nn.Module"),
    ("import nothing_such\n" + GOOD, "mine.py:1: ModuleNotFoundError"),
    (GOOD.replace("nn.Tanh(), ", ""), "whatever the noise (end in a tanh); it gave"),
    (GOOD + NAN, "d_loss is nan in a first training step"),
    (GOOD + NAN.replace("real.mean() * float('nan')", "real"), "-> a scalar tensor, as of .mean()"),
    (GOOD + NAN.replace("-fake.mean()", "fake.mean().item()"), "as of .mean(); it gave float"),
    (GOOD.replace("    return nn.Seq", "    return z_din or nn.Seq"), "mine.py:5: NameError"),
]


@pytest.mark.parametrize(("source", "message"), RUNS)
def test_a_wrong_network_is_one_line_before_training(
    source: str, message: str, tmp_path: Path
) -> None:
    plan = plan_of(tmp_path, source, "networks: mine" + ", loss: mine" * ("_loss" in source))
    with pytest.raises(OwnCodeError) as caught:
        tried(plan)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["lab1.py", "a-b.py", "mine.txt", "../mine.py", "none.py"])
def test_a_name_that_cannot_be(name: str, tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(FILE.replace("mine.py", name))
    if "/" not in name:
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(PlanError, match="code"):
        read_experiment(tmp_path / "e.yaml")


def test_trying_draws_no_random_number(tmp_path: Path) -> None:
    from labkit.train.models import networks

    plan_of(tmp_path, GOOD)
    states = []
    for check in (True, False):
        torch.manual_seed(3)
        made: Any = networks.generator("mine", 8) if check else None
        if not check:
            made = own_code.load("mine").generator(8)
        states.append((torch.get_rng_state(), made[0].weight))
    assert torch.equal(states[0][0], states[1][0])
    assert torch.equal(states[0][1], states[1][1])


def test_the_template_trains_as_it_is(tmp_path: Path) -> None:
    written = write_own(tmp_path)
    assert [path.name for path in written][:2] == ["my_gan.py", "experiments.yaml"]
    experiment = read_experiment(tmp_path / "experiments.yaml", "quick")
    plan = make_plan(experiment, source="bundled")
    assert [cell.params["networks"] for cell in plan.cells] == ["lab1", "my_gan"]
    tried(plan)
    assert "mean_ink" in METRICS
    with pytest.raises(PlanError, match="exists already; nothing was written"):
        write_own(tmp_path)


def test_the_documented_loss_is_a_loss() -> None:
    """Its diff, taken at its word: one function, one catalog entry."""
    page = (ROOT / "docs" / "your-own-model.md").read_text("utf-8")
    block = page.partition("### A loss\n")[2].partition("```diff\n")[2].partition("```")[0]
    function, _, entry = block.partition(" # labkit/catalog/building.py")
    added = ["\n".join(line[1:] for line in part.splitlines() if line.startswith("+"))
             for part in (function, entry)]  # fmt: skip
    names: dict[str, Any] = dict(vars(losses))
    exec(added[0], names)
    ((key, found),) = eval(f"{{{added[1]}}}", {"Loss": Loss}).items()
    assert found.target == f"labkit.train.losses:{key}"
    made = names[key]()
    assert made.discriminator(torch.tensor([3.0]), torch.tensor([2.0])).item() == 8
    assert made.generator(torch.tensor([3.0])).item() == 4
    assert not found.threshold
