"""The mode-collapse verdict: what measuring writes is read back whole, a student's too."""

import dataclasses

import numpy as np
import pytest

from labkit.catalog import DATASETS
from labkit.claims.cell import Collapse, verdict_of
from labkit.measure.classes import ClassShares
from labkit.measure.modes import Modes
from labkit.reporting.build import milder

MISSING = "classes missing: T-shirt/top, Ankle boot"
ALIKE = "repetition: 10,000 samples are all alike (Vendi score 1.49)"
BLURRED = "the samples are blurred"


def modes(reasons: list[str], obstacle: str) -> Modes:
    """Of 10,000 samples; shares and ratios do not enter the verdict."""
    shares = ClassShares(*[np.full(10, 0.1)] * len(dataclasses.fields(ClassShares)))
    return Modes(shares, [None] * 10, [1.0] * 10, 1.0, 1e4, 0.0, [], reasons, obstacle, 10_000)


@pytest.mark.parametrize(
    ("reasons", "obstacle", "state", "classes", "n"),
    [
        ([], "", "absent", (), 10_000),
        ([], BLURRED, "unknown", (), 10_000),
        ([MISSING, "under-represented: Bag (0.9 %)"], "", "present",
         ("T-shirt/top", "Ankle boot"), None),
        ([ALIKE], BLURRED, "present", (), 10_000),
        (["low diversity within class 1, 8"], "", "present", (), None),
    ],
)  # fmt: skip
def test_what_measuring_says_is_read_back(reasons, obstacle, state, classes, n):
    said = modes(reasons, obstacle).verdict
    expected = tuple(reasons or ([obstacle] if obstacle else []))
    assert verdict_of(said) == Collapse(state, classes, n, expected, said)


def test_every_obstacle_is_a_reason():
    obstacle = "too few samples to miss a class; too few samples to see the variety within a class"
    found = verdict_of(modes([], obstacle).verdict)
    assert found.state == "unknown"
    assert found.reasons == tuple(obstacle.split("; "))


def test_any_missing_class_of_any_data_set_keeps_its_name():
    for dataset in DATASETS.values():
        said = "classes missing: " + ", ".join(dataset.classes)
        assert verdict_of(said).classes == dataset.classes


@pytest.mark.parametrize(
    ("text", "state"),
    [("no", "absent"), ("None", "absent"), ("no mode collapse", "absent"),
     ("Unknown", "unknown"), ("not measured", "unknown"),
     ("yes", "present"), ("Nothing but sevens", "present")],
)  # fmt: skip
def test_a_students_own_words(text, state):
    found = verdict_of(f" {text} ")
    assert (found.state, found.text) == (state, text)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_verdict(text):
    assert verdict_of(text) is None


@pytest.mark.parametrize(
    ("corrected", "classified", "told"),
    [(0.0, 0.03, 0.03), (0.41, 0.25, 0.25), (0.12, 0.05, 0.12), (0.1, 0.4, 0.1)],
)
def test_a_class_stands_out_as_far_as_both_shares_say(corrected, classified, told):
    """Else a class whose images are there is said to make up 0 % of them."""
    assert milder(corrected, classified, real=0.1) == told
