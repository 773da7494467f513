"""Networks that draw random numbers of their own: an honest hand-in of them is not accused.

What labkit can seed, it seeds: torch's, NumPy's and Python's generators. What differs from
itself all the same is said before it is trained, recorded, and never called a failure.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.handin.verify import verify
from tests.builders import forgeries, handins
from tests.builders.commands import labkit
from tests.builders.forgeries import edit, edit_json

pytestmark = pytest.mark.slow

FILE = """\
name: own
data: {{source: bundled, limit: 128}}
training: {{epochs: 2, batch_size: 64, snapshot_epochs: [1]}}
evaluation: {{samples: 150, selection_samples: 150}}
code: [{code}]
experiments:
  a:
    family: gan
    grid: {{dataset: [MNIST], networks: [{names}]}}
    params: {{loss: bce, z_dim: 8}}
"""
NETWORK = """\
import os, random, time
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
{top}

class Generator(nn.Module):
    def __init__(self, z_dim):
        super().__init__()
        self.a, self.b, self.calls = nn.Linear(z_dim, 32), nn.Linear(32, 784), 0
        self.norm = nn.BatchNorm1d(32)
        {start}

    def forward(self, z):
        self.calls += 1
        h = torch.relu(self.a(z))
        {draw}
        return torch.tanh(self.b(h)).view(-1, 1, 28, 28)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 1))

    def forward(self, x):
        {judge}
        return self.net(x)
"""
NUMPY = "h = h + torch.from_numpy({}).float()"
#: Name to what is filled in; these are seeded, so they hold.
SEEDED = {
    "noise": {"draw": "h = h + 0.5 * torch.randn_like(h)"},
    "dropping": {"draw": "h = F.dropout(h, 0.5, training=True)"},
    "numpys": {"draw": NUMPY.format("np.random.randn(*h.shape)")},
    "pythons": {"draw": "h = h + random.gauss(0, 1)", "start": "self.k = random.random()"},
    "critics": {"judge": "x = x + 0.2 * torch.randn_like(x)"},
    "norms": {"draw": "h = F.batch_norm(h, self.norm.running_mean, self.norm.running_var, "
              "training=True)"},
    "sets": {"start": "self.a.weight.data *= sum(torch.rand(1) * len(s) for s in "
             "{'a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff'})"},
    "seeds": {"top": "torch.manual_seed(1); np.random.seed(1); torch.set_num_threads(2)",
              "draw": "h = h + torch.randn_like(h)"},
}  # fmt: skip
#: And these differ from themselves, by what is said of them.
UNSEEDED = {
    "unseeded": ({"draw": NUMPY.format("np.random.default_rng().random(h.shape)")}, "first"),
    "clock": ({"start": "torch.manual_seed(int(time.time()))"}, "first training step"),
    "urandom": ({"start": "self.a.weight.data *= 1 + os.urandom(1)[0]"}, "first training step"),
    "counter": ({"draw": "h = h + 0.01 * self.calls"}, "samples differ"),
    "generator": (
        {"top": "RNG = np.random.default_rng(0)", "draw": NUMPY.format("RNG.random(h.shape)")},
        "samples differ",
    ),
    "warming": (
        {"draw": "h = h * (1 + self.calls) if self.training else h"}, "interrupted and resumed"
    ),
}  # fmt: skip


def alone(folder: Path) -> dict[str, str]:
    return {"LABKIT_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}


def handed_in(folder: Path, networks: dict[str, dict[str, str]], *how: str) -> str:
    """What `labkit run` said of these networks; ``h.zip`` is then there."""
    for name, parts in networks.items():
        filled = {"top": "", "start": "pass", "draw": "pass", "judge": "pass"} | parts
        (folder / f"{name}.py").write_text(NETWORK.format(**filled))
    code, names = ", ".join(f"{name}.py" for name in networks), ", ".join(networks)
    (folder / "experiments.yaml").write_text(FILE.format(code=code, names=names))
    said = labkit("run", cwd=folder, **alone(folder)).stderr
    labkit("submit", "-o", "h.zip", *how, cwd=folder, **alone(folder))
    return said


def verified(folder: Path, cells: int) -> dict[str, Any]:
    args = ("verify", "h.zip", "--trust-code", "--rerun", cells, "--json")
    told = labkit(*args, cwd=folder, **alone(folder))
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_what_labkit_seeds_holds(tmp_path: Path) -> None:
    said = handed_in(tmp_path, SEEDED)
    assert "differ" not in said
    found = verified(tmp_path, len(SEEDED))
    assert [rung["verdict"] for rung in found["rungs"]] == ["passed"] * 4, found
    assert (found["holds"], found["complete"]) == (True, True)
    for name in SEEDED:
        assert f"MNIST_GAN_{name}_bce_z8: identical" in str(found["rungs"][3]["notes"])


def test_what_differs_from_itself_is_said_and_not_accused(tmp_path: Path) -> None:
    said = handed_in(tmp_path, {name: parts for name, (parts, _) in UNSEEDED.items()})
    before, _, _ = said.partition(f"{len(UNSEEDED)} to train")
    for name, (_, words) in UNSEEDED.items():
        (line,) = [line for line in before.splitlines() if line.startswith(f"{name}.py: ")]
        assert words in line
        assert "`labkit verify` will not be able to check that" in line
        (path,) = tmp_path.glob(f"results/own/cells/MNIST_GAN_{name}_*/train/environment.json")
        assert json.loads(path.read_bytes())["differs"]
    found = verified(tmp_path, len(UNSEEDED))
    verdicts = [rung["verdict"] for rung in found["rungs"]]
    assert verdicts == ["passed", "passed", "not checkable", "not checkable"], found
    assert (found["holds"], found["complete"]) == (True, False)
    for number in (2, 3):
        notes = found["rungs"][number]["notes"]
        for name, (_, words) in UNSEEDED.items():
            named = [line for line in notes if line.startswith(f"MNIST_GAN_{name}_bce_z8: ")]
            if name == "warming":  # only an interruption would show
                assert not named if number == 2 else "identical" in named[0]
            else:
                assert words in named[0]
                assert "not checkable" in named[0]


def test_a_record_alone_excuses_only_what_does_not_hold(tmp_path: Path) -> None:
    """A network that has nothing of its own is checked like any other, whatever is recorded."""
    handed_in(tmp_path, {"noise": SEEDED["noise"]}, "--full")
    held = handins.payload(tmp_path / "h.zip")
    name = next(n for n in held if n.endswith("environment.json"))
    claim = edit_json(name, lambda value: value.update(differs=["samples"]))
    path = forgeries.forged(held, tmp_path / "x.zip", claim, again=True)
    assert handins.verdicts(verify(path, trust_code=True, highest=3))[3] == "passed"
    weights = next(n for n in held if n.endswith("best.safetensors"))

    def other_weights(files: dict[str, bytes]) -> None:
        claim(files)
        edit(weights, lambda data: data[: len(data) // 2] + bytes(-(-len(data) // 2)))(files)

    path = forgeries.forged(held, tmp_path / "y.zip", other_weights, again=True)
    ladder = verify(path, trust_code=True, highest=3)
    assert handins.verdicts(ladder)[3] == "not checkable", ladder.lines()
    # What follows from the samples that were handed in is not excused by it.
    measured = next(n for n in held if "/eval-" in n and n.endswith("metrics.json"))

    def other_measures(files: dict[str, bytes]) -> None:
        other_weights(files)
        edit_json(measured, lambda value: value["metrics"].update(sharpness=0.5))(files)

    path = forgeries.forged(held, tmp_path / "z.zip", other_measures, again=True)
    ladder = verify(path, trust_code=True, highest=3)
    assert handins.verdicts(ladder)[3] == "failed"
    assert all("metrics.sharpness" in line for line in ladder.rungs[2].found)
