"""Samples over the epochs as a file: what it shows, and that a changed one is found out."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from labkit.execution.image_grid import DIGITS, LAST_MS, STEP_MS, moving, png, same_pixels
from labkit.handin.consistent import _same
from labkit.reporting.build import read_report
from labkit.reporting.render.files import MOVING, SCALE, animations
from labkit.store.store import Store
from tests.builders.plans import SMALL, fake_plan
from tests.builders.reports import build_report
from tests.builders.stores import write_store


def grid(seed: int) -> bytes:
    return png(np.random.default_rng(seed).integers(0, 256, (118, 118), np.uint8))


def frames(data: bytes) -> list[NDArray[np.uint8]]:
    with Image.open(io.BytesIO(data)) as image:
        return [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(image)]


def written(frame: NDArray[np.uint8], factor: int) -> str:
    """The digits below a grid, read back."""
    foot = frame[::factor, ::factor][-7:-2] == 255
    known = {rows: character for character, rows in DIGITS.items()}
    text = ""
    for left in range(1, foot.shape[1] - 3, 4):
        rows = "".join(str(int(row @ [4, 2, 1])) for row in foot[:, left : left + 3])
        if rows not in known:
            break
        text += known[rows]
    return text


def test_it_shows_each_grid_as_it_is_with_its_epoch() -> None:
    grids = {10: grid(10), 1: grid(1), 5: grid(5)}  # in any order
    made = moving(grids, 3)
    shown = frames(made)
    assert [written(frame, 3) for frame in shown] == ["1/10", "5/10", "10/10"]
    for frame, epoch in zip(shown, (1, 5, 10), strict=True):
        page = np.asarray(Image.open(io.BytesIO(grids[epoch])))
        assert (frame[: 3 * 118] == page.repeat(3, 0).repeat(3, 1)).all()
    assert moving(grids, 3) == made
    with Image.open(io.BytesIO(made)) as image:
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
        assert (times, image.info["loop"]) == ([STEP_MS, STEP_MS, LAST_MS], 0)


def test_a_run_that_stands_still_is_shown_as_long() -> None:
    made = moving({1: grid(1), 2: grid(1), 3: grid(1)}, 1)
    assert [written(frame, 1) for frame in frames(made)] == ["1/3", "2/3", "3/3"]


def test_a_report_has_one_of_every_cell_on_its_first_screen(lab1: Store, tmp_path: Path) -> None:
    built = tmp_path / "r"
    build_report(lab1.root, out=built, formats=["md"])
    text = (built / "report.md").read_text("utf-8")
    files = sorted(built.glob("*_samples/*_epochs.png"))
    assert len(files) == 4  # two families on two data sets
    for path in files:
        shown = [written(frame, 3) for frame in frames(path.read_bytes())]
        assert (shown[0], shown[-1]) == ("1/10", "10/10")
        assert len(shown) > 2
        name = path.relative_to(built).as_posix()
        run = path.stem.removesuffix("_epochs")
        assert f"![Animation of generated samples: {run}, epochs 1 to 10]({name})" in text.replace(
            "\\_", "_"
        )
        assert path.stat().st_size < 150_000
    assert text.count("<details open>\n<summary>Samples over the epochs") == 1


def test_a_long_training_has_not_all_of_its_epochs(tmp_path: Path) -> None:
    store = write_store(tmp_path / "s", fake_plan(SMALL[:1], epochs=50))
    (found,) = animations(read_report(store, None, "full", {})).values()
    assert min(found) == 1
    assert max(found) == 50
    assert 10 < len(found) <= MOVING + 1


@pytest.mark.parametrize(("epochs", "layout"), [(1, "full"), (2, "brief")])
def test_there_is_none_where_nothing_moves(tmp_path: Path, epochs: int, layout: str) -> None:
    store = write_store(tmp_path / "s", fake_plan(SMALL, epochs=epochs))
    build_report(store.root, out=tmp_path / "r", formats=["md"], layout=layout)
    assert not list((tmp_path / "r").rglob("*_epochs.png"))
    assert "<details open>" not in (tmp_path / "r" / "report.md").read_text("utf-8")


@pytest.mark.parametrize("languages", [("zh",), ("zh", "en")])
def test_it_is_told_in_the_language_of_the_report(
    small: Store, tmp_path: Path, languages: tuple[str, ...]
) -> None:
    build_report(small.root, out=tmp_path / "r", formats=["md"], languages=languages)
    text = (tmp_path / "r" / "report.md").read_text("utf-8")
    assert "<summary>逐轮样本动画" in text
    assert "第 1 至 2 轮" in text
    english = animations(read_report(small, None, "full", {}))
    assert english
    for picture, grids in english.items():  # the file itself needs no language
        assert (tmp_path / "r" / picture.file).read_bytes() == moving(grids, SCALE)


def packed(pages: list[NDArray[np.uint8]]) -> bytes:
    """The pictures as another PNG library would pack them."""
    file, images = io.BytesIO(), [Image.fromarray(page) for page in pages]
    images[0].save(file, "PNG", save_all=True, append_images=images[1:], compress_level=1)
    return file.getvalue()


def test_a_changed_picture_is_found_wherever_it_stands() -> None:
    made = moving({epoch: grid(epoch) for epoch in (1, 2, 3)}, 1)
    pages = frames(made)
    again = packed(pages)
    assert again != made
    assert same_pixels(again, made)
    assert _same("gan_samples/a_epochs.png", again, made, False)
    assert not _same("gan_samples/a_epochs.png", again, made, True)  # the same library
    assert not same_pixels(packed(pages[:2]), made)
    assert not same_pixels(packed(pages[:1]), made)
    for k in range(3):
        other = [page.copy() for page in pages]
        other[k][60, 60] ^= 1
        assert not same_pixels(packed(other), made), k
    with pytest.raises(Exception, match="identify"):
        same_pixels(b"no picture", made)
