"""Reading, checking, the bundled subset."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from labkit.catalog import DATASETS
from labkit.data import DataError, idx, load, resolve_source, sources


@given(arrays(np.uint8, array_shapes(max_dims=3, max_side=6)))
@settings(deadline=None)
def test_idx_round_trip(array: np.ndarray) -> None:
    assert np.array_equal(idx.decode(idx.encode(array)), array)


@given(st.binary(max_size=64))
@settings(deadline=None)
def test_idx_never_fails_otherwise(data: bytes) -> None:
    with contextlib.suppress(idx.IdxError):  # anything else is a bug
        assert idx.encode(idx.decode(data)) == data


@pytest.mark.parametrize("change", [-1, 1])
def test_idx_of_a_wrong_length(change: int) -> None:
    data = idx.encode(np.zeros((2, 3, 3), np.uint8))
    data = data[:-1] if change < 0 else data + b"\0"
    with pytest.raises(idx.IdxError, match=f"expected 34 bytes, found {34 + change}"):
        idx.decode(data)


@pytest.mark.parametrize("dataset", DATASETS)
def test_bundled_is_the_start_of_the_real_sets(dataset: str) -> None:
    train, test = load(dataset, "train", "bundled"), load(dataset, "test", "bundled")
    assert train.images.shape == test.images.shape == (10_000, 28, 28)
    assert (
        np.bincount(test.labels).tolist()
        == {
            "MNIST": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
            "FashionMNIST": [1000] * 10,
        }[dataset]
    )
    # The whole test split is there, so its IDX file must be the published one.
    published = DATASETS[dataset].files["t10k-images-idx3-ubyte"]
    assert hashlib.sha256(idx.encode(test.images)).hexdigest() == published


@pytest.mark.full_data
@pytest.mark.parametrize("dataset", DATASETS)
def test_full_begins_with_bundled(dataset: str) -> None:
    if sources.find_full(dataset) is None:
        pytest.skip("LABKIT_DATA does not hold the full sets")
    full, bundled = load(dataset, "train", "full"), load(dataset, "train", "bundled")
    assert len(full.images) == 60_000
    assert np.array_equal(full.images[:10_000], bundled.images)
    assert np.array_equal(full.labels[:10_000], bundled.labels)


def test_limit() -> None:
    assert len(load("MNIST", "train", "bundled", limit=7).images) == 7


@pytest.fixture
def fake_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny data set on disk with the four files, its hashes in the catalog."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in DATASETS["MNIST"].files:
        shape = (3, 28, 28) if "images" in name else (3,)
        data = idx.encode(np.ones(shape, np.uint8))
        (raw / name).write_bytes(data)
        monkeypatch.setitem(DATASETS["MNIST"].files, name, hashlib.sha256(data).hexdigest())
    sources._full.cache_clear()
    return tmp_path


def test_full_is_found_and_checked(fake_root: Path) -> None:
    assert resolve_source("auto", ["MNIST"], fake_root)[0] == "full"
    assert load("MNIST", "test", "full", root=fake_root).images.shape == (3, 28, 28)


@pytest.mark.parametrize("damage", ["truncated", "altered", "missing", "directory"])
def test_damage_names_file_expected_and_found(fake_root: Path, damage: str) -> None:
    path = fake_root / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    data = path.read_bytes()
    path.unlink()
    if damage == "truncated":
        path.write_bytes(data[:-5])
    elif damage == "altered":
        path.write_bytes(data[:-1] + b"\2")
    elif damage == "directory":
        path.mkdir()
    with pytest.raises(DataError) as caught:
        load("MNIST", "test", "full", root=fake_root)
    line = str(caught.value)
    assert "\n" not in line
    if damage in ("truncated", "altered"):
        assert str(path) in line
        assert DATASETS["MNIST"].files[path.name] in line
        assert f"found {hashlib.sha256(path.read_bytes()).hexdigest()}" in line
    else:
        assert str(path.parent) in line


def test_auto_falls_back_to_bundled_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    source, reason = resolve_source("auto", ["MNIST"], download=False)
    assert source == "bundled"
    assert "no full MNIST" in reason
    with pytest.raises(DataError, match="source is full, but no full MNIST"):
        resolve_source("full", ["MNIST"], tmp_path, download=False)


def test_half_a_set_is_no_set(fake_root: Path) -> None:
    (fake_root / "MNIST" / "raw" / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="raw lacks train-labels-idx1-ubyte"):
        resolve_source("auto", ["MNIST"], fake_root, download=False)


def test_bundled_damage_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "bundled"
    shutil.copytree(sources.BUNDLED, copy)
    name = copy / "MNIST-test-labels.idx.xz"
    name.write_bytes(name.read_bytes()[:-1])
    monkeypatch.setattr(sources, "BUNDLED", copy)
    sources._bundled.cache_clear()
    with pytest.raises(DataError, match="MNIST-test-labels"):
        load("MNIST", "test", "bundled")
    sources._bundled.cache_clear()
