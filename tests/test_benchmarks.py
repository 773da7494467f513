"""The benchmarks run and say what they measure; nothing here is timed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import child as work
from benchmarks import disk, empty, plain, plot, training
from benchmarks.compare import Spread, interleave, ratio
from benchmarks.table import Row, Size, line, markdown
from labkit.store.store import Store
from labkit.train.flops import Arithmetic
from labkit.train.models import lab1, networks


def test_the_plain_script_trains_the_same_networks() -> None:
    """Given labkit's weights, it computes what labkit's faster layers compute."""
    torch.manual_seed(0)
    z, x = torch.randn(4, 64), torch.randn(4, 1, 28, 28).clamp(-1, 1)
    pairs = [
        (plain.generator(64), lab1.generator(64), z),
        (plain.discriminator(), lab1.discriminator(), x),
    ]
    for script, own, given in pairs:
        script.load_state_dict(own.state_dict())
        torch.testing.assert_close(script(given), own(given), rtol=1e-4, atol=1e-5)


def test_the_plain_vae_is_the_labs() -> None:
    torch.manual_seed(0)
    x = torch.randn(4, 1, 28, 28).clamp(-1, 1)
    script, (encoder, decoder) = plain.VAE(16), resolve_networks("lab1")
    script.encoder.load_state_dict(encoder.features.state_dict())
    script.mean.load_state_dict(encoder.mean.state_dict())
    script.log_variance.load_state_dict(encoder.log_variance.state_dict())
    script.decoder.load_state_dict(decoder.state_dict())
    mean, log_variance = encoder(x)
    _, script_mean, script_log_variance = script(x)
    torch.testing.assert_close(script_mean, mean, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(script_log_variance, log_variance, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(script.decoder(mean), decoder(mean).tanh(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["dense256", "conv"])
def test_the_other_plain_vaes_have_the_catalogs_networks(name: str) -> None:
    """The same layers with the same weights compute the same."""
    torch.manual_seed(0)
    x, script = torch.randn(4, 1, 28, 28), plain.VAE(16, name)
    encoder, decoder = resolve_networks(name)
    script.encoder.load_state_dict(encoder.features.state_dict())
    script.mean.load_state_dict(encoder.mean.state_dict())
    script.decoder.load_state_dict(decoder.state_dict())
    mean, _ = encoder(x)
    torch.testing.assert_close(script(x)[1], mean, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(script.decoder(mean), decoder(mean).tanh(), rtol=1e-4, atol=1e-5)


def resolve_networks(name: str) -> tuple[Any, Any]:
    return networks.encoder(name, 16), networks.decoder(name, 16)


CELLS = [
    training.GAN,
    {**training.GAN, "loss": "bce"},
    *({**training.VAE, "networks": name} for name in plain.NETWORKS),
]


@pytest.mark.parametrize("cell", CELLS)
def test_both_train(cell: dict[str, object]) -> None:
    from benchmarks import ours

    assert plain.train(cell, limit=4, epochs=1, threads=1) > 0
    assert ours.train(cell, limit=4, epochs=1, threads=1) > 0
    assert ours.flops(cell) > 1e6


def test_empty_cells_are_done_and_done_once(tmp_path: Path) -> None:
    plan = empty.plan_of(empty.LAB1, [1])
    assert empty.run_empty(plan, tmp_path / "results", "inline").done == 18
    assert all(Store(tmp_path / "results").is_evaluated(cell) for cell in plan.cells)
    again = empty.run_empty(plan, tmp_path / "results", "inline")
    assert (again.done, again.trained) == (18, 0)


def test_the_disk_alone_writes_what_an_empty_cell_writes(tmp_path: Path) -> None:
    disk._write_cells(str(_made(tmp_path / "disk")), ["a"])
    plan = empty.plan_of(empty.ONE_GAN, [1])
    empty.run_empty(plan, tmp_path / "results", "inline")

    def names(root: Path) -> list[str]:
        files = [p.relative_to(root) for p in root.rglob("*") if p.is_file()]
        return sorted("/".join([p.parts[0].split("-")[0], *p.parts[1:]]) for p in files)

    (cell,) = (tmp_path / "results" / "cells").iterdir()
    assert names(cell) == names(tmp_path / "disk" / "cells" / "a")


def _made(root: Path) -> Path:
    (root / "cells").mkdir(parents=True)
    return root


def test_rounds_are_interleaved_and_ratios_taken_within_them() -> None:
    order: list[str] = []

    def contestant(name: str, seconds: list[float]) -> object:
        def run() -> dict[str, float]:
            order.append(name)
            return {"seconds": seconds.pop(0)}

        return run

    slow, fast = [4.0, 40.0, 9.0], [2.0, 10.0, 3.0]  # the machine was busy in the second round
    found = interleave({"slow": contestant("s", slow), "fast": contestant("f", fast)}, 3)
    assert "".join(order) == "sffssf"
    assert ratio(found["slow"], found["fast"]) == Spread(3.0, 2.0, 4.0)


def test_what_was_skipped_is_said() -> None:
    rows = [Row("a", Spread(2.0, 1.0, 3.0), "×", "≥ 1"), Row("b", skipped="no such network")]
    assert line(rows[0]).split() == ["a", "2", "(1–3)", "×", "[≥", "1]"]
    assert "no such network" in line(rows[1])
    machine = {
        "cpu": "x", "family_model": "1/1", "instructions": [], "cores": 2, "memory_gb": 1,
        "system": "Linux", "python": "3", "torch": "2", "load": 0.0,
    }  # fmt: skip
    assert "| b | skipped: no such network |" in markdown(rows, machine)
    kept = json.loads(json.dumps([row.to_json() for row in rows]))
    assert kept[0]["low_median_high"] == [1.0, 2.0, 3.0]
    assert kept[1]["skipped"] == "no such network"


def test_growth_is_drawn_of_what_there_is(tmp_path: Path) -> None:
    cell = {"family": "gan", "images": 100, "epochs": 2, "seconds": 3.0, "memory_mb": 400.0}
    facts = [{}, {**cell, "estimated": None}, {**cell, "images": 400, "estimated": 9.0}]
    facts += [{"cells": 18, "beyond_ms": 3.0, "memory_mb": 90.0}, {"cells": 18, "seconds": 3.0}]
    for some in (facts, facts[3:], []):
        plot.growth(some, tmp_path / "growth.png")
        assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("cell", [training.GAN, training.VAE])
def test_the_roof_is_of_the_convolutions_that_training_has(cell: dict[str, object]) -> None:
    """Their passes are what the step counts, and compute what torch's own layers do."""
    from benchmarks import ours, roof

    found = roof.convolutions(cell, batch=2)
    built = ours.build(cell)
    layers = [m for net in built.networks.values() for m in net.modules()]
    weights = {tuple(m.weight.shape) for m in layers if isinstance(m, roof.KINDS)}
    assert {conv.weight for conv in found} == weights
    assert all(conv.images[0] == 2 for conv in found)
    for conv in found:
        with Arithmetic() as counter:
            for run in roof.passes(conv, "fp32").values():
                run()
        assert counter.total == 4 * roof.operations(conv)  # one forward pass made the gradient


def test_the_roof_is_the_fastest_of_all_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import roof

    seconds = iter([2.0, 0.5, 4.0])
    one = roof.Convolution((1, 1, 4, 4), (1, 1, 2, 2), 2, 0, False)
    monkeypatch.setattr(roof, "convolutions", lambda *_: [one])
    monkeypatch.setattr(roof, "_seconds", lambda run: next(seconds))
    rates = roof.measure(training.GAN, "bf16", batch=1, repeats=1)
    assert roof.operations(one) == 32  # four taps at four places
    assert rates == pytest.approx({"peak": 64e-9, "together": 96 / 6.5e9})


@pytest.mark.parametrize("bf16", [True, False])
def test_the_roofline_is_a_share_of_the_roof(monkeypatch: pytest.MonkeyPatch, bf16: bool) -> None:
    taken = {"network": {"gflop": 0.5}, "ours": {"cpu": 2.0}}
    roofs = {"fp32": {"peak": 100.0, "together": 50.0}, "bf16": {"peak": 200.0, "together": 80.0}}

    def child(omp: int = 1, **task: Any) -> dict[str, float]:
        return taken.get(task["do"]) or roofs[task["precision"]]

    monkeypatch.setattr(training, "child", child)
    monkeypatch.setattr(training, "processor_multiplies_bf16", lambda: bf16)
    rows = list(training.roofline(Size(2, 80, 4, (), (), 4)))
    shares = {"fp32": 20.0} | ({"bf16": 10.0} if bf16 else {})  # 80 images of 0.5 in 2 s: 20
    assert [(row.name, row.value) for row in rows if row.value] == [
        (f"roofline, {name}, {precision}", Spread(share, share, share))
        for precision, share in shares.items()
        for name in ("GAN", "VAE")
    ]
    assert "at most 200 images/s a core" in rows[0].note
    assert bf16 == all(row.value for row in rows)


def test_the_roof_is_measured_in_bf16() -> None:
    took = work.DO["convolutions"](cell=training.VAE, precision="bf16", batch=2, repeats=1)
    assert took["more"]["peak"] >= took["more"]["together"] > 0


@pytest.mark.parametrize("bf16", [True, False])
def test_each_precision_is_set_against_the_script(
    monkeypatch: pytest.MonkeyPatch, bf16: bool
) -> None:
    seconds = {"fp32": 4.0, "bf16": 2.0}

    def child(omp: int = 1, **task: Any) -> dict[str, float]:
        took = 12.0 / omp if task["do"] == "plain" else seconds[task["precision"]]
        return {"seconds": took, "cpu": took, "memory_mb": 100.0}

    monkeypatch.setattr(training, "child", child)
    monkeypatch.setattr(training, "start", child)
    monkeypatch.setattr(training, "finish", lambda run: run)
    monkeypatch.setattr(training, "processor_multiplies_bf16", lambda: bf16)
    size = Size(2, 80, 8, (), (), 4)
    cells = {row.name: row.value for row in training.cells(size)}
    grid = {row.name: (row.value, row.target) for row in training.grid(size)}
    both = [*seconds] if bf16 else ["fp32"]
    assert len(cells) == 4 * 2 * len(both)
    for each in both:
        alone, against_two = 12.0 / seconds[each], 6.0 / seconds[each]
        start = f"GAN cell, {each}: one thread"
        assert cells[f"{start} each"] == Spread(alone, alone, alone)
        assert cells[f"{start} against the script's two"] == Spread(*[against_two] * 3)
        wanted = {"fp32": "≥ 1.5", "bf16": "≥ 3"}[each]
        found = grid[f"the grid of 18 cells, {each}, two cores each"]
        assert found == (Spread(*[against_two] * 3), wanted)
    assert len(grid) == 2 * len(both)
