"""Samples of any model as people keep them: ``.npz``, ``.npy``, a folder of PNG files."""

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from labkit.data.grey import Grey, NotFiniteError, to_grey
from labkit.errors import LabkitError, behind, reason

FEWEST, MOST = 100, 100_000
#: The array that is meant where a file holds several.
USUAL = "samples"
SIZE = 28
_HEADER_BYTES = 4096
_ZIP, _NPY = b"PK\x03\x04", b"\x93NUMPY"


@dataclass(frozen=True)
class Pictures:
    """Samples as grey values."""

    images: Grey
    """(N, 28, 28), 0 is black."""
    note: str
    """What was assumed to read them; empty for uint8 of this shape."""


def read_pictures(path: Path) -> Pictures:
    """Read images from a file of NumPy's or a folder of PNG files. Nothing is unpickled.

    Arrays are (N, 28, 28), with a channel of one before or behind, or (N, 784); whole numbers
    0..255, truth values, or floats that show whether they are in [0, 1] or [-1, 1].

    Raises:
        LabkitError: anything else; one line that says what was found and what is needed.
    """
    try:
        if path.is_dir():
            return Pictures(_folder(path), "")
        with path.open("rb") as file:
            begins = file.read(6)
            file.seek(0)
            if begins[:4] == _ZIP:
                name, array = _archived(path)
            elif begins == _NPY:
                name, array = "", _array(path, "the array", file)
            else:
                raise LabkitError(
                    f"{path}: needs an .npz or .npy of NumPy's, such as numpy.savez(path, "
                    "samples=...) writes, or a folder of PNG files"
                )
    except OSError as error:
        raise LabkitError(f"{path}: cannot be read: {reason(error)}") from error
    notes = [f"array '{name}'"] if name not in ("", USUAL) else []
    if array.dtype == np.uint8 and array.max() == 1:
        raise LabkitError(
            f"{path}: pixel values reach only 1; needs grey values 0..255 (multiply [0, 1] by 255 "
            "before converting to uint8)"
        )
    try:
        images, scale = to_grey(array)
    except (NotFiniteError, ValueError) as error:
        raise LabkitError(f"{path}: {error}") from error
    if array.dtype != np.uint8:
        notes.append(f"{array.dtype} in {scale or '0..255'}")
    if array.shape[1:] not in ((SIZE, SIZE), (1, SIZE, SIZE)):
        notes.append(f"{array.shape} as N x {SIZE} x {SIZE}")
    return Pictures(images, ", ".join(notes))


def _archived(path: Path) -> tuple[str, NDArray[Any]]:
    """The array of an .npz that is called ``samples``, or its only one, and its name."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if n.endswith(".npy")]
            usual = [n for n in names if n == f"{USUAL}.npy"]
            if len(usual or names) != 1:
                found = ", ".join(sorted(n.removesuffix(".npy") for n in names)[:5]) or "none"
                raise LabkitError(
                    f"{path}: needs one array, or one called '{USUAL}'; found {found}"
                )
            [entry] = usual or names
            name = entry.removesuffix(".npy")
            with archive.open(entry) as stream:
                return name, _array(path, f"'{name}'", stream)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise LabkitError(f"{path}: not a whole .npz{behind('zipfile', error)}") from error


def _array(path: Path, name: str, stream: IO[bytes]) -> NDArray[Any]:
    """An array whose header is checked before exactly as much is read as it announces."""
    shape, fortran, dtype = read_header(path, name, stream)
    if dtype.kind not in "buif":
        raise LabkitError(f"{path}: {name} is {dtype}; needs grey values")
    if len(shape) < 2 or np.prod(shape[1:], dtype=float) != SIZE * SIZE:
        raise LabkitError(f"{path}: {name} is {shape}; needs (N, {SIZE}, {SIZE}) or (N, 784)")
    if not FEWEST <= shape[0] <= MOST:
        raise LabkitError(
            f"{path}: {shape[0]:,} samples; needs at least {FEWEST} and at most {MOST:,}"
        )
    expected = shape[0] * SIZE * SIZE * dtype.itemsize
    data = stream.read(expected)
    if len(data) != expected:
        raise LabkitError(f"{path}: cut short: expected {expected:,} bytes, found {len(data):,}")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def read_header(
    path: Path, name: str, stream: IO[bytes]
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """The shape of a stored array, whether it lies column by column, and its type.

    Raises:
        LabkitError: no array, or one of pickled objects.
    """
    try:
        version = npy.read_magic(stream)
        reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = reader(stream, max_header_size=_HEADER_BYTES)
    except Exception as error:  # NumPy parses the header as Python: anything may come of it
        raise LabkitError(f"{path}: {name} is not an array{behind('NumPy', error)}") from error
    if dtype.hasobject:
        raise LabkitError(f"{path}: {name} holds pickled objects, which are not read")
    return shape, fortran, dtype


def _folder(path: Path) -> Grey:
    """The PNG files of a folder, in the order of the numbers in their names."""
    from PIL import Image

    files = [f for f in path.iterdir() if f.suffix.lower() == ".png" and f.is_file()]
    if not FEWEST <= len(files) <= MOST:
        found = f"{len(files):,} PNG files"
        raise LabkitError(f"{path}: {found}; needs at least {FEWEST} and at most {MOST:,}")
    files.sort(key=lambda f: [int(s) if s.isdigit() else s for s in re.split(r"(\d+)", f.name)])
    images = np.empty((len(files), SIZE, SIZE), np.uint8)
    for i, file in enumerate(files):
        try:
            with Image.open(file, formats=("PNG",)) as image:
                if image.size != (SIZE, SIZE):
                    size = f"{image.width} x {image.height}"
                    raise LabkitError(
                        f"{file}: is {size} pixels; needs one image of {SIZE} x {SIZE}"
                    )
                images[i] = np.asarray(image.convert("L"))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise LabkitError(f"{file}: not a whole PNG{behind('Pillow', error)}") from error
    return images
