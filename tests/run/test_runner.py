"""What is run, what is skipped, and what a dying worker leaves behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit.execution import eta, runner
from labkit.execution.runner import Options, select
from labkit.execution.status import changed_settings, survey
from labkit.experiment.spec import CellFailure, CellResult
from labkit.store.store import Store
from tests.builders import runs
from tests.builders.cells import spec
from tests.builders.plans import plan_of
from tests.builders.stores import commit


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


def cell(seed: int, **changes: Any) -> Any:
    return spec(f"MNIST_GAN_hinge_z64_seed{seed}", seed=seed, **changes)


def run(store: Store, *cells: Any, **options: Any) -> tuple[runner.Summary, runs.Recorder]:
    view = runs.Recorder()
    options = {"executor": "inline", **options}
    return runner.run(plan_of(*cells), store, Options(**options), view, runs.work), view


def test_runs_everything_then_nothing(store: Store) -> None:
    cells = [cell(1), cell(2)]
    summary, view = run(store, *cells)
    assert (summary.done, summary.trained, summary.failed) == (2, 2, ())
    assert {job.why for job in view.jobs} == {"not trained yet"}
    summary, view = run(store, *cells)
    assert (summary.done, summary.trained) == (2, 0)
    assert view.order == []


def test_one_bad_cell_never_stops_the_others(store: Store) -> None:
    summary, view = run(store, cell(1), cell(100), cell(2))
    assert summary.done == 2
    assert [failure.error for failure in summary.failed] == ["ValueError: out of luck"]
    assert isinstance(view.ended["MNIST_GAN_hinge_z64_seed2"], CellResult)


def test_fail_fast_stops(store: Store) -> None:
    summary, _ = run(store, cell(100), cell(101), fail_fast=True, executor="local", jobs=1)
    assert len(summary.failed) == 1


def test_what_force_set_aside_and_did_not_reach_is_not_done(store: Store) -> None:
    run(store, cell(1), cell(2), cell(3))
    cells = [cell(100), cell(1), cell(2), cell(3)]
    summary, _ = run(store, *cells, force=True, fail_fast=True)
    states = [job.state for job in survey(plan_of(*cells), store)]
    assert summary.done == states.count("done")


@pytest.mark.parametrize(
    ("seed", "said"), [(101, "SIGKILL"), (102, "SIGSEGV"), (104, "exit code 7"), (103, "limit")]
)
def test_a_dead_worker_costs_its_own_cell_only(
    store: Store, seed: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LEAST_LIMIT_S", 15.0)
    monkeypatch.setattr(eta, "estimate", lambda spec, device="auto": (0.0, True))
    cells = [cell(seed), cell(1), cell(2)]
    summary, _ = run(store, *cells, executor="local", jobs=2)
    assert summary.done == 2
    (failure,) = summary.failed
    assert failure.spec.seed == seed
    assert said in failure.error
    assert (store.root / failure.log).exists()
    assert isinstance(Store(store.root).outcome(cells[0]), CellFailure)


def test_failed_cells_can_be_chosen(store: Store) -> None:
    cells = [cell(1), cell(100), cell(2)]
    run(store, *cells)
    jobs = survey(plan_of(*cells, cell(3)), store)
    assert [job.state for job in jobs] == ["done", "failed", "done", "train"]
    assert [job.spec.seed for job in select(jobs, Options(failed=True))] == [100]
    assert {job.spec.seed for job in select(jobs, Options())} == {100, 3}
    assert {job.spec.seed for job in select(jobs, Options(only="*_seed3"))} == {3}
    assert len(select(jobs, Options(force=True))) == 4


def test_force_runs_again_and_keeps_the_old(store: Store) -> None:
    run(store, cell(1))
    summary, view = run(store, cell(1), force=True)
    assert summary.trained == 1
    assert view.order == ["MNIST_GAN_hinge_z64_seed1"]
    assert list(store.cell_folder(cell(1)).glob("superseded-train-*"))


def test_a_new_measure_retrains_nothing(store: Store) -> None:
    run(store, cell(1))
    changed = replace(cell(1), evaluation={"samples": 7})
    (job,) = survey(plan_of(changed), Store(store.root))
    assert job.state == "measure"
    assert "measures have changed" in job.why
    stamp = (store.train_folder(changed) / "COMMIT.json").stat().st_mtime_ns
    summary, _ = run(store, changed)
    assert summary.done == 1
    assert (store.train_folder(changed) / "COMMIT.json").stat().st_mtime_ns == stamp


def test_why_names_the_changed_setting(store: Store) -> None:
    run(store, cell(1))
    changed = replace(cell(1), params={**cell(1).params, "lr": 1e-3})
    (job,) = survey(plan_of(changed), Store(store.root))
    assert job.why == "changed since it was trained: params.lr 0.0002 -> 0.001"
    recoded = replace(cell(1), code="other")
    assert survey(plan_of(recoded), Store(store.root))[0].why.endswith("training code")


def test_why_names_the_damage(store: Store) -> None:
    commit(store, cell(1))
    (store.train_folder(cell(1)) / "history.jsonl").unlink()
    (job,) = survey(plan_of(cell(1)), Store(store.root))
    assert job.state == "train"
    assert job.why == "damaged: history.jsonl: no such file or folder"


def test_names_do_not_count_as_changes() -> None:
    a = cell(1).to_json()
    assert changed_settings(a, {**a, "name": "x", "experiment": "y"}) == ""
    assert changed_settings(a, {**a, "seed": 5}) == "seed 1 -> 5"


def test_longest_first(store: Store) -> None:
    short = cell(1)
    long = cell(2, training={"epochs": 9, "batch_size": 128})
    chosen = select(survey(plan_of(short, long), store), Options())
    assert [job.spec.seed for job in chosen] == [2, 1]


def test_parallel_equals_alone(tmp_path: Path) -> None:
    cells = [cell(seed) for seed in range(6)]
    metrics = []
    for jobs in (1, 2, 4):
        store = Store(tmp_path / str(jobs))
        run(store, *cells, executor="local", jobs=jobs)
        outcomes = [store.outcome(c) for c in cells]
        metrics.append([o.metrics for o in outcomes if isinstance(o, CellResult)])
    assert metrics[0] == metrics[1] == metrics[2]
    assert len(metrics[0]) == 6


def test_estimates() -> None:
    assert eta.schedule([4.0, 3.0, 2.0, 1.0], 2) == 5.0
    assert eta.schedule([], 3) == 0.0


def test_speed_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path))
    samples = {"selection": {"samples": 100}, "evaluation": {"samples": 100}}
    usual = cell(1, **samples)
    assert eta.estimate(usual)[1] is False
    eta.remember(usual, "auto", seconds=50.0, training=30.0)
    assert eta.estimate(usual) == (pytest.approx(50.0), True)
    longer = cell(1, training={"epochs": 20, "batch_size": 128}, **samples)  # ten times the epochs
    # 30 s of training ten times; of 2 x 100 + 4 x 100 samples the first 200 ten times.
    assert eta.estimate(longer) == (pytest.approx(300 + 20 * 2400 / 600), True)
    # A busy machine's slow cell does not undo what a quiet one showed; a quick one counts.
    eta.remember(usual, "auto", seconds=140.0, training=60.0)
    assert eta.estimate(usual)[0] == pytest.approx(50 + 90 / 3)
    eta.remember(usual, "auto", seconds=25.0, training=15.0)
    assert eta.estimate(usual)[0] == pytest.approx(25.0)
    eta.remember(usual, "auto", seconds=0.03, training=1.0)  # what a made-up cell says of itself
    assert eta.estimate(usual)[0] == pytest.approx(25.0)
    (tmp_path / "speed.json").write_text("[1, ")
    eta._remembered.cache_clear()
    assert eta.estimate(usual)[1] is False
