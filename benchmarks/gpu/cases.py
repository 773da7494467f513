"""What is tried on the device: every family, every loss, and what else a GAN or VAE may choose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from labkit.catalog import FAMILIES, REGISTRIES
from labkit.catalog.rules import objection
from labkit.experiment.grid import make_plan
from labkit.experiment.reader import parse_experiment
from labkit.experiment.spec import CellSpec


class Case(NamedTuple):
    """A family and the settings in which it departs from its defaults."""

    family: str
    params: dict[str, Any]

    @property
    def name(self) -> str:
        return " ".join([self.family, *(f"{key}={value}" for key, value in self.params.items())])


#: Families all of whose choices are tried; of the others, the losses.
THOROUGH = ("gan", "vae")
#: What a choice needs beside it.
WITH = {"gradient_penalty": {"d_norm": "layer"}}
#: Code that no single choice leads to.
MORE = (
    Case("gan", {"ema": 0.99}),
    Case("progressive", {"growth": "at_once"}),
    Case("vae", {"kl_warmup": 1, "free_bits": 0.1}),
    Case("vae", {"networks": "dense512", "norm": "batch", "dropout": 0.2}),
)


def cases() -> list[Case]:
    """All of them, the families' defaults first: what is cut short has lost the least."""
    defaults = [Case(family, {}) for family in FAMILIES]
    return [*defaults, *(case for family in FAMILIES for case in _others(family)), *MORE]


def _others(family: str) -> Iterator[Case]:
    """The family with one setting at a time at another of its choices."""
    about = FAMILIES[family]
    defaults = {key: param.default for key, param in about.params.items()}
    for key, param in about.params.items():
        if not param.choices or (key != "loss" and family not in THOROUGH):
            continue
        for value in REGISTRIES[param.choices]:
            beside = {k: v for k, v in WITH.get(value, {}).items() if k in about.params}
            params = {key: value, **beside}
            senseless = objection(family, {}, {**defaults, **params}, set(params))
            if value != param.default and not senseless:
                yield Case(family, params)


def spec_of(case: Case, steps: int, batch: int) -> CellSpec:
    """The cell of one epoch of that many steps, as an experiment file would give it."""
    content = {
        "name": "gpu",
        "title": "labkit on a GPU",
        "data": {"source": "bundled", "limit": steps * batch},
        "training": {"epochs": 1, "batch_size": batch},
        "experiments": {
            case.family: {
                "family": case.family,
                "grid": {"dataset": ["MNIST"]},
                "params": case.params,
            }
        },
    }
    (cell,) = make_plan(parse_experiment(json.dumps(content), "gpu.yaml"), precision="fp32").cells
    return cell
