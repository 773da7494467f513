"""Samples as people keep them: any array that shows what it is, and folders of PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from labkit.data import load
from labkit.data.pictures import read_pictures
from labkit.errors import LabkitError
from tests.builders.commands import labkit

REAL = load("MNIST", "test", "bundled", 120).images
UNIT = REAL / np.float32(255)


def saved(folder: Path, *arrays: NDArray[Any], **named: NDArray[Any]) -> Path:
    np.savez(folder / "s.npz", *arrays, **named)
    return folder / "s.npz"


@pytest.mark.parametrize(
    ("array", "note"),
    [
        (REAL, "array 'arr_0'"),
        (REAL[:, None], "array 'arr_0'"),
        (REAL[..., None], "array 'arr_0', (120, 28, 28, 1) as N x 28 x 28"),
        (REAL.reshape(120, 784), "array 'arr_0', (120, 784) as N x 28 x 28"),
        (np.asfortranarray(REAL), "array 'arr_0'"),
        (REAL.astype(np.int64), "array 'arr_0', int64 in 0..255"),
        (UNIT, "array 'arr_0', float32 in [0, 1]"),
        (2 * UNIT.astype(np.float64) - 1, "array 'arr_0', float64 in [-1, 1]"),
        (
            (2 * UNIT - 1).astype(np.float16).reshape(120, 784),
            "array 'arr_0', float16 in [-1, 1], (120, 784) as N x 28 x 28",
        ),
    ],
)
def test_one_array_of_any_kind(tmp_path: Path, array: NDArray[Any], note: str) -> None:
    found = read_pictures(saved(tmp_path, array))
    assert found.note == note
    assert np.abs(found.images.astype(int) - REAL).max() <= 1


def test_the_usual_name_among_several_a_plain_array_and_truth_values(tmp_path: Path) -> None:
    found = read_pictures(saved(tmp_path, samples=REAL, labels=np.arange(120)))
    assert (found.note, (found.images == REAL).all()) == ("", True)
    np.save(tmp_path / "s.npy", REAL)
    assert (read_pictures(tmp_path / "s.npy").images == REAL).all()
    np.save(tmp_path / "b.npy", REAL > 127)
    assert (read_pictures(tmp_path / "b.npy").images == 255 * (REAL > 127)).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_folder_of_pngs_is_read_by_the_numbers_in_their_names(tmp_path: Path, mode: str) -> None:
    for i, image in enumerate(REAL):
        Image.fromarray(image).convert(mode).save(tmp_path / f"sample_{i}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    assert np.abs(read_pictures(tmp_path).images.astype(int) - REAL).max() <= (mode == "P")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"a": REAL, "b": REAL}, "needs one array, or one called 'samples'; found a, b"),
        ({"samples": REAL[:50]}, "50 samples; needs at least 100 and at most 100,000"),
        ({"samples": REAL[:, :20]}, "'samples' is (120, 20, 28); needs (N, 28, 28) or (N, 784)"),
        ({"samples": REAL // 255}, "pixel values reach only 1"),
        ({"samples": REAL.astype(np.int64) * 9}, "expected pixels in [-1, 1] (or uint8)"),
        ({"samples": 0.4 * UNIT + 0.5}, "if yours are in [0, 1], pass 2 * images - 1"),
        ({"samples": UNIT * np.nan}, "pixels from nan to nan"),
        ({"samples": REAL.astype("U3")}, "'samples' is <U3; needs grey values"),
        ({"samples": REAL.astype(object)}, "holds pickled objects, which are not read"),
        ({"samples": REAL + 1j}, "'samples' is complex128; needs grey values"),
    ],
)
def test_what_cannot_be_told_is_refused_in_a_line(
    tmp_path: Path, named: dict[str, NDArray[Any]], said: str
) -> None:
    with pytest.raises(LabkitError) as caught:
        read_pictures(saved(tmp_path, **named))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_such_thing(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"\x80\x02}q\x00.")
    (tmp_path / "cut.npy").write_bytes(saved_bytes(REAL)[:5000])
    (tmp_path / "pngs").mkdir()
    for path, said in (
        ("model.pt", "needs an .npz or .npy of NumPy's"),
        ("cut.npy", "cut short: expected 94,080 bytes"),
        ("absent.npz", "cannot be read: no such file"),
        ("pngs", "0 PNG files; needs at least 100"),
    ):
        with pytest.raises(LabkitError, match=said):
            read_pictures(tmp_path / path)
    for i in range(100):
        (tmp_path / "pngs" / f"{i}.png").write_bytes(b"no PNG")
    with pytest.raises(LabkitError, match=r"0\.png: not a whole PNG"):
        read_pictures(tmp_path / "pngs")
    Image.new("L", (64, 64)).save(tmp_path / "pngs" / "0.png")
    with pytest.raises(LabkitError, match=r"0\.png: is 64 x 64 pixels; needs one image of 28 x 28"):
        read_pictures(tmp_path / "pngs")


def saved_bytes(array: NDArray[Any]) -> bytes:
    import io

    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.slow
def test_evaluate_says_what_it_assumed_and_knows_data_sets_by_their_usual_names(
    tmp_path: Path,
) -> None:
    np.save(tmp_path / "s.npy", (2 * UNIT - 1).reshape(120, 784))
    done = labkit("evaluate", "s.npy", "--dataset", "mnist", cwd=tmp_path)
    assert "s.npy: read as float32 in [-1, 1], (120, 784) as N x 28 x 28" in done.stderr
    assert "120 samples against real MNIST test images" in done.stdout
    fashion = labkit("evaluate", "s.npy", "--dataset", "fmnist", cwd=tmp_path)
    assert "against real FashionMNIST test images" in fashion.stdout
    refused = labkit("evaluate", "s.npy", "--dataset", "kmnist", cwd=tmp_path, check=2)
    assert refused.stderr == "labkit: --dataset kmnist: allowed: MNIST, FashionMNIST\n"
