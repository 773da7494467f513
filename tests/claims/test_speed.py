"""Claims cost a report nothing anyone would notice, and no torch."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import time

import pandas as pd

from tests.builders.tables import answer_questions, lab1


def seconds(frame: pd.DataFrame) -> float:
    """Processor time of one answer, imports done."""
    answer_questions(lab1(2))
    start = time.process_time()
    answer_questions(frame)
    return time.process_time() - start


def test_18_cells_take_less_than_a_second() -> None:
    assert seconds(lab1()) < 1.0


def test_1000_cells_take_less_than_ten_seconds() -> None:
    rng = random.Random(0)
    grid = itertools.product(("MNIST", "FashionMNIST"), ("hinge", "bce"), (8, 16, 32, 64, 128),
                             (1e-4, 2e-4, 4e-4, 8e-4, 1e-3), range(10))  # fmt: skip
    frame = pd.DataFrame([
        {"run": f"{d}_GAN_{loss}_z{z}_lr{lr}_seed{s}", "family": "gan", "dataset": d, "seed": s,
         "loss": loss, "z_dim": z, "lr": lr, "proxy_fid": rng.gauss(100, 10),
         "fid_drawdown": rng.gauss(10, 2), "coverage": rng.random(), "d_dominance": rng.random(),
         "collapse": "none detected", "status": "done", "seconds": 60.0}
        for d, loss, z, lr, s in grid
    ])  # fmt: skip
    assert len(frame) == 1000
    assert seconds(frame) < 10.0


def test_answers_never_import_torch_or_the_whole_of_scipy_stats() -> None:
    code = (
        "import sys; from tests.builders.tables import lab1; "
        "from labkit.claims import answers_of, table_of; answers_of(table_of(lab1(3))); "
        "from labkit.reporting.student.answers import check; check('# x', table_of(lab1())); "
        "print(sorted({'torch', 'matplotlib', 'scipy.stats'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
