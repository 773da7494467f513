"""The measures as a graphics card computes them, by torch's CPU in its place, beside NumPy's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from labkit.data import load
from labkit.measure import on_device
from labkit.measure.conditional import measure_conditional
from labkit.measure.evaluate import measure_samples, measure_vae
from labkit.measure.features import extract
from labkit.measure.frechet import Moments, kid
from labkit.measure.manifold import K, clipped_radii, compare
from labkit.measure.neighbours import COPY_DISTANCE, nearest_squared, others_balls, within
from labkit.measure.sharpness import gradient_energy
from labkit.measure.tracker import Tracker
from labkit.measure.vae import mmd_to_prior

HERE = torch.device("cpu")
#: More than a block, with a part of one at the end; in a number of dimensions like the features'.
N, M, D = 1203, 777, 64


def points(seed: int, n: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, D)) * rng.uniform(0.2, 2, D) + seed


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Blurred digits with some noise, and copies: no measure of them is trivial."""
    real = load("MNIST", "train", "bundled", 700).images.astype(np.float64)
    noise = np.random.default_rng(0).normal(0, 8, real.shape)
    soft = 0.7 * real + 0.15 * (np.roll(real, 1, axis=1) + np.roll(real, 1, axis=2)) + noise
    some = soft.clip(0, 255).astype(np.uint8)
    return np.concatenate([some, some[:20]])


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every number and word in a nest of lists and mappings, with where it stands."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield from flat(part, f"{name}.{key}")
    else:
        yield name, value


def differences(ours: Any, theirs: Any, relative: float) -> list[str]:
    one, other = dict(flat(ours)), dict(flat(theirs))
    assert one.keys() == other.keys()
    return [
        f"{name}: {value} {other[name]}"
        for name, value in one.items()
        if value != other[name] and value != pytest.approx(other[name], rel=relative, abs=1e-9)
    ]


def test_neighbours_and_balls_are_numpys() -> None:
    samples, real = points(0, N), points(0, M) + 0.1
    samples[30:33] = samples[30] + COPY_DISTANCE / 100
    ours, theirs = within(samples, K, HERE), within(samples, K)
    np.testing.assert_allclose(ours.radius_squared, theirs.radius_squared, rtol=1e-9, atol=1e-11)
    assert ours.copies.tolist() == theirs.copies.tolist()
    assert theirs.copies.sum() == 6
    np.testing.assert_allclose(ours.nearest_squared, theirs.nearest_squared, atol=1e-11)
    for a, b in zip(
        nearest_squared(samples, real, HERE), nearest_squared(samples, real), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-9)
    around = within(real, K)
    found, known = (compare(samples, theirs, real, around, where) for where in (HERE, None))
    for name in ("balls", "recalled", "held", "clipped_balls"):
        assert getattr(found, name).tolist() == getattr(known, name).tolist()
    for name in ("to_real", "to_sample"):
        np.testing.assert_allclose(getattr(found, name), getattr(known, name), rtol=1e-9)
    radii = clipped_radii(around)
    # Each computes the radii by its own rounding: a ball reaches exactly to its k-th neighbour.
    there = others_balls(real, clipped_radii(within(real, K, HERE)), HERE)
    assert there.tolist() == others_balls(real, radii).tolist()
    assert 0 < known.precision < 1
    assert 0 < known.recall < 1


def test_moments_kernels_and_gradients_are_numpys(images: np.ndarray) -> None:
    a, b = points(0, N), points(1, M)
    ours, theirs = (kid(Moments.of(a, where), Moments.of(b, where)) for where in (HERE, None))
    assert ours == pytest.approx(theirs, rel=1e-11)
    mean, log_variance = points(2, N)[:, :16], points(3, N)[:, :16] / 9 - 1
    assert mmd_to_prior(mean, log_variance, HERE) == pytest.approx(
        mmd_to_prior(mean, log_variance), rel=1e-10
    )
    np.testing.assert_allclose(gradient_energy(images, HERE), gradient_energy(images), rtol=1e-6)


def test_features_differ_by_the_rounding_of_float32(images: np.ndarray) -> None:
    ours, theirs = extract(images, "MNIST", HERE), extract(images, "MNIST")
    off = np.abs(ours.features - theirs.features).max()
    assert 0 < off < 5e-6  # of a standard deviation
    np.testing.assert_allclose(ours.probabilities, theirs.probabilities, atol=5e-6)


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["MNIST", "FashionMNIST"])
def test_every_measure_is_the_cpus_within_a_hundred_thousandth(dataset: str) -> None:
    test = load(dataset, "test", "bundled").images
    rng = np.random.default_rng(0)
    mean, log_variance = rng.standard_normal((600, 8)), rng.normal(-1, 0.2, (600, 8))
    shifted = np.roll(load(dataset, "train", "bundled", 1_200).images, 1, axis=2)

    def all_of_it(where: torch.device | None) -> dict[str, Any]:
        labels = np.arange(len(shifted)) % 10
        parts = [
            measure_samples(shifted, dataset, where),
            measure_conditional(shifted, labels, dataset, where),
            measure_vae(shifted[:600], test[:600], mean, log_variance, {}, dataset, where),
        ]
        found = [{**part.metrics, "details": dict(part.details)} for part in parts]
        return {"parts": found, "tracked": Tracker(dataset, where).proxy_fid(shifted)}

    ours, theirs = all_of_it(HERE), all_of_it(None)
    assert differences(ours, theirs, 1e-5) == []
    assert differences(ours, theirs, 1e-12)  # they were really computed twice


def test_no_tensor_is_left_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fake tensors know shape and device: tensors of two devices raise as they would on a card."""
    fake_tensor = pytest.importorskip("torch._subclasses.fake_tensor")
    card = torch.device("cuda:0")
    monkeypatch.setattr(on_device, "_array", lambda values: values)
    monkeypatch.setattr(on_device, "float", lambda value: value, raising=False)
    a, b, grey = points(0, N), points(1, M), np.zeros((N, 28, 28), np.uint8)
    squares = np.ones(N), np.ones(M)
    with fake_tensor.FakeTensorMode():
        with pytest.raises(RuntimeError, match=r"cuda:0.*cpu"):
            on_device._tensor(a, card) + on_device._tensor(a, HERE)
        found = [
            *on_device.within(a, K, 0.04, card),
            *on_device.nearest_squared(a, b, card),
            on_device.others_balls(b, squares[1], card),
            *on_device.compare(a, squares[0], b, squares[1], squares[1], card),
            on_device.third_moment(a, card),
            on_device.kernel_sum(a, card),
            on_device.gradient_energy(grey, card),
        ]
    neighbours, balls, compared = [(N,)] * 3, [(M,)], [(N,), (M,), (M,), (N,), (N,), (M,)]
    shapes = [*neighbours, (N,), (M,), *balls, *compared, (D, D * D), (), (N,)]
    assert [(each.device, tuple(each.shape)) for each in found] == [(card, s) for s in shapes]


def test_only_cuda_measures() -> None:
    """Apple's MPS has no float64."""
    assert on_device.measured_on(torch.device("cuda", 1)) == torch.device("cuda", 1)
    assert on_device.measured_on(torch.device("mps")) is None
    assert on_device.measured_on(torch.device("cpu")) is None
