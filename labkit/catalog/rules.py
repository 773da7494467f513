"""Settings that make no sense together, and settings without effect.

An experiment file that has such settings is refused with the reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from labkit.catalog.building import GAN_NETWORKS, REGISTRIES
from labkit.catalog.entries import Param
from labkit.catalog.families import FAMILIES

#: A setting, and why it cannot be combined with the others.
Objection = tuple[str, str]
#: Most combinations that are checked; a larger grid is refused elsewhere.
_MOST = 10_000


def objection(
    family: str, axes: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any], given: set[str]
) -> Objection | None:
    """The first thing in a block that makes no sense, or None.

    `axes` are the grid's but the data set, with their levels, `fixed` is every other setting of
    the family; those that are `given` stand in the file, the rest are defaults.
    """
    about = FAMILIES[family]
    combinations = islice(product(*axes.values()), _MOST)
    points = [{**fixed, **dict(zip(axes, values, strict=True))} for values in combinations]
    for name, param in about.params.items():
        only = acts_with(param, about.params)
        if only is None or name not in given:
            continue
        other, levels = only
        acts = [point[other] in levels for point in points]
        if not any(acts) or (name in axes and not all(acts)):
            idle = next(p[other] for p, act in zip(points, acts, strict=True) if not act)
            where = " or ".join(levels)
            return name, f"acts only with {other}: {where}; it changes nothing with {idle}"
    if not about.target.startswith("labkit."):
        return None  # the user's own: these rules know nothing of it
    return next(_nonsense(points, about.conditional), None)


def _nonsense(points: Sequence[Mapping[str, Any]], conditional: bool) -> Iterator[Objection]:
    """What makes no sense in points of the grid of one of labkit's families, rule by rule."""
    for point in points:
        if point.get("width", 0) % 8:
            yield "width", f"must be a multiple of 8, not {point['width']}"
        if sum(point.get("stages", ())) >= 1:
            yield "stages", "must leave a part of the training for 28 × 28: a sum below 1"
    if "networks" not in points[0]:
        return  # the family has one network
    # The networks whose discriminator a cell trains.
    judges = [point.get("critic", point["networks"]) for point in points]
    for point in points:
        if point.get("kl_warmup") and not point["beta"]:
            yield "kl_warmup", "β is 0, so there is nothing to warm up to"
    for point, judge in zip(points, judges, strict=True):
        norm = point.get("d_norm")
        if norm == "own":
            norm = GAN_NETWORKS[judge].norm
        if norm == "batch" and point.get("constraint") == "gradient_penalty":
            batch = f"batch norm in the {judge} discriminator mixes them"
            alone = f"gradient_penalty looks at each image alone, but {batch}"
            yield "constraint", f"{alone}; set d_norm: layer (or none)"
    for point, judge in zip(points, judges, strict=True):
        if point.get("d_norm", "own") != "own" and "norm" not in GAN_NETWORKS[judge].options:
            yield "d_norm", f"the {judge} discriminator takes no argument 'norm'"
    for point in points if conditional else ():  # told the class through that argument
        networks = REGISTRIES["gan_networks" if "z_dim" in point else "vae_networks"]
        if "channels" not in networks[point["networks"]].options:
            yield "networks", f"{point['networks']} takes no argument 'channels', so no class"


def idle(params: Mapping[str, Param], point: Mapping[str, Any]) -> set[str]:
    """The settings of a cell that have no effect in it."""
    found = {name: acts_with(param, params) for name, param in params.items()}
    return {name for name, only in found.items() if only and point.get(only[0]) not in only[1]}


def acts_with(param: Param, params: Mapping[str, Param]) -> tuple[str, tuple[str, ...]] | None:
    """The other setting and the levels with which a setting has an effect; None: with all."""
    if param.option is None:
        return param.only
    other, option = param.option
    choices = REGISTRIES[params[other].choices]
    return other, tuple(name for name, entry in choices.items() if option in entry.options)
