"""All that a card is asked, rehearsed on the CPU: every part works, and no mistake is its end."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from benchmarks.gpu import lab, parts, promises, sizes, steps
from benchmarks.gpu import main as command
from benchmarks.gpu.cases import Case, cases, spec_of
from benchmarks.gpu.process import Deadline, Worker, WorkError
from benchmarks.gpu.results import Results
from labkit.catalog import FAMILIES, LOSSES
from labkit.train import runtime
from labkit.train.capture import RecordedSteps
from labkit.train.models.base import Family
from labkit.train.models.gan import GAN
from tests.builders.devices import Graph


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
    assert steps.distance(a, b) == pytest.approx(0.1)
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
    monkeypatch.setattr(command, "LEAST", sizes.TINY.patience * command.IN_ALL + 1)
    files = ["--markdown", str(tmp_path / "look.md"), "--json", str(tmp_path / "look.json")]
    assert command.main(["--device", "cpu", "--tiny", *files]) == 0
    _, *rest = json.loads((tmp_path / "look.json").read_text(encoding="utf-8"))["parts"]
    assert [part["title"] for part in rest] == [title for title, _ in command.PARTS.values()]
    assert all(part["notes"][0].startswith("Skipped: ") and not part["rows"] for part in rest)


def test_promises_are_tried_in_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A promise that is broken shows; with a stand-in for a card's graphs."""
    runtime.set_up()
    made: list[Graph] = []

    def recorder(family: Family, log: Callable[[str], None]) -> RecordedSteps:
        made.append(Graph(family))
        return RecordedSteps(family, log, made[-1])

    monkeypatch.setattr(promises, "RecordedSteps", recorder)
    kept = promises.kept("gan", {"n_critic": 2}, steps=3, batch=4, device="cpu")
    assert kept.pop("seconds") > 0
    assert kept == {
        "two runs": True, "resumed": True, "waits": None, "recorded": True, "recorded apart": 0.0,
        "resumed, recorded": True, "recorded waits": None,
    }  # fmt: skip
    assert [graph.replayed for graph in made] == [4, 2, 2]  # two full batches an epoch

    draw, drawn = GAN._training_noise, count()
    monkeypatch.setattr(GAN, "_training_noise", lambda *a: draw(*a) + 0.1 * next(drawn))
    kept = promises.kept("gan", {}, steps=3, batch=4, device="cpu")
    assert (kept["two runs"], kept["resumed"], kept["recorded"]) == (False, False, False)
    assert kept["recorded apart"] > 0


def test_steps_that_cannot_be_recorded_are_said_to_be_none() -> None:
    runtime.set_up()
    kept = promises.kept("vae", {}, steps=2, batch=4, device="cpu")
    assert kept["two runs"]
    assert kept["not recorded"].startswith("steps are not recorded (")
    assert "recorded" not in kept


def test_where_the_cpu_waited_is_told() -> None:
    with promises._waiting(torch.device("cpu")) as waits:
        warnings.warn("one", stacklevel=1)
    assert promises._told(waits) == "1"
    with promises._waiting(torch.device("cpu")) as waits:
        for _ in range(2):
            warnings.warn("the same", stacklevel=1)
    assert re.fullmatch(r"2 \(test_gpu\.py:\d+\)", promises._told(waits))


@pytest.mark.parametrize("card_worth_it", [True, False])
def test_recorded_steps_are_used_where_all_agree(card_worth_it: bool, tmp_path: Path) -> None:
    answers = {"two runs": True, "recorded": False, "recorded apart": 1e-6}
    far = {**answers, "recorded apart": 1e-3}
    script = f"""
import json, sys
for line in sys.stdin:
    far = "spectral" in line and not {card_worth_it}
    print(json.dumps({{"answer": {far} if far else {answers}}}), flush=True)
"""
    results = Results({}, tmp_path / "a.md", tmp_path / "a.json")
    results.begin("Promises")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "Worker", partial(Worker, sys.executable, "-c", script))
        found = parts.promises(results, "cpu", sizes.TINY, Deadline(60))
    assert found is card_worth_it
    assert len(results.parts[0].rows) == len(FAMILIES) + len(parts.SPECIAL)


def test_a_run_that_is_late_is_ended_and_what_is_done_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def labkit(until: Deadline, folder: Path, verb: str, *options: str, **variables: str) -> float:
        asked.append((verb, variables["LABKIT_CAPTURE"], "-j" in options and options[-2]))
        if verb == "run":
            raise TimeoutError
        return 1.5

    monkeypatch.setattr(lab, "labkit", labkit)
    results = Results({}, tmp_path / "a.md", tmp_path / "a.json")
    results.begin("Lab 1")
    way = lab.Way(jobs=4, recorded=True)
    lab.lab1(results, "cuda", sizes.FULL, Deadline(60), tmp_path / "lab", way)
    assert asked == [("run", "1", "4"), ("report", "1", False)]
    assert results.parts[0].rows == [{"what": "labkit report", "seconds": 1.5}]
    assert results.parts[0].notes[0] == "Cells side by side: 4; their steps are recorded."
    assert "labkit run: out of time, ended." in results.parts[0].notes
    content = json.loads((tmp_path / "lab" / "experiments.yaml").read_text(encoding="utf-8"))
    assert content["training"]["epochs"] == 10  # in full


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
    versions, trained, kept, measured, rated, beside, cells, families, lab1 = found["parts"]
    assert {"torch", "python", "labkit"} <= {row["what"] for row in versions["rows"]}
    assert [row["case"] for row in trained["rows"]] == [case.name for case in cases()]
    assert all(row["two runs"] and row["resumed"] for row in kept["rows"])
    assert len(kept["rows"]) == len(FAMILIES) + len(parts.SPECIAL)
    assert [row["dataset"] for row in measured["rows"]] == ["MNIST", "FashionMNIST"]
    run = [row for row in rated["rows"] if row["steps"] == "run"]
    assert [row["family"] for row in run if row["images/s"] > 0] == list(FAMILIES)
    ways = ("script", "labkit", "labkit, TF32", "labkit, bf16")
    assert {(row["model"], row["by"]) for row in beside["rows"] if "error" not in row} == {
        (model, who) for model in ("GAN", "VAE") for who in ways
    }
    assert {(row["model"], row["cells"]) for row in cells["rows"] if "error" not in row} == {
        (model, n) for model in ("GAN", "VAE") for n in sizes.TINY.processes
    }
    assert {"labkit run", "labkit report"} <= {row["what"] for row in lab1["rows"]}
    assert any(note.startswith("2 of 2 cells done") for note in lab1["notes"])
    assert any(note.startswith("1 of 1 cells done") for note in families["notes"])
    # Without a card no steps are recorded, and nothing else fails.
    assert all(
        row["error"].startswith("RuntimeError: steps are not recorded")
        for part in found["parts"] for row in part["rows"] if "error" in row
    )  # fmt: skip
    assert "Broke off" not in (tmp_path / "look.md").read_text(encoding="utf-8")
