"""Borrowed noise: used for trainings of the very same kind only, and not where they depart."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from labkit import calibration
from labkit.claims import noise, reference
from labkit.claims.cells import Cells, make_cells
from labkit.claims.findings.levels import Contrast, levels, pairs_of_levels
from labkit.claims.measure import Samples, measure
from labkit.claims.pairs import pair_up
from labkit.claims.reference import Reference, borrow, read
from labkit.claims.table import Table
from tests.claims.grids import DATASETS, LOSSES, SIZES, cell, gans, noisy

FID = measure("proxy_fid")
SAMPLES = Samples()
HELD: dict[str, Any] = {
    "networks": "lab1", "lr": 0.0002, "betas": (0.5, 0.999), "epochs": 10, "batch_size": 128,
    "source": "bundled", "arithmetic": "fp32",
}  # fmt: skip


def entry(seeds: int = 8, width: float = 0.05) -> dict[str, Any]:
    """A reference as the calibration keeps it."""
    value = noisy(77, width)
    return {
        "name": "made-up", "version": 3, "about": "invented", "family": "gan",
        "settings": {**HELD, "betas": [0.5, 0.999]},
        "factors": {"loss": list(LOSSES), "z_dim": list(SIZES)},
        "samples": [10_000, 5_000],
        "features": {d: calibration.feature_hash(d) for d in DATASETS},
        "metrics": ["proxy_fid", "coverage"],
        "columns": ["dataset", "loss", "z_dim", "seed", "proxy_fid", "coverage"],
        "cells": [
            [d, loss, z, s, value(d, loss, z, s), None]
            for d in DATASETS for loss in LOSSES for z in SIZES for s in range(seeds)
        ],
    }  # fmt: skip


KNOWN = read(entry())


def mine(seeds: int = 1, **other: Any) -> Cells:
    return gans(noisy(1, 0.05), seeds, **{**HELD, **other})


def known_to(cells: Cells, samples: Samples | None = SAMPLES) -> bool:
    return KNOWN.matches(cells, samples)


def test_an_entry_is_read_as_it_was_kept() -> None:
    assert KNOWN.name == "made-up/3"
    assert KNOWN.settings["betas"] == (0.5, 0.999)
    assert len(KNOWN.cells) == 96
    assert all("coverage" not in c.metrics for c in KNOWN.cells)
    assert KNOWN.cells.of(dataset="MNIST").seeds == tuple(range(8))


def test_trainings_of_the_very_same_kind_match() -> None:
    assert known_to(mine())
    assert known_to(gans(noisy(1), 1, ("FashionMNIST",), **HELD))
    assert known_to(mine(arithmetic="bf16"))  # trains alike, as the paired study shows
    assert known_to(Cells(tuple(c for c in mine() if c.settings["z_dim"] == 64)))


@pytest.mark.parametrize("name", HELD)
def test_every_setting_that_differs_keeps_it_from_being_used(name: str) -> None:
    for level in ("another", 7):
        other: dict[str, Any] = {name: level}
        assert not known_to(mine(**other))
    without = {n: level for n, level in HELD.items() if n != name}
    assert not known_to(gans(noisy(1), 1, **without))


def test_one_odd_cell_is_enough_and_so_is_a_setting_it_does_not_know() -> None:
    rows = list(mine())
    rows[3] = replace(rows[3], settings={**rows[3].settings, "lr": 0.001})
    assert not known_to(make_cells(rows))
    assert not known_to(mine(ema=0.999))


def test_levels_must_lie_inside_its_range() -> None:
    def with_level(**level: Any) -> Cells:
        return make_cells(
            [cell({"proxy_fid": 1.0}, **{"loss": "bce", "z_dim": 64, **HELD, **level})]
        )

    for inside in (32, 50, 128):
        assert known_to(with_level(z_dim=inside))
    for outside in (31, 129, 256, "none", True):
        assert not known_to(with_level(z_dim=outside))
    assert known_to(with_level(loss="hinge"))
    assert not known_to(with_level(loss="wgan"))


def test_samples_features_family_and_data_set_must_agree() -> None:
    for samples in (None, Samples(2_000, 5_000), Samples(10_000, 2_000)):
        assert not known_to(mine(), samples)
    older = replace(KNOWN, features={**KNOWN.features, "MNIST": "0" * 64})
    assert not older.matches(mine(), Samples())
    assert older.matches(gans(noisy(1), 1, ("FashionMNIST",), **HELD), Samples())
    assert not replace(KNOWN, family="vae").matches(mine(), Samples())
    assert not known_to(gans(noisy(1), 1, ("KMNIST",), **HELD))


# ------------------------------------------------------------------ what is borrowed


def compare(cells: Cells, factor: str) -> list[Any]:
    return [pair_up(cells.of(dataset=d), factor, FID) for d in cells.datasets]


@pytest.mark.parametrize("factor", ["loss", "z_dim"])
def test_a_factors_own_mean_square_is_borrowed(factor: str) -> None:
    found = borrow(compare(mine(), factor), KNOWN)
    own = noise.spread(compare(KNOWN.cells, factor))
    assert found.odd is None
    assert found.spread is not None
    assert own is not None
    blocks = 3 if factor == "loss" else 2
    single, _df = noise.rest(compare(KNOWN.cells, factor))
    assert found.spread.variance == pytest.approx(max(own.variance, single / blocks))
    assert dict(found.spread.by_level) == dict(own.by_level)
    assert (found.spread.source, found.spread.name) == ("reference", "made-up/3")


def test_its_seeds_less_one_are_its_degrees_of_freedom() -> None:
    for seeds in (4, 8):
        found = borrow(compare(mine(), "z_dim"), read(entry(seeds))).spread
        assert found is not None
        assert found.df == seeds - 1


def test_fewer_blocks_hold_more_of_each_cells_own_noise() -> None:
    one_size = Cells(tuple(c for c in mine() if c.settings["z_dim"] == 64))
    full, few = (borrow(compare(c, "loss"), KNOWN).spread for c in (mine(), one_size))
    single, _df = noise.rest(compare(KNOWN.cells, "loss"))
    assert full is not None
    assert few is not None
    assert few.variance - full.variance == pytest.approx(single * (1 - 1 / 3))
    for level in LOSSES:
        assert few.by_level[level] - full.by_level[level] == pytest.approx(single * (1 - 1 / 3))


def test_a_reference_without_the_metric_gives_nothing() -> None:
    cells = gans(lambda *_: 0.5, 1, metric="coverage", **HELD)
    pairs = [pair_up(cells.of(dataset=d), "loss", measure("coverage")) for d in DATASETS]
    assert borrow(pairs, KNOWN) == reference.Borrowed(None)


# ------------------------------------------------------------------ the gate


def with_outlier(times: float) -> Cells:
    """A grid that fits the reference but for one cell, whose FID is so many times as large."""
    steady = noisy(1, 0.005)

    def value(d: str, loss: str, z: int, s: int) -> float:
        hit = (d, loss, z) == ("FashionMNIST", "bce", 32)
        # The reference's own departures, so that nothing but the outlier departs from it.
        usual = math.exp(sum(math.log(noisy(77, 0.05)(d, loss, z, i)) for i in range(8)) / 8)
        return usual * steady(d, loss, z, s) / 10 * (times if hit else 1.0)

    return gans(value, 1, **HELD)


@pytest.mark.parametrize("factor", ["loss", "z_dim"])
def test_a_grid_that_departs_is_not_judged_by_it_and_its_odd_cell_is_named(factor: str) -> None:
    found = borrow(compare(with_outlier(2.0), factor), KNOWN)
    assert found.spread is None
    assert found.odd is not None
    where = (found.odd.dataset, found.odd.settings["loss"], found.odd.settings["z_dim"])
    if factor == "z_dim":  # by the loss alone, hinge and BCE of the cell's size depart alike
        assert where[0] == "FashionMNIST"
        assert where[2] == 32
    assert where[0] == "FashionMNIST"


def test_the_gate_stays_open_for_what_does_not_depart() -> None:
    for times in (1.0, 1.05):
        found = borrow(compare(with_outlier(times), "loss"), KNOWN)
        assert found.odd is None
        assert found.spread is not None


def test_the_gate_is_where_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = compare(with_outlier(1.3), "loss")
    monkeypatch.setattr(reference, "GATE", 0.0)
    assert borrow(pairs, KNOWN).odd is None
    monkeypatch.setattr(reference, "GATE", 1.0)
    assert borrow(pairs, KNOWN).odd is not None


# ------------------------------------------------------------------ the table


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Reference:
    monkeypatch.setattr(reference, "shipped", lambda: (KNOWN,))
    return KNOWN


def contrasts(table: Table) -> list[Contrast]:
    fid = table.measure("proxy_fid")
    return pairs_of_levels(levels(table.cells, "z_dim", fid, table))


def sources(table: Table) -> set[tuple[str, str] | None]:
    noises = [c.noise for c in contrasts(table)]
    return {(found.source, found.name) if found else None for found in noises}


@pytest.mark.usefixtures("shipped")
def test_a_table_takes_its_own_noise_first_then_a_references_then_none() -> None:
    for seeds in (1, 2):
        assert sources(Table(mine(seeds), Samples())) == {("reference", "made-up/3")}
    for seeds in (3, 5):
        assert sources(Table(mine(seeds), Samples())) == {("own", "")}
    assert sources(Table(mine(), Samples(), borrow=False)) == {None}
    assert sources(Table(mine(), None)) == {None}
    assert sources(Table(mine(lr=0.1), Samples())) == {None}


@pytest.mark.usefixtures("shipped")
def test_two_seeds_halve_the_borrowed_variance() -> None:
    one, two = (contrasts(Table(mine(n), Samples()))[0].noise for n in (1, 2))
    assert one is not None
    assert two is not None
    assert one.error == pytest.approx(two.error * 2**0.5)


@pytest.mark.usefixtures("shipped")
def test_the_odd_cell_is_kept_with_the_finding() -> None:
    table = Table(with_outlier(3.0), Samples())
    found = levels(table.cells, "z_dim", table.measure("proxy_fid"), table)
    assert all(each.odd is not None and each.odd.dataset == "FashionMNIST" for each in found)
    assert sources(table) == {None}


def test_what_comes_with_labkit_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "reference_noise", lambda: [entry(3), entry(4)])
    reference.shipped.cache_clear()
    try:
        assert [len(each.cells) for each in reference.shipped()] == [36, 48]
        assert reference.find(mine(), Samples()) is reference.shipped()[0]
        assert reference.find(mine(lr=0.1), Samples()) is None
    finally:
        reference.shipped.cache_clear()


def test_every_shipped_reference_can_be_used() -> None:
    """Holds for none, too: then reports with one seed have counts and sizes alone."""
    for each in map(read, calibration.reference_noise()):
        assert each.matches(each.cells, each.samples), each.name
        for factor in each.factors:
            assert noise.spread(compare(each.cells, factor)) is not None, (each.name, factor)
