"""A small run of the simulation behind docs/claims.md: its truths are right, errors rare."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "simulate_claims.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("simulate_claims", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate_claims"] = module
    spec.loader.exec_module(module)
    return module


def test_the_worlds_are_what_they_say(script: ModuleType) -> None:
    world = script.truth(2.0)
    hinge = world.of("gan", "MNIST", "proxy_fid", loss="hinge")
    bce = world.of("gan", "MNIST", "proxy_fid", loss="bce")
    assert (bce - hinge) / (script.NOISE * script.DATASETS["MNIST"]) == pytest.approx(2.0)
    assert world.of("gan", "MNIST", "proxy_fid", z_dim=32) == pytest.approx(
        world.of("gan", "MNIST", "proxy_fid", z_dim=128)
    )


def test_an_effect_of_the_margins_size_does_not_count(script: ModuleType) -> None:
    world = script.truth(0.5)
    loss = {"loss": ("hinge", "bce")}
    assert not script._ahead(world, "gan", "MNIST", "proxy_fid", -1, **loss)
    assert script._ahead(script.truth(0.6), "gan", "MNIST", "proxy_fid", -1, **loss)
    assert not script._ahead(script.truth(2.0), "gan", "MNIST", "proxy_fid", 1, **loss)


def test_one_seed_supports_nothing_in_any_world(script: ModuleType) -> None:
    tally = script.simulate(2.0, 1, 10, "normal", 0)
    assert tally.grids == 10
    assert tally.judged
    assert not tally.supported
    assert not tally.wrong


def test_errors_are_rare_where_nothing_is_true_and_effects_are_found(script: ModuleType) -> None:
    nothing = script.simulate(0.0, 5, 20, "normal", 1)
    assert nothing.grids == 20
    assert nothing.judged["best-of"] > 0
    assert max(nothing.wrong_grids.values(), default=0) <= 4  # P(more | 5 %) < 0.003
    large = script.simulate(2.0, 8, 8, "normal", 2)
    assert large.supported["best-of"] > 0.4 * large.true["best-of"]


@pytest.mark.slow
@pytest.mark.parametrize("noise", ["normal", "skewed"])
@pytest.mark.parametrize(("effect", "seeds"), [(0.0, 3), (0.5, 3), (0.5, 8), (1.0, 5)])
def test_false_support_stays_within_five_percent(
    script: ModuleType, effect: float, seeds: int, noise: str
) -> None:
    grids = 200
    tally = script.simulate(effect, seeds, grids, noise, 3)
    assert tally.grids == grids
    assert tally.judged["best-of"] > 0
    for question in script.QUESTIONS:
        assert tally.wrong_grids[question] / grids <= script.limit(grids)
