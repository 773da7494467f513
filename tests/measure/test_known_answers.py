"""A slice of the proof: sample sets whose right verdict is known, on the bundled images.

The whole of it is `scripts/prove_measures.py`; its tables are in `docs/measures.md`.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from labkit.catalog import DATASETS
from labkit.data import load
from labkit.measure.evaluate import measure_samples
from labkit.measure.features import extract
from labkit.measure.modes import DISTINCT
from labkit.measure.reference import real_features, real_set

SCRIPT = Path(__file__).parents[2] / "scripts" / "prove_measures.py"
#: Enough for every rule on both data sets, few enough to be quick.
N = 3_000


@lru_cache(maxsize=1)
def proof() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prove_measures", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["prove_measures"] = module
    spec.loader.exec_module(module)
    return module


@lru_cache(maxsize=2)
def pool(dataset: str):
    real = load(dataset, "train", "bundled")
    return proof().Pool(real, real_features(dataset, "train"), real_set(dataset).reference)


def cases() -> list:
    """The first of every row: sample sets made by choosing, each with what is expected."""
    chosen = []
    for dataset, entry in DATASETS.items():
        seen = set()
        for draw in proof().draws(entry.classes):
            if draw.row not in seen:
                chosen.append(pytest.param(dataset, draw, id=f"{dataset}: {draw.row}"))
            seen.add(draw.row)
    return chosen


@pytest.mark.parametrize(("dataset", "draw"), cases())
def test_every_row_of_the_table_has_the_expected_verdict(dataset, draw):
    rng = np.random.default_rng(0)
    names = DATASETS[dataset].classes
    modes = pool(dataset).verdict(draw.choose(pool(dataset), rng, N), names)
    assert draw.expected.met_by(modes), modes.verdict


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dropped_shirt_or_seven_is_missing_though_the_classifier_still_sees_some(dataset):
    one = {"FashionMNIST": 6, "MNIST": 7}[dataset]
    names = DATASETS[dataset].classes
    chosen = pool(dataset).without(np.random.default_rng(3), 9_000, [one])
    modes = pool(dataset).verdict(chosen, names)
    assert modes.verdict == f"classes missing: {names[one]}"
    assert modes.shares.estimate[one] < 0.0025
    if dataset == "FashionMNIST":
        assert modes.shares.predicted[one] > 0.008


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize(
    "row", ["blurred, σ = 2.0 pixels", "noise, σ = 50 grey levels", "nothing but noise",
            "shifted by 4 pixels each way", "blends of two images", "black images"],
)  # fmt: skip
def test_bad_quality_is_not_collapse(dataset, row):
    change = next(change for change in proof().changes() if change.row == row)
    rng = np.random.default_rng(0)
    images = change.alter(load(dataset, "train", "bundled", 1_500).images, rng)
    found = extract(images, dataset)
    modes = proof().verdict_on(
        images, found, real_set(dataset).reference, DATASETS[dataset].classes
    )
    assert change.expected.met_by(modes), modes.verdict


def test_a_verdict_drawn_from_the_pool_is_the_one_an_evaluation_gives():
    names = DATASETS["MNIST"].classes
    chosen = pool("MNIST").thinned(np.random.default_rng(1), 1_200, 4)
    quick = pool("MNIST").verdict(chosen, names)
    whole = measure_samples(load("MNIST", "train", "bundled").images[chosen], "MNIST")
    assert whole.details["verdict"] == quick.verdict
    assert whole.details["collapse"]["reasons"] == quick.reasons
    np.testing.assert_allclose(whole.details["class_shares"], quick.shares.estimate, atol=1e-6)
    np.testing.assert_allclose(
        np.array(whole.details["class_vendi"], float), np.array(quick.vendi_ratio, float), rtol=1e-4
    )
    assert whole.metrics["sharpness"] == pytest.approx(quick.sharpness, rel=1e-9)


@pytest.mark.parametrize("count", [100, 300])
def test_too_few_samples_are_not_measurable_which_is_not_none(count):
    modes = pool("MNIST").verdict(np.arange(count), DATASETS["MNIST"].classes)
    assert modes.detected is None
    assert re.match(rf"not measurable at N={count}: too few samples", modes.verdict)


def test_repetition_fires_on_one_side_of_its_threshold_only():
    names = DATASETS["MNIST"].classes
    for distinct, fires in ((N * DISTINCT * 1.3, False), (N * DISTINCT * 0.7, True)):
        chosen = np.resize(np.arange(int(distinct)), N)
        modes = pool("MNIST").verdict(chosen, names)
        assert modes.distinct == pytest.approx(distinct, rel=0.02)
        assert ("repetition" in modes.verdict) is fires


@pytest.mark.parametrize("dataset", DATASETS)
def test_one_image_under_noise_repeats_but_not_one_class_and_not_blur_or_noise(dataset):
    real = load(dataset, "train", "bundled", 1_500)
    rng = np.random.default_rng(4)
    trousers_or_ones = real.images[real.labels == 1]
    one = np.repeat(real.images[:1], 300, axis=0)
    for images, fires in (
        (proof().noisy(10)(one, rng), True),
        (trousers_or_ones, False),
        (proof().blurred(3.0)(real.images, rng), False),
        (rng.integers(0, 256, real.images.shape, dtype=np.uint8), False),
    ):
        modes = proof().verdict_on(
            images, extract(images, dataset), real_set(dataset).reference, DATASETS[dataset].classes
        )
        assert modes.verdict.startswith("repetition") is fires, modes.verdict
