"""A class with everything that happens in one: honest, copied, tampered with, harmful; killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from labkit.execution import runner
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import read_experiment
from labkit.grade.build import Graded
from labkit.grade.build import grade as of_class
from labkit.grade.guarded import Limits
from labkit.grade.kept import Kept
from labkit.store.store import Store
from tests.builders.classes import Maker, make_class
from tests.builders.runs import Recorder
from tests.grade.test_grade import everything

pytestmark = pytest.mark.slow

SIZE = 16
RUN = """\
name: lab
author: {{name: Nobody, id: "{n}", course: Deep Learning}}
data: {{source: bundled, limit: 256}}
seeds: student
training: {{epochs: 3, batch_size: 64, snapshot_epochs: [1, 3]}}
evaluation: {{samples: 256, selection_samples: 256}}
experiments:
  gan: {{family: gan, grid: {{dataset: [MNIST], loss: [bce]}}}}
  vae: {{family: vae, grid: {{dataset: [MNIST], latent_dim: [8]}}}}
"""


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Two real tiny runs, and a class made of them."""
    root, runs = tmp_path_factory.mktemp("class"), []
    for n in (1, 2):
        folder = root / f"run{n}"
        folder.mkdir()
        (folder / "experiments.yaml").write_text(RUN.format(n=n))
        plan = make_plan(read_experiment(folder / "experiments.yaml"), download=False)
        store = Store(folder / "results")
        summary = runner.run(plan, store, runner.Options(executor="inline"), Recorder())
        assert summary.done == 2
        runs.append(folder)
    return make_class(runs, root / "handed in", SIZE)


@pytest.fixture(scope="module")
def graded(maker: Maker) -> Graded:
    out = maker.out.with_name("grades")
    return of_class(Kept(out / "records", limits=Limits(), jobs=2), maker.out, out, None, False)


def of_kind(maker: Maker, kind: str) -> dict[str, dict[str, Any]]:
    found = {file: about for file, about in maker.expected.items() if about["kind"] == kind}
    assert found
    return found


def test_every_hand_in_is_a_row(maker: Maker, graded: Graded) -> None:
    assert {each.file for each in graded.class_.handins} == maker.expected.keys()


def test_what_means_harm_cannot_be_read_and_all_else_can(maker: Maker, graded: Graded) -> None:
    unread = {each.file for each in graded.class_.handins if each.problem}
    assert unread == of_kind(maker, "harmful").keys()


def test_tampering_is_found_on_its_rung_and_nowhere_else(maker: Maker, graded: Graded) -> None:
    failed = {
        each.file: min(n for n, verdict in each.verdicts.items() if verdict == "failed")
        for each in graded.class_.handins
        if not each.problem and "failed" in each.verdicts.values()
    }
    asked = {file: about["rung"] for file, about in of_kind(maker, "tampered").items()}
    assert failed == asked


def test_incomplete_ones_say_what_is_missing(maker: Maker, graded: Graded) -> None:
    rows = {each.file: each for each in graded.class_.handins}
    for file in of_kind(maker, "incomplete"):
        assert [cell.state for cell in rows[file].cells] == ["missing", "done"]


def test_copies_are_found_and_only_they(maker: Maker, graded: Graded) -> None:
    """Of tampered ones, which are all made of one hand-in, nothing is asked here."""
    copies = {frozenset((file, about["of"])) for file, about in of_kind(maker, "copy").items()}
    tampered = of_kind(maker, "tampered").keys()
    found = {
        frozenset((pair.a, pair.b))
        for pair in graded.class_.pairs
        if pair.telling and not {pair.a, pair.b} & tampered
    }
    assert found >= copies
    groups: dict[str, set[str]] = {}
    for file, about in of_kind(maker, "copy").items():
        groups.setdefault(about["of"], {about["of"]}).add(file)
    assert all(any(pair <= group for group in groups.values()) for pair in found)


def test_killed_ten_times_it_ends_in_the_same_bytes(maker: Maker, graded: Graded) -> None:
    out, rng = maker.out.with_name("again"), random.Random(1)
    command = [sys.executable, "-m", "labkit", "grade", maker.out, "-o", out, "-j", "2"]
    for _ in range(10):
        running = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.5, 4.0))
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    subprocess.run(command, check=True, capture_output=True)
    first = everything(maker.out.with_name("grades"))
    again = everything(out)
    assert again.keys() == first.keys()
    assert [name for name in first if first[name] != again[name]] == []
    summary = json.loads(next(iter(out.rglob("results.json"))).read_bytes())
    assert summary["tests"]
