"""Settings that make no sense together, and settings without effect.

An experiment file that has such settings is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from labkit.catalog.building import GAN_NETWORKS, REGISTRIES
from labkit.catalog.entries import Family, Param
from labkit.catalog.families import FAMILIES

#: A setting, and why it cannot be combined with the others.
Objection = tuple[str, str]
#: Most combinations that are checked; a larger grid is refused elsewhere.
_MOST = 10_000


def objection(
    family: str, axes: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any], given: set[str]
) -> Objection | None:
    """The first thing in a block that makes no sense, or None.

    Args:
        family: a key of the catalog's families.
        axes: the grid's axes but the data set, with their levels.
        fixed: every other setting of the family.
        given: the names of the settings that are in the file; the rest are defaults.
    """
    about = FAMILIES[family]
    points = list(islice(_points(axes, fixed), _MOST))
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
    objections = (rule(point) for rule in _rules(about) for point in points)
    return next(filter(None, objections), None)


def _rules(about: Family) -> Iterator[Callable[[Mapping[str, Any]], Objection | None]]:
    """The rules that apply to a family, by its settings; none apply to the user's own."""
    if not about.target.startswith("labkit."):
        return
    if "kl_warmup" in about.params:
        yield warm_up_of_nothing
    if {"constraint", "d_norm"} <= about.params.keys():
        yield batch_norm_under_penalty
    if "d_norm" in about.params:
        yield discriminator_options
    if about.conditional:
        yield told_the_class


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


def other_family(key: str, family: str) -> str:
    """A message naming the first family that has a setting which `family` lacks, or empty."""
    owner = next((name for name, each in FAMILIES.items() if key in each.params), "")
    return f"a setting of {owner}; {family} has no such thing" if owner else ""


def batch_norm_under_penalty(point: Mapping[str, Any]) -> Objection | None:
    """Refuse batch norm with a gradient penalty, which needs each image's gradient alone."""
    norm, network = point["d_norm"], _judge(point)
    if norm == "own":
        norm = GAN_NETWORKS[network].norm
    if point["constraint"] == "gradient_penalty" and norm == "batch":
        return "constraint", (
            "gradient_penalty looks at each image alone, but batch norm in the "
            f"{network} discriminator mixes them; set d_norm: layer (or none)"
        )
    return None


def discriminator_options(point: Mapping[str, Any]) -> Objection | None:
    """Refuse another norm where the user's own discriminator takes no argument for it."""
    network = _judge(point)
    if point["d_norm"] != "own" and "norm" not in GAN_NETWORKS[network].options:
        return "d_norm", f"the {network} discriminator takes no argument 'norm'"
    return None


def told_the_class(point: Mapping[str, Any]) -> Objection | None:
    """Refuse networks without an argument ``channels``, through which they get the class."""
    entry = REGISTRIES["gan_networks" if "z_dim" in point else "vae_networks"][point["networks"]]
    if "channels" not in entry.options:
        return "networks", f"{point['networks']} takes no argument 'channels', so no class"
    return None


def warm_up_of_nothing(point: Mapping[str, Any]) -> Objection | None:
    """Refuse a warm-up of β where β is 0."""
    if point["kl_warmup"] and not point["beta"]:
        return "kl_warmup", "β is 0, so there is nothing to warm up to"
    return None


def _judge(point: Mapping[str, Any]) -> str:
    """The key of the networks whose discriminator a cell trains."""
    found: str = point["critic"] if "critic" in point else point["networks"]
    return found


def _points(
    axes: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    for values in product(*axes.values()):
        yield {**fixed, **dict(zip(axes, values, strict=True))}
