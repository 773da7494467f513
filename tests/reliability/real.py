"""Small real hand-ins: trained in this process, so that torch is imported once."""

from __future__ import annotations

from pathlib import Path

from labkit.execution import runner
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.handin.submit import submit
from labkit.store.store import Store
from tests.run.fake import Recorder


def handed_in(folder: Path, text: str, **beside: str) -> Path:
    """Run an experiment file and hand it in, whole and light.

    Args:
        folder: where all of it goes.
        text: of the experiment file.
        beside: a Python file's name without ``.py`` to what stands in it.

    Returns:
        ``lab.zip``; ``light.zip`` lies beside it.
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
    for name in ("lab.zip", "light.zip"):
        submit(experiment, file, store.root, folder / name, light=name == "light.zip")
    return folder / "lab.zip"
