"""Rungs 3 and 4 on a real, tiny hand-in: measured again, drawn again, trained again."""

from __future__ import annotations

import getpass
import io
import json
import os
import platform
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch

from labkit.execution import evaluation, worker
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import parse_experiment
from labkit.handin import content, remeasure
from labkit.handin.ladder import Asked
from labkit.handin.verify import verify
from labkit.train import runtime
from tests.builders import forgeries, handins
from tests.builders.forgeries import Change, edit, edit_json, replaced, resampled

pytestmark = pytest.mark.slow

TINY = """\
name: lab
author: {name: Ada, id: "1815", group: A, course: DL}
data: {source: bundled, limit: 256}
training: {epochs: 2, batch_size: 64, snapshot_epochs: [1, 2]}
evaluation: {samples: 300, selection_samples: 200}
experiments:
  gan: {family: gan, grid: {dataset: [MNIST], loss: [hinge, bce]}}
  vae: {family: vae, grid: {dataset: [MNIST], latent_dim: [8]}}
"""


#: The size of a safetensors header, far beyond any file.
HUGE = (1 << 40).to_bytes(8, "little")


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return handins.trained(tmp_path_factory.mktemp("real"), TINY)


@pytest.fixture(scope="module")
def files(honest: Path) -> dict[str, bytes]:
    return handins.payload(honest)


def test_an_honest_one_passes(honest: Path) -> None:
    told: list[str] = []
    ladder = verify(honest, rerun=1, say=told.append)
    assert handins.verdicts(ladder) == dict.fromkeys((1, 2, 3, 4), "passed"), ladder.lines()
    assert any("identical" in note for note in ladder.rungs[3].notes)
    # Both upper rungs may take long: whoever waits is told what for.
    *measured, begun, ended = told
    assert [line.partition(": ")[0] for line in measured] == [
        f"measuring again, {i} of 3" for i in (1, 2, 3)
    ]
    assert re.match(r"training again: MNIST_\w+: about ", begun)
    assert ended == f"trained again: {begun.split(': ')[1]}"


def test_a_light_one_is_said_to_be_not_checkable(honest: Path) -> None:
    ladder = verify(honest.with_name("light.zip"))
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed", 3: "not checkable"}
    assert honest.with_name("light.zip").stat().st_size < honest.stat().st_size / 3


@pytest.fixture(scope="module")
def usual(honest: Path) -> dict[str, bytes]:
    return handins.payload(honest.with_name("usual.zip"))


def test_the_usual_one_is_drawn_again(honest: Path, usual: dict[str, bytes]) -> None:
    ladder = verify(honest.with_name("usual.zip"))
    assert handins.verdicts(ladder) == dict.fromkeys((1, 2, 3), "passed"), ladder.lines()
    assert any("3 of 3 cells were handed in without samples" in n for n in ladder.rungs[2].notes)
    # Of the first GAN all, for the lab sheet's number; of the second what draws; of a VAE all.
    weights = {cell_of(n): n.rpartition("/")[2] for n in usual if n.endswith(".safetensors")}
    assert weights == {
        "MNIST_GAN_hinge_z64": "best.safetensors",
        "MNIST_GAN_bce_z64": "draws.safetensors",
        "MNIST_VAE_latent8": "best.safetensors",
    }
    assert not any(n.endswith("samples.npz") for n in usual)


@pytest.mark.parametrize("cell", ["MNIST_GAN_bce_z64", "MNIST_VAE_latent8"])
def test_what_the_usual_one_does_not_draw_is_found(
    usual: dict[str, bytes], tmp_path: Path, cell: str
) -> None:
    """Measures a thousandth off; and, of the GAN, weights a little off."""
    path = next(n for n in usual if n.endswith("metrics.json") and cell_of(n) == cell)
    forged = forgeries.forged(usual, tmp_path / "m.zip", edit(path, nudged), again=True)
    rung = verify(forged, cells=cell).rungs[2]
    assert rung.verdict == "failed"
    assert any(line.startswith(f"{cell}: metrics.proxy_fid") for line in rung.found)
    if draws := [n for n in usual if n.endswith("draws.safetensors") and cell_of(n) == cell]:
        forged = forgeries.forged(usual, tmp_path / "w.zip", edit(draws[0], other_weights))
        rung = verify(forged, cells=cell).rungs[2]
        assert any("should be" in line for line in rung.found), rung.found
        cut = forgeries.forged(usual, tmp_path / "c.zip", edit(draws[0], lambda data: data[:-4]))
        assert verify(cut, cells=cell).rungs[2].verdict == "failed"


def other_weights(data: bytes) -> bytes:
    """The last layer's numbers a tenth larger."""
    tensors = safetensors.numpy.load(data)
    tensors[max(tensors)] = tensors[max(tensors)] * np.float32(1.1)
    return safetensors.numpy.save(tensors)


def test_some_cells_are_chosen_by_a_given_chance(honest: Path) -> None:
    told: list[str] = []
    ladder = verify(honest, say=told.append, sample=1, chance=random.Random(1))
    assert handins.verdicts(ladder)[3] == "passed"
    assert len(told) == 1
    plan = make_plan(parse_experiment(TINY, "experiments.yaml"), source="bundled")
    chosen = [Asked(sample=2, chance=random.Random(n)).some_of([*plan.cells]) for n in range(20)]
    assert chosen[0] == Asked(sample=2, chance=random.Random(0)).some_of([*plan.cells])
    assert {spec.name for some in chosen for spec in some} == {spec.name for spec in plan.cells}
    assert all(len(some) == 2 for some in chosen)


def repainted(data: bytes) -> bytes:
    """A picture with a few pixels changed."""
    from PIL import Image

    page = np.asarray(Image.open(io.BytesIO(data))).copy()
    page[:3, :3] = 255 - page[:3, :3]
    file = io.BytesIO()
    Image.fromarray(page).save(file, "PNG")
    return file.getvalue()


def test_nothing_of_the_machine_is_in_a_real_one(honest: Path, files: dict[str, bytes]) -> None:
    private = [str(honest.parent), str(Path.home()), platform.node(), getpass.getuser()]
    for word in (word.encode() for word in private if len(word) > 5):
        assert not [name for name, data in files.items() if word in data]


def nudged(text: bytes, by: float = 1.001) -> bytes:
    """Every metric a thousandth larger."""
    value = json.loads(text)
    for key, old in value["metrics"].items():
        value["metrics"][key] = 1.0 if old is None else (old or 1.0) * by
    if "class_shares" in value.get("details", {}):
        value["details"]["class_shares"].reverse()
    return json.dumps(value, indent=1, sort_keys=True).encode()


#: What is done, and how the findings that name it must begin.
Forgery = tuple[Change, list[str]]
#: Forgeries that do not hide each other, and a glob on the cells to look at.
Round = tuple[str, list[Forgery]]


def cell_of(name: str) -> str:
    return name.split("/")[2].rpartition("-")[0]


def rounds(files: dict[str, bytes]) -> Iterator[Round]:
    """Many forgeries at a time, since measuring takes long; each of them must be named."""
    by_name: dict[str, list[str]] = {}
    for name in sorted(files):
        by_name.setdefault(name.rpartition("/")[2], []).append(name)
    yield "*", [(edit(n, nudged), measured(n, files[n])) for n in by_name["metrics.json"]]
    fids = [json.loads(files[n].splitlines()[-1])["proxy_fid"] for n in by_name["history.jsonl"]]
    yield (
        "*",
        [
            *((edit(n, resampled), [f"{cell_of(n)}: samples.npz"]) for n in by_name["samples.npz"]),
            *(
                (edit(name, repainted), [f"{cell_of(name)}: {name.rpartition('/')[2]}"])
                for name in sorted(files)
                if name.endswith("_epoch2.png") and "/train/" in name
            ),
            *(
                (
                    edit(n, replaced(repr(f), repr(f * 1.01))),
                    [f"{cell_of(n)}: checkpoint.safetensors"],
                )
                for n, f in zip(by_name["history.jsonl"], fids, strict=True)
            ),
        ],
    )
    weights = by_name["best.safetensors"], by_name["checkpoint.safetensors"]
    ruins: list[Callable[[bytes], bytes]] = [
        lambda data: data[: len(data) // 2],
        lambda data: HUGE + data[8:],
    ]
    for turn, ruin in enumerate(ruins):
        # One file of each cell, since what cannot be loaded ends the look at its cell.
        names = [weights[(i + turn) % 2][i] for i in range(len(weights[0]))]
        yield "*", [(edit(n, ruin), [f"{cell_of(n)}: "]) for n in names]
    for last in ("samples.npz", "best.safetensors"):
        two = [n for n in by_name[last] if "GAN" in n]
        yield "*GAN*", [(exchange_files(*two), [f"{cell_of(n)}: {last}" for n in two])]


def measured(name: str, data: bytes) -> list[str]:
    """How the findings must begin when every number of a file of measures is changed."""
    cell, value = cell_of(name), json.loads(data)
    if "/sheet-" in name:
        return [f"{cell}: the lab sheet's number"]
    found = [f"{cell}: metrics.{key}: " for key in value["metrics"]]
    return [*found, f"{cell}: details.class_shares"]


def exchange_files(first: str, second: str) -> Change:
    def apply(held: dict[str, bytes]) -> None:
        held[first], held[second] = held[second], held[first]

    return apply


def test_forged_results_are_caught_by_measuring(files: dict[str, bytes], tmp_path: Path) -> None:
    """The report is made again from forged results, so that rungs 1 and 2 hold."""
    missed, tried = [], 0
    with pytest.MonkeyPatch.context() as patch:
        forgeries.remember_reports(patch)
        for number, (cells, together) in enumerate(rounds(files)):

            def all_of_them(held: dict[str, bytes], these: list[Forgery] = together) -> None:
                for change, _ in these:
                    change(held)

            path = forgeries.forged(files, tmp_path / f"{number}.zip", all_of_them, again=True)
            ladder = verify(path, highest=3, cells=cells)
            assert handins.verdicts(ladder) == {1: "passed", 2: "passed", 3: "failed"}
            for start in (start for _, starts in together for start in starts):
                tried += 1
                if not any(line.startswith(start) for line in ladder.rungs[2].found):
                    missed.append(f"round {number}: {start}")
    print(f"{tried} forged results, {tried - len(missed)} caught by measuring")
    assert missed == []
    assert tried >= 100


def test_only_training_again_finds_what_was_never_computed(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    """A loss of the first epoch, mended everywhere: nothing that was handed in contradicts it."""
    name = next(n for n in sorted(files) if "GAN_bce" in n and n.endswith("history.jsonl"))
    loss = json.loads(files[name].splitlines()[0])["g_loss"]
    change = edit(name, replaced(repr(loss), repr(loss * 1.1)))
    path = forgeries.forged(files, tmp_path / "x.zip", change, again=True)
    ladder = verify(path, rerun=1, cells="*GAN_bce*")
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed", 3: "passed", 4: "failed"}
    assert any("g_loss of epoch 1" in line for line in ladder.rungs[3].found)


@pytest.mark.parametrize(
    ("what", "verdict"), [("a measure", "not checkable"), ("a loss", "failed")]
)
def test_measures_of_other_code_accuse_nobody(
    files: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    verdict: str,
) -> None:
    """Handed in with another release of labkit: its training can be repeated all the same."""
    name = next(n for n in sorted(files) if "GAN_bce" in n and n.endswith("history.jsonl"))
    if what == "a loss":
        loss = json.loads(files[name].splitlines()[0])["g_loss"]
        change = edit(name, replaced(repr(loss), repr(loss * 1.1)))
    else:
        name = next(n for n in sorted(files) if "GAN_bce" in n and n.endswith("metrics.json"))
        change = edit_json(name, lambda value: value["metrics"].pop("class_imbalance"))
    path = forgeries.forged(files, tmp_path / "x.zip", change, again=True)
    monkeypatch.setattr(content, "evaluation_code", lambda: "of another release")
    ladder = verify(path, rerun=1, cells="*GAN_bce*")
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed", 3: "not checkable", 4: verdict}
    (said,) = ladder.rungs[3].found or ladder.rungs[3].notes
    assert ("g_loss of epoch 1" in said) == (verdict == "failed")


def test_measures_that_were_withdrawn_are_no_findings(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    """The first release wrote an ELBO of every VAE, always null, and why."""
    name = next(n for n in sorted(files) if "VAE" in n and n.endswith("metrics.json"))

    def change(value: dict) -> None:
        value["metrics"] |= {"elbo": None, "bits_per_dim": None}
        value["details"]["elbo_absent"] = "L1 is not the negative log of a normalised likelihood"

    path = forgeries.forged(files, tmp_path / "x.zip", edit_json(name, change), again=True)
    found = verify(path, rerun=1, cells="*VAE*")
    assert handins.verdicts(found) == dict.fromkeys((1, 2, 3, 4), "passed"), found.lines()


@pytest.mark.parametrize(
    ("what", "verdict"), [("the weights", "not checkable"), ("a measure", "failed")]
)
def test_weights_of_other_code_accuse_nobody(
    files: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    verdict: str,
) -> None:
    """Another release may have had other networks; what samples say, it says of any."""
    end = "best.safetensors" if what == "the weights" else "metrics.json"
    name = next(n for n in sorted(files) if "GAN_bce" in n and n.endswith(end))
    if what == "the weights":
        change = edit(name, lambda data: data[:-4] + b"\0\0\0\0")
    else:
        change = edit_json(name, lambda value: value["metrics"].update(sharpness=0.5))
    path = forgeries.forged(files, tmp_path / "x.zip", change, again=True)
    monkeypatch.setattr(remeasure, "training_code", lambda *_: "of another release")
    ladder = verify(path, highest=3, cells="*GAN_bce*")
    assert handins.verdicts(ladder) == {1: "passed", 2: "passed", 3: verdict}, ladder.lines()
    assert any("trained by other code" in note for note in ladder.rungs[2].notes)


# --------------------------------------------------------------------------- another machine


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same GANs from a processor without vector instructions, as far as torch knows."""
    folder = tmp_path_factory.mktemp("elsewhere")
    code = (
        "import sys; from pathlib import Path; from tests.builders import handins\n"
        "handins.trained(Path(sys.argv[1]), Path(sys.argv[2]).read_text())"
    )
    (folder / "text").write_text(TINY.partition("  vae:")[0])
    limits = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"}
    subprocess.run(
        [sys.executable, "-c", code, str(folder), str(folder / "text")],
        cwd=Path(__file__).parents[2],
        env=os.environ | limits | {"OMP_NUM_THREADS": "1"},
        check=True,
    )
    return folder / "lab.zip"


def test_an_honest_one_of_another_machine_passes(elsewhere: Path, honest: Path) -> None:
    """Its bits are really others, and yet its measures hold, within what is asked there."""
    weights = [
        {n: d for n, d in handins.payload(p).items() if n.endswith("best.safetensors")}
        for p in (elsewhere, honest)
    ]
    assert len(weights[0]) == 2
    assert all(weights[1][name] != data for name, data in weights[0].items())
    ladder = verify(elsewhere, rerun=1, cells="*GAN_bce*")
    said = {1: "passed", 2: "passed", 3: "passed", 4: "not checkable"}
    assert handins.verdicts(ladder) == said, ladder.lines()
    assert "0 of 1 cells ran on such a machine" in ladder.rungs[2].notes[0]
    assert "not calibrated" in " ".join(ladder.rungs[3].notes)


@pytest.mark.parametrize(("by", "verdict"), [(1.005, "passed"), (1.02, "failed")])
def test_the_tolerance_for_another_machine(
    elsewhere: Path, tmp_path: Path, by: float, verdict: str
) -> None:
    held = handins.payload(elsewhere)
    name = next(n for n in sorted(held) if "GAN_bce" in n and n.endswith("metrics.json"))

    def change(value: dict) -> None:
        value["metrics"]["proxy_fid"] *= by

    path = forgeries.forged(held, tmp_path / "x.zip", edit_json(name, change), again=True)
    found = verify(path, highest=3, cells="*GAN_bce*")
    assert handins.verdicts(found) == {1: "passed", 2: "passed", 3: verdict}, found.lines()


# --------------------------------------------------------------------------- another device

CARD = "NVIDIA H100 80GB HBM3"


def off(at: str, by: float) -> tuple[Callable[[dict], None], str]:
    """A change of one number, ``metrics.proxy_fid``, by a share of it; and where it stands."""

    def change(value: dict) -> None:
        part, name = at.split(".")
        value[part][name] *= 1 + by

    return change, at


@pytest.mark.parametrize("by_card", [True, False], ids=["a card", "this CPU"])
def test_what_is_asked_of_measures_of_another_device(
    files: dict[str, bytes], tmp_path: Path, by_card: bool
) -> None:
    """Said to be a card's, numbers of the samples may be a hundred-thousandth off, no more."""
    name = next(n for n in sorted(files) if "VAE" in n and n.endswith("metrics.json"))
    precision = json.loads(files[name])["metrics"]["precision"]
    assert precision
    small = [
        off("metrics.proxy_fid", 8e-6), off("metrics.kid", -8e-6),
        off("details.distinct", 3 / 300), off("metrics.precision", 3 / 300 / precision),
        off("metrics.recon_proxy_fid", 0.008),
    ]  # fmt: skip
    large = [
        off("metrics.proxy_fid", 1.2e-5), off("metrics.kid", -1.2e-5),
        off("details.distinct", 0.02), off("metrics.precision", 4 / 300 / precision),
        off("metrics.recon_proxy_fid", 0.012),
    ]  # fmt: skip
    for number, changes in enumerate((small, large)):

        def change(value: dict, these: list[Any] = changes) -> None:
            if by_card:
                value["details"]["measured_on"] = CARD
            for each, _ in these:
                each(value)

        path = tmp_path / f"{number}.zip"
        found = verify(
            forgeries.forged(files, path, edit_json(name, change), again=True),
            highest=3, cells="*VAE*",
        )  # fmt: skip
        lines = [line.partition(": ")[2] for line in found.rungs[2].found]
        named = {line.partition(":")[0].removeprefix("metrics.json: ") for line in lines}
        expected = set() if by_card and changes is small else {at for _, at in changes}
        assert named == expected, found.lines()
        said = [note for note in found.rungs[2].notes if CARD in note]
        assert len(said) == by_card


def test_a_cell_that_a_card_measured_is_verified_on_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torch's CPU stands in for the card: other code, and float64 where the CPU has float32."""
    text = TINY.replace("  gan:", "  #").replace("[8]", "[2]")
    with monkeypatch.context() as patch:
        for module in (evaluation, worker):
            patch.setattr(module, "measured_on", lambda device: torch.device("cpu"))
        patch.setattr(runtime, "device_name", lambda device: CARD)
        path = handins.trained(tmp_path, text)
    held = handins.payload(path)
    stored = json.loads(next(d for n, d in held.items() if n.endswith("metrics.json")))
    assert stored["details"]["measured_on"] == CARD
    ladder = verify(path, highest=3)
    assert handins.verdicts(ladder) == dict.fromkeys((1, 2, 3), "passed"), ladder.lines()
    assert any("of the same samples, numbers within 1e-05" in n for n in ladder.rungs[2].notes)
    report = next(d for n, d in held.items() if n.endswith("report.md")).decode()
    assert f"The measures were computed on {CARD} (1 cell)." in report
    samples = next(data for name, data in held.items() if name.endswith("samples.npz"))
    again = evaluation.measure_samples(np.load(io.BytesIO(samples))["samples"], "MNIST").metrics
    fid = stored["metrics"]["proxy_fid"]
    assert fid != again["proxy_fid"] == pytest.approx(fid, rel=1e-5)
