"""The tables say what became of every cell, exactly, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest

from labkit.catalog import METRICS
from labkit.experiment.grid import make_plan, parse_experiment
from labkit.experiment.spec import CellFailure, CellResult
from labkit.reporting.cell import ALWAYS, Tables, tables, to_csv
from labkit.reporting.compare import table as compare
from labkit.reporting.compare.page import compare_text
from labkit.reporting.view import read_view
from labkit.store.store import Store
from tests.builders.plans import fake_plan
from tests.builders.results import history, measures
from tests.builders.tables import answer_questions


def load_tables(store: Store) -> Tables:
    return read_view(store).tables


def test_every_cell_of_the_plan_has_a_row_in_its_order(troubled: Store) -> None:
    plan = troubled.plan()
    cells = load_tables(troubled).cells
    assert cells["run"].tolist() == [spec.name for spec in plan.cells]
    status = dict(zip(cells["run"], cells["status"], strict=True))
    assert status["MNIST_GAN_hinge_z64_seed43"] == "failed"
    assert status["MNIST_GAN_bce_z64_seed42"] == "missing"
    assert status["FashionMNIST_VAE_latent8_seed44"] == "trained"
    assert status["MNIST_GAN_hinge_z64_seed42"] == "done"
    failed = cells[cells["status"] == "failed"]
    assert failed["note"].tolist() == [
        "DivergedError: diverged at step 7 of epoch 2: a loss is not finite"
    ]
    assert failed["proxy_fid"].isna().all()
    trained = cells[cells["status"] == "trained"]
    assert trained["proxy_fid"].isna().all()
    assert trained["total_loss"].notna().all()


def test_columns_come_in_catalog_order(lab1: Store) -> None:
    columns = load_tables(lab1).cells.columns.tolist()
    assert columns[:5] == ["run", "family", "experiment", "dataset", "seed"]
    assert [c for c in columns if c in METRICS] == list(METRICS)
    assert columns[-3:] == ["collapse", "status", "note"]
    assert columns.count("precision") == 1
    assert load_tables(lab1).cells["arithmetic"].unique().tolist() == ["fp32"]


def test_values_survive_the_csv_to_the_last_bit(lab1: Store) -> None:
    cells = load_tables(lab1).cells
    again = pd.read_csv(io.StringIO(to_csv(cells)))
    for name in ("proxy_fid", "d_loss", "kl_loss", "seconds", "kid"):
        expected = cells[name].to_numpy(dtype=float, na_value=float("nan"))
        pd.testing.assert_series_equal(again[name], pd.Series(expected, name=name), rtol=0, atol=0)
    rows = list(csv.DictReader(io.StringIO(to_csv(cells))))
    assert rows[0]["z_dim"] == "32"  # whole although VAEs have none
    assert rows[-1]["z_dim"] == ""
    assert rows[0]["betas"] == "[0.5, 0.999]"


def test_a_table_without_a_single_value_keeps_the_columns_people_look_for() -> None:
    plan = fake_plan()
    header = to_csv(tables(plan, [None] * len(plan.cells)).cells).splitlines()[0].split(",")
    assert set(ALWAYS) <= set(header)
    assert "kid" not in header


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_formulas_are_disarmed(name: str) -> None:
    plan = fake_plan()
    plan = replace(plan, cells=(replace(plan.cells[0], name=name),))
    error = CellFailure(plan.cells[0], "=cmd()|x\nsecond line", "", "")
    row = next(csv.DictReader(io.StringIO(to_csv(tables(plan, [error]).cells))))
    assert row["run"] == f"'{name}"
    assert row["note"] == "'=cmd()|x"


def test_negative_numbers_are_not_text(lab1: Store) -> None:
    frame = pd.DataFrame({"run": ["a"], "x": [-1.5]})
    assert to_csv(frame).splitlines()[1] == "a,-1.5"


def test_the_history_has_a_row_a_cell_and_epoch(troubled: Store) -> None:
    epochs = load_tables(troubled).epochs
    assert epochs.columns[:5].tolist() == ["run", "family", "dataset", "seed", "epoch"]
    assert len(epochs) == 7 * 3  # a failed and a missing cell have none


def test_a_store_is_the_same_text_twice(lab1: Store) -> None:
    first, second = load_tables(lab1), load_tables(lab1)
    assert to_csv(first.cells) == to_csv(second.cells)
    assert to_csv(first.epochs) == to_csv(second.epochs)


def _with(name: str, value: float | None) -> pd.DataFrame:
    plan = fake_plan((("gan", "MNIST", {"loss": "hinge", "z_dim": 64}),))
    spec = plan.cells[0]
    rows = history(spec)
    metrics = {**measures(spec, rows)["metrics"], name: value}
    result = CellResult(spec, metrics, tuple(rows), {}, 30.0, {})
    return tables(plan, [result]).cells


def test_compare_says_what_differs_and_what_is_within_the_margin() -> None:
    a, near, far = (_with("proxy_fid", v) for v in (10.0, 10.5, 10.6))
    assert compare.two(a, a) == "no differences\n"
    near_row, far_row = (
        compare.differences(a, b).set_index("name").loc["proxy_fid"] for b in (near, far)
    )
    assert near_row["note"] == "within 5 %"
    assert far_row["note"] == ""
    assert far_row["difference"] == pytest.approx(0.6)
    assert "+0.600" in compare.two(a, far)


def test_losses_of_different_kinds_have_no_difference() -> None:
    a = _with("d_loss", 1.0)
    b = a.assign(loss="bce", d_loss=0.5)
    row = compare.differences(a, b).set_index("name").loc["d_loss"]
    assert row["note"] == "loss differs: not comparable"
    assert row["difference"] is None or pd.isna(row["difference"])


def test_a_run_of_one_table_only_is_said_to_be(lab1: Store) -> None:
    a = load_tables(lab1).cells
    frame = compare.differences(a, a.iloc[1:])
    assert set(frame[frame["run"] == a["run"].iloc[0]]["note"]) == {"only in A"}


def test_compare_text_shows_one_store_or_two(lab1: Store, troubled: Store) -> None:
    one = compare_text([lab1.root])
    assert "MNIST_VAE_latent16" in one
    assert "D loss" in one
    assert compare_text([lab1.root], csv=True) == to_csv(load_tables(lab1).cells)
    two = compare_text([lab1.root, troubled.root], csv=True)
    assert two.splitlines()[0] == "run,name,a,b,difference,note"


def _columns(grid: str) -> list[str]:
    text = (
        "name: x\nexperiments:\n  a:\n    family: gan\n    grid: {dataset: [MNIST], "
        f"{grid}}}\n    params: {{d_norm: layer}}\n"
    )
    plan = make_plan(parse_experiment(text, "a.yaml"), source="bundled")
    return tables(plan, [None] * len(plan.cells)).cells.columns.tolist()


def test_a_setting_that_only_goes_along_is_no_column() -> None:
    """Where the loss changes, label smoothing (which acts with BCE alone) has not changed too."""
    assert "label_smoothing" not in _columns("loss: [hinge, bce]")
    assert "label_smoothing" in _columns("loss: [bce]")
    assert "label_smoothing" in _columns("loss: [bce], label_smoothing: [0.0, 0.1]")
    along = _columns("constraint: [clip, gradient_penalty]")
    assert not {"clip", "gp_weight"} & set(along)
    assert "betas" not in _columns("optimiser: [adam, rmsprop]")
    assert "constraint" in along


def test_the_loss_is_told_apart_from_what_it_lets_act() -> None:
    grid = "{dataset: [MNIST], loss: [bce, wasserstein]}"
    text = f"name: x\nexperiments:\n  a: {{family: gan, grid: {grid}}}\n"
    plan = make_plan(parse_experiment(text, "a.yaml"), source="bundled")
    outcomes = [
        CellResult(spec, {"proxy_fid": 3.0 + i, "fid_drawdown": 1.0 + i}, (), {}, 1.0, {})
        for i, spec in enumerate(plan.cells)
    ]
    (answer,) = answer_questions(tables(plan, outcomes).cells, questions=["loss_kind"])
    assert "changed with it" not in answer.paragraph
    assert "as a matter of cause" not in answer.paragraph
