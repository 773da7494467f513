"""What is stated of a training loop of the user's own, checked, as a cell's spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.calibration import feature_hash
from labkit.catalog import DATASETS, FAMILIES, REGISTRIES
from labkit.errors import nearest
from labkit.execution.recorder import convert
from labkit.execution.recorder import plan as own_plan
from labkit.experiment import fingerprint
from labkit.experiment.grid import SELECTION_AGAINST, SELECTION_RULE
from labkit.experiment.plan import PlanError
from labkit.experiment.spec import OWN_CODE, UNSTATED, CellSpec

_MAX_NAME = 120
_ALLOWED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


def stated_spec(
    name: str,
    dataset: str,
    family: str,
    source: str,
    stated: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> tuple[CellSpec, int | None]:
    """What is stated of a cell, checked, as plain values; and how many epochs it is to have."""
    for kind, value, allowed in (
        ("dataset", dataset, list(DATASETS)),
        ("family", family, list(FAMILIES)),
        ("source", source, ["full", "bundled"]),
    ):
        if value not in allowed:
            raise PlanError(f"labkit.cell: unknown {kind} '{value}'; {nearest(value, allowed)}")
    if not isinstance(name, str) or not name or len(name) > _MAX_NAME or set(name) - _ALLOWED:
        raise PlanError(f"labkit.cell: '{name}': a name is of A-Z a-z 0-9 . _ -")
    numbers: dict[str, int | None] = {}
    for key, value in stated.items():
        try:
            least = 0 if key == "seed" else 1
            numbers[key] = None if value is None and least else convert.whole(value, least)
        except ValueError as error:
            raise PlanError(f"labkit.cell: {key}={error}") from None
    features, batch = feature_hash(dataset), numbers["batch_size"]
    spec = CellSpec(
        name=str(name),
        experiment="own",
        family=str(family),
        dataset=str(dataset),
        seed=numbers["seed"] or 0,
        params=_params(family, settings),
        training={"epochs": 0, "batch_size": UNSTATED if batch is None else batch},
        data={
            "source": str(source),
            "sha256": UNSTATED,
            "limit": numbers["limit"],
            own_plan.LOOP: str(name),
        },
        precision=UNSTATED,
        selection={
            "rule": SELECTION_RULE,
            "samples": 0,
            "against": SELECTION_AGAINST,
            "features": features,
        },
        code=OWN_CODE,
        evaluation={"samples": 0, "features": features, "code": fingerprint.evaluation_code()},
    )
    return spec, numbers["epochs"]


def _params(family: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting of the family; what was not stated is said to be so."""
    params = FAMILIES[family].params
    found: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in params:
            raise PlanError(f"labkit.cell: {family} has no '{key}'; {nearest(key, params)}")
        try:
            found[key] = convert.plain(value, params[key].default)
        except (TypeError, ValueError, OverflowError) as error:
            raise PlanError(
                f"labkit.cell: {key}={value!r}: state settings as plain numbers and texts: {error}"
            ) from None
        choices = params[key].choices
        if choices and str(found[key]) not in REGISTRIES[choices]:
            near = nearest(str(found[key]), REGISTRIES[choices])
            raise PlanError(f"labkit.cell: unknown {key} '{found[key]}'; {near}")
    for key in ("loss", "reconstruction"):
        if key in params and key not in settings:
            raise PlanError(
                f"labkit.cell: state {key}=...: losses are compared only with their like; "
                f"allowed: {', '.join(REGISTRIES[params[key].choices])}"
            )
    return {key: found.get(key, UNSTATED) for key in params}
