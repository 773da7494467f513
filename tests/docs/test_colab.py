"""The notebook for Colab: every cell is run, and again after the machine was taken away."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

import labkit

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "labkit-colab.ipynb"
CELLS: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]
#: The lab in seconds: two cells instead of 18.
TINY = """
  tiny:
    data: {source: bundled, limit: 256}
    training: {epochs: 2, batch_size: 64, snapshot_epochs: [1, 2]}
    evaluation: {samples: 300, selection_samples: 200}
    experiments:
      gan: {grid: {dataset: [MNIST], loss: [hinge], z_dim: [8]}}
      vae: {grid: {dataset: [MNIST], latent_dim: [2]}, params: {networks: dense512}}
"""
AUTHOR = 'Ada "Countess" Lovelace'


def source_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def wheel(folder: Path) -> Path:
    """A wheel of labkit as it is, made by hand: tests have no index to get a builder from."""
    name = f"labkit-{labkit.__version__}"
    about = f"{name}.dist-info"
    path = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        for top, place in (("labkit", "labkit"), ("templates", "labkit/templates")):
            for file in (ROOT / top).rglob("*"):
                if file.is_file() and "__pycache__" not in file.parts:
                    made.write(file, f"{place}/{file.relative_to(ROOT / top).as_posix()}")
        made.write(ROOT / "experiments.yaml", "labkit/experiments.yaml")
        head = f"Metadata-Version: 2.1\nName: labkit\nVersion: {labkit.__version__}\n"
        made.writestr(f"{about}/METADATA", head)
        tags = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        made.writestr(f"{about}/WHEEL", tags)
        made.writestr(f"{about}/entry_points.txt", "[console_scripts]\nlabkit = labkit.cli:main\n")
        made.writestr(f"{about}/RECORD", "")
    return path


class Session:
    """What a kernel does with the cells: Python in one namespace, `!` lines in a shell."""

    def __init__(self, home: Path, parameters: dict[str, Any], environment: dict[str, str]) -> None:
        self.home, self.parameters, self.environment = home, parameters, environment
        self.namespace: dict[str, Any] = {"_shell": self._shell}
        self.said: list[str] = []

    def _shell(self, line: str) -> None:
        done = subprocess.run(
            line, shell=True, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        self.said.append(f"$ {line}\n{done.stdout}{done.stderr}")
        if line == "labkit init":
            path = Path("experiments.yaml")
            path.write_text(path.read_text("utf-8") + TINY, "utf-8")
        if line == "labkit run --profile tiny":
            self._wait()

    def _wait(self) -> None:
        """Until the background has copied all that was finished."""
        end = time.monotonic() + 30
        while finished(self.home / "lab1") != finished(self.home / "lab1-kept"):
            assert time.monotonic() < end, "the background copies nothing"
            time.sleep(0.1)

    def run(self, cell: dict[str, Any]) -> None:
        text = source_of(cell).replace('"name": ""', f'"name": {AUTHOR!r}')
        lines = re.sub(r"^( *)!(.*)$", r"\1_shell(f'''\2''')", text, flags=re.MULTILINE)
        exec(compile(lines, cell["id"], "exec"), self.namespace)
        if "parameters" in cell["metadata"].get("tags", ()):
            assert self.parameters.keys() < self.namespace.keys()
            self.namespace |= self.parameters

    def printed(self, line: str) -> str:
        """What the first such line said."""
        return next(said for said in self.said if said.startswith(f"$ {line}\n"))

    def end(self) -> None:
        self.namespace["enough"].set()
        self.namespace["copying"].join()


def finished(folder: Path) -> dict[str, bytes]:
    """The commits of trainings and evaluations, by place."""
    found = folder.glob("results/*/cells/*/*/COMMIT.json")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


def test_it_is_a_notebook_without_outputs_and_with_few_words_a_cell() -> None:
    import nbformat

    nbformat.validate(nbformat.read(NOTEBOOK, as_version=4))
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in CODE)
    for cell in CELLS:
        if cell["cell_type"] == "markdown":
            assert len(source_of(cell).split()) < 75, source_of(cell)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The HTML that cells show."""
    import IPython

    found: list[str] = []
    monkeypatch.setattr(IPython.display, "display", lambda shown: found.append(shown.data))
    return found


@pytest.mark.slow
def test_every_cell_runs_and_what_was_finished_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[str]
) -> None:
    site, program = tmp_path / "site", Path(sys.executable).parent
    for name, value in {
        "HOME": tmp_path, "LABKIT_CACHE": tmp_path / "cache", "PYTHONPATH": site,
        "PIP_TARGET": site, "PIP_NO_INDEX": 1, "PIP_NO_DEPS": 1,
        "PATH": os.pathsep.join((str(site / "bin"), str(program), os.environ["PATH"])),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(tmp_path)
    parameters = {
        "SOURCE": str(wheel(tmp_path)), "TOUR": "--profile tiny", "LAB": "--profile tiny",
        "EVERY_S": 0.5,
    }  # fmt: skip
    first = Session(tmp_path, parameters, dict(os.environ))
    for cell in CODE:
        with monkeypatch.context() as patch:
            if "find_spec" in source_of(cell):  # on a new machine labkit is not there yet
                patch.setattr("importlib.util.find_spec", lambda name: None)
            first.run(cell)
    first.end()
    assert (site / "labkit" / "templates" / "report.html.j2").is_file()
    work, kept = tmp_path / "lab1", tmp_path / "lab1-kept"
    before = finished(kept)
    trained = [name for name in before if "/train/" in name]
    assert len(trained) == 2
    assert "2 of 2 cells done" in first.printed("labkit run --profile tiny")
    assert len(shown) == 2
    assert all("&lt;!doctype html&gt;" in text for text in shown)
    assert "Countess" in shown[1]
    assert (
        yaml.safe_load((kept / "experiments.yaml").read_text("utf-8"))["author"]["name"] == AUTHOR
    )
    with zipfile.ZipFile(kept / "hand-in.zip") as handed_in:
        names = handed_in.namelist()
    assert any(name.endswith("report.html") for name in names)
    assert any(name.endswith("_epochs.png") for name in names)

    # The machine is taken away while the second cell is trained; what it had is half copied.
    os.chdir(tmp_path)
    shutil.rmtree(work)
    lost = next(name for name in trained if "_GAN_" in name)
    cell_folder = (kept / lost).parents[1]
    for folder in cell_folder.iterdir():
        shutil.rmtree(folder)
    (cell_folder / "part-train").mkdir()
    (cell_folder / "part-train" / "COMMIT.json").write_text("{", "utf-8")
    second = Session(tmp_path, parameters, dict(os.environ))
    for cell in CODE[
        : CODE.index(next(c for c in CODE if "labkit run {TOUR}" in source_of(c))) + 1
    ]:
        second.run(cell)
    second.end()
    said = second.printed("labkit run --profile tiny")
    assert "1 to train" in said
    assert "VAE" not in said
    assert not [line for line in second.said if line.startswith("$ labkit init")]
    after = finished(work)
    assert after.keys() == before.keys()
    again = {name for name in after if after[name] != before[name]}
    assert lost in again
    assert all("_GAN_" in name for name in again)
    assert finished(kept) == after
