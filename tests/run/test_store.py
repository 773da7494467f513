"""The store: what counts as done, and what never does."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.experiment.spec import CellFailure, CellResult, CellSpec
from labkit.store import attempts
from labkit.store.commits import COMMIT, StoreError, damage
from labkit.store.history import best_epoch, read_history
from labkit.store.store import Store
from tests.builders.cells import spec
from tests.builders.plans import plan_of
from tests.builders.stores import commit, fill_training


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


def test_fingerprints_follow_results_not_names() -> None:
    cell = spec()
    assert replace(cell, name="other", experiment="x").fingerprint == cell.fingerprint
    assert CellSpec.from_json(json.loads(json.dumps(cell.to_json()))) == cell
    remeasured = replace(cell, evaluation={"samples": 7})
    assert remeasured.fingerprint == cell.fingerprint
    assert remeasured.evaluation_fingerprint != cell.evaluation_fingerprint
    for change in (
        {"seed": 43},
        {"precision": "bf16"},
        {"code": "x"},
        {"params": {**cell.params, "lr": 1e-3}},
        {"training": {**cell.training, "epochs": 3}},
        {"data": {**cell.data, "limit": 10}},
        {"selection": {**cell.selection, "samples": 7}},
    ):
        assert replace(cell, **change).fingerprint != cell.fingerprint


def test_missing_trained_measured(store: Store) -> None:
    cell = spec()
    assert store.outcome(cell) is None
    commit(store, cell, evaluated=False)
    outcome = store.outcome(cell)
    assert isinstance(outcome, CellResult)
    assert not outcome.measured
    assert outcome.metrics["d_loss"] == 0.5
    assert outcome.metrics["best_epoch"] == 2
    assert "proxy_fid" not in outcome.metrics
    commit(store, cell)
    outcome = store.outcome(cell)
    assert isinstance(outcome, CellResult)
    assert outcome.measured
    assert outcome.metrics["proxy_fid"] == 4.5
    assert outcome.artifacts["images/samples_epoch1.png"].endswith("samples_epoch1.png")
    assert not list(store.cell_folder(cell).glob("attempt-*"))


def test_an_attempt_is_nobodys_result(store: Store) -> None:
    attempt = store.begin(spec(), "train")
    fill_training(attempt, spec())
    assert store.outcome(spec()) is None


def test_look_up_is_by_fingerprint(store: Store) -> None:
    commit(store, spec())
    renamed = replace(spec(), name="MNIST_GAN_hinge_z64_seed42")
    outcome = Store(store.root).outcome(renamed)
    assert isinstance(outcome, CellResult)
    assert outcome.spec.name == "MNIST_GAN_hinge_z64_seed42"


@pytest.mark.parametrize("name", ["history.jsonl", "images/samples_epoch1.png", COMMIT])
@pytest.mark.parametrize("how", ["removed", "shortened", "altered"])
def test_damage_is_found(store: Store, name: str, how: str) -> None:
    commit(store, spec())
    folder = store.train_folder(spec())
    path = folder / name
    data = path.read_bytes()
    if how == "removed":
        path.unlink()
    elif how == "shortened":
        path.write_bytes(data[:-2])
    else:
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    assert damage(folder, deep=True)
    if how != "altered" or name == COMMIT:
        assert store.outcome(spec()) is None


def test_damaged_is_set_aside_and_done_again(store: Store) -> None:
    commit(store, spec())
    (store.train_folder(spec()) / "history.jsonl").write_bytes(b"")
    commit(store, spec())
    assert isinstance(store.outcome(spec()), CellResult)
    assert len(list(store.cell_folder(spec()).glob("damaged-train-*"))) == 1


def test_two_runs_may_commit_the_same(store: Store) -> None:
    first, second = store.begin(spec(), "train"), store.begin(spec(), "train")
    assert first.folder != second.folder
    for attempt in (first, second):
        fill_training(attempt, spec())
    store.commit(first, spec(), "train")
    before = (store.train_folder(spec()) / COMMIT).read_bytes()
    store.commit(second, spec(), "train")
    assert (store.train_folder(spec()) / COMMIT).read_bytes() == before
    assert not second.folder.exists()


def test_only_an_abandoned_attempt_is_taken_over(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = store.begin(spec(), "train")
    alive.beat()
    other = store.begin(spec(), "train")
    assert other.folder != alive.folder
    for attempt in (alive, other):
        (attempt.folder / "mark").touch()
    monkeypatch.setattr(attempts, "process_lives", lambda pid: False)
    taken = store.begin(spec(), "train")
    assert (taken.folder / "mark").exists()
    # One of the two, whichever comes first by name, is now the new one.
    assert [alive.folder.exists(), other.folder.exists()].count(False) == 1


@pytest.mark.parametrize(("age", "taken"), [(50, False), (70, True)])
def test_silence_is_judged_by_the_heartbeat(store: Store, age: float, taken: bool) -> None:
    attempt = store.begin(spec(), "train")
    beat = {"pid": os.getpid(), "host": "another", "at": time.time() - age}
    (attempt.folder / "heartbeat.json").write_text(json.dumps(beat))
    assert attempts.is_abandoned(attempt.folder) is taken


def test_a_failure_is_data_until_it_is_mended(store: Store) -> None:
    attempt = store.begin(spec(), "train")
    (attempt.folder / "checkpoint.safetensors").write_bytes(b"weights")
    store.fail(attempt, spec(), "train", "DivergedError: at step 3", "Traceback ...")
    outcome = store.outcome(spec())
    assert isinstance(outcome, CellFailure)
    assert outcome.error == "DivergedError: at step 3"
    assert "at step 3" in (store.root / outcome.log).read_text()
    assert (store.failed_folder(spec()) / "checkpoint.safetensors").exists()
    assert store.outcome(replace(spec(), seed=43)) is None
    commit(store, spec())
    assert isinstance(store.outcome(spec()), CellResult)


def test_a_failed_measurement_keeps_the_training(store: Store) -> None:
    commit(store, spec(), evaluated=False)
    store.fail(store.begin(spec(), "eval"), spec(), "eval", "ValueError: no", "")
    assert isinstance(store.outcome(spec()), CellFailure)
    assert store.is_trained(spec())
    # Mended measures are another evaluation: the old failure says nothing about it.
    assert isinstance(store.outcome(replace(spec(), evaluation={"code": "new"})), CellResult)


def test_history_drops_a_torn_tail(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    whole = '{"epoch": 1}\n{"epoch": 2}\n'
    for torn in ("", '{"epo', '{"epoch": 3}', "\x00\x00"):
        path.write_text(whole + torn)
        assert [row["epoch"] for row in read_history(path)] == [1, 2]


def test_best_epoch_is_the_first_of_equals() -> None:
    rows = [{"epoch": e, "proxy_fid": v} for e, v in enumerate([3.0, 1.0, 1.0, 2.0], 1)]
    assert best_epoch(rows) == 2
    assert best_epoch([{"epoch": 1}]) is None


def test_plan_round_trip_and_errors(store: Store) -> None:
    with pytest.raises(StoreError, match="no plan yet"):
        store.plan()
    store.write_plan(plan_of(spec()))
    assert store.plan() == plan_of(spec())
    stamp = store.plan_path.stat().st_mtime_ns
    store.write_plan(plan_of(spec()))
    assert store.plan_path.stat().st_mtime_ns == stamp
    store.plan_path.write_text("{")
    with pytest.raises(StoreError, match="not JSON"):
        store.plan()


def test_force_sets_aside(store: Store) -> None:
    commit(store, spec())
    store.set_aside(spec())
    assert store.outcome(spec()) is None
    assert len(list(store.cell_folder(spec()).glob("superseded-*"))) == 2
