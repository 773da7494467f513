"""A first look at a GPU, rehearsed on the CPU: every part works, and no mistake is its end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from benchmarks.gpu import main as command
from benchmarks.gpu import steps
from benchmarks.gpu.cases import Case, cases, spec_of
from benchmarks.gpu.process import Deadline, Worker, WorkError
from benchmarks.gpu.results import Results
from labkit.catalog import FAMILIES, LOSSES
from labkit.train import runtime


def test_every_family_with_every_loss_is_tried() -> None:
    tried = cases()
    assert [case.family for case in tried[: len(FAMILIES)]] == list(FAMILIES)
    assert not any(case.params for case in tried[: len(FAMILIES)])
    for family, about in FAMILIES.items():
        own = {c.params.get("loss", about.params["loss"].default) for c in tried
               if c.family == family} if "loss" in about.params else set()  # fmt: skip
        assert own == (set(LOSSES) if "loss" in about.params else set())
    assert Case("gan", {"constraint": "gradient_penalty", "d_norm": "layer"}) in tried
    assert len({case.name for case in tried}) == len(tried)


def test_every_case_is_a_cell_of_an_experiment_file() -> None:
    for case in cases():
        spec = spec_of(case, 2, 4)
        assert (spec.family, spec.data["limit"]) == (case.family, 8)
        assert case.params.items() <= dict(spec.params).items()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_on_the_cpu_is_no_different_from_itself(family: str) -> None:
    runtime.set_up()
    found = steps.compare(family, {}, steps=2, batch=2, device="cpu")
    assert (found["first step"], found["all steps"], found["weights"]) == (0, 0, 0)
    assert found["same bits"] is True


def test_draws_of_the_host_are_those_of_a_run_on_the_cpu() -> None:
    runtime.set_up()
    spec = spec_of(Case("gan", {}), 2, 2)
    assert steps._train(spec, "cpu", steps.HostDraws()).losses == steps._train(spec, "cpu").losses


def test_dropout_of_the_host_hangs_on_nothing_but_its_order() -> None:
    x = torch.ones(1000)
    masks = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        with steps.HostDraws():
            masks.append((F.dropout(x, 0.25), F.dropout(x, 0.25), F.dropout(x, 0.25, False)))
    (first, second, rest), again = masks
    assert all(torch.equal(a, b) for a, b in zip((first, second, rest), again, strict=True))
    assert not torch.equal(first, second)
    assert torch.equal(rest, x)
    assert sorted(set(first.tolist())) == pytest.approx([0, 4 / 3])
    assert 0.7 < (first > 0).float().mean() < 0.8


def test_differences_are_relative_and_of_the_worst() -> None:
    here = [{"loss": -2.0, "norm": 0.1}, {"loss": 1.0, "norm": 0.2}]
    there = [{"loss": -2.0, "norm": 0.1}, {"loss": 1.5, "norm": 0.15}]
    assert steps._apart(here, there, 1) == 0
    assert steps._apart(here, there, 2) == pytest.approx(0.25)  # 0.5 / 2 and 0.05 / 0.2
    a, b = {"w": torch.tensor([3.0, 0.0]), "b": torch.tensor([4.0])}, {}
    b = {"w": torch.tensor([3.0, 0.5]), "b": torch.tensor([4.0])}
    assert steps._distance(a, b) == pytest.approx(0.1)
    assert steps._identical({"n": a}, {"n": a})
    assert not steps._identical({"n": a}, {"n": b})


def test_an_error_is_an_answer_and_the_next_question_is_answered() -> None:
    with Worker() as worker:
        task = {"do": "steps", "steps": 1, "batch": 2, "device": "cpu", "threads": 1}
        with pytest.raises(WorkError, match="gam"):
            worker.ask(Deadline(60), family="gam", params={}, **task)
        assert worker.ask(Deadline(60), family="vae", params={}, **task)["same bits"] is True


ANSWERS = """
import json, os, sys, time
for line in sys.stdin:
    if "die" in line:
        sys.stderr.write("CUDA error: an illegal memory access was encountered\\n")
        os._exit(3)
    if "sleep" in line:
        time.sleep(60)
    print(json.dumps({"answer": os.getpid()}), flush=True)
"""


def test_a_worker_that_dies_or_hangs_is_replaced() -> None:
    with Worker(sys.executable, "-c", ANSWERS) as worker:
        first = worker.ask(Deadline(30), do="answer")
        assert worker.ask(Deadline(30), do="answer") == first
        with pytest.raises(WorkError, match="illegal memory access"):
            worker.ask(Deadline(30), do="die")
        second = worker.ask(Deadline(30), do="answer")
        with pytest.raises(TimeoutError):
            worker.ask(Deadline(0.2), do="sleep")
        assert len({first, second, worker.ask(Deadline(30), do="answer")}) == 3


def test_the_files_are_whole_after_every_row(tmp_path: Path) -> None:
    results = Results({"device": "cuda"}, tmp_path / "look.md", tmp_path / "look.json")
    results.begin("Steps")
    results.add(case="gan", weights=1e-7, same=True)
    results.add(case="vae", error="RuntimeError: a | b")
    found = json.loads((tmp_path / "look.json").read_text(encoding="utf-8"))
    assert found["parts"][0]["rows"][0] == {"case": "gan", "weights": 1e-7, "same": True}
    results.add(case="cgan", weights=float("nan"), same=False)
    results.note("Out of time; skipped: cvae.")
    text = (tmp_path / "look.md").read_text(encoding="utf-8")
    assert "| case | weights | same | error |" in text
    assert "| vae |  |  | RuntimeError: a \\| b |" in text
    assert "| cgan | nan | NO |  |" in text
    assert "Out of time; skipped: cvae." in text
    assert '"nan"' in (tmp_path / "look.json").read_text(encoding="utf-8")


def test_what_is_missing_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.missing() == []
    here = command.find_spec
    monkeypatch.setattr(command, "find_spec", lambda m: None if m in ("yaml", "nh3") else here(m))
    assert command.main([]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "missing: yaml, nh3" in line


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_without_a_card_it_says_so_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main([]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no CUDA device" in line
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert command.main(["--device", "cpu", "--json", str(tmp_path / "file" / "look.json")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "file") in line


def test_without_time_every_part_is_said_to_be_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "LEAST", command.IN_ALL + 1)
    files = ["--markdown", str(tmp_path / "look.md"), "--json", str(tmp_path / "look.json")]
    assert command.main(["--device", "cpu", "--tiny", *files]) == 0
    _, *parts = json.loads((tmp_path / "look.json").read_text(encoding="utf-8"))["parts"]
    assert len(parts) == 4
    assert all(part["notes"][0].startswith("Skipped: ") and not part["rows"] for part in parts)


@pytest.mark.slow
def test_the_rehearsal(tmp_path: Path) -> None:
    """All parts through the real command line, at tiny sizes."""
    root = Path(__file__).parents[1]
    files = ["--markdown", str(tmp_path / "look.md"), "--json", str(tmp_path / "look.json")]
    subprocess.run(
        [sys.executable, "-m", "benchmarks", "gpu", "--device", "cpu", "--tiny", *files],
        cwd=root, check=True,
    )  # fmt: skip
    found = json.loads((tmp_path / "look.json").read_text(encoding="utf-8"))
    versions, trained, rates, quick, families = found["parts"]
    assert {"torch", "python", "labkit"} <= {row["what"] for row in versions["rows"]}
    assert [row["case"] for row in trained["rows"]] == [case.name for case in cases()]
    assert {(row["model"], row["by"]) for row in rates["rows"]} == {
        (model, who) for model in ("GAN", "VAE") for who in ("script", "labkit", "labkit, bf16")
    }
    assert [row["what"] for row in quick["rows"]] == ["labkit run", "labkit report"]
    assert any(note.startswith("2 of 2 cells done") for note in quick["notes"])
    assert any(note.startswith("1 of 1 cells done") for note in families["notes"])
    assert not any("error" in row for part in found["parts"] for row in part["rows"])
    assert "Broke off" not in (tmp_path / "look.md").read_text(encoding="utf-8")
