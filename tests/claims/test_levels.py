"""The levels of a factor: who is ahead, by how much, in how many pairs, with which noise."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.claims.cells import Cells, make_cells
from labkit.claims.findings.levels import Contrast, levels, pairs_of_levels
from labkit.claims.measure import Samples
from labkit.claims.sentences import telling
from labkit.claims.sentences.en import evidence
from labkit.claims.table import Table
from labkit.claims.verdict import Strength, judge
from tests.claims.grids import LOSSES, SIZES, gans, noisy

relaxed = settings(deadline=None, max_examples=20)


def found(cells: Cells, samples: Samples | None = None) -> list[Contrast]:
    table = Table(cells, samples, borrow=False)
    measure = table.measure("proxy_fid")
    return pairs_of_levels([e for f in ("loss", "z_dim") for e in levels(cells, f, measure, table)])


def strengths(cells: Cells) -> dict[str, Strength]:
    return judge(found(cells))


@given(st.integers(0, 10**6), st.integers(1, 4))
@relaxed
def test_means_estimates_and_wins_are_those_of_a_second_reckoning(start: int, seeds: int) -> None:
    value = noisy(start)
    for each in found(gans(value, seeds)):
        places = [
            (o, s) for o in (SIZES if each.factor == "loss" else LOSSES) for s in range(seeds)
        ]

        def of(level: object, other: object, seed: int, d: str = each.dataset,
               by_loss: bool = each.factor == "loss") -> float:  # fmt: skip
            loss, z = (level, other) if by_loss else (other, level)
            return value(d, str(loss), int(str(z)), seed)

        a = [of(each.a, *place) for place in places]
        b = [of(each.b, *place) for place in places]
        assert each.mean_a == pytest.approx(math.exp(fmean(map(math.log, a))))
        assert each.estimate == pytest.approx(fmean(np.log(a) - np.log(b)))
        assert each.ahead == (each.a if each.mean_a < each.mean_b else each.b)
        ahead = sum(x < y for x, y in zip(a, b, strict=True))
        assert each.wins == (ahead if each.ahead == each.a else len(a) - ahead)
        assert (each.pairs, each.n_seeds) == (len(a), seeds)
        assert (each.noise is None) == (seeds < 3)


@given(st.integers(0, 10**6), st.sampled_from([1, 3]))
@relaxed
def test_swapping_two_levels_values_swaps_who_is_ahead(start: int, seeds: int) -> None:
    value = noisy(start)
    other = {"hinge": "bce", "bce": "hinge"}

    def swapped(d: str, loss: str, z: int, seed: int) -> float:
        return value(d, other[loss], z, seed)

    pairs = zip(found(gans(value, seeds)), found(gans(swapped, seeds)), strict=True)
    before, after = strengths(gans(value, seeds)), strengths(gans(swapped, seeds))
    for one, two in pairs:
        if one.factor == "loss":
            assert (one.ahead, one.behind) == (two.behind, two.ahead)
            assert one.wins == two.wins
        else:
            assert one.ahead == two.ahead
    assert before == after


@given(st.integers(0, 10**6), st.floats(0.01, 100))
@relaxed
def test_scaling_all_fids_changes_no_strength(start: int, factor: float) -> None:
    value = noisy(start, 0.05)

    def scaled(d: str, loss: str, z: int, seed: int) -> float:
        return factor * value(d, loss, z, seed)

    assert strengths(gans(scaled)) == strengths(gans(value))


@given(st.integers(0, 10**6), st.lists(st.floats(-1, 1), min_size=3, max_size=3))
@relaxed
def test_a_constant_a_seed_in_the_logarithms_changes_nothing(
    start: int, shifts: list[float]
) -> None:
    value = noisy(start, 0.05)

    def shifted(d: str, loss: str, z: int, seed: int) -> float:
        return math.exp(shifts[seed]) * value(d, loss, z, seed)

    before, after = found(gans(value)), found(gans(shifted))
    assert judge(after) == judge(before)
    for one, two in zip(before, after, strict=True):
        assert two.estimate == pytest.approx(one.estimate, abs=1e-9)
        assert two.p == pytest.approx(one.p, abs=1e-6)
        assert (two.wins, two.ahead) == (one.wins, one.ahead)


@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
@relaxed
def test_the_order_of_rows_does_not_matter(start: int, rng: random.Random) -> None:
    cells = gans(noisy(start))
    rows = list(cells.rows)
    rng.shuffle(rows)
    assert found(make_cells(rows)) == found(cells)


def test_a_strong_effect_is_clear_and_the_rest_is_not() -> None:
    calm = noisy(3, 0.01)

    def value(d: str, loss: str, z: int, seed: int) -> float:
        return calm(d, loss, z, seed) * (1.3 if loss == "bce" else 1.0)

    firm = {name for name, s in strengths(gans(value)).items() if s == "clear"}
    assert firm == {f"contrast.gan.loss.proxy_fid.{d}.hinge-bce" for d in ("MNIST", "FashionMNIST")}


def test_rounding_makes_ties_and_a_tie_has_no_winner() -> None:
    """0.05 and 0.06 touch once rounding is allowed for; 0.05 and 0.07 do not."""

    def typed(a: float, b: float) -> Contrast:
        cells = gans(lambda d, loss, z, s: a if loss == "hinge" else b, 1, ("MNIST",), half=0.005)
        return next(each for each in found(cells) if each.factor == "loss")

    near, far = typed(0.05, 0.06), typed(0.05, 0.07)
    assert (near.here, near.ahead, near.behind, near.wins) == ("tie", None, None, 0)
    assert (far.here, far.ahead, far.wins, far.pairs) == ("yes", "hinge", 3, 3)


def test_equal_values_tie_at_every_level() -> None:
    cells = gans(lambda *_: 7.0, 3, ("MNIST",))
    table = Table(cells)
    (only,) = levels(cells, "z_dim", table.measure("proxy_fid"), table)
    assert only.here == "tie"
    assert only.best == (32, 64, 128)
    assert only.largest == 0


def test_best_rivals_and_order() -> None:
    size = {32: 3.0, 64: 1.0, 128: 2.0}
    cells = gans(lambda d, loss, z, s: size[z], 1, ("MNIST",))
    table = Table(cells)
    (only,) = levels(cells, "z_dim", table.measure("proxy_fid"), table)
    assert only.order == (64, 128, 32)
    assert only.best == (64,)
    assert {frozenset((c.a, c.b)) for c in only.rivals} == {
        frozenset((64, 32)),
        frozenset((64, 128)),
    }
    (turned,) = levels(cells, "z_dim", table.measure("proxy_fid"), table, towards=1)
    assert turned.order == (32, 128, 64)


def test_what_other_samples_could_change_falls_with_the_blocks() -> None:
    cells = gans(lambda d, loss, z, s: 10.0, 1, ("MNIST",))
    one = next(c for c in found(cells, Samples()) if c.factor == "loss")
    single = make_cells(c for c in cells if c.settings["z_dim"] == 64)
    table = Table(single, Samples())
    (alone,) = pairs_of_levels(levels(single, "loss", table.measure("proxy_fid"), table))
    assert one.resolution == pytest.approx(alone.resolution / 3**0.5)
    assert alone.resolution > 0
    assert next(c for c in found(cells) if c.factor == "loss").resolution == 0


def test_a_failed_level_is_said_to_be_left_out() -> None:
    cells = make_cells(
        replace(c, metrics={}, status="failed") if c.settings["z_dim"] == 32 else c
        for c in gans(noisy(1), 1, ("MNIST",))
    )
    table = Table(cells)
    measure = table.measure("proxy_fid")
    (only,), (pairs,) = (
        levels(cells, "z_dim", measure, table), table.pairs(cells, "z_dim", measure),
    )  # fmt: skip
    assert (pairs.left_out, pairs.planned, len(only.cells)) == ((32,), 6, 4)


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_row_of_evidence_tells_of_the_level_ahead_and_of_its_own_rule(seeds: int) -> None:
    rows = found(gans(noisy(0), seeds))
    assert {each.ahead == each.a for each in rows} == {True, False}
    assert all(evidence.difference(each).startswith("−") for each in rows)  # a lower FID
    assert {telling.rule(each, "seen once") for each in rows} == {
        evidence.RULES["" if seeds == 1 else "told"]
    }
    assert {telling.rule(each, "clear") for each in rows} == {
        evidence.RULES["" if seeds == 1 else "own"]
    }
