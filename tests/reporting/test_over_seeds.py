"""Several seeds: settings are compared, and no lucky cell stands for one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import pytest

from labkit.reporting.cell import cells_of
from labkit.reporting.sections import experiments, opening
from labkit.reporting.view import View
from labkit.text.numbers import spread
from tests.builders.plans import fake_plan
from tests.builders.stores import write_store


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    store = write_store(tmp_path_factory.mktemp("seeds"), fake_plan(seeds=(42, 43, 44)))
    plan = store.plan()
    return View(plan, cells_of(store, plan))


def with_scores(view: View, scores: dict[str, float]) -> View:
    """The same, with other proxy FIDs for some runs."""
    cells = (
        replace(c, outcome=replace(c.result, metrics={**c.metrics, "proxy_fid": scores[c.name]}))
        if c.result and c.name in scores
        else c
        for c in view.in_order
    )
    return replace(view, in_order=tuple(cells))


def without(view: View, *runs: str) -> View:
    cells = (replace(c, outcome=None) if c.name in runs else c for c in view.in_order)
    return replace(view, in_order=tuple(cells))


def test_every_setting_is_a_row_with_mean_and_deviation_of_its_seeds(view: View) -> None:
    table = opening.scores(view)
    assert len(table.rows) == 18
    for row, setting in zip(table.rows, opening.settings(view), strict=True):
        dataset, _, label, seeds, score, *_ = row.entries
        values = [c.metric("proxy_fid") for c in view.cells if c.spec.dataset == dataset.text
                  and view.style.label(c.spec) == label.text]  # fmt: skip
        assert [v for v in values if v is not None] == setting.values("proxy_fid")
        assert seeds.text == "3"
        mean, deviation = re.findall(r"[\d.]+", score.text)
        assert float(mean) == pytest.approx(fmean(setting.values("proxy_fid")), abs=0.06)
        assert float(deviation) == pytest.approx(stdev(setting.values("proxy_fid")), abs=0.06)
    best = [r for r in table.rows if r.entries[4].text.startswith("◆")]
    assert [r.entries[2].text for r in best] == ["Hinge z 128", "Hinge z 128"]


def test_one_lucky_training_names_no_best_setting(view: View) -> None:
    """The lowest cell of all is in a setting whose mean is not the lowest."""
    lucky = with_scores(view, {"MNIST_GAN_bce_z32_seed43": 10.0})
    assert "MNIST 21.8 ± 0.4 (GAN Hinge z 128)" in opening.headline(lucky)[0].text
    # Nor does a setting of which the lucky training is all there is.
    alone = without(lucky, "MNIST_GAN_bce_z32_seed42", "MNIST_GAN_bce_z32_seed44")
    assert "MNIST 21.8 ± 0.4 (GAN Hinge z 128)" in opening.headline(alone)[0].text
    (row,) = [r for r in opening.scores(alone).rows if r.run == "MNIST_GAN_bce_z32_seed42"]
    assert [e.text for e in row.entries[3:5]] == ["1", "10.0"]
    glance = opening.glance(alone)[0]
    assert [e.text for e in glance.rows[0].entries[2:4]] == ["Hinge z 128", "21.8 ± 0.4"]


def test_the_first_screen_shows_the_first_seed_not_the_luckiest(view: View) -> None:
    lucky = with_scores(view, {"MNIST_GAN_hinge_z128_seed44": 1.0})
    gallery = opening.glance(lucky)[1]
    assert gallery.pictures[0].run == "MNIST_GAN_hinge_z128_seed42"


def test_a_data_set_without_numbers_is_said_to_be_not_measured(view: View) -> None:
    gone = [c.spec.name for c in view.cells if c.spec.dataset == "MNIST"]
    empty = without(view, *gone)
    assert "not measured on MNIST" in opening.headline(empty)[0].text
    assert opening.glance(empty)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "not measured"),
        ([9.41], "9.41"),
        ([11.0, 11.4, 12.8], "11.7 ± 0.9"),
        ([11.70, 11.71], "11.705 ± 0.007"),
        ([120.0, 180.0], "150 ± 42"),
        ([0.0, 0.0], "0 ± 0"),
        ([-0.1, 0.1], "0.00 ± 0.14"),
        ([-2.0, -4.0], "−3.00 ± 1.41"),
    ],
)
def test_spread_shows_a_deviation_that_is_not_zero(values: list[float], said: str) -> None:
    assert spread(values) == said


def test_a_page_of_one_seed_speaks_of_cells(tmp_path: Path) -> None:
    store = write_store(tmp_path, fake_plan())
    plan = store.plan()
    view = View(plan, cells_of(store, plan))
    assert opening.headline(view)[0].text.startswith("Lowest proxy FID, one seed (42): MNIST")
    assert "±" not in str(opening.glance(view))


def test_times_that_disagree_are_said_to_come_from_a_busy_machine(view: View) -> None:
    def told(seconds: float) -> str:
        times = [seconds, *[60.0] * (len(view.in_order) - 1)]
        cells = tuple(
            replace(c, outcome=replace(c.result, metrics={**c.metrics, "seconds": time}))  # type: ignore[type-var]
            for c, time in zip(view.in_order, times, strict=True)
        )
        return str(experiments.summary(replace(view, in_order=cells)))

    assert "other work" not in told(66.0)
    assert "differ by up to 3.0 times: the machine had other work" in told(180.0)
