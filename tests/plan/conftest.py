"""The shipped experiment file, and a way to write others in a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.experiment import grid as plan_module
from labkit.experiment import precision
from labkit.experiment.grid import make_plan, parse_experiment
from labkit.experiment.plan import Plan
from labkit.experiment.starter import recipes


@pytest.fixture(autouse=True)
def _weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan depends on the pinned weights' hash only as on any other word."""
    monkeypatch.setattr(plan_module, "feature_hash", lambda dataset: f"weights of {dataset}")


@pytest.fixture(autouse=True)
def _fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``precision: auto`` is does not depend on this machine."""
    monkeypatch.setattr(precision, "LOSES_NOTHING", ())


@pytest.fixture(scope="session")
def lab1() -> Path:
    return recipes()["lab1"].path


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """Text of an experiment file to its plan on the bundled data."""

    def build(text: str, profile: str | None = None, **asked: Any) -> Plan:
        asked.setdefault("source", "bundled")
        return make_plan(parse_experiment(text, "experiments.yaml", profile), **asked)

    return build
