"""Recorded steps, tried without a card: a stand-in for the graph repeats the step itself.

It holds what a graph relies on: what is read and written lies where it lay when it was recorded,
and a replay's values are in the same place each time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.gpu.cases import Case, spec_of
from labkit.data import load
from labkit.execution import worker
from labkit.execution.status import Task
from labkit.experiment.spec import CellSpec
from labkit.store.attempts import Attempt
from labkit.store.file_names import ENVIRONMENT, LOG
from labkit.train import capture, checkpoint, runtime
from labkit.train.capture import WARM_UP, RecordedSteps, Replay, Stats
from labkit.train.loop import fit
from labkit.train.models.base import Context, Family, to_float
from labkit.train.rng import stream
from tests.builders.devices import META, Graph, family_of

CPU = torch.device("cpu")
EPOCHS, BATCH, N = 4, 4, 18  # four full batches an epoch and one of 2
LABELS = torch.arange(N) % 10
CASES = [
    Case("gan", {}),
    Case("gan", {"n_critic": 2}),
    Case("gan", {"ema": 0.9, "n_critic": 3}),
    Case("gan", {"loss": "wasserstein", "constraint": "gradient_penalty", "d_norm": "layer"}),
    Case("gan", {"loss": "wasserstein", "constraint": "clip", "optimiser": "rmsprop"}),
    Case("gan", {"constraint": "spectral_norm"}),
    Case("vae", {}),
    Case("vae", {"kl_warmup": 2, "free_bits": 0.1}),
    Case("vae", {"networks": "dense512", "norm": "batch", "dropout": 0.2}),
    Case("cgan", {}),
    Case("cvae", {}),
    Case("adversarial_vae", {}),
    Case("vae_gan", {"kl_warmup": 1}),
    Case("latent_gan", {"kl_warmup": 1}),
]
#: Recorded branches and their replays: full batches, but for those of a warm-up.
COUNTS = {
    "gan n_critic=2": (2, 16), "gan ema=0.9 n_critic=3": (2, 16),
    "vae kl_warmup=2 free_bits=0.1": (1, 16 - 8), "vae_gan kl_warmup=1": (1, 16 - 4),
    "latent_gan kl_warmup=1": (2, 16 - 4),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _deterministic() -> None:
    runtime.set_up()


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.from_numpy(load("MNIST", "train", "bundled", limit=N).images.copy())


def trained(
    family: Family,
    images: Tensor,
    step: Any = None,
    done: int = 0,
    stop: int = EPOCHS,
    **options: Any,
) -> list[Any]:
    """The rows of the epochs up to `stop`."""
    rows = []
    for epoch, row in fit(
        family, images, epochs=EPOCHS, batch_size=BATCH, seed=7, done=done, labels=LABELS,
        step=step, **options,
    ):  # fmt: skip
        rows.append({key: value for key, value in row.items() if key != "seconds"})
        torch.randn(5)  # as whoever draws between epochs
        if epoch == stop:
            break
    return rows


def recorded(family: Family, **options: Any) -> tuple[RecordedSteps, Graph, list[str]]:
    log: list[str] = []
    graph = Graph(family, **options)
    return RecordedSteps(family, log.append, graph), graph, log


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_steps_end_with_the_same_bits(case: Case, images: Tensor) -> None:
    plain, family = family_of(case, CPU), family_of(case, CPU)
    steps, graph, log = recorded(family)
    assert trained(family, images, steps) == trained(plain, images)
    assert checkpoint.dump(family) == checkpoint.dump(plain)
    assert (graph.recorded, graph.replayed) == COUNTS.get(case.name, (1, 16))
    assert log == []
    assert not steps.failed


def test_recorded_in_bf16_too(images: Tensor) -> None:
    plain, family = (family_of(Case("gan", {}), CPU) for _ in range(2))
    steps, graph, _ = recorded(family)
    rows = trained(family, images, steps, stop=2, precision="bf16")
    assert rows == trained(plain, images, stop=2, precision="bf16")
    assert checkpoint.dump(family) == checkpoint.dump(plain)
    assert graph.replayed == 8


@pytest.mark.parametrize("case", [CASES[1], CASES[2], CASES[7], CASES[8], CASES[13]], ids=str)
def test_resumed_with_recorded_steps(case: Case, images: Tensor) -> None:
    whole = family_of(case, CPU)
    rows = trained(whole, images)
    first = family_of(case, CPU)
    steps, *_ = recorded(first)
    trained(first, images, steps, stop=2)
    left = checkpoint.dump(first)

    second = family_of(case, CPU)
    checkpoint.restore(second, left)
    assert trained(second, images, recorded(second)[0], done=2) == rows[2:]
    assert checkpoint.dump(second) == checkpoint.dump(whole)
    # Gone on with, then taken back, with what was recorded before.
    trained(first, images, steps, done=2, stop=3)
    checkpoint.restore(first, left)
    assert trained(first, images, steps, done=2) == rows[2:]
    assert checkpoint.dump(first) == checkpoint.dump(whole)


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("family", ["gan", "vae"])
def test_recording_changes_nothing(family: str, begun: bool, images: Tensor) -> None:
    case = Case(family, {"optimiser": "rmsprop"} if family == "vae" else {})
    watched = family_of(case, CPU)
    batch, noise = to_float(images[:BATCH]).unsqueeze(1), stream(7, "noise", 1)
    if begun:
        watched.step(batch, Context(noise))
    torch.manual_seed(3)
    before, random = checkpoint.dump(watched, optimisers=begun), torch.get_rng_state()
    warmed = []

    def warm_up(step: Callable[[], Stats], noise: torch.Generator) -> Replay:
        step()
        assert checkpoint.dump(watched, optimisers=begun) != before
        torch.rand(1)
        warmed.append(noise)
        return dict  # replays nothing

    RecordedSteps(watched, pytest.fail, warm_up)(batch, Context(noise))
    assert checkpoint.dump(watched, optimisers=begun) == before
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.equal(warmed[0].get_state(), noise.get_state())
    moments = [
        value
        for optimiser in watched.optimisers.values()
        for state in optimiser.state.values()
        for value in state.values()
    ]
    assert moments
    assert begun or not any(value.any() for value in moments)


@pytest.mark.parametrize("case", [CASES[1], CASES[8]], ids=str)
def test_where_recording_fails_every_step_is_run(case: Case, images: Tensor) -> None:
    plain, family = family_of(case, CPU), family_of(case, CPU)
    steps, graph, log = recorded(family, breaks=True)
    assert trained(family, images, steps) == trained(plain, images)
    assert checkpoint.dump(family) == checkpoint.dump(plain)
    assert steps.failed
    assert graph.replayed == 0
    assert log == [
        "steps are not recorded (RuntimeError: operation not permitted when stream is capturing): "
        "each is run"
    ]


# --------------------------------------------------------------------- in a worker


def run(spec: CellSpec, folder: Path) -> dict[str, Any]:
    """Train in a folder; what it left behind that clocks do not decide."""
    folder.mkdir()
    attempt = Attempt(folder)
    worker.train(Task(spec, folder), attempt, {})
    log = folder / LOG
    rows = [json.loads(line) for line in attempt.history_path.read_text().splitlines()]
    return {
        "rows": [{key: value for key, value in row.items() if key != "seconds"} for row in rows],
        "weights": (folder / "best.safetensors").read_bytes(),
        "numeric": json.loads((folder / ENVIRONMENT).read_text())["numeric"],
        "log": log.read_text() if log.exists() else "",
    }


@pytest.mark.slow
@pytest.mark.parametrize("breaks", [False, True])
def test_a_worker_says_whether_steps_were_recorded(
    breaks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(Case("vae", {}), 3, BATCH)
    plain = run(spec, tmp_path / "plain")
    assert "steps" not in plain["numeric"]
    graphs = []

    def steps(family: Family, log: Callable[[str], None]) -> RecordedSteps:
        graphs.append(Graph(family, breaks))
        return RecordedSteps(family, log, graphs[0])

    monkeypatch.setattr(runtime, "records_steps", lambda device: True)
    monkeypatch.setattr(capture, "RecordedSteps", steps)
    found = run(spec, tmp_path / "recorded")
    assert (found["rows"], found["weights"]) == (plain["rows"], plain["weights"])
    assert graphs[0].replayed == (0 if breaks else 3)
    assert found["numeric"] == plain["numeric"] | ({} if breaks else {"steps": "captured"})
    assert len(found["log"].splitlines()) == len(plain["log"].splitlines()) + breaks


def test_steps_are_recorded_on_cuda_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    card = torch.device("cuda", 0)
    monkeypatch.delenv("LABKIT_CAPTURE", raising=False)
    assert not runtime.records_steps(card)
    before = runtime.numeric_environment(CPU)
    monkeypatch.setenv("LABKIT_CAPTURE", "1")
    assert runtime.records_steps(card)
    assert not runtime.records_steps(CPU)
    assert runtime.numeric_environment(CPU) == before
    monkeypatch.setenv("LABKIT_CAPTURE", "0")
    assert not runtime.records_steps(card)


def test_what_records_is_not_loaded_unasked() -> None:
    code = "import sys, labkit.execution.worker; print('labkit.train.capture' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


# --------------------------------------------------------------------- torch's side of it


def test_a_graph_is_warmed_up_and_recorded_on_a_stream_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []

    class Stream:
        def __init__(self, name: str = "own") -> None:
            self.name = name

        def wait_stream(self, other: Stream) -> None:
            told.append(f"{self.name} waits for {other.name}")

    class On:
        def __init__(self, what: str) -> None:
            self.what = what

        def __enter__(self) -> None:
            told.append(f"{self.what} (")

        def __exit__(self, *_: object) -> None:
            told.append(")")

    class Recording:
        def register_generator_state(self, noise: str) -> None:
            told.append(f"knows {noise}")

        def replay(self) -> None:
            told.append("replay")

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", partial(Stream, "current"))
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: On(stream.name))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Recording)
    monkeypatch.setattr(torch.cuda, "graph", lambda graph, stream: On(f"graph on {stream.name}"))
    made: list[Stats] = []

    def step() -> Stats:
        told.append("step")
        made.append({"loss": torch.zeros(())})
        return made[-1]

    replay = capture.cuda_graph(step, "noise")  # type: ignore[arg-type]
    assert told == [
        "own waits for current", "own (", *(WARM_UP * ["step"]), ")", "current waits for own",
        "knows noise", "graph on own (", "step", ")",
    ]  # fmt: skip
    assert replay() is replay() is made[-1]
    assert told[-2:] == ["replay", "replay"]


@pytest.mark.parametrize("optimiser", ["adam", "rmsprop"])
def test_optimisers_count_their_steps_on_the_device(
    optimiser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = family_of(Case("vae", {"optimiser": optimiser}), META)
    (both,) = family.optimisers.values()
    for weight in both.param_groups[0]["params"]:
        both.state[weight] = {"step": torch.ones(()), "square_avg": torch.zeros_like(weight)}
    capture._make_recordable(family)
    assert both.param_groups[0]["capturable"]
    assert {value.device for state in both.state.values() for value in state.values()} == {META}
