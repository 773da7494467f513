"""A cell's weights and samples in some thousand characters, to compare a class without them.

Of weights, a line a tensor: its name, 64 bits of the SHA-256 of its bytes, and `VALUES` of its
values. Values at fixed places are enough: weights that began as other random numbers stay unlike.
"""

import base64
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from labkit.execution.image_grid import GAP, pixels
from labkit.store.file_names import BEST

#: Values that are kept of a tensor, and tensors of a cell.
VALUES, TENSORS = 32, 32
#: Places are multiples of this, modulo the size: spread over all dimensions, the same each time.
_STRIDE = 2_654_435_761
#: Pixels of a tile and of a grid of four by four.
_TILE = 28
_SIDE = 4 * _TILE + 3 * GAP
#: Where the best epoch's weights are looked for.
_FILES = (BEST, "draws.safetensors")


def of_weights(folder: Path) -> str:
    """The sketch of the weights in a cell's training folder; empty where none can be read.

    Biases and the norms' factors are left out, which begin alike in every training.
    """
    path = next((folder / name for name in _FILES if (folder / name).is_file()), None)
    if path is None:
        return ""
    lines: list[str] = []
    try:
        with safe_open(path, framework="numpy") as file:
            for name in sorted(file.keys()):
                shape = file.get_slice(name).get_shape()
                if len(shape) < 2 or np.prod(shape) < 2 * VALUES or len(lines) == TENSORS:
                    continue
                lines.append(f"{name} {_sketch(file.get_tensor(name))}")
    except Exception:  # a stranger's file, by a library in another language: nothing is foreseen
        return ""
    return "\n".join(lines)


def _sketch(tensor: NDArray[np.float32]) -> str:
    flat = np.ascontiguousarray(tensor).reshape(-1)
    places = np.arange(VALUES, dtype=np.uint64) * np.uint64(_STRIDE) % np.uint64(flat.size)
    values = flat[places.astype(np.int64)].astype("<f4")
    coded = base64.b64encode(values.tobytes()).decode()
    return f"{hashlib.sha256(flat.tobytes()).hexdigest()[:16]} {coded}"


def read(sketch: str) -> dict[str, tuple[str, NDArray[np.float32]]]:
    """Of each tensor of a sketch its digest and its values; what is no line of one is left out."""
    found = {}
    for line in sketch.splitlines():
        name, _, rest = line.rpartition(" ")
        name, _, digest = name.rpartition(" ")
        try:
            values = np.frombuffer(base64.b64decode(rest, validate=True), "<f4")
        except ValueError:
            continue
        if name and len(values) == VALUES and np.isfinite(values).all():
            found[name] = (digest, values)
    return found


def of_picture(path: Path) -> str:
    """A grid of 4 × 4 samples without its lines, 28 × 28 grey values in base64; empty if none.

    Every tile has become 7 × 7.
    """
    try:
        _mode, size, greys = pixels(path.read_bytes())
    except Exception:  # a stranger's file
        return ""
    if size != (_SIDE, _SIDE) or len(greys) != _SIDE**2:
        return ""
    lines = [k for k in range(_SIDE) if k % (_TILE + GAP) < _TILE]
    page = np.frombuffer(greys, np.uint8).reshape(_SIDE, _SIDE)[np.ix_(lines, lines)]
    small = page.reshape(28, 4, 28, 4).mean(axis=(1, 3)).round().astype(np.uint8)
    return base64.b64encode(small.tobytes()).decode()


def tiles(picture: str) -> NDArray[np.float64]:
    """What sets the tiles of such a picture apart from each other, of length 1; empty if nothing.

    What all tiles share is left out: a generator that has collapsed draws one image from any noise.
    """
    try:
        greys = np.frombuffer(base64.b64decode(picture, validate=True), np.uint8)
    except ValueError:
        return np.zeros(0)
    if greys.size != 28 * 28:
        return np.zeros(0)
    each = greys.reshape(4, 7, 4, 7).swapaxes(1, 2).reshape(16, 49).astype(np.float64)
    apart = each - each.mean(axis=0)
    length = np.linalg.norm(apart)
    return apart.ravel() / length if length > 28 else np.zeros(0)
