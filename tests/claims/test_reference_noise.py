"""The script that makes reference noise: what it keeps, what it refuses, how its file reads."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from labkit.claims import noise
from labkit.claims.cells import Cells, from_frame
from labkit.claims.measure import Samples, measure
from labkit.claims.pairs import pair_up
from labkit.claims.reference import read
from scripts import reference_noise as script

TABLE = Path(__file__).parents[2] / "reports" / "showcase" / "lab1-seeds" / "metrics.csv"


@pytest.fixture
def frame() -> pd.DataFrame:
    """Three seeds of Lab 1, of which no generator collapsed."""
    found = pd.read_csv(TABLE)
    found["collapse"] = "none detected at N=10,000"
    return found


def write(
    path: Path, *frames: pd.DataFrame, name: str = "made-up", more: tuple[str, ...] = ()
) -> int:
    """Run the script on some tables; its exit status."""
    tables = []
    for i, each in enumerate(frames):
        tables.append(str(path.parent / f"{i}.csv"))
        each.to_csv(tables[-1], index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["reference_noise.py", *tables, "--name", name, "--about",
                                   "invented", "-o", str(path), *more])  # fmt: skip
        try:
            script.main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def entries(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(path.read_text("utf-8"))["references"]
    return found


def of(frame: pd.DataFrame, family: str) -> Cells:
    return from_frame(frame).of(family)


def test_what_is_written_is_read_with_the_same_noise(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "noise.json"
    assert write(path, frame) == 0
    gan, vae = (read(each) for each in entries(path))
    assert (gan.family, vae.family, gan.name) == ("gan", "vae", "made-up/1")
    assert gan.factors == {"loss": ("hinge", "bce"), "z_dim": (32, 64, 128)}
    assert vae.factors == {"latent_dim": (8, 16, 32)}
    assert gan.settings["betas"] == (0.5, 0.999)
    for known in (gan, vae):
        cells = of(frame, known.family)
        assert known.matches(cells, Samples())
        assert len(known.cells) == len(cells)
        for factor in known.factors:
            fid = measure("proxy_fid")
            one, two = (
                noise.spread([pair_up(c.of(dataset=d), factor, fid) for d in c.datasets])
                for c in (known.cells, cells)
            )
            assert one is not None
            assert two is not None
            assert one.variance == pytest.approx(two.variance, rel=1e-3)


def test_a_seed_of_its_own_grid_may_borrow_it(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "noise.json"
    write(path, frame)
    gan = read(entries(path)[0])
    alone = frame[frame["seed"] == 42]
    assert gan.matches(of(alone, "gan"), Samples())
    assert gan.matches(of(alone.assign(arithmetic="bf16"), "gan"), Samples())
    assert not gan.matches(of(alone.assign(arithmetic="fp16"), "gan"), Samples())
    assert not gan.matches(of(alone.assign(epochs=20), "gan"), Samples())


def test_root_mean_squares_are_those_of_the_design(frame: pd.DataFrame) -> None:
    found = script.root_mean_squares(of(frame, "gan"))
    expected = {
        "MNIST": {"loss x seed": 0.037, "z_dim x seed": 0.084, "rest": 0.028,
                  "all settings x seed": 0.058},
        "FashionMNIST": {"loss x seed": 0.036, "z_dim x seed": 0.106, "rest": 0.029,
                         "all settings x seed": 0.071},
    }  # fmt: skip
    assert found.keys() == expected.keys()
    for dataset, row in expected.items():
        assert found[dataset] == pytest.approx(row, abs=0.0006)


def test_several_tables_may_bring_the_seeds(frame: pd.DataFrame, tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    write(one, frame)
    write(two, frame[frame["seed"] > 42], frame[frame["seed"] == 42])
    assert one.read_bytes() == two.read_bytes()


def test_a_row_is_a_cell_and_its_values_have_six_digits(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "noise.json"
    write(path, frame)
    lines = path.read_text("utf-8").splitlines()
    assert sum(line.startswith("    [") for line in lines) == len(frame)
    assert len(lines) == len(frame) + 30
    gan = entries(path)[0]
    for row in gan["cells"]:  # type: ignore[attr-defined]
        for value in row[4:]:
            assert value == float(f"{value:.6g}")


def test_versions_count_changes_and_other_names_stay(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "noise.json"
    write(path, frame, name="first")
    write(path, frame, name="second")
    before = path.read_bytes()
    write(path, frame, name="second")
    assert path.read_bytes() == before
    changed = frame.copy()
    changed.loc[changed["family"] == "gan", "proxy_fid"] *= 1.1
    write(path, changed, name="second")
    versions = {(e["name"], e["family"]): e["version"] for e in entries(path)}
    assert versions == {("first", "gan"): 1, ("first", "vae"): 1,
                        ("second", "gan"): 2, ("second", "vae"): 1}  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("failed", "MNIST_GAN_hinge_z32_seed42 failed"),
        ("collapsed", "MNIST_GAN_hinge_z32_seed42 collapsed"),
        ("lost", "not a complete grid, 1 missing: MNIST"),
        ("twice", "more than one row of MNIST_GAN_hinge_z32_seed42"),
        ("mixed", "arithmetic must be the same"),
        ("few", "2 seeds; 3 are the least"),
    ],
)
def test_what_is_no_reference_is_refused_in_one_line(
    frame: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: str, said: str
) -> None:
    path = tmp_path / "noise.json"
    more: tuple[str, ...] = ()
    match spoil:
        case "failed":
            frame.loc[0, "status"] = "failed"
        case "collapsed":
            frame.loc[0, "collapse"] = "classes missing: 4"
        case "lost":
            frame = frame.drop(index=0)
        case "twice":
            frame = pd.concat([frame, frame.head(1)])
        case "mixed":
            frame.loc[0, "arithmetic"] = "bf16"
        case "few":
            more = ("--seeds", "42,43")
    assert write(path, frame, more=more) == 2
    assert said in capsys.readouterr().err
    assert not path.exists()


def test_collapsed_cells_are_kept_only_if_asked_and_their_place_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "noise.json"
    assert write(path, pd.read_csv(TABLE)) == 2
    assert write(path, pd.read_csv(TABLE), more=("--collapsed",)) == 0
    shown = capsys.readouterr().out
    assert "MNIST_GAN_bce_z128_seed43 collapsed; its proxy FID departs by +1.2 widths" in shown
