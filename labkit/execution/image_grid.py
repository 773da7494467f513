"""Small grey images as files, the same bytes every time: grids as PNG, samples as NPZ."""

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Pixels and grey of the lines between two tiles.
GAP, LINE = 2, 128
#: Digits of 3 × 5 pixels, a row an octal number. Drawn from these and from no font, an animation's
#: bytes are the same with every font library, and it needs no language.
_ROWS = "75557 26227 71747 71717 55711 74717 74757 71122 75757 75717 11244"
DIGITS = dict(zip("0123456789/", _ROWS.split(), strict=True))
#: How long an animation shows a grid, and its last one, in milliseconds.
STEP_MS, LAST_MS = 600, 2400


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


def moving(grids: Mapping[int, bytes], factor: int) -> bytes:
    """An animated PNG of grids (PNGs of one size) by their epoch, enlarged, played for ever.

    Below each stands its epoch of the last one ("3/10") and a bar that grows with it.
    """
    from PIL import Image

    last, pages = max(grids), []
    for epoch, grid in sorted(grids.items()):
        with Image.open(io.BytesIO(grid)) as image:
            page = np.pad(np.asarray(image.convert("L")), ((0, 9), (0, 0)))
        foot, text = page[-7:-2], f"{epoch}/{last}"
        for at, character in enumerate(text):
            rows = [[int(row) >> bit & 1 for bit in (2, 1, 0)] for row in DIGITS[character]]
            foot[:, 4 * at + 1 : 4 * at + 4] = 255 * np.array(rows, np.uint8)
        start = 4 * len(f"{last}/{last}") + 3  # the same in every grid
        foot[2, start : start + (page.shape[1] - start) * epoch // last] = LINE
        pages.append(Image.fromarray(page.repeat(factor, 0).repeat(factor, 1)))
    times, file = [STEP_MS] * (len(pages) - 1) + [LAST_MS], io.BytesIO()
    pages[0].save(
        file, "PNG", save_all=True, append_images=pages[1:], duration=times, loop=0, optimize=True
    )
    return file.getvalue()


def same_pixels(one: bytes, other: bytes) -> bool:
    """Whether two PNGs show the same, in every picture if they move, however they were packed.

    One that claims more pictures than the other is not read: it may be a stranger's.
    """
    from PIL import Image

    with (
        Image.open(io.BytesIO(one), formats=("PNG",)) as a,
        Image.open(io.BytesIO(other), formats=("PNG",)) as b,
    ):
        frames = [getattr(image, "n_frames", 1) for image in (a, b)]
        if (a.mode, a.size, frames[0]) != (b.mode, b.size, frames[1]):
            return False
        for k in range(frames[0]):
            a.seek(k)
            b.seek(k)
            if a.tobytes() != b.tobytes():
                return False
    return True
