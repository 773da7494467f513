"""Own files as students write them: what they call things, where they keep layers, how they end.

Each is read, registered and tried as `labkit run` does before it trains.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from labkit.errors import PlanError
from labkit.execution.sampling import build
from labkit.execution.trials import try_own_code
from labkit.experiment.fingerprint import evaluation_code
from labkit.experiment.grid import differences, make_plan, read_experiment
from labkit.experiment.plan import Plan
from labkit.plugins import registry as own_code
from labkit.plugins.arguments import assigned
from labkit.plugins.registry import OwnCodeError
from labkit.train import checkpoint
from tests.train.test_own import FAMILY, GOOD

FILE = """\
name: x
code: [{code}]
experiments:
  a:
    family: {family}
    grid: {{dataset: [MNIST]}}
    params: {{{settings}}}
"""
TOP = (
    "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
    "from torch.nn.utils import spectral_norm as SN\n"
)
GENERATOR = """
class Generator(nn.Module):
    def __init__(self, {args}):
        super().__init__()
        self.net = nn.Sequential(nn.Linear({size}, 784), {end}, nn.Unflatten(1, (1, 28, 28)))

    def forward(self, z):
        return self.net(z)
"""
DISCRIMINATOR = """
class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        {made}

    def forward(self, x):
        return {out}
"""
ENCODER = """
class Encoder(nn.Module):
    def __init__(self, {args}):
        super().__init__()
        self.mean, self.log = nn.Linear(784, {size}), nn.Linear(784, {size})

    def forward(self, x):
        return self.mean(x.flatten(1)), self.log(x.flatten(1))
"""
DECODER = """
class Decoder(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(latent_dim, 784){end}, nn.Unflatten(1, (1, 28, 28)))

    def forward(self, z):
        return self.net(z)
"""
BLOCKS = "from torch import nn\n\n\ndef block(a, b):\n    return nn.Sequential(nn.Linear(a, b), nn.ReLU())\n"  # noqa: E501
NET = "self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.LeakyReLU(), nn.Linear(8, 1){})"
BLOCK = NET.replace("nn.Linear(784, 8)", "block(784, 8)").format("")


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    own_code.forget()


def planned(
    folder: Path, source: str, settings: str = "networks: mine", family: str = "gan",
    code: str = "mine.py", **beside: str,
) -> Plan:  # fmt: skip
    for name, text in {"mine": source, **beside}.items():
        (folder / f"{name}.py").write_text(text)
    file = folder / "e.yaml"
    file.write_text(FILE.format(code=code, settings=settings, family=family))
    return make_plan(read_experiment(file), source="bundled")


def tried(plan: Plan) -> list[str]:
    return try_own_code(plan.cells)


def generator(args: str = "z_dim", size: str = "z_dim", end: str = "nn.Tanh()") -> str:
    return TOP + GENERATOR.format(args=args, size=size, end=end)


def discriminator(made: str, out: str = "self.net(x)") -> str:
    return TOP + DISCRIMINATOR.format(made=made, out=out)


# --------------------------------------------------------------------------- arguments

NAMES = [
    "z_dim", "latent_dim", "nz", "noise_dim", "z_size", "latent_size", "n_z", "latent", "zdim",
    "latentDim", "channels_noise", "latent_vector_size", "num_latents", "random_dim", "input_dim",
    "g_input_size", "encoded_space_dim", "bottleneck", "dim", "n", "embedding_dim",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_size_by_any_usual_name(name: str, tmp_path: Path) -> None:
    tried(planned(tmp_path, generator(name, name), "networks: mine, z_dim: 7"))


ORDERS = [
    ("Generator", "img_shape=(1, 28, 28), latent_dim=64", "latent_dim"),
    ("Generator", "ngf=64, nc=1, nz=100", "nz"),
    ("Generator", "noise=0.1, *, nz", "nz"),
    ("Generator", "out_dim=784, in_dim=100", "in_dim"),
    ("Generator", "nz, /, depth=2", "nz"),
    ("Encoder", "hidden_dim=400, latent_dim=20", "latent_dim"),
    ("Encoder", "input_dim=784, hidden_dim=400, output_dim=20", "output_dim"),
    ("Encoder", "in_channels=1, z=2", "z"),
    ("Decoder", "output_dim=784, latent_size=3", "latent_size"),
]


@pytest.mark.parametrize(("who", "args", "gets"), ORDERS)
def test_a_size_goes_to_the_argument_called_so(who: str, args: str, gets: str) -> None:
    made: dict[str, object] = {}
    exec(f"def f({args}): pass", made)
    given = list(inspect.signature(made["f"]).parameters.values())  # type: ignore[arg-type]
    assert {"z_dim": gets, "latent_dim": gets}.items() >= {
        (name, to) for name, to in assigned(who.lower(), who, given).items() if name != "channels"
    }


def test_a_network_is_made_in_the_size_that_was_asked_for(tmp_path: Path) -> None:
    source = TOP + ENCODER.format(args="hidden_dim=400, latent_dim=20", size="latent_dim")
    plan = planned(tmp_path, source, "networks: mine, latent_dim: 7", "vae")
    tried(plan)
    encoder = build(plan.cells[0], torch.device("cpu")).networks["encoder"]
    assert encoder.mean.out_features == 7


REFUSED = [
    (
        generator("hidden=100", "hidden"),
        "gan",
        "found (hidden); give the one that is meant the name z_dim",
    ),
    (generator("opt", "opt"), "gan", "found (opt); give the one"),
    (
        generator("noise_dim=4, latent_dim=3", "latent_dim"),
        "gan",
        "found (noise_dim, latent_dim); give",
    ),
    (generator("nz, img_shape", "nz"), "gan", "labkit passes no img_shape: give it a default"),
    (
        TOP + ENCODER.format(args="hidden_dim=400", size="hidden_dim"),
        "vae",
        "Encoder(latent_dim), found",
    ),
    (
        TOP + ENCODER.format(args="input_dim=784", size="input_dim"),
        "vae",
        "found (input_dim); give",
    ),
]


@pytest.mark.parametrize(("source", "family", "said"), REFUSED)
def test_what_means_something_else_gets_no_size(
    source: str, family: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(PlanError) as caught:
        planned(tmp_path, source, family=family)
    assert said in str(caught.value)
    assert "mine.py:7: expected" in str(caught.value)


@pytest.mark.parametrize("given", ["nc", "in_channels", "img_channels=3", "channels=1"])
@pytest.mark.parametrize("family", ["gan", "cgan"])
def test_channels_by_any_usual_name(given: str, family: str, tmp_path: Path) -> None:
    name = given.partition("=")[0]
    source = discriminator(f"self.net = nn.Sequential(nn.Flatten(), nn.Linear(784 * {name}, 1))")
    tried(planned(tmp_path, source.replace("(self)", f"(self, {given})"), family=family))


def test_losses_and_measures_get_what_they_name(tmp_path: Path) -> None:
    source = (
        "def discriminator_loss(fake, real):\n    return fake.mean() - real.mean()\n"
        "def generator_loss(d_out):\n    return -d_out.mean()\n"
    )
    tried(planned(tmp_path, source, "loss: mine"))
    from labkit.catalog import LOSSES, resolve

    loss = resolve(LOSSES["mine"].target)
    assert loss(torch.tensor([3.0]), torch.tensor([2.0])).item() == -1  # real, then fake
    measure = "def metric_gap(real, samples):\n    return samples.mean() - real.mean()\n"
    planned(tmp_path, GOOD + measure)
    assert resolve("own/mine:metric_gap")(torch.tensor([3.0]), torch.tensor([2.0])).item() == 1
    with pytest.raises(PlanError, match=r"found \(output, label\); give"):
        planned(tmp_path, source.replace("fake, real", "output, label"), "loss: mine")


def test_a_cell_that_got_a_size_in_the_wrong_place_trains_again(tmp_path: Path) -> None:
    """Formerly the first argument got it; nothing else changes a fingerprint."""
    planned(tmp_path, TOP + ENCODER.format(args="hidden=4, latent=2", size="latent"), family="vae")
    assert own_code.moved_of("own/mine:Encoder") == {"own/mine:Encoder(latent_dim)": "latent"}
    planned(tmp_path, TOP + ENCODER.format(args="latent, hidden=4", size="latent"), family="vae")
    assert own_code.moved_of("own/mine:Encoder") == {}
    planned(tmp_path, GOOD + "def metric_gap(real, samples):\n    return 0.0\n")
    swapped = evaluation_code()
    planned(tmp_path, GOOD + "def metric_gap(samples, real):\n    return 0.0\n")
    assert swapped != evaluation_code()


# --------------------------------------------------------------------------- files and classes

IMPORTS = [
    "from blocks import block", "import blocks as b\nblock = b.block", "from .blocks import block",
    "from . import blocks\nblock = blocks.block", "from blocks import *", "from more import block",
]  # fmt: skip


@pytest.mark.parametrize("line", IMPORTS)
def test_files_beside_it_are_imported(line: str, tmp_path: Path) -> None:
    more = "import mine\nfrom blocks import block\n"
    plan = planned(tmp_path, f"{line}\n{discriminator(BLOCK)}", blocks=BLOCKS, more=more)
    assert tried(plan) == []
    held = plan.settings["own"]
    assert held[0].keys() == {"name", "source"}
    assert {"name": "blocks", "source": BLOCKS, "helper": True} in held
    # In a process that knows the plan alone, as workers do.
    own_code.forget()
    own_code.register(own_code.from_json(held), run=True)
    assert tried(plan) == []


def test_a_helper_may_also_be_named_and_offer_the_networks(tmp_path: Path) -> None:
    source = f"from blocks import block\n{discriminator(BLOCK)}"
    tried(planned(tmp_path, source, code="blocks.py, mine.py", blocks=BLOCKS))
    base = generator("depth=1, nz=4", "nz").replace("Generator", "Base") + "Other = Base\n"
    source = "from nets import Base, Other as Generator\n"
    tried(planned(tmp_path, source, "networks: mine, z_dim: 5", nets=base))
    tried(planned(tmp_path, source + "class Generator(Base): pass\n", nets=base))


def test_what_a_helper_says_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    source = f"from more import block\n{discriminator(BLOCK)}"
    more = "from blocks import block\n"

    def code(blocks: str) -> str:
        return planned(tmp_path, source, blocks=blocks, more=more).cells[0].code

    first = code(BLOCKS)
    assert code("# a remark\n" + BLOCKS) == first
    assert code(BLOCKS.replace("ReLU", "GELU")) != first
    plan = planned(tmp_path, source, blocks=BLOCKS, more=more)
    (tmp_path / "blocks.py").write_text(BLOCKS.replace("ReLU", "ELU"))
    (said,) = differences(read_experiment(tmp_path / "e.yaml"), plan)
    assert said.startswith("code: the plan has other Python files")
    measure = "from more import level\ndef metric_x(samples, real):\n    return level\n"
    planned(tmp_path, GOOD + measure, more="level = 1.0\n")
    before = evaluation_code()
    planned(tmp_path, GOOD + measure, more="level = 2.0\n")
    assert evaluation_code() != before


def test_only_files_beside_it_are(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "blocks.py").write_text(BLOCKS)
    with pytest.raises(PlanError, match=r"mine.py:1: nets/blocks.py lies in a folder: move it"):
        planned(tmp_path, f"from nets.blocks import block\n{discriminator(BLOCK)}")
    with pytest.raises(PlanError, match=r"blocks.py:1: not valid Python"):
        planned(tmp_path, f"import blocks\n{GOOD}", blocks="def (:\n")
    many = {f"h{i}": "" for i in range(51)}
    with pytest.raises(PlanError, match=r"mine.py: imports more than 50 files"):
        planned(tmp_path, "\n".join(f"import {name}" for name in many) + GOOD, **many)
    # What stands beside it by the name of an installed module, and what is never run.
    later = "if __name__ == '__main__':\n    import train\n"
    plan = planned(tmp_path, f"import random\n{later}{GOOD}", random="1 / 0\n", train="1 / 0\n")
    assert [each["name"] for each in plan.settings["own"]] == ["mine"]
    assert tried(plan) == []


INHERITED = [
    "class Generator(Base): pass\n",
    "class Mid(Base): pass\nclass Generator(Mid): pass\n",
    "class Mixin:\n    x = 1\nclass Generator(Mixin, Base): pass\n",
    "class Generator(Base):\n    def __init__(self, *args, **kw):\n        super().__init__(*args, **kw)\n",  # noqa: E501
    "class Generator(Base):\n    def __init__(self, **kw):\n        super().__init__(**kw)\n",
    "Generator = Base\n",
]


@pytest.mark.parametrize("source", INHERITED)
def test_an_inherited_init_is_honoured(source: str, tmp_path: Path) -> None:
    base = generator("hidden=3, latent_dim=9", "latent_dim").replace("Generator", "Base")
    tried(planned(tmp_path, base + source, "networks: mine, z_dim: 5"))


def test_no_init_anywhere_and_a_family_that_inherits(tmp_path: Path) -> None:
    none = "class Base(nn.Module): pass\nclass Generator(Base): pass\n"
    with pytest.raises(PlanError, match=r"class Generator needs __init__\(self, z_dim\)"):
        planned(tmp_path, TOP + none)
    source = FAMILY.replace("class Model(Family)", "class Base(Family)")
    tried(planned(tmp_path, source + "class Model(Base): pass\n", "width: 4", "mine"))


def test_what_looks_for_its_module_finds_it(tmp_path: Path) -> None:
    source = """
from __future__ import annotations
import inspect, pickle, typing
from dataclasses import dataclass

@dataclass
class Config:
    slope: float = 0.2
    after: Later | None = None

class Later: pass

assert typing.get_type_hints(Config)
assert pickle.loads(pickle.dumps(Config())) == Config()
assert "slope" in inspect.getsource(Config)
"""
    tried(planned(tmp_path, source + GOOD))


# --------------------------------------------------------------------------- files that end

ARGS = "import argparse\nparser = argparse.ArgumentParser()\n"
WAY_OUT = '; keep parse_args, exit and training under `if __name__ == "__main__":`'
ENDING = [
    (
        ARGS + "opt = parser.parse_args()\n",
        "mine.py:3: the file ends the program (SystemExit: it pars",
    ),
    (ARGS + "opt, _ = parser.parse_known_args()\n", "mine.py:3: the file ends"),
    (
        ARGS + "try:\n    parser.parse_args()\nexcept Exception:\n    pass\n",
        "mine.py:4: the file ends",
    ),
    (
        "import sys\nsys.exit('no GPU found')\n",
        "mine.py:2: the file ends the program (SystemExit: no GPU",
    ),
    ("quit()\n", "mine.py:1: the file ends the program (SystemExit);"),
    (
        "n = input('epochs? ')\n",
        "mine.py:1: the file ends the program (SystemExit: it asks for input)",
    ),
    ("import more\n", "more.py:2: the file ends the program (SystemExit)"),
]


@pytest.mark.parametrize(("top", "said"), ENDING)
def test_a_file_that_ends_the_program_is_named(top: str, said: str, tmp_path: Path) -> None:
    plan = planned(tmp_path, top + GOOD, more="import sys\nsys.exit(3)\n")
    with pytest.raises(OwnCodeError) as caught:
        tried(plan)
    assert said in str(caught.value)
    assert str(caught.value).endswith(WAY_OUT)


def test_networks_that_end_the_program_are_named_too(tmp_path: Path) -> None:
    for there, line in (("super().__init__()", 9), ("return self.net(z)", 13)):
        source = generator().replace(there, f"import sys\n        sys.exit('x')\n        {there}")
        plan = planned(tmp_path, source)
        with pytest.raises(OwnCodeError, match=rf"mine.py:{line}: the file ends.*SystemExit: x"):
            tried(plan)


def test_a_file_that_does_so_as_a_program_only_is_fine(tmp_path: Path) -> None:
    top = ARGS + "opt = parser.parse_args([])\nif __name__ == '__main__':\n    quit()\n"
    assert tried(planned(tmp_path, top + GOOD)) == []


# --------------------------------------------------------------------------- layers

SHARED = {
    "twice": discriminator("self.a = nn.Linear(784, 1); self.b = self.a", "self.b(x.flatten(1))"),
    "list": discriminator("self.a = nn.Linear(784, 1); self.l = nn.ModuleList([self.a])",
                          "self.l[0](x.flatten(1))"),
    "tied": discriminator("self.a, self.b, self.c = nn.Linear(784, 784), nn.Linear(784, 784), "
                          "nn.Linear(784, 1); self.b.weight = self.a.weight",
                          "self.c(self.b(self.a(x.flatten(1)).relu()))"),
    "views": discriminator(NET.format("") + "; m = torch.ones(9); self.register_buffer('m', m); "
                           "self.register_buffer('k', m[:3])"),
    "both": TOP + "S = nn.Linear(784, 784)\n"
    + GENERATOR.format(args="z_dim", size="z_dim", end="S, nn.Tanh()")
    + DISCRIMINATOR.format(made="self.net = nn.Sequential(nn.Flatten(), S, nn.Linear(784, 1))",
                           out="self.net(x)"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SHARED)
def test_shared_tensors_are_saved_once_and_train(kind: str, tmp_path: Path) -> None:
    plan = planned(tmp_path, SHARED[kind])
    assert tried(plan) == []
    first, second = (build(plan.cells[0], torch.device("cpu")) for _ in range(2))
    with torch.no_grad():
        for network in first.networks.values():
            for weight in [*network.parameters(), *network.buffers()]:
                weight += 1
    data = checkpoint.dump(first)
    checkpoint.restore(second, data)
    states = [
        {f"{name}/{key}": value for name, net in family.networks.items()
         for key, value in net.state_dict().items()}
        for family in (first, second)
    ]  # fmt: skip
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    kept = checkpoint.read(data)
    assert (len(kept) < len(states[0])) == (kind != "views")


LISTS = [
    ("self.layers = [nn.Linear(784, 8)]; self.out = nn.Linear(8, 1)",
     "self.out(self.layers[0](x.flatten(1)))", "Discriminator: self.layers: no part of"),
    ("self.layers = [nn.Linear(784, 1)]", "self.layers[0](x.flatten(1))", "self.layers: no part"),
    ("self.d = {'a': (nn.Linear(784, 8),)}; self.out = nn.Linear(8, 1)",
     "self.out(self.d['a'][0](x.flatten(1)))", "self.d: no part of the network, so no optimiser"),
    ("self.w = torch.randn(784, 1, requires_grad=True); self.out = nn.Linear(784, 1)",
     "self.out(x.flatten(1)) + x.flatten(1) @ self.w", "self.w: no part of the network"),
    ("self.out = nn.Linear(8, 1)", "self.out(nn.Linear(784, 8)(x.flatten(1)))",
     "a layer: no part of the network, so no optimiser trains it (made in forward"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "out", "said"), LISTS)
def test_layers_that_no_optimiser_sees_are_named(
    made: str, out: str, said: str, tmp_path: Path
) -> None:
    plan = planned(tmp_path, discriminator(made, out))
    with pytest.raises(OwnCodeError) as caught:
        tried(plan)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("made", "out"),
    [
        ("self.l = [nn.Linear(784, 784).requires_grad_(False)]; self.out = nn.Linear(784, 1)",
         "self.out(self.l[0](x.flatten(1)))"),
        ("self.a = nn.Linear(784, 1); self.order = [[self.a]]", "self.order[0][0](x.flatten(1))"),
        ("self.l = [nn.Linear(784, 1)]; self.out = nn.Linear(784, 1)", "self.out(x.flatten(1))"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("constraint", ["none", "gradient_penalty"])
def test_lists_that_do_no_harm_are_not(
    made: str, out: str, constraint: str, tmp_path: Path
) -> None:
    settings = f"networks: mine, loss: wasserstein, constraint: {constraint}"
    assert tried(planned(tmp_path, discriminator(made, out), settings)) == []


# --------------------------------------------------------------------------- ranges

ZERO = "; nn.init.zeros_(self.net[3].weight); nn.init.zeros_(self.net[3].bias)"
BCE = """
bce = nn.BCELoss()

def discriminator_loss(real, fake):
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))

def generator_loss(fake):
    return bce(fake, torch.ones_like(fake))
"""
FAR = "however large the input, and"
LOGITS = f"{FAR} the Hinge loss takes logits: leave out the"
SIGMOID = discriminator(NET.format(", nn.Sigmoid()"))
AWAY = [
    (SIGMOID, "", f"stay in [0, 1] {LOGITS} sigmoid"),
    (
        discriminator(NET.format(""), "self.net(x).sigmoid()"),
        "",
        f"stay in [0, 1] {LOGITS} sigmoid",
    ),
    (discriminator(NET.format(", nn.Tanh()")), "", f"stay in [-1, 1] {LOGITS} tanh"),
    (
        discriminator(NET.format(", nn.Sigmoid()")),
        "constraint: spectral_norm",
        "leave out the sigmoid",
    ),
    (
        generator(end="nn.Sigmoid()"),
        "",
        f"[0, 1] {FAR} images are in [-1, 1]: end in a tanh",
    ),
    (generator(end="nn.Hardtanh(0, 1)"), "", f"stay in [0, 1] {FAR} images"),
    (
        TOP + DECODER.format(end=", nn.Sigmoid()"),
        "reconstruction: bernoulli",
        "adds a sigmoid itself",
    ),
    (
        TOP + DECODER.format(end=", nn.Sigmoid()"),
        "reconstruction: l1",
        "the loss adds a tanh itself",
    ),
    (TOP + DECODER.format(end=", nn.Tanh()"), "reconstruction: mse", "leave out the tanh"),
]


@pytest.mark.parametrize(("source", "more", "said"), AWAY)
def test_a_range_that_gives_a_network_away_is_said(
    source: str, more: str, said: str, tmp_path: Path
) -> None:
    family = "vae" if "Decoder" in source else "gan"
    plan = planned(tmp_path, source, "networks: mine" + f", {more}" * bool(more), family)
    with pytest.raises(OwnCodeError) as caught:
        tried(plan)
    assert said in str(caught.value)


FINE = [
    discriminator(NET.format("") + ZERO),
    discriminator(NET.format("") + ZERO + "; nn.init.constant_(self.net[3].bias, 0.5)"),
    discriminator(NET.format("").replace("nn.LeakyReLU()", "nn.LayerNorm(8)")),
    discriminator(NET.format("").replace("nn.Linear(8, 1)", "SN(nn.Linear(8, 1))")),
    SIGMOID + BCE,
    generator().replace("28)))\n", "28))); nn.init.zeros_(self.net[0].weight)\n"),
    generator(end="nn.Sigmoid()").replace("return self.net(z)", "return self.net(z) * 2 - 1"),
    generator().replace("self.net(z)", "self.net(F.normalize(z) / 9)"),
    TOP + DECODER.format(end="").replace("28)))\n", "28))); nn.init.zeros_(self.net[0].weight)\n"),
]  # fmt: skip


@pytest.mark.parametrize("source", FINE)
def test_networks_that_start_small_give_nothing_away(source: str, tmp_path: Path) -> None:
    family = "vae" if "Decoder" in source else "gan"
    settings = "networks: mine" + ", loss: mine" * ("bce" in source)
    assert tried(planned(tmp_path, source, settings, family)) == []


def test_one_of_a_pair_is_enough(tmp_path: Path) -> None:
    """What is missing is Lab 1's; of a VAE, too."""
    assert tried(planned(tmp_path, TOP + DECODER.format(end=""), family="vae")) == []
