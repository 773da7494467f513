"""Own files with helpers, shared layers and arguments in any order: run, handed in, checked.

The whole way through the command line: what is trained can be verified, and a helper that was
changed is noticed as the file itself is.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from labkit.data import load
from labkit.handin.verify import verify
from labkit.plugins import registry as own_code
from tests.builders import forgeries, handins
from tests.builders.commands import labkit

pytestmark = pytest.mark.slow

TEXT = """\
name: own
data: {source: bundled, limit: 128}
training: {epochs: 2, batch_size: 64, snapshot_epochs: [1]}
evaluation: {samples: 150, selection_samples: 150}
code: [mine.py]
experiments:
  a: {family: gan, grid: {dataset: [MNIST]}, params: {networks: mine, loss: bce, z_dim: 8}}
  b: {family: vae, grid: {dataset: [MNIST]}, params: {networks: mine, latent_dim: 4}}
"""
MINE = """\
from __future__ import annotations
import argparse
from dataclasses import dataclass

import torch.nn as nn
from blocks import Base, block


@dataclass
class Config:
    hidden: int = 16


cfg = Config()


class Generator(Base):
    pass


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = block(784, cfg.hidden), nn.Linear(cfg.hidden, 1)
        self.model = nn.Sequential(nn.Flatten(), self.fc1, self.fc2)

    def forward(self, x):
        return self.model(x)


class Encoder(nn.Module):
    def __init__(self, hidden_dim=32, latent_dim=20):
        super().__init__()
        self.h = block(784, hidden_dim)
        self.mu, self.lv = nn.Linear(hidden_dim, latent_dim), nn.Linear(hidden_dim, latent_dim)

    def forward(self, x):
        h = self.h(x.flatten(1))
        return self.mu(h), self.lv(h)


if __name__ == "__main__":
    import train
    opt = argparse.ArgumentParser().parse_args()
"""
BLOCKS = """\
from torch import nn


def block(a, b):
    return nn.Sequential(nn.Linear(a, b), nn.LeakyReLU(0.2))


class Base(nn.Module):
    def __init__(self, img_shape=(1, 28, 28), nz=64):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(nz, 784), nn.Tanh(), nn.Unflatten(1, img_shape))

    def forward(self, z):
        return self.net(z)
"""


def alone(folder: Path) -> dict[str, str]:
    return {"LABKIT_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}


def project(folder: Path, mine: str = MINE, **beside: str) -> Path:
    for name, text in {"mine": mine, "blocks": BLOCKS, **beside}.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "experiments.yaml").write_text(TEXT)
    return folder


def test_it_trains_and_is_checked_and_a_changed_helper_is_noticed(tmp_path: Path) -> None:
    folder, env = project(tmp_path), alone(tmp_path)
    assert "2 of 2 cells done" in labkit("run", cwd=folder, **env).stderr
    (folder / "blocks.py").write_text("# a remark\n" + BLOCKS)
    assert "to train" not in labkit("run", cwd=folder, **env).stderr
    labkit("report", cwd=folder, **env)
    assert "class Base(nn.Module)" in (folder / "reports/own/report.md").read_text()
    labkit("submit", "-o", "h.zip", cwd=folder, **env)
    told = json.loads(labkit("verify", "h.zip", "--json", cwd=folder, check=None, **env).stdout)
    said = json.dumps(told)
    assert "not checkable without --trust-code" in said
    args = ("verify", "h.zip", "--trust-code", "--rerun", 2, "--json")
    told = json.loads(labkit(*args, cwd=folder, **env).stdout)
    assert [rung["verdict"] for rung in told["rungs"]] == ["passed"] * 4, told

    held = handins.payload(folder / "h.zip")
    assert b"# a remark" in held["blocks.py"]
    assert "train.py" not in held
    for forge in ("bag", "both"):

        def change(files: dict[str, bytes], forge: str = forge) -> None:
            files["blocks.py"] = files["blocks.py"].replace(b"LeakyReLU(0.2)", b"ReLU()")
            plan = json.loads(files["results/plan.json"])
            for own in plan["settings"]["own"]:
                if own["name"] == "blocks" and forge == "both":
                    own["source"] = files["blocks.py"].decode()
            files["results/plan.json"] = json.dumps(plan).encode()

        path = forgeries.forged(held, tmp_path / f"{forge}.zip", change)
        verdicts = handins.verdicts(verify(path, rerun=2, trust_code=True))
        own_code.forget()
        if forge == "bag":
            assert verdicts[2] == "failed"
        else:  # as with the file itself: what was trained is not what this code trains
            assert "passed" not in (verdicts[3], verdicts[4])
    (folder / "blocks.py").write_text(BLOCKS.replace("0.2", "0.1"))
    assert "2 to train" in labkit("run", cwd=folder, **env).stderr


SAID = {
    "from blocks import": ("import argparse\nopt = argparse.ArgumentParser().parse_args()\n",
                           "mine.py:7: the file ends the program (SystemExit: it parses"),
    "        return self.model(x)": ("        return self.model(x).sigmoid()  #",
                                     "stay in [0, 1] however large the input, and the BCE loss"),
    "self.fc1, self.fc2 =": ("self.more = [nn.Linear(784, 784)]\n        self.fc1, self.fc2 =",
                             "Discriminator: self.more: no part of the network"),
    "hidden_dim=32, latent_dim=20": ("hidden_dim, latent_dim=20", "labkit passes no hidden_dim"),
}  # fmt: skip


@pytest.mark.parametrize("there", SAID)
def test_a_mistake_is_one_line_and_nothing_is_trained(there: str, tmp_path: Path) -> None:
    other, line = SAID[there]
    mine = MINE.replace(there, other + there if there.startswith("from") else other)
    mine = mine.replace("self.model(x)", "self.model(self.more[0](x.flatten(1)))") if (
        "more" in other
    ) else mine  # fmt: skip
    done = labkit("run", cwd=project(tmp_path, mine), check=2, **alone(tmp_path))
    assert line in done.stderr
    assert sum(text.startswith("labkit: ") for text in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "usage" not in done.stderr
    assert not list(tmp_path.glob("results/*/cells/*"))


def test_samples_that_give_themselves_away_are_measured_and_a_line_says_so(tmp_path: Path) -> None:
    real = load("MNIST", "test", "bundled", 1000).images
    signed = real / 127.5 - 1
    cases = {
        "signed": (signed.astype(np.int8).astype(np.uint8), "hardly any grey values but 0, 1, 255"),
        "inverted": (255 - real, "the background is bright, and that of MNIST is black: inverted"),
        "grey": ((127.5 + real / 2).astype(np.uint8), "hardly a pixel is darker than mid-grey"),
        "black": (np.zeros_like(real), "every pixel is 0"),
        "real": (real, ""),
    }
    for name, (samples, line) in cases.items():
        np.savez(tmp_path / f"{name}.npz", samples=samples)
        args = ("evaluate", f"{name}.npz", "--dataset", "MNIST", "--json")
        done = labkit(*args, cwd=tmp_path, **alone(tmp_path))
        assert line in done.stderr
        assert bool(done.stderr) == bool(line)
        told = json.loads(done.stdout)
        assert told["doubt"] in done.stderr
        if name == "black":
            assert told["verdict"].startswith("repetition")
