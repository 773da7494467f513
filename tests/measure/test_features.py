"""The pinned networks: what they are, and that they see the same thing every time."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch

from labkit.calibration import feature_hash, feature_network
from labkit.catalog import DATASETS
from labkit.data import load
from labkit.measure import features
from labkit.measure.features import BATCH, FeatureError, extract
from labkit.measure.pinned import weights_path
from labkit.measure.reference import real_features


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_weights_are_small_and_the_ones_their_hash_names(dataset):
    data = weights_path(dataset).read_bytes()
    assert len(data) <= 1.5e6
    assert hashlib.sha256(data).hexdigest() == feature_hash(dataset)


@pytest.mark.parametrize(("dataset", "required"), [("MNIST", 0.992), ("FashionMNIST", 0.92)])
def test_the_classifier_is_as_accurate_as_its_description_says(dataset, required):
    test = load(dataset, "test", "bundled")
    accuracy = (real_features(dataset, "test").predicted == test.labels).mean()
    described = feature_network(dataset)
    assert accuracy >= required
    assert accuracy == pytest.approx(described["test_accuracy"], abs=3e-4)
    counts = np.array(described["confusion"])
    assert counts.sum(axis=1).tolist() == np.bincount(test.labels).tolist()
    assert counts.trace() / counts.sum() == pytest.approx(described["test_accuracy"])


@pytest.mark.parametrize("dataset", DATASETS)
def test_features_are_standardised_and_probabilities_sum_to_one(dataset):
    found = real_features(dataset, "train")
    assert found.features.shape == (10_000, 64)
    np.testing.assert_allclose(found.features.mean(axis=0), 0, atol=0.06)
    np.testing.assert_allclose(found.features.std(axis=0), 1, atol=0.06)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_features_do_not_depend_on_company_modes_or_earlier_calls():
    images = load("MNIST", "test", "bundled", BATCH + 20).images
    first = extract(images, "MNIST")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.manual_seed(1)
        again = extract(images, "MNIST")
    assert (first.features == again.features).all()
    alone = extract(images[-20:], "MNIST")
    np.testing.assert_allclose(first.features[-20:], alone.features, atol=1e-4)


def test_extracting_leaves_torchs_random_state_alone():
    before = torch.get_rng_state()
    extract(load("MNIST", "test", "bundled", 10).images, "MNIST")
    assert torch.equal(before, torch.get_rng_state())


def test_wrong_images_and_altered_weights_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"expected uint8 \(N, 28, 28\), found float64"):
        extract(np.zeros((2, 28, 28)), "MNIST")  # type: ignore[arg-type]
    altered = tmp_path / "MNIST.safetensors"
    altered.write_bytes(weights_path("MNIST").read_bytes()[:-1] + b"x")
    monkeypatch.setattr(features, "weights_path", lambda dataset: altered)
    features.pinned.cache_clear()
    with pytest.raises(FeatureError, match="expected SHA-256"):
        extract(load("MNIST", "test", "bundled", 2).images, "MNIST")
    features.pinned.cache_clear()


def test_the_hash_is_read_without_torch():
    code = (
        "import sys; from labkit.calibration import feature_hash; feature_hash('MNIST');"
        "print('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
