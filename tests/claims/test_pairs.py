"""Cells that differ in one factor alone: which are compared, which are left out, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labkit.claims.cell import Cell
from labkit.claims.cells import Cells, make_cells
from labkit.claims.measure import measure
from labkit.claims.pairs import pair_up
from tests.claims.grids import cell, gans

FID = measure("proxy_fid")


def mnist(seeds: int = 2) -> Cells:
    return gans(lambda d, loss, z, seed: 10.0 + z / 32 + seed, seeds, ("MNIST",))


def test_a_group_holds_cells_that_differ_in_the_factor_alone() -> None:
    pairs = pair_up(mnist(), "z_dim", FID)
    assert pairs.missing is None
    assert (pairs.levels, pairs.seeds, len(pairs.blocks)) == ((32, 64, 128), (0, 1), 2)
    for group in pairs.groups:
        for level, one in group.cells.items():
            assert one.settings["z_dim"] == level
            assert one.seed == group.seed
            assert one.settings["loss"] == dict(group.block)["loss"]
    assert (len(pairs.cells), pairs.planned) == (12, 12)


def test_a_group_in_which_a_cell_failed_is_left_out_whole() -> None:
    cells = make_cells(
        cell({"proxy_fid": 9.0}, seed=0, status="failed", loss="bce", z_dim=64)
        if (c.seed, c.settings["loss"], c.settings["z_dim"]) == (0, "bce", 64)
        else c
        for c in mnist()
    )
    pairs = pair_up(cells, "z_dim", FID)
    assert len(pairs.groups) == 3
    assert (len(pairs.cells), pairs.planned) == (9, 12)
    assert not any((g.seed, dict(g.block)["loss"]) == (0, "bce") for g in pairs.groups)
    by_loss = pair_up(cells, "loss", FID)
    assert sorted((g.seed, dict(g.block)["z_dim"]) for g in by_loss.groups) == [
        (0, 32), (0, 128), (1, 32), (1, 64), (1, 128),
    ]  # fmt: skip


def test_a_level_without_values_is_left_out_and_the_others_are_compared() -> None:
    cells = make_cells(
        replace(c, metrics={}, status="failed") if c.settings["z_dim"] == 128 else c
        for c in mnist()
    )
    pairs = pair_up(cells, "z_dim", FID)
    assert (pairs.levels, pairs.left_out, pairs.planned) == ((32, 64), (128,), 12)


def of(*each: Cell) -> Cells:
    return make_cells(each)


@pytest.mark.parametrize(
    ("cells", "factor", "metric", "reason"),
    [
        (mnist(), "n_critic", "proxy_fid", "factor_absent"),
        (of(cell({"proxy_fid": 1.0}, z_dim=64)), "z_dim", "proxy_fid", "factor_constant"),
        (gans(lambda *_: 1.0, 1, ("MNIST",), "d_loss"), "loss", "d_loss", "not_comparable"),
        (mnist(), "z_dim", "coverage", "metric_absent"),
        (
            of(*(cell({}, status="failed", z_dim=z) for z in (32, 64))),
            "z_dim", "proxy_fid", "not_finished",
        ),
        (
            of(*(cell({}, status="missing", z_dim=z) for z in (32, 64))),
            "z_dim", "proxy_fid", "not_run",
        ),
        (
            of(*(cell({"proxy_fid": 1.0}, z_dim=z, lr=z / 100) for z in (32, 64))),
            "z_dim", "proxy_fid", "confounded",
        ),
        (
            of(cell({"proxy_fid": 1.0}, z_dim=32), cell({}, z_dim=64, status="failed")),
            "z_dim", "proxy_fid", "one_level",
        ),
    ],
)  # fmt: skip
def test_why_nothing_is_compared(cells: Cells, factor: str, metric: str, reason: str) -> None:
    found = pair_up(cells, factor, measure(metric))
    assert found.groups == ()
    assert found.missing is not None
    assert found.missing.reason == reason


def test_what_changes_with_the_factor_is_named() -> None:
    cells = of(
        cell({"proxy_fid": 1.0}, z_dim=32, lr=0.1), cell({"proxy_fid": 2.0}, z_dim=64, lr=0.2)
    )
    missing = pair_up(cells, "z_dim", FID).missing
    assert missing is not None
    assert missing.about["others"] == ("lr",)


def test_logarithms_are_compared_only_where_all_values_are_positive() -> None:
    assert pair_up(mnist(), "z_dim", FID).log
    with_zero = gans(lambda d, loss, z, seed: 0.0 if z == 32 else 5.0, 1, ("MNIST",))
    assert not pair_up(with_zero, "z_dim", FID).log
    rounded_to_zero = gans(lambda *_: 0.05, 1, ("MNIST",), half=0.05)
    assert not pair_up(rounded_to_zero, "z_dim", FID).log


def test_a_seed_counts_once_however_many_blocks_it_has() -> None:
    """A mean is taken over blocks within a seed first, then over seeds."""
    cells = of(
        *(cell({"coverage": 0.2 * z / 32}, seed=0, loss=loss, z_dim=z)
          for loss in ("bce", "hinge") for z in (32, 64)),
        *(cell({"coverage": 0.8 * z / 32}, seed=1, loss="bce", z_dim=z) for z in (32, 64)),
    )  # fmt: skip
    pairs = pair_up(cells, "z_dim", measure("coverage"))
    assert pairs.mean(32) == pytest.approx(0.5)
    assert pairs.mean(64) == pytest.approx(1.0)
