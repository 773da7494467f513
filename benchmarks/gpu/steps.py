"""Some steps of a family on a device against the same steps on the CPU, and against themselves.

Both start from the weights labkit starts a cell from. For the comparison with the CPU, noise
comes from the CPU's generators on either side; the two runs on the device draw as labkit draws.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from benchmarks.gpu.cases import Case, spec_of
from labkit.execution.sampling import build, labels_of, load_for
from labkit.experiment.spec import CellSpec
from labkit.train.loop import fit

Losses = list[dict[str, float]]


class Trained(NamedTuple):
    """What a run leaves behind."""

    losses: Losses
    """By step: all that a step returned."""
    weights: dict[str, dict[str, Tensor]]
    """By network: its weights and buffers, on the CPU."""


def compare(
    family: str, params: dict[str, Any], steps: int, batch: int, device: str
) -> dict[str, Any]:
    """Train a case on the device three times and once on the CPU.

    Returns:
        ``first step``, ``all steps``: the largest difference of a value from the CPU's, relative
        to the largest the CPU had for it, in the first step and in all; ``weights``: the largest
        over the networks of |difference| / |weights|; ``same bits``: whether two runs on the
        device end with the same; ``seconds``.
    """
    started = time.perf_counter()
    spec = spec_of(Case(family, params), steps, batch)
    here, there = _train(spec, "cpu", HostDraws()), _train(spec, device, HostDraws())
    once, again = _train(spec, device), _train(spec, device)
    return {
        "first step": _apart(here.losses, there.losses, 1),
        "all steps": _apart(here.losses, there.losses, steps),
        "weights": max(distance(here.weights[name], there.weights[name]) for name in here.weights),
        "same bits": once.losses == again.losses and _identical(once.weights, again.weights),
        "seconds": time.perf_counter() - started,
    }


class HostDraws(TorchFunctionMode):
    """While it is entered, random numbers come from the CPU's generators and are then moved.

    A generator of another device is stood in for by one of the CPU with its seed; dropout, which
    draws from the device's own, by a mask.
    """

    def __init__(self) -> None:
        super().__init__()
        self._twins: dict[torch.Generator, torch.Generator] = {}
        self._masks = torch.Generator().manual_seed(0)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.rand, torch.randn) and kwargs.get("generator") is not None:
            rng = kwargs.pop("generator")
            if rng not in self._twins:
                own = rng.device.type == "cpu"
                twin = rng if own else torch.Generator().manual_seed(rng.initial_seed())
                self._twins[rng] = twin
            device = kwargs.pop("device", "cpu")
            return func(*args, **kwargs, generator=self._twins[rng]).to(device)
        if func is F.dropout and kwargs.get("training", True):
            (x,), p = args, kwargs["p"]
            kept = torch.rand(x.shape, generator=self._masks).to(x.device) >= p
            return x * kept / (1 - p)
        return func(*args, **kwargs)


def _train(spec: CellSpec, device: str, draws: HostDraws | None = None) -> Trained:
    where = torch.device(device)
    data = load_for(spec, "train", None)
    family = build(spec, where)
    step, losses = family.step, Losses()

    def recorded(*args: Any, **kwargs: Any) -> dict[str, Tensor]:
        found = step(*args, **kwargs)
        losses.append({name: float(value) for name, value in found.items()})
        return found

    family.step = recorded  # type: ignore[method-assign]
    with draws or nullcontext():
        for _ in fit(
            family,
            torch.from_numpy(data.images.copy()).to(where),
            epochs=spec.training["epochs"],
            batch_size=spec.training["batch_size"],
            seed=spec.seed,
            labels=labels_of(data, where),
        ):
            pass
    weights = {
        name: {key: value.detach().cpu() for key, value in network.state_dict().items()}
        for name, network in family.networks.items()
    }
    return Trained(losses, weights)


def _apart(ours: Losses, theirs: Losses, steps: int) -> float:
    """The largest difference in the first steps, relative to a value's largest in all of them."""
    largest: dict[str, float] = {}
    for row in ours:
        for name, value in row.items():
            largest[name] = max(largest.get(name, 0.0), abs(value))
    return max(
        abs(value - b[name]) / (largest[name] or 1.0)
        for a, b in zip(ours[:steps], theirs[:steps], strict=True)
        for name, value in a.items()
    )


def distance(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> float:
    """|difference| / |weights| of a network, all its weights and buffers as one vector."""
    a, b = (torch.cat([t.double().flatten() for t in net.values()]) for net in (ours, theirs))
    return float((a - b).norm() / a.norm())


def _identical(ours: dict[str, dict[str, Tensor]], theirs: dict[str, dict[str, Tensor]]) -> bool:
    return all(
        torch.equal(value, theirs[name][key])
        for name, network in ours.items()
        for key, value in network.items()
    )
