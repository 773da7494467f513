"""One family against another: a mean over all cells, and noise that blocks do not lessen."""

from __future__ import annotations

import math
from statistics import fmean, variance
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import calibration
from labkit.claims import reference
from labkit.claims.cells import Cells, make_cells
from labkit.claims.findings.families import Families, families
from labkit.claims.measure import Samples
from labkit.claims.reference import read
from labkit.claims.table import Table
from labkit.claims.verdict import judge
from tests.claims.grids import DATASETS, LOSSES, SIZES, cell, gans, noisy

LATENTS = (8, 16, 32)


def both(seeds: int, gan: Any, vae: Any, datasets: tuple[str, ...] = DATASETS) -> Cells:
    """A grid of GANs and one of VAEs, by functions of data set, setting and seed."""
    latent = [
        cell({"proxy_fid": vae(d, "", k, s)}, d, s, "vae", latent_dim=k)
        for d in datasets for k in LATENTS for s in range(seeds)
    ]  # fmt: skip
    return make_cells([*gans(gan, seeds, datasets), *latent])


def found(cells: Cells, samples: Samples | None = None) -> tuple[Families, ...]:
    table = Table(cells, samples)
    return families(cells, "gan", "vae", table.measure("proxy_fid"), table)


@given(st.integers(0, 10**6), st.integers(3, 5))
@settings(deadline=None, max_examples=15)
def test_estimate_and_noise_are_those_of_the_seeds_own_differences(start: int, seeds: int) -> None:
    gan, vae = noisy(start), noisy(start + 1, middle=12.0)
    differences = {
        d: [
            fmean(math.log(gan(d, loss, z, s)) for loss in LOSSES for z in SIZES)
            - fmean(math.log(vae(d, "", k, s)) for k in LATENTS)
            for s in range(seeds)
        ]
        for d in DATASETS
    }
    pooled = fmean(variance(each) for each in differences.values())
    for each in found(both(seeds, gan, vae)):
        assert each.estimate == pytest.approx(fmean(differences[each.dataset]))
        assert each.noise is not None
        assert each.noise.error == pytest.approx((pooled / seeds) ** 0.5)
        assert (each.noise.df, each.noise.source) == (2 * (seeds - 1), "own")
        assert (each.n_a, each.n_b, each.n_seeds) == (6, 3, seeds)


def test_who_is_ahead_swaps_with_the_values() -> None:
    low, high = noisy(1, 0.02, 5.0), noisy(2, 0.02, 9.0)
    one, two = found(both(3, low, high)), found(both(3, high, low))
    assert [each.ahead for each in one] == ["gan", "gan"]
    assert [each.ahead for each in two] == ["vae", "vae"]
    assert set(judge(one).values()) == set(judge(two).values()) == {"clear"}


def test_one_seed_without_a_reference_was_seen_once() -> None:
    for each in found(both(1, noisy(1, 0.01, 5.0), noisy(2, 0.01, 9.0)), Samples()):
        assert each.noise is None
        assert judge([each])[each.id] == "seen once"


def test_equal_families_tie() -> None:
    for each in found(both(1, lambda *_: 5.0, lambda *_: 5.0)):
        assert (each.here, each.ahead) == ("tie", None)


def test_a_family_that_was_not_measured_is_said_to_be_missing() -> None:
    (each,) = found(gans(noisy(1), 3, ("MNIST",)))
    assert each.missing is not None
    assert each.missing.reason == "metric_absent_for"
    assert judge([each])[each.id] == "not measured"
    failed = make_cells(
        [*gans(noisy(1), 1, ("MNIST",)), cell({}, family="vae", status="failed", latent_dim=8)]
    )
    (each,) = found(failed)
    assert each.missing is not None
    assert each.missing.reason == "not_finished_for"


def entries(seeds: int) -> list[dict[str, Any]]:
    """Repeated trainings of both families."""
    common = {
        "name": "made-up", "version": 1, "about": "", "settings": {}, "samples": [10_000, 5_000],
        "features": {d: calibration.feature_hash(d) for d in DATASETS}, "metrics": ["proxy_fid"],
    }  # fmt: skip
    gan, vae = noisy(7), noisy(8)
    return [
        {**common, "family": "gan", "factors": {"loss": list(LOSSES), "z_dim": list(SIZES)},
         "columns": ["dataset", "loss", "z_dim", "seed", "proxy_fid"],
         "cells": [[d, loss, z, s, gan(d, loss, z, s)]
                   for d in DATASETS for loss in LOSSES for z in SIZES for s in range(seeds)]},
        {**common, "family": "vae", "factors": {"latent_dim": list(LATENTS)},
         "columns": ["dataset", "latent_dim", "seed", "proxy_fid"],
         "cells": [[d, k, s, vae(d, "", k, s)]
                   for d in DATASETS for k in LATENTS for s in range(seeds)]},
    ]  # fmt: skip


def test_borrowed_noise_is_that_of_single_trainings_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeds = 8
    monkeypatch.setattr(reference, "shipped", lambda: tuple(map(read, entries(seeds))))
    gan, vae = noisy(7), noisy(8)
    of_gans = fmean(variance(math.log(gan(d, loss, z, s)) for s in range(seeds))
                    for d in DATASETS for loss in LOSSES for z in SIZES)  # fmt: skip
    of_vaes = fmean(variance(math.log(vae(d, "", k, s)) for s in range(seeds))
                    for d in DATASETS for k in LATENTS)  # fmt: skip
    for each in found(both(1, noisy(1), noisy(2, middle=20.0)), Samples()):
        assert each.noise is not None
        assert each.noise.error == pytest.approx((of_gans + of_vaes) ** 0.5)
        assert each.noise.df == seeds - 1
        assert (each.noise.source, each.noise.name) == ("reference", "made-up/1")
        assert judge([each])[each.id] == "beyond usual"
