"""The calibration that reports read: whole, for these networks, and sensible."""

from __future__ import annotations

import pytest

from labkit import calibration
from labkit.catalog import DATASETS, METRICS

SETS = pytest.mark.parametrize("dataset", DATASETS)


@SETS
def test_it_was_made_with_the_pinned_network(dataset):
    assert calibration.calibration(dataset)["features"] == calibration.feature_hash(dataset)


@SETS
def test_the_floor_falls_with_n_and_lies_far_below_the_ceilings(dataset):
    floors = [calibration.floor(dataset, n) for n in (1_000, 1_500, 2_000, 5_000, 10_000)]
    assert floors == sorted(floors, reverse=True)
    assert min(calibration.ceilings(dataset).values()) > 100 * floors[0]
    assert calibration.floor(dataset, 1_500) == pytest.approx(sum(floors[:3:2]) / 2, rel=0.3)
    assert calibration.floor(dataset, 999) is None
    assert calibration.floor(dataset, 10_001) is None
    assert calibration.floor(dataset, 5_000, tracking=True) > 0


@SETS
def test_margins_shrink_with_n_and_exceed_the_floors_spread(dataset):
    assert calibration.margin(dataset, 2_000) > calibration.margin(dataset, 10_000)
    halves = calibration.calibration(dataset)["proxy_fid"]["real_halves"]
    assert calibration.margin(dataset) > halves["sd"]
    assert calibration.margin(dataset) == pytest.approx(
        3 * 2**0.5 * calibration.sampling_spread(dataset)
    )


@SETS
def test_real_images_read_as_real(dataset):
    for name in calibration.calibration(dataset)["real"]:
        assert name in METRICS
    for name in (
        "precision", "recall", "coverage", "density", "sharpness", "vendi",
        "clipped_density", "clipped_coverage",
    ):  # fmt: skip
        assert calibration.real_value(dataset, name) == pytest.approx(1, abs=0.15), name
    assert calibration.real_value(dataset, "memorisation") == pytest.approx(0.01, abs=0.01)
    assert calibration.real_value(dataset, "mode_collapse") == 0
    assert calibration.real_value(dataset, "two_sample_accuracy") == pytest.approx(0.5, abs=0.04)
    assert calibration.real_value(dataset, "proxy_fid") == calibration.floor(dataset)
    assert calibration.real_value(dataset, "seconds") is None


@SETS
def test_blur_is_monotone_in_both_measures(dataset):
    entries = list(calibration.calibration(dataset)["blur"].values())
    sharpness = [entry["sharpness"] for entry in entries]
    fids = [entry["proxy_fid"] for entry in entries]
    assert sharpness == sorted(sharpness, reverse=True)
    assert fids == sorted(fids)
