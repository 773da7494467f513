"""Hand-ins: of invented numbers, made in a second, and small real ones, trained in this process."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from labkit.execution import runner
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.handin import bag
from labkit.handin.container import Container
from labkit.handin.ladder import Ladder, Rung
from labkit.handin.submit import Size, submit
from labkit.handin.unpack import Unpacked, unpack
from labkit.handin.verify import _head, verify
from labkit.store.store import Store
from tests.builders.runs import Recorder
from tests.builders.stores import write_store

TEXT = """\
name: {name}
title: "A lab"
author: {{name: Ada Lovelace, id: "1815", group: {group}, course: Deep Learning}}
data: {{source: bundled}}
seeds: {seeds}
training: {{epochs: {epochs}, batch_size: 128, snapshot_epochs: [1, {epochs}]}}
experiments:
  gan:
    family: gan
    grid: {{dataset: [MNIST], loss: [hinge, bce]}}
  vae:
    family: vae
    grid: {{dataset: [MNIST], latent_dim: [8]}}
"""


def project(
    folder: Path,
    failed: tuple[str, ...] = (),
    heavy: bool = False,
    text: str = TEXT,
    **about: Any,
) -> Path:
    """An experiment file and a finished store of invented numbers; rungs 1 and 2 hold.

    Its cells have weights and samples if they are to be `heavy`; `about` changes the file,
    whose `text` may be another.
    """
    about = {"name": "lab", "group": "A", "seeds": "[42]", "epochs": 2} | about
    folder.mkdir(parents=True)
    file = folder / "experiments.yaml"
    file.write_text(text.format(**about))
    (folder / "answers.md").write_text(
        "# What hyperparameters most influenced GAN stability in your runs?\n\nThe loss.\n"
    )
    plan = make_plan(read_experiment(file), download=False)
    write_store(folder / "results" / about["name"], plan, failed=failed, heavy=heavy)
    return file


def handed_in(file: Path, out: Path, light: bool = False, size: Size = "full") -> Path:
    experiment = read_experiment(file)
    store = file.parent / "results" / experiment.name
    submit(experiment, file, store, out, "light" if light else size)
    return out


def trained(folder: Path, text: str, **beside: str) -> Path:
    """Run an experiment file and hand it in, whole, as is usual, and light.

    Args:
        folder: where all of it goes.
        text: of the experiment file.
        beside: a Python file's name without ``.py`` to what stands in it.

    Returns:
        ``lab.zip``, the whole; ``usual.zip`` and ``light.zip`` lie beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in beside.items():
        (folder / f"{name}.py").write_text(source)
    file = folder / "experiments.yaml"
    file.write_text(text)
    experiment = read_experiment(file)
    plan, store = make_plan(experiment, download=False), Store(folder / "results")
    summary = runner.run(plan, store, runner.Options(executor="inline"), Recorder())
    assert summary.done == len(plan.cells), summary.failed
    sizes: dict[str, Size] = {"lab": "full", "usual": "usual", "light": "light"}
    for name, size in sizes.items():
        submit(experiment, file, store.root, folder / f"{name}.zip", size)
    return folder / "lab.zip"


def payload(path: Path) -> dict[str, bytes]:
    """What a bag holds, by path below ``data/``."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "/data/" in name]
        return {name.partition("/data/")[2]: archive.read(name) for name in names}


def unpacked(path: Path, scratch: Path) -> Unpacked:
    """A hand-in as the second rung unpacks it below a folder."""
    container = Container(path)
    try:
        held = bag.open_bag(container)
        found = unpack(held, *_head(held), scratch, Rung(2))
        assert found is not None
        return found
    finally:
        container.close()


def climbed(path: Path, highest: int = 2) -> Ladder:
    return verify(path, highest=highest)


def verdicts(ladder: Ladder) -> dict[int, str]:
    return {rung.number: rung.verdict for rung in ladder.rungs}


def store_of(file: Path) -> Store:
    return Store(file.parent / "results" / read_experiment(file).name)
