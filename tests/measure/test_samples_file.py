"""Reading anyone's samples: what is accepted, and one clear line for everything else."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.measure.samples_file import SamplesError, read_samples

GOOD = np.random.default_rng(0).integers(0, 256, (120, 28, 28), dtype=np.uint8)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("shape", [(120, 28, 28), (120, 1, 28, 28)])
def test_both_shapes_and_both_ways_to_save(tmp_path, save, shape):
    save(tmp_path / "s.npz", samples=GOOD.reshape(shape))
    assert (read_samples(tmp_path / "s.npz") == GOOD).all()


def test_fortran_order_and_other_arrays_beside_it(tmp_path):
    np.savez(tmp_path / "s.npz", samples=np.asfortranarray(GOOD), labels=np.arange(120))
    assert (read_samples(tmp_path / "s.npz") == GOOD).all()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"samples": GOOD / 255}, "is float64; needs uint8"),
        ({"samples": GOOD.astype(np.int16)}, "is int16; needs uint8"),
        ({"samples": GOOD[:, :27]}, r"is \(120, 27, 28\); needs \(N, 28, 28\)"),
        ({"samples": np.repeat(GOOD[:, None], 3, 1)}, r"is \(120, 3, 28, 28\)"),
        ({"samples": GOOD[:99]}, "99 samples; needs at least 100"),
        ({"samples": (GOOD > 99).astype(np.uint8)}, "reach only 1; needs grey values 0..255"),
        ({"samples": np.array([{}] * 120)}, "pickled objects"),
        ({"samples": np.array(["x"] * 120)}, "needs uint8"),
        ({"images": GOOD}, "needs one array 'samples'; found images.npy"),
        ({}, "needs one array 'samples'; found nothing"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, arrays, message):
    np.savez(tmp_path / "s.npz", **arrays)
    with pytest.raises(SamplesError, match=message) as caught:
        read_samples(tmp_path / "s.npz")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "s.npz"))


def test_not_a_zip_cut_short_missing_or_a_folder(tmp_path):
    path = tmp_path / "s.npz"
    for data in (b"", b"hello", b"\x93NUMPY"):
        path.write_bytes(data)
        with pytest.raises(SamplesError, match=r"needs an \.npz"):
            read_samples(path)
    np.save(tmp_path / "s.npy", GOOD)
    whole = (tmp_path / "s.npy").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("samples.npy", whole[:-1])
    with pytest.raises(SamplesError, match="cut short: expected 94,080 pixels, found 94,079"):
        read_samples(path)
    for absent in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(SamplesError, match="cannot be read"):
            read_samples(absent)


def test_a_header_that_announces_too_much_is_refused_before_anything_is_read(tmp_path):
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (10000000000, 28, 28), }"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(tmp_path / "s.npz", "w") as archive:
        archive.writestr("samples.npy", data)
    with pytest.raises(SamplesError, match="10,000,000,000 samples; needs"):
        read_samples(tmp_path / "s.npz")


@given(st.data())
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damage_anywhere_gives_samples_or_one_error_never_another_exception(tmp_path, data):
    path = tmp_path / "s.npz"
    np.savez_compressed(path, samples=GOOD[:100])
    whole = bytearray(path.read_bytes())
    edges = [*range(200), *range(len(whole) - 120, len(whole))]
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.sampled_from(edges))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, 120)) or None]))
    try:
        line = f"read {read_samples(path).shape}"
    except SamplesError as error:
        line = str(error)
    assert "\n" not in line
