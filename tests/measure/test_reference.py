"""What real images read is computed once a machine, for as long as nothing of it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from labkit.data import sources
from labkit.measure import features, on_device, reference
from labkit.measure.reference import real_features, real_set

#: Of the 10,000 images, so that a test takes a second.
FEW = 400


@pytest.fixture(autouse=True)
def _few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(reference, "load", lambda *asked: sources.load(*asked, FEW))
    _as_in_a_new_process()
    yield
    _as_in_a_new_process()


def _as_in_a_new_process() -> None:
    real_features.cache_clear()
    real_set.cache_clear()


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is computed of real images."""
    done: list[str] = []
    for name in ("extract", "within", "nearest_squared"):
        real = getattr(reference, name)

        def noted(*args: Any, name: str = name, real: Any = real) -> Any:
            done.append(name)
            return real(*args)

        monkeypatch.setattr(reference, name, noted)
    return done


def values(found: reference.RealSet) -> list[np.ndarray]:
    of = found.reference
    near = of.neighbours.radius_squared, of.neighbours.copies, found.to_training_squared
    return [of.features, of.probabilities, of.energies, found.training, *near]


def test_a_second_process_reads_the_same_bits(computed: list[str]) -> None:
    first = values(real_set("MNIST"))
    assert sorted(computed) == ["extract", "extract", "nearest_squared", "within"]
    computed.clear()
    _as_in_a_new_process()
    again = values(real_set("MNIST"))
    assert computed == []
    for a, b in zip(first, again, strict=True):
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes()
    real_set("FashionMNIST")
    assert computed  # another data set is another file


def test_they_are_those_of_images_measured_now() -> None:
    for _ in range(2):  # computed, then read
        found = real_features("MNIST", "test")
        now = features.extract(sources.load("MNIST", "test", "bundled", FEW).images, "MNIST")
        assert np.array_equal(found.features, now.features)
        assert np.array_equal(found.probabilities, now.probabilities)
        _as_in_a_new_process()


def test_whatever_could_change_a_bit_computes_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {tuple(reference._made_of("MNIST"))}

    def changed(what: str) -> None:
        now = tuple(reference._made_of("MNIST"))
        assert now not in known, what
        known.add(now)

    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    try:
        torch.set_num_threads(before[0] + 1)
        changed("threads")
        torch.set_float32_matmul_precision("medium")
        changed("products of less precision")
    finally:
        torch.set_num_threads(before[0])
        torch.set_float32_matmul_precision(before[1])
    assert tuple(reference._made_of("MNIST")) in known
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    changed("kernels that a variable chooses")
    monkeypatch.setattr(reference, "processor", lambda: "another processor")
    changed("the processor")
    monkeypatch.setattr(reference, "feature_hash", lambda dataset: "ab" * 32)
    changed("the network's weights")
    monkeypatch.setattr(Path, "read_text", lambda path, encoding: f"# {path.name}")
    changed("the code")
    assert tuple(reference._made_of("FashionMNIST")) not in known


def test_a_card_computes_for_itself(tmp_path: Path, computed: list[str]) -> None:
    """Nothing of it is kept, and nothing that the CPU computed is taken."""
    real_set("MNIST")
    kept = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    computed.clear()
    cards = real_set("MNIST", torch.device("cpu"))
    assert sorted(computed) == ["extract", "extract", "nearest_squared", "within"]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == kept
    for a, b in zip(values(cards), values(real_set("MNIST")), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert on_device.measured_on(torch.device("cpu")) is None
