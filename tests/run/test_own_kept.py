"""What a loop of the user's own has told is never lost, whatever ends it and whoever else ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import labkit
from labkit.data import load
from labkit.errors import PlanError
from labkit.execution.recorder import convert, journal
from labkit.execution.recorder import plan as own_plan
from labkit.experiment.grid import make_plan, parse_experiment
from labkit.experiment.spec import CellFailure, CellResult, Outcome
from labkit.store.store import Store
from tests.builders.runs import Recorder

GIVEN: dict[str, Any] = {"dataset": "MNIST", "family": "gan", "loss": "bce"}
REAL = load("MNIST", "train", "bundled", limit=1000).images
#: That no images were measured; in most of these there are none.
pytestmark = pytest.mark.filterwarnings("ignore:labkit.cell.*only what was logged")


def opened(results: Path, name: str = "a", **more: Any) -> Any:
    return labkit.cell(name, results=results, **(GIVEN | more))


def outcomes(results: Path) -> dict[str, Outcome | None]:
    store = Store(results)
    return {cell.name: store.outcome(cell) for cell in store.plan().cells}


def script(folder: Path, code: str, *words: str) -> subprocess.Popen[str]:
    file = folder / "go.py"
    if not file.exists() or file.read_text() != code:  # another may be about to read it
        file.write_text(code)
    return subprocess.Popen(
        [sys.executable, "go.py", *words], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip


#: Four epochs, of which the third is the best; then what the test wants.
LOOP = """\
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
import numpy as np, labkit
from labkit.data import load
real = load("MNIST", "train", "bundled", limit=1000).images / 127.5 - 1
rng = np.random.default_rng(0)
def train(end, first=1, last=4, **more):
    with labkit.cell("MNIST_GAN_a", dataset="MNIST", family="gan", loss="bce", z_dim=10,
                     results="r", **more) as cell:
        for epoch in range(first, last + 1):
            noise = {3: 0.1}.get(epoch, 1.0)
            cell.samples((real + rng.normal(0, noise, real.shape)).clip(-1, 1), epoch)
            cell.log(epoch, d_loss=1.0 / epoch, g_loss=epoch)
        exec(end)
def generator():
    with labkit.cell("MNIST_GAN_a", dataset="MNIST", family="gan", loss="bce", z_dim=10,
                     results="r", epochs=10) as cell:
        for epoch in range(1, 10):
            cell.log(epoch, d_loss=1.0 / epoch, g_loss=epoch)
            yield epoch
"""
ENDS = {
    "ctrl-c": ("raise KeyboardInterrupt", "interrupted after epoch 4 of 10"),
    "sys.exit": ("sys.exit('out of time')", "the program ended after epoch 4 of 10: out of time"),
    "sys.exit(0)": ("sys.exit(0)", "the program ended after epoch 4 of 10"),
    "error": ("1 / 0", "ZeroDivisionError: division by zero (after epoch 4 of 10)"),
    "return": ("pass", "stopped after epoch 4 of 10"),
    "sigterm": ("os.kill(os.getpid(), signal.SIGTERM)", None),
    "sigkill": ("os.kill(os.getpid(), signal.SIGKILL)", None),
    "os._exit": ("os._exit(0)", None),
    "two errors": (
        "\ntry:\n  1 / 0\nfinally:\n  raise KeyError(0)",
        "KeyError: 0 (after epoch 4 of 10)",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS)
def test_any_end_keeps_what_was_logged_and_measured(tmp_path: Path, end: str) -> None:
    code, error = ENDS[end]
    ended = script(tmp_path, f"{LOOP}train({code!r}, epochs=10)\n")
    _, said = ended.communicate(timeout=120)
    root = tmp_path / "r"
    (outcome,) = outcomes(root).values()
    if error is None:  # nobody was left to say so
        assert outcome is None
    else:
        assert isinstance(outcome, CellFailure)
        assert outcome.error == error
        assert "MNIST_GAN_a: " in said
    cell = labkit.load(root).cells["MNIST_GAN_a"]
    assert cell.status == ("missing" if error is None else "failed")
    assert labkit.report(root, tmp_path / "page", format="md").exists()
    # The same settings go on from epoch 5, and end as one training of six epochs.
    again = script(tmp_path, f"{LOOP}train('pass', 5, 6, epochs=6)\n")
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert "4 epochs were logged before it was interrupted; it goes on from epoch 5" in said
    ((name, outcome),) = outcomes(root).items()
    assert name == "MNIST_GAN_a"
    assert isinstance(outcome, CellResult)
    assert [row["epoch"] for row in outcome.history] == [1, 2, 3, 4, 5, 6]
    assert [row["d_loss"] for row in outcome.history] == [1 / e for e in range(1, 7)]
    assert outcome.metrics["best_epoch"] == 3  # of the first opening, whose samples were kept
    assert outcome.metrics["proxy_fid"] < min(r["proxy_fid"] for r in outcome.history) * 1.5
    assert len(outcome.artifacts) == 6
    assert not list(root.glob("cells/*/attempt-*"))


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_ctrl_c_at_a_terminal(tmp_path: Path) -> None:
    code = LOOP.replace("exec(end)", "print('now', flush=True); time.sleep(60)").replace(
        "cell.samples", "0 and cell.samples"
    )
    run = script(tmp_path, f"{code}train('', epochs=10)\n")
    assert run.stdout is not None
    assert run.stdout.readline() == "now\n"
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    (outcome,) = outcomes(tmp_path / "r").values()
    assert isinstance(outcome, CellFailure)
    assert outcome.error == "interrupted after epoch 4 of 10"


def test_a_generator_that_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(LOOP, names)
    epochs = names["generator"]()
    assert [next(epochs), next(epochs)] == [1, 2]
    epochs.close()
    (outcome,) = outcomes(tmp_path / "r").values()
    assert isinstance(outcome, CellFailure)
    assert outcome.error == "interrupted after epoch 2 of 10"


def test_going_on_in_the_same_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As in a notebook whose cell was interrupted and is run again."""
    with pytest.raises(KeyboardInterrupt), opened(tmp_path, epochs=5) as cell:  # noqa: PT012
        assert list(cell.remaining()) == [1, 2, 3, 4, 5]
        for epoch in cell.remaining():
            cell.log(epoch, d_loss=epoch)
            if epoch == 3:
                raise KeyboardInterrupt
    assert "interrupted after epoch 3 of 5; what was logged is kept" in capsys.readouterr().err
    with opened(tmp_path, epochs=5) as cell:
        assert (cell.epochs_done, list(cell.remaining())) == (3, [4, 5])
        for epoch in cell.remaining():
            cell.log(epoch, d_loss=epoch)
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert [row["d_loss"] for row in outcome.history] == [1, 2, 3, 4, 5]


def test_what_there_is_can_be_kept_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path, epochs=10) as cell:
        cell.log(1, d_loss=1)
        cell.log(2, d_loss=2)
    assert isinstance(*outcomes(tmp_path).values(), CellFailure)
    with opened(tmp_path, epochs=2) as cell:
        assert not list(cell.remaining())
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert outcome.spec.training["epochs"] == 2


def test_beginning_again_mixes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), opened(tmp_path) as cell:  # noqa: PT012
        for epoch in (1, 2, 3):
            cell.log(epoch, d_loss=epoch, g_loss=0)
            cell.samples(REAL if epoch == 2 else 255 - REAL, epoch)
            cell.interpolation(REAL[:4], epoch)
        raise KeyboardInterrupt
    with opened(tmp_path) as cell:
        cell.log(1, d_loss=10)
        cell.samples([*(255 - REAL), REAL[0]], 1)  # and another number of them
        assert cell.epochs_done == 1
    assert "epoch 1 is told anew; of the 3 epochs logged before, none still count" in (
        capsys.readouterr().err
    )
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert [(r["epoch"], r["d_loss"], "g_loss" in r) for r in outcome.history] == [(1, 10, False)]
    assert outcome.metrics["best_epoch"] == 1  # and not 2, of the first time
    assert len(outcome.artifacts) == 1


def test_an_epoch_cut_short_is_done_again(tmp_path: Path) -> None:
    """Killed between `log` and `samples` of epoch 3, and in the middle of a line."""
    with pytest.raises(KeyboardInterrupt), opened(tmp_path) as cell:  # noqa: PT012
        for epoch in (1, 2):
            cell.log(epoch, d_loss=epoch)
            cell.samples(REAL, epoch)
        cell.log(3, d_loss=3)
        raise KeyboardInterrupt
    (told,) = tmp_path.glob("cells/*/attempt-*/told.jsonl")
    with told.open("ab") as file:
        file.write(b'{"epoch": 4, "val')
    with opened(tmp_path) as cell:
        assert cell.epochs_done == 2
        cell.log(3, d_loss=30)
        cell.samples(REAL, 3)
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert [row["d_loss"] for row in outcome.history] == [1, 2, 30]


def test_other_settings_are_another_cell(tmp_path: Path) -> None:
    for z in (32, 64):
        with pytest.raises(KeyboardInterrupt), opened(tmp_path, z_dim=z) as cell:  # noqa: PT012
            assert cell.epochs_done == 0
            cell.log(1, d_loss=z)
            raise KeyboardInterrupt
    assert list(outcomes(tmp_path)) == ["a", "a_z64"]
    with opened(tmp_path, z_dim=32) as cell:
        assert cell.epochs_done == 1
    found = outcomes(tmp_path)
    assert isinstance(found["a"], CellResult)
    assert found["a"].spec.params["z_dim"] == 32
    assert isinstance(found["a_z64"], CellFailure)


def test_two_loops_with_the_same_settings_are_two_cells(tmp_path: Path) -> None:
    """What sets them apart was not stated: networks of one's own, for example."""
    for name, loss in (("small", 1), ("large", 2), ("small", 3)):
        with opened(tmp_path, name) as cell:
            cell.log(1, d_loss=loss)
    found = outcomes(tmp_path)
    assert {n: o.metrics["d_loss"] for n, o in found.items() if isinstance(o, CellResult)} == {
        "large": 2, "small": 3,
    }  # fmt: skip


def test_a_name_of_the_experiment_file_does_not_push_its_cell_out(tmp_path: Path) -> None:
    text = "name: mine\nexperiments: {v: {family: gan, grid: {dataset: [MNIST]}}}\n"
    plan = make_plan(parse_experiment(text, "a.yaml"), source="bundled")
    (given,) = plan.cells
    Store(tmp_path).write_plan(plan)
    for _ in range(2):
        with opened(tmp_path, given.name) as cell:
            cell.log(1, d_loss=1)
    assert [c.name for c in Store(tmp_path).plan().cells] == [given.name, f"{given.name}_own"]
    # And where the loop was first.
    with opened(tmp_path / "b", given.name) as cell:
        cell.log(1, d_loss=1)
    again = plan.keeping_own(Store(tmp_path / "b").plan())
    assert [c.name for c in again.cells] == [given.name, f"{given.name}_own"]
    assert again.keeping_own(again) == again


def test_a_failure_does_not_push_out_what_was_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path) as cell:
        for epoch in (1, 2, 3):
            cell.log(epoch, d_loss=epoch)
    with pytest.raises(KeyboardInterrupt), opened(tmp_path) as cell:  # noqa: PT012
        cell.log(1, d_loss=7)
        raise KeyboardInterrupt
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert len(outcome.history) == 3
    assert "keeps the training of it that was finished before" in capsys.readouterr().err


def test_an_error_of_the_measuring_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("labkit.measure.evaluate.measure_samples", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), opened(tmp_path) as cell:  # noqa: PT012
            cell.log(1, d_loss=1)
            cell.samples(REAL, 1)
    with opened(tmp_path) as cell:
        assert cell.epochs_done == 1
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert outcome.metrics["proxy_fid"] is not None


def test_a_full_disk_does_not_end_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with opened(tmp_path) as cell:
        cell.log(1, d_loss=1)
        with monkeypatch.context() as patch:
            patch.setattr("labkit.store.atomic._write", full)
            cell.log(2, d_loss=2)
            cell.samples(REAL, 2)
    assert capsys.readouterr().err.count("is kept in memory alone until the cell ends") == 1
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert len(outcome.history) == 2
    assert outcome.metrics["proxy_fid"] is not None


@pytest.mark.slow
def test_the_example_goes_on_where_it_stopped(tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "your-own-model.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n((?:(?!```).)*?torch\.load.*?)```", document, re.DOTALL)
    kill = "        if epoch == 3: import os; os.kill(os.getpid(), 9)\n        cell.samples("
    ended = script(tmp_path, code.replace("        cell.samples(", kill))
    ended.communicate(timeout=120)
    assert ended.returncode == -signal.SIGKILL
    ended = script(tmp_path, code)
    _, said = ended.communicate(timeout=120)
    assert ended.returncode == 0, said
    assert "it goes on from epoch 3" in said  # whose samples were not measured
    (outcome,) = outcomes(tmp_path / "results" / "own").values()
    assert isinstance(outcome, CellResult)
    losses = [row["total_loss"] for row in outcome.history]
    assert len(losses) == 3
    assert losses == sorted(losses, reverse=True)
    assert outcome.metrics["fid_tail_spread"] is not None
    assert list(tmp_path.glob("reports/own/report.md"))


# --------------------------------------------------------------------------- many at once

AT_ONCE = """\
import sys, time, warnings, labkit
from pathlib import Path
warnings.simplefilter("ignore")
i = int(sys.argv[1])
def together(moment):
    Path(f"ready-{moment}-{i}").touch()
    while len(list(Path().glob(f"ready-{moment}-*"))) < 6: time.sleep(0.001)
for k in range(3):
    together(f"first{k}")
    with labkit.cell(NAME, dataset="MNIST", family="gan", loss="bce", z_dim=SIZE, seed=SEED,
                     results="par") as cell:
        cell.log(1, d_loss=10 * k + i, g_loss=1.0)
        together(f"last{k}")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size", "seed"),
    [("f'MNIST_GAN_c{i}_{k}'", "i", "42"), ("f'c{k}'", "10", "i"), ("'c'", "10 * k + i", "42")],
    ids=["names", "seeds", "settings"],
)
def test_all_that_begin_and_end_at_one_moment_are_there(
    tmp_path: Path, name: str, size: str, seed: str
) -> None:
    code = AT_ONCE.replace("NAME", name).replace("SIZE", size).replace("SEED", seed)
    runs = [script(tmp_path, code, str(i)) for i in range(1, 7)]
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said
    found = outcomes(tmp_path / "par")
    told = sorted(o.metrics["d_loss"] for o in found.values() if isinstance(o, CellResult))
    assert told == [10 * k + i for k in range(3) for i in range(1, 7)]
    assert len(found) == 18


def test_without_locks_none_is_lost_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another's write comes between reading and writing the plan."""

    def none(*_: object) -> bool:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("labkit.store.lock.Lock.take", none)
    store, other = Store(tmp_path), Store(tmp_path)
    with opened(tmp_path, "first") as cell:
        cell.log(1, d_loss=1)
    stale = store.plan()
    with opened(tmp_path, "second") as cell:
        cell.log(1, d_loss=2)
    real, times = Store.write_plan, []

    def overwritten(self: Store, plan: Any) -> None:
        real(self, plan)
        if not times:
            times.append(1)
            real(other, stale)

    monkeypatch.setattr(Store, "write_plan", overwritten)
    with opened(tmp_path, "third") as cell:
        cell.log(1, d_loss=3)
    assert "third" in outcomes(tmp_path)
    assert own_plan.adopt(store) == ["second"]
    assert set(outcomes(tmp_path)) == {"first", "second", "third"}


def test_what_was_committed_and_not_planned_is_taken_up_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the commit and the plan; the first cell of all among them."""
    for name in ("a", "b"):
        with opened(tmp_path / "r", name) as cell:
            cell.log(1, d_loss=1)
    for left in ({"a"}, set[str]()):
        store = Store(tmp_path / "r")
        plan = store.plan()
        store.plan_path.unlink()
        if left:
            store.write_plan(labkit_plan(plan, left))
        results = labkit.load(tmp_path / "r")
        assert set(results.cells) == {"a", "b"}
        said = capsys.readouterr().err
        assert "finished, and missing in the plan; taken up" in said
        assert labkit.load(tmp_path / "r").summary == "2 of 2 cells done"
        assert capsys.readouterr().err == ""


def labkit_plan(plan: Any, names: set[str]) -> Any:
    from dataclasses import replace

    return replace(plan, cells=tuple(cell for cell in plan.cells if cell.name in names))


def test_an_older_training_of_a_cell_is_not_taken_up(tmp_path: Path) -> None:
    for last in (1, 2):
        with opened(tmp_path) as cell:
            for epoch in range(1, last + 1):
                cell.log(epoch, d_loss=1)
    assert own_plan.adopt(Store(tmp_path)) == []
    assert [c.training["epochs"] for c in Store(tmp_path).plan().cells] == [2]


def test_a_run_that_begins_meanwhile_keeps_a_loops_cell(tmp_path: Path) -> None:
    from labkit.execution import runner

    text = "name: mine\nexperiments: {v: {family: vae, grid: {dataset: [MNIST]}}}\n"
    plan = make_plan(parse_experiment(text, "a.yaml"), source="bundled")
    with opened(tmp_path) as cell:
        cell.log(1, d_loss=1)
    runner.run(plan, Store(tmp_path), runner.Options(only="none of them"), Recorder())
    assert set(outcomes(tmp_path)) == {"MNIST_VAE_latent16", "a"}


def test_two_at_the_same_cell_do_not_share_an_attempt(tmp_path: Path) -> None:
    with opened(tmp_path) as one:
        one.log(1, d_loss=1)
        with opened(tmp_path) as two:
            assert two.epochs_done == 0
            two.log(1, d_loss=2)
        one.log(2, d_loss=1)
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert [row["d_loss"] for row in outcome.history] == [1, 1]


# --------------------------------------------------------------------------- any number


NUMBERS = [
    1, 1.0, True, np.float32(1), np.float16(1), np.int64(1), np.bool_(True), np.array(1.0),
    np.array([1]), Decimal(1), Fraction(1), torch.tensor(1), torch.tensor([1.0]),
    torch.tensor(1.0, requires_grad=True), torch.tensor(1.0).bfloat16(), torch.tensor(1.0).half(),
    torch.tensor(True), torch.tensor([[1.0]]).double(), np.ones((1, 1)), np.longdouble(1),
]  # fmt: skip


@pytest.mark.parametrize("value", NUMBERS, ids=lambda v: f"{type(v).__name__} {v!r}"[:40])
def test_any_number_is_taken(value: Any, tmp_path: Path) -> None:
    assert convert.number(value) == 1.0
    if "True" not in repr(value):  # a truth value is no epoch
        with opened(tmp_path, z_dim=value, seed=value) as cell:
            cell.log(value, d_loss=value)
        (spec,) = Store(tmp_path).plan().cells
        assert (spec.params["z_dim"], spec.seed, spec.training["epochs"]) == (1, 1, 1)
        assert type(spec.params["z_dim"]) is int


@pytest.mark.parametrize(
    "value", ["1", None, [1, 2], np.array([1, 2]), 1j, object(), torch.ones(2)]
)
def test_what_is_no_number_is_not(value: Any) -> None:
    with pytest.raises(TypeError, match="not a single number"):
        convert.number(value)
    with pytest.raises(ValueError, match="expected a whole number from 0"):
        convert.whole(value, 0)


def test_settings_of_any_kind_are_one_fingerprint(tmp_path: Path) -> None:
    prints = set()
    for number, (lr, z, betas) in enumerate(
        [
            (2e-4, 64, [0.5, 0.999]),
            (np.float32(2e-4), np.int64(64), (0.5, 0.999)),
            (torch.tensor(2e-4), torch.tensor(64), torch.tensor([0.5, 0.999])),
            (Decimal("0.0002"), 64.0, np.array([0.5, 0.999], np.float32)),
        ]
    ):
        root = tmp_path / str(number)
        with opened(root, lr=lr, z_dim=z, betas=betas) as cell:
            cell.log(1, d_loss=1)
        (spec,) = Store(root).plan().cells
        prints.add(spec.fingerprint)
    assert len(prints) == 1


@pytest.mark.parametrize("epoch", [0, -1, 1.5, "1", True, None, np.array([1, 2])])
def test_what_is_no_epoch_is_said(epoch: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="from 1"), opened(tmp_path) as cell:
        cell.log(epoch, d_loss=1)


@pytest.mark.parametrize(
    "given", [{"epochs": 0}, {"seed": -1}, {"batch_size": "x"}, {"limit": 0.5}]
)
def test_what_is_no_count_is_said(given: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="a whole number"), opened(tmp_path / "r", **given):
        pass
    assert not (tmp_path / "r").exists()


# --------------------------------------------------------------------------- diverged


@pytest.mark.parametrize("value", [float("nan"), float("inf"), torch.tensor(float("-inf"))])
def test_a_training_that_diverges_goes_on_and_is_reported_so(tmp_path: Path, value: Any) -> None:
    with opened(tmp_path) as cell:
        cell.log(1, d_loss=1.0, g_loss=1.0)
        cell.log(2, d_loss=1.0, g_loss=value)
        cell.log(3, d_loss=1.0, g_loss=1.0)
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellFailure)
    assert outcome.error == f"diverged in epoch 2: g_loss is {float(value)}"
    (folder,) = tmp_path.glob("cells/*/failed")
    assert (folder / "history.jsonl").read_text().count("\n") == 3
    assert "diverged in epoch 2" in labkit.report(tmp_path, tmp_path / "p", format="md").read_text()
    with opened(tmp_path) as cell:
        assert cell.epochs_done == 0  # the next one begins anew
        cell.log(1, d_loss=1.0)
    assert isinstance(*outcomes(tmp_path).values(), CellResult)


def test_images_that_hold_nan_are_a_training_that_diverged(tmp_path: Path) -> None:
    images = torch.full((1000, 1, 28, 28), float("nan"))
    with opened(tmp_path) as cell:
        cell.samples(REAL, 1)
        assert cell.samples(images, 2) is None
        cell.interpolation(images[:8], 2)
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellFailure)
    assert outcome.error == "diverged in epoch 2: images hold nan"


def test_a_column_of_ones_own_that_is_nan_was_not_measured(tmp_path: Path) -> None:
    with opened(tmp_path) as cell:
        cell.log(1, d_loss=1.0, agreement=float("nan"), other=None)
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert outcome.history[0]["agreement"] is None


def test_bfloat16_images_are_measured(tmp_path: Path) -> None:
    signed = torch.from_numpy(REAL / 127.5 - 1)[:, None]
    with opened(tmp_path) as cell:
        cell.samples(signed.bfloat16(), 1)
    (outcome,) = outcomes(tmp_path).values()
    assert isinstance(outcome, CellResult)
    assert outcome.metrics["proxy_fid"] is not None
    assert journal.epochs_told(Store(tmp_path), outcome.spec) is None


def test_samples_that_were_converted_wrongly_are_measured_and_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path) as cell:
        for epoch in (1, 2):
            assert cell.samples(255 - REAL, epoch) is not None
    assert capsys.readouterr().err.count("epoch 1: the background is bright, and that of") == 1
    with opened(tmp_path, "b") as cell:
        cell.samples(REAL, 1)
        cell.samples(np.full(REAL.shape, -1.0), 2)  # a collapse, and no mistake
    assert "pixel" not in capsys.readouterr().err
