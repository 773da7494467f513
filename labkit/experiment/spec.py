"""What one training is (`CellSpec`) and how it ended (`CellResult` or `CellFailure`).

A *cell* is one point of a grid with one seed. Everything that can change its
numbers is in its spec, and the spec's fingerprint is its identity: two cells with
one fingerprint are the same cell, whatever they are called.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.store.layer_table import Network


def canonical_json(value: Any) -> str:
    """A value as JSON with sorted keys and no spaces, so that equal values give equal text."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def seedless(name: str, seed: int) -> str:
    """A cell's name without its seed, which stands in it where a plan has several."""
    return name.removesuffix(f"_seed{seed}")


def sha256_of(value: Any) -> str:
    """SHA-256 (hex) of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


#: In place of the code's hash: the cell was trained by a loop of the user's own.
OWN_CODE = "own code"
#: In such a cell's spec, where the user stated nothing.
UNSTATED = "not stated"

#: Fields that name a cell or say how it is measured, but cannot change its training.
NOT_IDENTITY = ("name", "experiment", "evaluation")


@dataclass(frozen=True)
class CellSpec:
    """Everything that can change a cell's result, and its names."""

    name: str  # For people, e.g. ``MNIST_GAN_hinge_z64``
    experiment: str  # The block of the experiment file it comes from
    family: str
    dataset: str
    seed: int
    params: Mapping[str, Any]  # Every parameter of the family, defaults filled in
    training: Mapping[str, Any]  # ``epochs`` and ``batch_size``
    data: Mapping[str, Any]  # ``source``, ``sha256`` of the training images file, ``limit`` or None
    precision: str  # ``fp32`` or ``bf16``
    selection: Mapping[str, Any]  # The best-epoch rule: ``samples``, ``against``, ``features`` hash
    code: str  # Hash of the training code this family uses, see `experiment.fingerprint`
    # ``samples``, ``features``, ``code``
    evaluation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_features(self) -> bool:
        """Whether its data set has a feature network, so that its samples can be measured."""
        return bool(self.selection.get("features"))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that can change the training's result."""
        return sha256_of({k: v for k, v in self.to_json().items() if k not in NOT_IDENTITY})

    @cached_property
    def evaluation_fingerprint(self) -> str:
        """SHA-256 of the training's fingerprint and how it is measured."""
        return sha256_of({"train": self.fingerprint, "evaluation": dict(self.evaluation)})

    def sheet_fingerprint(self, sheet_gan: CellSpec) -> str:
        """SHA-256 of the lab sheet's number, computed with another cell's discriminator."""
        return sha256_of({"eval": self.evaluation_fingerprint, "by": sheet_gan.fingerprint})

    @property
    def settings(self) -> dict[str, Any]:
        """All settings in one flat dictionary, for tables and comparisons."""
        first = {"family": self.family, "dataset": self.dataset, "seed": self.seed}
        last = {name: self.data[name] for name in ("source", "limit")}
        return {**first, **self.params, **self.training, **last, "precision": self.precision}

    def to_json(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        # Not `asdict`: it copies every value, and runs of many cells call this often.
        return {key: dict(v) if isinstance(v, Mapping) else v for key, v in values.items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CellSpec:
        """The spec that `to_json` wrote; KeyError for a missing field, TypeError for an unknown."""
        known = {each.name: value[each.name] for each in fields(cls)}
        return cls(**{**known, **value})


@dataclass(frozen=True)
class CellResult:
    """A cell that was trained, and measured if its evaluation is committed too."""

    spec: CellSpec
    metrics: Mapping[str, Any]  # Flat: a catalog metric to a number, or None for *not measured*
    history: tuple[Mapping[str, Any], ...]  # A row an epoch: ``epoch``, losses, ``proxy_fid``, ...
    artifacts: Mapping[str, str]  # What to a path below the store: ``images/samples_epoch10.png``
    seconds: float
    environment: Mapping[str, Any]
    details: Mapping[str, Any] = field(default_factory=dict)  # Lists: class shares, ...
    measured: bool = True  # False while the cell is trained but its evaluation is missing
    networks: tuple[Network, ...] = ()  # Their layers; none where they were not recorded
    grids: Mapping[str, int] = field(default_factory=dict)
    """The bytes of every grid of images that was made, also of those a light cell is without."""


@dataclass(frozen=True)
class CellFailure:
    """A cell that ended with an error; tables list it as failed."""

    spec: CellSpec
    error: str  # One line
    traceback: str
    log: str  # Path of its log below the store


Outcome = CellResult | CellFailure
