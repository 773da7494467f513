"""The simulation behind docs/claims.md: its grids are what they say, and wrong calls are rare."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from labkit.claims import noise
from labkit.claims.findings.levels import Contrast
from labkit.claims.measure import measure
from labkit.claims.pairs import pair_up
from scripts import simulate_claims as script
from scripts.simulate_claims import World


def test_grids_have_the_mean_squares_of_the_design() -> None:
    grid = script.draw(World(), 400, np.random.default_rng(1))
    cells = script.cells_of(grid)
    for dataset, (by_loss, by_z, rest) in script.WIDTHS.items():
        loss, z = (
            pair_up(cells.of(dataset=dataset), f, measure("proxy_fid")) for f in script.FACTORS
        )
        a, b = noise.spread([loss]), noise.spread([z])
        assert a is not None
        assert b is not None
        assert (a.variance * 3) ** 0.5 == pytest.approx(by_loss, rel=0.12)
        assert (b.variance * 2) ** 0.5 == pytest.approx(by_z, rel=0.12)
        assert noise.rest([loss])[0] ** 0.5 == pytest.approx(rest, rel=0.12)


@pytest.mark.parametrize(
    "world", [World(), World(skewed=True), World(alike=True), World(noise=1.5)], ids=str
)
def test_noise_has_its_width_and_no_mean(world: World) -> None:
    grid = script.draw(world, 4_000, np.random.default_rng(2)) / world.noise
    single = grid.std(axis=-1)
    for i, (by_loss, by_z, rest) in enumerate(script.WIDTHS.values()):
        parts = (by_loss**2 - rest**2) / 3, (by_z**2 - rest**2) / 2, rest**2, script.SHARED**2
        assert single[i] == pytest.approx(math.sqrt(sum(parts)), rel=0.1)
    assert np.abs(grid.mean(axis=-1)).max() < 0.01


def test_effects_stand_where_the_truth_says() -> None:
    world = World(loss=0.3, z_dim=0.2)
    grid = script.draw(world, 3_000, np.random.default_rng(3)).mean(axis=-1)
    assert grid[:, 1] - grid[:, 0] == pytest.approx(0.3, abs=0.02)
    assert grid[:, :, 0] - grid[:, :, 1] == pytest.approx(0.2, abs=0.02)
    assert grid[:, :, 2] - grid[:, :, 0] == pytest.approx(0.0, abs=0.02)
    assert world.truth(Contrast(factor="loss", a="hinge", b="bce")) == pytest.approx(-0.3)
    assert world.truth(Contrast(factor="z_dim", a=32, b=64)) == pytest.approx(0.2)
    assert world.truth(Contrast(factor="z_dim", a=32, b=128)) == 0


def test_collapses_only_make_fids_larger() -> None:
    calm, hit = (script.draw(World(collapse=c), 500, np.random.default_rng(4)) for c in (0.0, 0.05))
    rose = hit - calm
    assert np.mean(rose > 0) == pytest.approx(0.05, abs=0.015)
    assert rose[rose > 0].min() >= math.log(2) - 1e-9
    assert rose.min() >= 0


def test_the_reference_is_used_as_a_shipped_one_is() -> None:
    rng = np.random.default_rng(5)
    known = script.make_reference(World(), rng)
    cells = script.cells_of(script.draw(World(), 1, rng))
    table = script.Simulated(cells, script.SAMPLES, known=known)
    assert table.reference("gan") is known
    assert replace(table, samples=None).reference("gan") is None


def test_wrong_calls_are_rare_and_effects_are_found() -> None:
    for seeds in (1, 3):
        tally = script.simulate(World(), seeds, 30)
        assert len(tally.wrong) == tally.grids == 30
        assert sum(tally.wrong) <= 5  # P(more | 5 %) < 0.004
    large = script.simulate(World(loss=math.log(1.3)), 5, 5)
    assert large.power("loss") == 1
    assert large.found["z_dim"] == []


def test_without_the_gate_collapses_are_called() -> None:
    world = World(collapse=0.1)
    assert script.simulate(world, 1, 30, gate=-1.0).false > 0.3
    assert script.simulate(world, 1, 30).false < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("seeds", script.SEEDS)
@pytest.mark.parametrize("world", [w for w in script.EMPTY if w.noise == 1], ids=lambda w: w.name)
def test_false_alarms_stay_within_five_percent(world: World, seeds: int) -> None:
    grids = 200
    assert script.simulate(world, seeds, grids, seed=6).false <= script.limit(grids)


@pytest.mark.slow
def test_both_tables_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["simulate_claims.py", "--quick"])
    script.main()
    shown = capsys.readouterr().out
    assert all(f"| {world.name} |" in shown for world in (*script.EMPTY, *script.EFFECTS))
