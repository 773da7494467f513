"""`labkit doctor`: it finds what is wrong, and nobody's name is in what it prints."""

from __future__ import annotations

import getpass
import platform
from pathlib import Path

import pytest

from labkit.cli import doctor
from labkit.experiment.precision import here
from tests.builders.commands import labkit


def test_one_screen_without_anybodys_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "xqzname"
    (home / "lab").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("LABKIT_DATA", str(home / "data"))
    monkeypatch.delenv("LABKIT_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    said = labkit("doctor", cwd=home / "lab").stdout
    lines = said.splitlines()
    assert 12 <= len(lines) <= 24
    assert "xqzname" not in said
    assert str(tmp_path) not in said
    for name in (platform.node(), getpass.getuser()):
        if len(name) > 4:  # "root" is part of other words
            assert name not in said
    found = {line[2:16].strip(): line[16:] for line in lines}
    assert "no full set under $LABKIT_DATA or ~/.cache/labkit" in found["MNIST"]
    assert found["torch"].startswith(__import__("torch").__version__)
    assert found["Precision"].startswith(f"auto is {here()[0]} ")
    assert "results can be written" in found["Results"]
    assert "pandas" in found["Packages"]
    assert not any(line.startswith("!") for line in lines)


def test_a_torch_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('/home/bob/lib/x.so: cannot open')\n")
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "labkit" / "cli" / "doctor.py"))
    (finding,) = doctor.torch()
    assert not finding.ok
    assert "ImportError: …/x.so: cannot open" in finding.text
    assert "bob" not in finding.text


def test_no_torch_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda name: None)
    assert list(doctor.torch()) == [doctor.Finding("torch", "not installed", ok=False)]


def test_a_results_folder_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "results"
    file.write_text("")
    assert not doctor.room(file).ok
    assert not doctor.room(file / "lab1").ok
    assert doctor.room(tmp_path / "there" / "is" / "nothing").ok
    assert list(tmp_path.iterdir()) == [file]  # trying leaves nothing behind


def test_packages_that_are_missing() -> None:
    found = doctor.packages(["numpy>=1", "no-such-thing>=2", 'not-asked; extra == "dev"'])
    assert not found.ok
    assert found.text == "missing: no-such-thing"
    assert doctor.packages(["numpy>=1"]).ok


def test_a_full_set_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from labkit.catalog import DATASETS

    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in DATASETS["MNIST"].files:
        (raw / name).touch()
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    texts = {finding.label: finding.text for finding in doctor.data()}
    assert texts["MNIST"] == "full set under $LABKIT_DATA"
    assert texts["FashionMNIST"].startswith("bundled subset; no full set under $LABKIT_DATA or ")


@pytest.mark.parametrize(
    ("cwd", "path", "said"),
    [
        ("/home/bob/lab", "/home/bob/lab/results", "results"),
        ("/home/bob/lab", "/home/bob/.cache/labkit", "~/.cache/labkit"),
        ("/home", "/home/bob/x", "~/x"),
        ("/", "/mnt/bob/x", "…/x"),
        ("/home/bob/lab", "/home/ann/x", "…/x"),
    ],
)
def test_paths(cwd: str, path: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "cwd", lambda: Path(cwd))
    monkeypatch.setattr(Path, "home", lambda: Path("/home/bob"))
    assert doctor.shown(Path(path)) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cannot open /srv/users/ann/lib/a.so", "cannot open …/a.so"),
        (r"DLL failed: 'C:\Users\Ann Smith\torch\c10.dll'", "DLL failed: '…/c10.dll'"),
        ("no space in ~/lab and 3/4 of it", "no space in ~/lab and 3/4 of it"),
        ("", "str"),
    ],
)
def test_errors(line: str, said: str) -> None:
    assert doctor.nameless(line) == said
