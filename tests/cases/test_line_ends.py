"""Line ends are no damage: what git, an editor or a mail program made CRLF is taken back."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.execution.status import survey
from labkit.handin.verify import verify
from labkit.plugins import registry as own_code
from labkit.plugins.files import read
from labkit.store.commits import COMMIT, RESTORE
from labkit.store.store import Store
from tests.builders import handins, stores
from tests.builders.commands import labkit

GIT = {
    **{f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER")
       for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip
SAID = "line ends had been changed (CRLF for LF, as git's core.autocrlf does)"


def git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=folder, env={**os.environ, **GIT}, check=True,
                   capture_output=True)  # fmt: skip


def contents(root: Path) -> dict[str, bytes]:
    files = (p for p in sorted(root.rglob("*")) if p.is_file() and p.name != ".gitattributes")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished lab in a repository, as those of before `.gitattributes` are."""
    folder = tmp_path_factory.mktemp("ends") / "lab"
    with pytest.MonkeyPatch.context() as patch:
        stores.still(patch)
        handins.project(folder)
    (folder / "results" / "lab" / ".gitattributes").unlink()
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a lab")
    return folder


@pytest.fixture
def cloned(project: Path, tmp_path: Path) -> Iterator[Path]:
    """A clone as Windows makes it."""
    git(tmp_path, "-c", "core.autocrlf=true", "clone", "-q", str(project), "clone")
    yield tmp_path / "clone"
    own_code.forget()


def states(root: Path) -> list[tuple[str, str]]:
    store = Store(root)
    return [(job.state, job.why) for job in survey(store.plan(), store, deep=True)]


@pytest.fixture(scope="module")
def untouched(project: Path) -> list[tuple[str, str]]:
    """What there is to do in the original: nothing but the lab sheet's own number."""
    found = states(project / "results" / "lab")
    assert {state for state, _ in found} <= {"done", "measure"}
    return found


def test_a_clone_with_other_line_ends_is_restored_byte_by_byte(
    project: Path, cloned: Path, untouched: list[tuple[str, str]]
) -> None:
    before, root = contents(project / "results"), cloned / "results"
    changed = [name for name, data in contents(root).items() if data != before[name]]
    assert len(changed) >= 10
    assert any(name.endswith(COMMIT) for name in changed)
    told = labkit("status", cwd=cloned)
    assert told.stderr.count(SAID) == 1
    assert [line.split()[1] for line in told.stdout.splitlines()] == [s for s, _ in untouched]
    after = contents(root)
    assert after == before
    assert SAID not in labkit("status", cwd=cloned).stderr


def test_no_run_trains_again_because_of_them(cloned: Path) -> None:
    told = labkit("run", "-n", cwd=cloned, check=None)
    assert "nothing to train; " in told.stderr
    assert SAID in told.stderr


def test_a_hand_in_from_such_a_clone_is_that_of_the_original(project: Path, cloned: Path) -> None:
    before = handins.payload(handins.handed_in(project / "experiments.yaml", cloned / "a.zip"))
    (cloned / "experiments.yaml").write_bytes((project / "experiments.yaml").read_bytes())
    (cloned / "answers.md").write_bytes((project / "answers.md").read_bytes())
    after = handins.payload(handins.handed_in(cloned / "experiments.yaml", cloned / "b.zip"))
    # The plan is read before the cells are looked at.
    assert {n for n in before if before[n] != after.get(n)} <= {"results/plan.json"}
    assert before.keys() == after.keys()


def test_one_file_saved_by_an_editor(
    tmp_path: Path, project: Path, untouched: list[tuple[str, str]]
) -> None:
    root = shutil.copytree(project / "results" / "lab", tmp_path / "lab")
    for name in ("history.jsonl", "cost.json", COMMIT):
        path = next(iter(sorted(root.glob(f"cells/*/train/{name}"))))
        data = path.read_bytes()
        path.write_bytes(data.replace(b"\n", b"\r\n"))
        assert states(root) == untouched
        assert path.read_bytes() == data
    # One other change beside the line ends is damage like any other.
    path.with_name("cost.json").write_bytes(data.replace(b"\n", b"\r\n") + b" ")
    assert states(root) != untouched


def test_where_it_cannot_be_restored_the_line_says_how(
    cloned: Path, untouched: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    root = cloned / "results" / "lab"
    with monkeypatch.context() as patch:
        patch.setattr("labkit.store.store.restore_line_ends", refuse)
        store = Store(root)
        why = {job.why for job in survey(store.plan(), store)}
    assert len(why) == 1
    assert "only its line ends were changed (CRLF for LF" in (line := why.pop())
    assert RESTORE in line
    # And git does what the line says.
    subprocess.run(RESTORE.partition(": ")[2], shell=True, cwd=root, check=True,
                   env={**os.environ, **GIT})  # fmt: skip
    texts = {n: d for n, d in contents(root).items() if n.endswith((".json", ".jsonl"))}
    assert not [name for name, data in texts.items() if b"\r\n" in data]
    assert states(root) == untouched


def test_the_results_folder_tells_git_to_leave_it_alone(project: Path, tmp_path: Path) -> None:
    lab = shutil.copytree(project, tmp_path / "lab")
    store = Store(lab / "results" / "lab")
    store.write_plan(store.plan())
    before = contents(lab / "results")
    git(lab, "add", "-A")
    git(lab, "commit", "-q", "-m", "attributes")
    git(tmp_path, "-c", "core.autocrlf=true", "clone", "-q", str(lab), "clone")
    assert b"\r\n" in (tmp_path / "clone" / "experiments.yaml").read_bytes()
    assert contents(tmp_path / "clone" / "results") == before


def test_a_hand_in_with_other_line_ends_holds(project: Path, tmp_path: Path) -> None:
    """Unpacked, checked in and out, and packed again: read as it was handed in."""
    honest = handins.handed_in(project / "experiments.yaml", tmp_path / "h.zip")
    with zipfile.ZipFile(honest) as old, zipfile.ZipFile(tmp_path / "x.zip", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            text = name.endswith((".json", ".jsonl", ".txt", ".md", ".html", ".csv", ".yaml"))
            new.writestr(name, data.replace(b"\n", b"\r\n") if text else data)
    ladder = verify(tmp_path / "x.zip", highest=2)
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed"}, ladder.lines()
    assert "only their line ends were changed (CRLF for LF)" in " ".join(ladder.rungs[0].notes)


def test_a_file_of_ones_own_is_the_same_with_any_line_ends() -> None:
    source = b"def generator(z_dim):\n    '''a\nb'''\n    return None\n"
    assert read("mine.py", source).source == read("mine.py", source.replace(b"\n", b"\r\n")).source
