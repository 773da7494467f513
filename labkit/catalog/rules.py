"""Settings that make no sense together: found when the file is read, refused with the reason.

Two constraints at once need no rule: ``constraint`` is one setting with one value. What a
setting of another kind would do silently - nothing - is refused as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from labkit.catalog.building import GAN_NETWORKS, REGISTRIES
from labkit.catalog.entries import Family, Param
from labkit.catalog.families import FAMILIES

#: A setting and why it cannot stand beside the others.
Objection = tuple[str, str]
#: Combinations looked at; a larger grid is refused elsewhere.
_MOST = 10_000


def objection(
    family: str, axes: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any], given: set[str]
) -> Objection | None:
    """The first thing in a block that makes no sense, or None.

    Args:
        family: a key of the catalog's families.
        axes: the grid's axes but the data set, with their levels.
        fixed: every other setting of the family.
        given: the settings the file states (the rest are defaults).
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
    """The rules for a family with these settings; a user's own family has none."""
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
    """The settings of a cell that change nothing in it."""
    found = {name: acts_with(param, params) for name, param in params.items()}
    return {name for name, only in found.items() if only and point.get(only[0]) not in only[1]}


def acts_with(param: Param, params: Mapping[str, Param]) -> tuple[str, tuple[str, ...]] | None:
    """The other setting, and its levels, with which alone a setting acts; None if with all."""
    if param.option is None:
        return param.only
    other, option = param.option
    choices = REGISTRIES[params[other].choices]
    return other, tuple(name for name, entry in choices.items() if option in entry.options)


def other_family(key: str, family: str) -> str:
    """For a setting the family does not have: the first family that does, or empty."""
    owner = next((name for name, each in FAMILIES.items() if key in each.params), "")
    return f"a setting of {owner}; {family} has no such thing" if owner else ""


def batch_norm_under_penalty(point: Mapping[str, Any]) -> Objection | None:
    """The gradient penalty is about one image's slope; batch norm mixes the batch's."""
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
    """A user's own discriminator need not know how to change its norm."""
    network = _judge(point)
    if point["d_norm"] != "own" and "norm" not in GAN_NETWORKS[network].options:
        return "d_norm", f"the {network} discriminator takes no argument 'norm'"
    return None


def told_the_class(point: Mapping[str, Any]) -> Objection | None:
    """A conditional family hands its networks images with ten more channels."""
    entry = REGISTRIES["gan_networks" if "z_dim" in point else "vae_networks"][point["networks"]]
    if "channels" not in entry.options:
        return "networks", f"{point['networks']} takes no argument 'channels', so no class"
    return None


def warm_up_of_nothing(point: Mapping[str, Any]) -> Objection | None:
    """β rises from 0 to its value; from 0 to 0 there is no way."""
    if point["kl_warmup"] and not point["beta"]:
        return "kl_warmup", "β is 0, so there is nothing to warm up to"
    return None


def _judge(point: Mapping[str, Any]) -> str:
    """The networks whose discriminator a cell trains."""
    found: str = point["critic"] if "critic" in point else point["networks"]
    return found


def _points(
    axes: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    for values in product(*axes.values()):
        yield {**fixed, **dict(zip(axes, values, strict=True))}
