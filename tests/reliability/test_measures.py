"""Rungs 3 and 4 on a real, tiny hand-in: measured again, drawn again, trained again."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from labkit.handin.verify import verify
from tests.reliability import forge
from tests.reliability.forge import Change
from tests.reliability.test_verify import edit, edit_json, replaced

pytestmark = [pytest.mark.slow, pytest.mark.soak]

TINY = """\
name: lab
author: {name: Ada, id: "1815", group: A, course: DL}
data: {source: bundled, limit: 256}
training: {epochs: 3, batch_size: 64, snapshot_epochs: [1, 3]}
evaluation: {samples: 300, selection_samples: 200}
experiments:
  gan: {family: gan, grid: {dataset: [MNIST], loss: [hinge]}}
  vae: {family: vae, grid: {dataset: [MNIST], latent_dim: [8, 16]}}
"""


#: The size of a safetensors header, far beyond any file.
HUGE = (1 << 40).to_bytes(8, "little")


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    (folder / "experiments.yaml").write_text(TINY)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "LABKIT_CACHE": str(folder / "cache")}
    for args in (["run"], ["submit"], ["submit", "--light", "-o", "light.zip"]):
        command = [sys.executable, "-m", "labkit", *args]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return folder / "lab.zip"


@pytest.fixture(scope="module")
def files(honest: Path) -> dict[str, bytes]:
    return forge.payload(honest)


def test_an_honest_one_passes(honest: Path) -> None:
    ladder = verify(honest, rerun=1, cells="*VAE_latent8")
    assert forge.verdicts(ladder) == dict.fromkeys((1, 2, 3, 4), "passed"), ladder.lines()
    assert any("identical" in note for note in ladder.rungs[3].notes)


def test_a_light_one_is_said_to_be_not_checkable(honest: Path) -> None:
    ladder = verify(honest.with_name("light.zip"))
    assert forge.verdicts(ladder) == {1: "passed", 2: "passed", 3: "not checkable"}
    assert honest.with_name("light.zip").stat().st_size < honest.stat().st_size / 3


def nudged(text: bytes, key: str) -> bytes:
    """A metric a thousandth larger."""
    value = json.loads(text)
    old = value["metrics"][key]
    value["metrics"][key] = 1.0 if old is None else (old or 1.0) * 1.001
    return json.dumps(value, indent=1, sort_keys=True).encode()


def repainted(data: bytes) -> bytes:
    """A picture with a few pixels changed."""
    from PIL import Image

    page = np.asarray(Image.open(io.BytesIO(data))).copy()
    page[:3, :3] = 255 - page[:3, :3]
    file = io.BytesIO()
    Image.fromarray(page).save(file, "PNG")
    return file.getvalue()


def resampled(data: bytes) -> bytes:
    """Samples with one of them replaced by another."""
    samples = np.load(io.BytesIO(data))["samples"].copy()
    samples[0] = samples[1]
    file = io.BytesIO()
    np.savez_compressed(file, samples=samples)
    return file.getvalue()


def forgeries(files: dict[str, bytes]) -> Iterator[tuple[str, Change]]:
    for name in sorted(files):
        last = name.rpartition("/")[2]
        if last == "metrics.json" and "/eval-" in name:
            for key in json.loads(files[name])["metrics"]:
                yield f"{name}: {key}", edit(name, lambda d, k=key: nudged(d, k))
            yield (
                f"{name}: a share of a class",
                edit_json(name, lambda v: v["details"]["class_shares"].reverse()),
            )
        elif last == "metrics.json":
            yield (
                f"{name}: sheet",
                edit_json(name, lambda v: v["metrics"].update(lab_sheet_fid=1.5)),
            )
        elif last == "samples.npz":
            yield f"{name}: one sample", edit(name, resampled)
        elif last in ("best.safetensors", "checkpoint.safetensors"):
            yield f"{name}: cut", edit(name, lambda d: d[: len(d) // 2])
            yield f"{name}: huge header", edit(name, lambda d: HUGE + d[8:])
        elif last.endswith("_epoch3.png") and "/train/" in name:
            yield f"{name}: pixels", edit(name, repainted)
        elif last == "history.jsonl":
            fid = json.loads(files[name].splitlines()[-1])["proxy_fid"]
            yield f"{name}: last proxy FID", edit(name, replaced(repr(fid), repr(fid * 1.01)))
    evals = sorted({n.split("/")[2] for n in files if "/eval-" in n and "VAE" in n})
    yield "two cells exchanged in part", exchange_files(files, *evals[:2], "samples.npz")
    yield "two cells' weights exchanged", exchange_files(files, *evals[:2], "best.safetensors")


def exchange_files(files: dict[str, bytes], a: str, b: str, last: str) -> Change:
    first, second = (
        next(n for n in files if n.split("/")[2:3] == [cell] and n.endswith(f"/{last}"))
        for cell in (a, b)
    )

    def apply(held: dict[str, bytes]) -> None:
        held[first], held[second] = held[second], held[first]

    return apply


def test_forged_results_are_caught_by_measuring(files: dict[str, bytes], tmp_path: Path) -> None:
    """The report is made again from forged results, so that rungs 1 and 2 hold."""
    missed, tried = [], 0
    with pytest.MonkeyPatch.context() as patch:
        (tmp_path / "reports").mkdir()
        forge.remember_reports(patch, tmp_path / "reports")
        for number, (what, change) in enumerate(forgeries(files)):
            path = forge.forged(files, tmp_path / f"{number}.zip", change, again=True)
            found = forge.verdicts(verify(path, highest=3))
            tried += 1
            if found != {1: "passed", 2: "passed", 3: "failed"}:
                missed.append(f"{what}: {found}")
    print(f"{tried} forged results, {tried - len(missed)} caught by measuring")
    assert missed == []
    assert tried >= 60


def test_only_training_again_finds_what_was_never_computed(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    """A loss of the first epoch, mended everywhere: nothing that was handed in contradicts it."""
    name = next(n for n in sorted(files) if "VAE_latent8" in n and n.endswith("history.jsonl"))
    kl = json.loads(files[name].splitlines()[0])["kl_loss"]
    change = edit(name, replaced(repr(kl), repr(kl * 1.1)))
    path = forge.forged(files, tmp_path / "x.zip", change, again=True)
    ladder = verify(path, rerun=1, cells="*VAE_latent8")
    assert forge.verdicts(ladder) == {1: "passed", 2: "passed", 3: "passed", 4: "failed"}
    assert any("kl_loss of epoch 1" in line for line in ladder.rungs[3].found)
