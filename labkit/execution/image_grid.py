"""Small grey images as files, the same bytes every time: grids as PNG, samples as NPZ."""

import io

import numpy as np
from numpy.typing import NDArray

#: Pixels and grey of the lines between two tiles.
GAP, LINE = 2, 128


def tile(images: NDArray[np.uint8], columns: int = 4) -> NDArray[np.uint8]:
    """Lay images (N, H, W) out row by row; the rest of a short row has the grey of the lines."""
    n, height, width = images.shape
    rows = -(-n // columns)
    page = np.full((rows * (height + GAP), columns * (width + GAP)), LINE, np.uint8)
    for k, image in enumerate(images):
        top, left = (k // columns) * (height + GAP), (k % columns) * (width + GAP)
        page[top : top + height, left : left + width] = image
    return page[:-GAP, :-GAP]


def png(page: NDArray[np.uint8]) -> bytes:
    """A grey PNG (no metadata) of a (H, W) page."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(page).save(file, "PNG", optimize=True)
    return file.getvalue()


def npz(samples: NDArray[np.uint8]) -> bytes:
    """A compressed NPZ file with one entry, ``samples``."""
    file = io.BytesIO()
    np.savez_compressed(file, samples=samples)
    return file.getvalue()


def pixels(grid: bytes) -> tuple[str, tuple[int, int], bytes]:
    """Mode, width and height, and grey values of a PNG, however it was packed."""
    from PIL import Image

    with Image.open(io.BytesIO(grid), formats=("PNG",)) as image:
        return image.mode, image.size, image.tobytes()


def enlarged(grid: bytes, factor: int) -> bytes:
    """A grey PNG with every pixel repeated `factor` times in both directions."""
    from PIL import Image

    file = io.BytesIO()
    with Image.open(io.BytesIO(grid)) as image:
        size = (image.width * factor, image.height * factor)
        image.resize(size, Image.Resampling.NEAREST).save(file, "PNG", compress_level=4)
    return file.getvalue()
