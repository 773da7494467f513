"""Python files of a submission: parsed, shown, compared; run only when the grader says so.

The files here leave a mark where they run. That is how running is noticed.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import labkit
from labkit.handin.verify import verify
from labkit.plugins import registry as own_code
from tests.builders import forgeries, handins

pytestmark = pytest.mark.slow

TEXT = """\
name: lab
author: {name: Ada, id: "1815", group: A, course: DL}
code: [mine.py]
data: {source: bundled, limit: 128}
training: {epochs: 1, batch_size: 64, snapshot_epochs: [1]}
evaluation: {samples: 150, selection_samples: 150}
experiments:
  gan: {family: gan, grid: {dataset: [MNIST], networks: [lab1, mine]}}
"""
MINE = """\
from pathlib import Path
from torch import nn

Path({mark!r}).touch()


def generator(z_dim):
    return nn.Sequential(nn.Linear(z_dim, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def metric_mean_ink(samples, real):
    return samples.mean()
"""
OWN = "MNIST_GAN_mine_hinge_z64"


@pytest.fixture(scope="module")
def mark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mark") / "ran"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory, mark: Path) -> Path:
    folder = tmp_path_factory.mktemp("own")
    path = handins.trained(folder, TEXT, mine=MINE.format(mark=str(mark)))
    own_code.forget()
    return path


@pytest.fixture(autouse=True)
def _unmarked(honest: Path, mark: Path) -> Iterator[None]:
    assert honest.is_file()
    mark.unlink(missing_ok=True)
    yield
    own_code.forget()


def test_the_file_is_handed_in(honest: Path) -> None:
    held = handins.payload(honest)
    assert b"def generator" in held["mine.py"]
    (own,) = json.loads(held["results/plan.json"])["settings"]["own"]
    assert own["source"].encode() == held["mine.py"]


def test_without_trust_nothing_is_run(honest: Path, mark: Path) -> None:
    ladder = verify(honest, rerun=2)  # there is but one that can be
    assert not mark.exists()
    said = [rung.verdict for rung in ladder.rungs]
    assert said == ["passed", "passed", "not checkable", "not checkable"], ladder.lines()
    for rung in ladder.rungs[2:]:
        (line,) = [note for note in rung.notes if note.startswith(OWN)]
        assert "not checkable without --trust-code" in line
    assert "mean_ink: measures of the author's own" in " ".join(ladder.rungs[2].notes)
    assert "MNIST_GAN_lab1_hinge_z64: identical" in " ".join(ladder.rungs[3].notes)


def test_with_trust_all_of_it_is_checked(honest: Path, mark: Path) -> None:
    ladder = verify(honest, rerun=1, cells=OWN, trust_code=True)
    assert mark.exists()
    assert set(handins.verdicts(ladder).values()) == {"passed"}, ladder.lines()
    assert f"{OWN}: identical" in " ".join(ladder.rungs[3].notes)


def test_a_file_that_the_plan_alone_names_is_found_and_not_run(
    honest: Path, mark: Path, tmp_path: Path
) -> None:
    """The experiment file asks for no code; the plan brings some along for the workers."""
    evil = f"open({str(mark)!r}, 'w').close()\ndef metric_x(samples, real):\n    return 1.0\n"

    def change(files: dict[str, bytes]) -> None:
        plan = json.loads(files["results/plan.json"])
        plan["settings"]["own"].append({"name": "evil", "source": evil})
        files["results/plan.json"] = json.dumps(plan).encode()

    path = forgeries.forged(handins.payload(honest), tmp_path / "x.zip", change)
    ladder = verify(path, rerun=1, cells="*lab1*")
    assert not mark.exists()
    assert "code: the plan has other Python files" in " ".join(ladder.rungs[1].found)


def test_another_file_than_the_one_that_ran_is_found(honest: Path, tmp_path: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        files["mine.py"] = files["mine.py"].replace(b"nn.Tanh()", b"nn.Hardtanh()")

    path = forgeries.forged(handins.payload(honest), tmp_path / "x.zip", change)
    assert handins.verdicts(verify(path, highest=2))[2] == "failed"


@pytest.mark.parametrize("name", ["../mine.py", "answers.md", "os.py/x.py"])
def test_only_a_file_beside_the_experiment_is_read(honest: Path, tmp_path: Path, name: str) -> None:
    def change(files: dict[str, bytes]) -> None:
        text = files["experiments.yaml"].replace(b"[mine.py]", f"[{name}]".encode())
        files["experiments.yaml"] = text

    path = forgeries.forged(handins.payload(honest), tmp_path / "x.zip", change)
    assert handins.verdicts(verify(path, highest=2)) == {1: "failed"}


def test_a_file_that_cannot_be_parsed_is_one_line(honest: Path, tmp_path: Path) -> None:
    for source in (b"def f(:", b"(" * 5000, b"\xff\xfe", b"x = 1\n" * 100_000, b"\0"):

        def change(files: dict[str, bytes], source: bytes = source) -> None:
            files["mine.py"] = source
            plan = json.loads(files["results/plan.json"])
            plan["settings"]["own"][0]["source"] = source.decode("utf-8", "replace")
            files["results/plan.json"] = json.dumps(plan).encode()

        path = forgeries.forged(handins.payload(honest), tmp_path / "x.zip", change)
        ladder = verify(path, highest=2)
        assert handins.verdicts(ladder) == {1: "failed"}
        assert all(len(line) <= 400 for line in ladder.lines())


def test_no_pickle_is_ever_loaded() -> None:
    """No call in the package that could: not torch.load, not pickle, not numpy with objects."""
    found = []
    for path in Path(labkit.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = ast.unparse(node) if isinstance(node, ast.Attribute | ast.alias) else ""
            if name in ("torch.load", "torch.save") or "pickle" in name or "joblib" in name:
                found.append(f"{path.name}: {name}")
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant)
                assert node.value.value is False
    assert found == []
