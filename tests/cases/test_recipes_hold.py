"""Honest hand-ins hold of every recipe and every example of a file of one's own, made tiny."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from labkit.cli import app
from labkit.experiment.starter import RECIPES, recipes
from labkit.plugins import registry as own_code

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
#: The family of the documentation, as a reader copies it.
FAMILY = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "your-own-model.md").read_text("utf-8"), re.DOTALL
)[0]
OF_DOCS = {"experiments": {"mean": {"family": "my_mean", "grid": {"dataset": ["MNIST"]}}}}


def tiny(tree: dict[str, Any]) -> dict[str, Any]:
    """An experiment file with the first level of each axis, few images and one epoch."""
    for block in tree["experiments"].values():
        block["grid"] = {name: levels[:1] for name, levels in block["grid"].items()}
        block.pop("training", None)
        if block["family"] in ("flow", "cflow"):
            block["params"] = {**block.get("params", {}), "width": 8, "sampling_steps": 2}
    return {
        **{key: value for key, value in tree.items() if key not in ("profiles", "published")},
        "name": "tiny",
        "data": {"source": "bundled", "limit": 256},
        "seeds": [42],
        "training": {"epochs": 1, "batch_size": 64, "snapshot_epochs": [1]},
        "evaluation": {"samples": 200, "selection_samples": 200},
    }


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: what the real images read is computed once, as on a user's machine."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _alone(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LABKIT_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    own_code.forget()
    yield
    own_code.forget()


def labkit(*args: str) -> str:
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, f"{args}: {done.output} {done.exception!r}"
    return done.stdout


def verified(folder: Path, tree: dict[str, Any], page: bool) -> dict[str, Any]:
    """Run, reported, handed in and verified; a page takes as long again as Markdown."""
    (folder / "experiments.yaml").write_text(yaml.safe_dump(tiny(tree)), "utf-8")
    labkit("run", "--executor", "inline")
    labkit("report", "--format", "md,html" if page else "md")
    labkit("submit", "-o", "h.zip")
    told = labkit("verify", "h.zip", "--trust-code", "--rerun", "1", "--json")
    found: dict[str, Any] = json.loads(told)
    return found


@pytest.mark.parametrize("name", [*recipes(), "own", "the documentation's"])
def test_an_honest_hand_in_of_it_holds(name: str, tmp_path: Path) -> None:
    if name == "the documentation's":
        tree: dict[str, Any] = {**OF_DOCS, "code": ["my_mean.py"]}
        (tmp_path / "my_mean.py").write_text(FAMILY, "utf-8")
    elif name == "own":
        shutil.copy(RECIPES / "own" / "my_gan.py", tmp_path)
        text = (RECIPES / "own" / "experiments.yaml").read_text("utf-8")
        tree = yaml.safe_load(text)
    else:
        tree = yaml.safe_load(recipes()[name].path.read_text("utf-8"))
    found = verified(tmp_path, tree, page=name in ("lab1", "own", "gan-vae-flow"))
    assert [rung["verdict"] for rung in found["rungs"]] == ["passed"] * 4, found
    assert (found["holds"], found["complete"]) == (True, True)
    assert "identical: weights, history, samples and measures" in str(found["rungs"][3]["notes"])
