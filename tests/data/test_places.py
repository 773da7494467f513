"""The full sets are found however they were put on the disk, and never taken for one another."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from labkit.catalog import DATASETS
from labkit.catalog.building import IDX_FILES
from labkit.cli import app, main
from labkit.data import DataError, idx, load, sources
from labkit.data.places import cache_dir, data_roots, find_full

EXPERIMENT = """\
name: tiny
data: {source: auto}
experiments:
  vae: {family: vae, grid: {dataset: [MNIST, FashionMNIST], latent_dim: [4]}}
"""


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tiny sets in torchvision's layout, whose hashes are the catalog's; nothing elsewhere."""
    for value, (name, dataset) in enumerate(DATASETS.items()):
        raw = tmp_path / "data" / name / "raw"
        raw.mkdir(parents=True)
        for file in IDX_FILES:
            shape = (3, 28, 28) if "images" in file else (3,)
            data = idx.encode(np.full(shape, value, np.uint8))
            (raw / file).write_bytes(data)
            monkeypatch.setitem(dataset.files, file, hashlib.sha256(data).hexdigest())
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    sources._full.cache_clear()
    return tmp_path / "data"


def packed(folder: Path) -> None:
    for path in [p for p in folder.iterdir() if p.is_file()]:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


def dotted(folder: Path) -> None:
    for path in list(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))


def nested(folder: Path) -> None:
    """As an archive of each file is unpacked."""
    for path in list(folder.iterdir()):
        path.rename(folder / "x")
        path.mkdir()
        (folder / "x").rename(path / path.name)


def as_it_is(folder: Path) -> None:
    pass


@pytest.mark.parametrize("spelled", [as_it_is, packed, dotted, nested])
@pytest.mark.parametrize(
    ("moved", "root"),
    [
        ("data/MNIST/raw", "data"),
        ("data/MNIST/raw", "data/MNIST"),
        ("data/MNIST/raw", "data/MNIST/raw"),
        ("data/MNIST/raw", "."),
        ("data/mnist", "data"),
        ("data/MNIST", "data"),
        ("flat", "flat"),
    ],
)
def test_it_is_found(small: Path, moved: str, root: str, spelled: Callable[[Path], None]) -> None:
    if moved != "data/MNIST/raw":
        (small / "MNIST" / "raw").rename("here")
        shutil.rmtree(small / "MNIST")
        Path("here").rename(moved)
    spelled(Path(moved))
    for split in ("train", "test"):
        assert load("MNIST", split, "full", root=Path(root)).images.shape == (3, 28, 28)
    assert not load("MNIST", "train", "full", root=Path(root)).images.any()  # not the other set
    sources.check_full("MNIST", Path(root))


@pytest.mark.parametrize("root", ["data/MNIST", "data/MNIST/raw"])
def test_the_other_set_is_found_from_a_root_too_deep(root: str) -> None:
    assert load("FashionMNIST", "train", "full", root=Path(root)).images.all()


def test_a_set_in_the_others_place_is_named_and_not_taken(small: Path) -> None:
    shutil.rmtree(small / "MNIST" / "raw")
    shutil.copytree(small / "FashionMNIST" / "raw", small / "MNIST" / "raw")
    assert find_full("MNIST", small) is None
    with pytest.raises(DataError, match=r"MNIST.raw holds FashionMNIST"):
        load("MNIST", "train", "full", root=small)
    assert find_full("FashionMNIST", small / "MNIST" / "raw") == small / "MNIST" / "raw"


@pytest.mark.parametrize(
    "written", ["~/d", "$HOME/d", "${HOME}/d", "'~/d'", '"$HOME/d"', " ~/d ", "data/../data"]
)
def test_folders_are_as_people_write_them(
    small: Path, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No shell expands what ``%env`` of a notebook or an editor's settings hold."""
    monkeypatch.setenv("HOME", str(small.parent))
    monkeypatch.setenv("USERPROFILE", str(small.parent))
    wanted = small if ".." in written else small.parent / "d"
    assert data_roots(Path(written)) == [wanted]
    monkeypatch.setenv("LABKIT_DATA", written)
    monkeypatch.setenv("LABKIT_CACHE", written)
    assert data_roots() == [wanted, wanted]
    assert cache_dir() == wanted


def run(*words: str) -> tuple[int, str]:
    """Exit code and errors of ``labkit run -n``, as the console script has them."""
    import contextlib
    import io
    import sys

    said = io.StringIO()
    argv, sys.argv = sys.argv, ["labkit", "run", "-n", "--no-download", *words]
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            main()
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    finally:
        sys.argv = argv
    return 0, said.getvalue()


def test_the_command_line_says_what_it_looked_for(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("experiments.yaml").write_text(EXPERIMENT)
    assert run("--data-root", "data/MNIST")[1].startswith("data: the full sets")
    empty = Path("empty")
    empty.mkdir()
    code, said = run("--data-root", "empty")
    assert (code, said.count("\n")) == (2, 1)
    assert f"{empty.absolute()}: looked for MNIST/raw/train-images-idx3-ubyte or its .gz" in said
    assert "--source bundled" in said
    monkeypatch.setenv("LABKIT_DATA", "empty")
    code, said = run()
    assert code == 0
    line = said.splitlines()[0]
    assert line.startswith("data: the BUNDLED subset")
    assert "under LABKIT_DATA and the cache: looked for MNIST/raw/train-images-idx3-ubyte" in line
    assert f"LABKIT_DATA is {empty.absolute()}" in line


@pytest.mark.parametrize("gz", [False, True])
def test_a_cut_file_is_said_once_and_before_any_training(small: Path, gz: bool) -> None:
    Path("experiments.yaml").write_text(EXPERIMENT)
    if gz:
        packed(small / "MNIST" / "raw")
    (path,) = (small / "MNIST" / "raw").glob("train-images*")
    path.write_bytes(path.read_bytes()[:-10])
    code, said = run("--data-root", "data")
    assert code == 2
    (line,) = [line for line in said.splitlines() if line.startswith("labkit:")]
    assert str(path) in line
    assert "cut short" in line if gz else "not the published file" in line
    ended = CliRunner().invoke(app, ["run", "--data-root", "data", "--executor", "inline"])
    assert isinstance(ended.exception, DataError)
    assert not list(Path().glob("results/*/cells"))
