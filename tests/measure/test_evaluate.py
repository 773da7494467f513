"""The whole evaluation: honest images, copies, names and types; the tracker; a file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from labkit import calibration
from labkit.catalog import METRICS
from labkit.data import load
from labkit.measure.evaluate import measure_samples
from labkit.measure.samples_file import SamplesError, evaluate_file
from labkit.measure.tracker import Tracker

N = 1_000


@pytest.fixture(scope="module")
def copies():
    """1,000 training images, handed in as samples."""
    return measure_samples(load("MNIST", "train", "bundled", N).images, "MNIST")


def test_names_are_the_catalogs_and_details_are_json(copies):
    assert set(copies.metrics) <= set(METRICS)
    json.dumps(dict(copies.metrics), allow_nan=False)
    json.dumps(dict(copies.details), allow_nan=False)
    assert all(value is None or type(value) is float for value in copies.metrics.values())


def test_copies_of_training_images_are_no_collapse_but_are_noticed(copies):
    assert copies.details["verdict"] == f"none detected at N={N:,}"
    assert copies.details["collapse"] == {
        "detected": False, "missing_classes": [], "reasons": [],
    }  # fmt: skip
    assert copies.metrics["memorisation"] == 1
    assert copies.details["nearest_training"] < 1e-3


def test_real_images_read_what_the_calibration_says(copies):
    floor = calibration.floor("MNIST", N)
    assert copies.metrics["proxy_fid"] == pytest.approx(floor, rel=1)
    low, high = copies.details["two_sample_interval"]
    assert low < copies.metrics["two_sample_accuracy"] < high < 0.65
    for name in ("precision", "recall", "density", "sharpness"):
        real = calibration.real_value("MNIST", name)
        assert copies.metrics[name] == pytest.approx(real, rel=0.06), name


def test_the_order_of_the_samples_does_not_matter(copies):
    images = load("MNIST", "train", "bundled", N).images[::-1]
    again = measure_samples(images, "MNIST").metrics
    for name in ("proxy_fid", "kid", "precision", "coverage", "clipped_coverage",
                 "clipped_density", "two_sample_accuracy", "class_imbalance"):  # fmt: skip
        assert again[name] == pytest.approx(copies.metrics[name], rel=1e-5, abs=1e-7), name


def test_the_tracker_reads_the_tracking_floor_on_test_images():
    read = Tracker("MNIST").proxy_fid(load("MNIST", "test", "bundled").images[::5])
    floor = calibration.floor("MNIST", 2_000, tracking=True)
    assert floor / 3 < read < floor * 3


def test_a_file_of_samples(tmp_path):
    images = load("MNIST", "test", "bundled", 300).images
    np.savez_compressed(tmp_path / "s.npz", samples=images[:, None])
    found = evaluate_file(tmp_path / "s.npz", "MNIST")
    assert found["samples"] == found["samples_in_file"] == 300
    assert found["collapse"]["detected"] is None
    assert found["verdict"].startswith("not measurable at N=300")
    assert found["mode_collapse"] is None
    assert found["missing_classes"] == 0  # for that, 300 digits are enough
    json.dumps(found, allow_nan=False)
    with pytest.raises(SamplesError, match="choose from MNIST, FashionMNIST"):
        evaluate_file(tmp_path / "s.npz", "CIFAR")
