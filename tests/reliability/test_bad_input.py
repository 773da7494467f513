"""Files from strangers: arrays that run code, names that lead outside, words that are code."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from labkit.errors import PlanError
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import parse_experiment
from labkit.reporting.cell import to_csv
from labkit.store.commits import StoreError
from labkit.store.store import Store
from tests.builders import forgeries, handins, stores

BEGUN: list[str] = []


class Payload:
    """Leaves a mark when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (BEGUN.append, ("unpickled",))


def npz(path: Path, array: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("samples.npy", array)
    return path


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


@pytest.mark.parametrize(
    "array",
    [
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", pickle.dumps([Payload()])),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999, 28, 28)}"),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 28, 28)}"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (200, 28, 28)}", bytes(99)),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (200, 28, 28)}", bytes(99)),
        npy("__import__('os').system('true')"),
        b"\x93NUMPY\x01\x00\xff\xff",
        b"\x80\x04" + pickle.dumps(Payload()),
        b"",
    ],
)
def test_arrays_that_are_none(tmp_path: Path, array: bytes) -> None:
    from labkit.measure.samples_file import SamplesError, read_samples

    BEGUN.clear()
    with pytest.raises(SamplesError):
        read_samples(npz(tmp_path / "x.npz", array))
    assert BEGUN == []


def test_honest_samples_are_read(tmp_path: Path) -> None:
    from labkit.measure.samples_file import read_samples

    file = io.BytesIO()
    np.save(file, np.full((200, 28, 28), 7, np.uint8))
    assert read_samples(npz(tmp_path / "x.npz", file.getvalue())).shape == (200, 28, 28)


NAMES = [
    "../x",
    "a/../../b",
    "/etc/x",
    "..",
    "x" * 300,
    "a\\b",
    "con",
    "a.",
    "",
    "a b",
    "<b>",
    "a:b",
]


EXPERIMENT = "{family: vae, grid: {dataset: [MNIST]}}"


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_outside(name: str) -> None:
    for lab, block in ((name, "a"), ("a", name)):
        text = f"name: {json.dumps(lab)}\nexperiments:\n  {json.dumps(block)}: {EXPERIMENT}\n"
        with pytest.raises(PlanError):
            parse_experiment(text, "e.yaml")


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghi")
)


@pytest.mark.parametrize(
    "text",
    [
        "name: !!python/object/apply:os.system ['true']\n",
        "name: !!python/name:os.system\n",
        LAUGHS,
        "[" * 10_000,
        "a: " * 5_000,
        "x: " + "y" * 2_000_000,
        "\x00\x01",
    ],
    ids=["apply", "name", "laughs", "deep list", "deep map", "large", "binary"],
)  # fmt: skip
def test_yaml_that_means_harm(text: str, tmp_path: Path) -> None:
    from labkit.experiment.reader import read_experiment

    file = tmp_path / "e.yaml"
    file.write_text(text)
    with pytest.raises(PlanError) as caught:
        read_experiment(file)
    assert len(str(caught.value).splitlines()) == 1


SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>[a](javascript:alert(1)){{ 7*7 }}"


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report of which everything a stranger can write is a script."""
    stores.still(monkeypatch)
    file = handins.project(tmp_path / "project", failed=("MNIST_GAN_bce_z64",))
    text = file.read_text().replace('"A lab"', json.dumps(SCRIPT[:190]))
    file.write_text(text.replace("Ada Lovelace", json.dumps(SCRIPT[:190])))
    (file.parent / "answers.md").write_text(
        f"# What hyperparameters most influenced GAN stability in your runs?\n\n{SCRIPT}\n\n"
        "{{ ''.__class__.__mro__ }} {% for x in ().__class__.__bases__ %}{{ x }}{% endfor %}\n"
    )
    handins.handed_in(file, tmp_path / "x.zip")
    return tmp_path / "x.zip"


def test_words_are_not_code(scripted: Path) -> None:
    held = handins.payload(scripted)
    page = held["report/report.html"].decode()
    assert "<script>alert" not in page
    assert "onerror=alert" not in page.replace("onerror=alert(1)&gt;", "")
    assert 'href="javascript:' not in page
    assert "<class 'object'>" not in page
    assert "<class &#39;object" not in page
    assert "<script>alert" not in held["report/report.md"].decode()
    ladder = handins.climbed(scripted)
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed"}, ladder.lines()


def test_spreadsheets_do_not_compute() -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {"run": ["=1+1", "+1", "-1", "@x", "\tx", "plain"], "proxy_fid": [-1.5] * 6}
    )
    lines = to_csv(frame).splitlines()[1:]
    assert [line.partition(",")[0].lstrip('"')[0] for line in lines] == ["'"] * 5 + ["p"]
    assert all(line.endswith("-1.5") for line in lines)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"format_version": 1}']
)
def test_a_plan_that_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(data)
    with pytest.raises((StoreError, PlanError)) as caught:
        Store(tmp_path).plan()
    assert len(str(caught.value).splitlines()) == 1


def test_a_cell_cannot_name_a_file_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan of a hand-in is a stranger's: its names are checked before they are paths."""
    stores.still(monkeypatch)
    file = handins.project(tmp_path / "project")
    held = handins.payload(handins.handed_in(file, tmp_path / "x.zip"))
    value = json.loads(held["results/plan.json"])
    for name in ("../../../evil", "/tmp/evil", "a/b", "a" * 200, ".hidden", "a..b", "a\x00"):
        value["cells"][0]["name"] = name
        held["results/plan.json"] = json.dumps(value).encode()
        path = forgeries.forged(held, tmp_path / "y.zip", lambda files: None)
        assert handins.verdicts(handins.climbed(path)) == {1: "passed", 2: "failed"}
    assert not list(tmp_path.rglob("*evil*"))


def test_a_student_seed_is_ones_own() -> None:
    text = "name: lab\nauthor: {id: %s}\nseeds: student\nexperiments:\n  a: " + EXPERIMENT
    seeds = [
        make_plan(parse_experiment(text % i, "e.yaml"), source="bundled").seeds
        for i in ("1815", '" 1815 "', "1816")
    ]
    assert seeds[0] == seeds[1] != seeds[2]
