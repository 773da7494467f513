"""What docs/your-own-model.md says of adding to labkit, done to a copy of the package."""

from __future__ import annotations

import ast
import csv
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from labkit.data import load

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "your-own-model.md").read_text("utf-8")
_LOSS, FAMILY, DATASET = re.findall(r"```diff\n(.*?)```", DOCUMENT, re.DOTALL)
LAB = """\
name: lab
data: {source: SOURCE, limit: 128}
training: {epochs: 2, batch_size: 32, snapshot_epochs: [1]}
evaluation: {samples: 200, selection_samples: 200}
report: {performance: true}
experiments:
"""


class Copy:
    """A copy of the package with a lab beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lab = folder, folder / "lab"
        for name in ("labkit", "scripts", "templates"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(ROOT / "experiments.yaml", folder)
        self.lab.mkdir()

    def apply(self, diff: str) -> list[str]:
        """Do what a diff says: a new file, or lines at the end of a registry; the places."""
        places = []
        for part in re.split(r"^ # ", diff, flags=re.M)[1:]:
            place, _, body = part.partition("\n")
            name, _, registry = place.partition(", in ")
            added = [line[1:] for line in body.splitlines() if line.startswith("+")]
            path = self.folder / name
            lines = path.read_text("utf-8").splitlines() if registry else []
            end = len(lines)
            if registry:
                nodes = ast.parse("\n".join(lines)).body
                found = [n for n in nodes if isinstance(n, ast.AnnAssign)
                         and ast.unparse(n.target) == registry]  # fmt: skip
                end = (found[0].end_lineno or 0) - 1
            path.write_text("\n".join([*lines[:end], *added, *lines[end:]]) + "\n", "utf-8")
            places.append(place)
        return places

    def python(self, *args: str, **env: str) -> str:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LABKIT_")}
        here = {
            "PYTHONPATH": str(self.folder),
            "LABKIT_CACHE": str(self.folder / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(
            [sys.executable, *args],
            cwd=self.lab, env=kept | here | env, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def report(self, experiments: str, source: str = "bundled", *run: str) -> str:
        """Run an experiment file and write its report."""
        text = LAB.replace("SOURCE", source) + experiments
        (self.lab / "experiments.yaml").write_text(text)
        self.python("-m", "labkit", "run", "-j", "1", *run)
        self.python("-m", "labkit", "report", "--format", "md")
        return (self.lab / "reports" / "lab" / "report.md").read_text("utf-8")

    def rows(self) -> dict[str, dict[str, str]]:
        with (self.lab / "reports" / "lab" / "metrics.csv").open(encoding="utf-8") as file:
            return {row["run"]: row for row in csv.DictReader(file)}


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


@pytest.mark.slow
def test_a_family_is_a_module_and_an_entry(copy: Copy) -> None:
    places = copy.apply(FAMILY)
    assert places == [
        "labkit/train/models/relativistic.py",
        "labkit/catalog/families.py, in FAMILIES",
    ]
    text = copy.report(
        "  new: {family: relativistic_gan, grid: {dataset: [MNIST], z_dim: [8, 16]}}\n"
        "  old: {family: gan, grid: {dataset: [MNIST]}}\n"
    )
    row = copy.rows()["MNIST_RGAN_z8"]
    assert all(float(row[name]) > 0 for name in ("proxy_fid", "d_loss", "g_loss", "g_grad_norm"))
    for told in (
        "RGAN Experiments - MNIST",
        "Final D Loss",
        "RGAN, one seed (42)",
        "RGAN Loss Comparison",
        "RGAN FID Scores Comparison",
        "a GAN whose discriminator says which of two images looks more real",
        "D minimises E",
        "Layers of z 8",
        "**Generator: 233,409 parameters**",
        "RGAN: z, Generator G, G(z), Discriminator D, D(·), loss",
        "4×4 grid of generated digits, RGAN z 8",
    ):
        assert told in text, told
    code = (
        "from labkit.experiment.grid import make_plan, read_experiment; from pathlib import Path; "
        "from labkit.reporting.plots.style import Style; "
        "plan = make_plan(read_experiment(Path('experiments.yaml')), images=('bundled', '')); "
        "found = Style(plan.cells).palette; "
        "assert found['gan-1'] == ('#2464b4', '#72b9f2'), found; "
        "assert len(set(found.values())) == 3, found"
    )
    copy.python("-c", code)


def kmnist(root: Path) -> dict[str, str]:
    """Four files in KMNIST's layout, of turned digits; the SHA-256 of each."""
    folder = root / "KMNIST" / "raw"
    folder.mkdir(parents=True)
    hashes = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        some = load("MNIST", split, "bundled", 1000)
        turned = np.ascontiguousarray(some.images.transpose(0, 2, 1))
        for name, head, values in (
            ("images-idx3", struct.pack(">4i", 2051, 1000, 28, 28), turned),
            ("labels-idx1", struct.pack(">2i", 2049, 1000), some.labels),
        ):
            path = folder / f"{prefix}-{name}-ubyte"
            path.write_bytes(head + values.tobytes())
            hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes


@pytest.mark.slow
def test_a_data_set_is_an_entry(copy: Copy, tmp_path: Path) -> None:
    """Trained and reported at once; its samples measured once there is a feature network."""
    root = tmp_path / "data"
    diff = DATASET
    for name, digest in kmnist(root).items():
        diff = diff.replace(f'"{name}": "<SHA-256>"', f'"{name}": "{digest}"')
    diff = diff.replace("+        noun=", "+        least_accuracy=0.1,\n+        noun=")
    assert copy.apply(diff) == ["labkit/catalog/building.py, in DATASETS"]
    grids = (
        "  g: {family: cgan, grid: {dataset: [KMNIST]}}\n"
        "  v: {family: vae, grid: {dataset: [KMNIST], latent_dim: [4]}}\n"
    )
    text = copy.report(grids, "full", "--data-root", str(root))
    rows = copy.rows()
    assert {row["status"] for row in rows.values()} == {"done"}
    assert {row["proxy_fid"] for row in rows.values()} == {""}
    assert float(rows["KMNIST_VAE_latent4"]["test_recon_loss"]) > 0
    assert float(rows["KMNIST_cGAN_hinge_z64"]["d_accuracy"]) > 0
    for told in (
        "There is no feature network for Kuzushiji-MNIST: nothing was measured of the samples, no "
        "epoch is known to be the best, and the last one is shown.",
        "4×4 grid of generated characters, cGAN Hinge z 64, epoch 2",
        "Not measured: Proxy FID,",
    ):
        assert told in text, told

    copy.python("-m", "labkit", "submit", "-o", "lab.zip")
    said = copy.python("-m", "labkit", "verify", "lab.zip", "--rerun", "1", LABKIT_DATA=str(root))
    assert "identical: weights, history, samples and measures" in said

    script = (
        "import sys; sys.path.insert(0, '..'); from scripts import train_features as made; "
        "made.SETTINGS['epochs'] = 1; made.pin('KMNIST')"
    )
    copy.python("-c", script, LABKIT_DATA=str(root))
    text = copy.report(grids, "full", "--data-root", str(root))
    rows = copy.rows()
    assert all(float(row["proxy_fid"]) > 0 and row["best_epoch"] for row in rows.values())
    assert float(rows["KMNIST_cGAN_hinge_z64"]["label_accuracy"]) >= 0
    assert "There is no feature network" not in text


def test_a_data_set_that_cannot_be_had_is_one_line(copy: Copy) -> None:
    copy.apply(DATASET)
    text = LAB.replace("SOURCE", "auto") + "  g: {family: gan, grid: {dataset: [KMNIST]}}\n"
    (copy.lab / "experiments.yaml").write_text(text)
    code = (
        "from labkit.experiment.grid import make_plan, read_experiment; from pathlib import Path\n"
        "for source in ('auto', 'bundled', 'full'):\n"
        "    try: make_plan(read_experiment(Path('experiments.yaml')), source=source,"
        " download=False)\n"
        "    except Exception as error: print(error)"
    )
    absent = f"no full KMNIST under {copy.folder / 'cache'}"
    assert copy.python("-c", code).splitlines() == [
        f"experiments.yaml: KMNIST: not part of the bundled subset, and {absent}",
        f"experiments.yaml: KMNIST: not part of the bundled subset, and {absent}",
        f"experiments.yaml: data.source is full, but {absent}",
    ]
