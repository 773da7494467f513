"""Published values beside ours, on both sides of the tolerance; what training came to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit.experiment.spec import CellFailure, CellResult
from labkit.reporting.cell import Cell
from labkit.reporting.sections.published import Comparison, compare, loss_course, performance
from labkit.reporting.view import read_view
from labkit.store.store import Store
from tests.builders.cells import spec_of
from tests.builders.plans import fake_plan
from tests.builders.stores import write_store

REFERENCE: dict[str, Any] = {
    "experiment": "vae", "where": {}, "metric": "total_loss", "value": 200.0, "tolerance": 0.01,
    "epochs": 10, "source": "a paper",
}  # fmt: skip

NOWHERE = Store(Path("nowhere"))


def cell(value: float | None, epochs: int = 10, limit: int | None = None) -> Cell:
    spec = spec_of("vae", "MNIST", {}, 42, False, epochs)
    spec = replace(spec, data={**spec.data, "limit": limit})
    history = tuple({"epoch": e, "total_loss": 300.0 - 10 * e} for e in range(1, epochs + 1))
    return Cell(spec, CellResult(spec, {"total_loss": value}, history, {}, 1.0, {}), NOWHERE)


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        (200.0, "reproduced"),
        (201.99, "reproduced"),
        (202.01, "not reproduced"),
        (198.01, "reproduced"),
        (197.99, "not reproduced"),
    ],
)
def test_both_sides_of_the_tolerance(ours: float, verdict: str) -> None:
    found = compare([cell(ours)], REFERENCE, "full")
    assert found.verdict == verdict
    assert found.deviation == pytest.approx((ours - 200) / 200)


def test_the_mean_over_seeds_is_compared() -> None:
    found = compare([cell(190.0), cell(210.0)], REFERENCE, "full")
    assert (found.verdict, found.ours) == ("reproduced", 200.0)


@pytest.mark.parametrize(
    ("cells", "source", "why"),
    [
        ([], "full", "no such cell in this plan"),
        ([cell(200.0)], "bundled", "trained on the bundled 10,000 images, not all 60,000"),
        ([cell(200.0, limit=2000)], "full", "trained on the first 2,000 images"),
        ([cell(200.0, epochs=2)], "full", "2 epochs, not 10"),
        ([cell(None)], "full", "not measured"),
        ([Cell(cell(1.0).spec, None, NOWHERE)], "full", "not run yet"),
        (
            [Cell(cell(1.0).spec, CellFailure(cell(1.0).spec, "out of memory", "", ""), NOWHERE)],
            "full",
            "failed: out of memory",
        ),
    ],
)
def test_what_is_of_another_kind_is_not_compared(cells: list[Cell], source: str, why: str) -> None:
    found = compare(cells, REFERENCE, source)
    assert (found.verdict, found.deviation, found.why) == ("not comparable", None, why)


def test_a_negative_value_has_its_sign() -> None:
    found = compare([cell(-10.05)], {**REFERENCE, "value": -10.0}, "full")
    assert found == Comparison("reproduced", -10.05, pytest.approx(-0.005))


def test_the_course_of_a_loss() -> None:
    assert loss_course(cell(200.0), "total_loss") == (290.0, 200.0, 200.0, 280.0)
    assert loss_course(cell(200.0, epochs=1), "total_loss") == (290.0, 290.0, None, None)
    assert loss_course(cell(200.0), "d_loss") == (None, None, None, None)


def test_a_wasserstein_critic_without_a_constraint_is_spoken_of(tmp_path: Path) -> None:
    def text(loss: str, constraint: str) -> str:
        plan = fake_plan([("gan", "MNIST", {"loss": loss, "constraint": constraint})])
        store = write_store(tmp_path / f"{loss}-{constraint}", plan)
        return str(performance(read_view(store, options={"performance": True})))

    assert "nothing bounds the slope" in text("wasserstein", "none")
    assert "nothing bounds" not in text("wasserstein", "clip")
    assert "nothing bounds" not in text("bce", "none")
