"""Find faults of a user's own networks before they train: untrained weights, wrong output ranges.

A network that ends in a sigmoid where the loss takes logits trains without an error, and so does
one whose layers stand in a plain list. Both cost hours, and are found in a moment.
"""

import contextlib
from collections.abc import Iterator
from traceback import walk_tb
from typing import Any

import torch
from torch import Tensor, nn

from labkit.catalog import LOSSES
from labkit.experiment.fingerprint import targets
from labkit.experiment.spec import CellSpec
from labkit.plugins.registry import PREFIX
from labkit.train.models.base import Family

PLAIN = "layers in a plain list or dict? nn.ModuleList, nn.ModuleDict and nn.ParameterList train"
#: Weights drawn anew are tried so often, on so many inputs this large.
_TRIES, _N, _FAR = 3, 16, 1000.0
_SLACK = 1e-4


@contextlib.contextmanager
def unseen(family: Family) -> Iterator[list[str]]:
    """Watch a training step: a line on each network with weights that no optimiser has.

    They are the leaves of the graph of its outputs, so those of a layer that `forward` makes, or
    that the file keeps beside the network, are found too.
    """
    groups = [group for each in family.optimisers.values() for group in each.param_groups]
    seen = {id(p) for group in groups for p in group["params"]}
    lines: list[str] = []

    def watch(network: nn.Module, given: tuple[Any, ...], out: Any) -> None:
        known = seen | {id(each) for each in given}
        outputs = [t for t in (out if isinstance(out, tuple) else (out,)) if isinstance(t, Tensor)]
        if found := [leaf for leaf in _leaves(outputs) if id(leaf) not in known]:
            names = _named(network, found)
            hint = PLAIN if names else "made in forward, or outside of the class?"
            held = f"{type(network).__name__}: {', '.join(names) or 'a layer'}"
            lines.append(f"{held}: no part of the network, so no optimiser trains it ({hint})")

    hooks = [network.register_forward_hook(watch) for network in family.networks.values()]
    yield lines
    for hook in hooks:
        hook.remove()


def _leaves(outputs: list[Tensor]) -> Iterator[Tensor]:
    """The tensors with a gradient that outputs were computed from."""
    waiting, done = [each.grad_fn for each in outputs], set()
    while waiting:
        if (node := waiting.pop()) is not None and node not in done:
            done.add(node)
            waiting += [before for before, _ in node.next_functions]
            if isinstance(leaf := getattr(node, "variable", None), Tensor):
                yield leaf


def without_weights(error: BaseException) -> str:
    """The attributes that hold the layers of a network an optimiser found no weights in."""
    for frame, _ in walk_tb(error.__traceback__):
        for value in frame.f_locals.values():
            if isinstance(value, nn.Module) and not any(True for _ in value.parameters()):
                names = ", ".join(_named(value, None)) or "no layers"
                return f"{type(value).__name__}: {names}: no part of the network ({PLAIN})"
    return ""


def _named(network: nn.Module, found: list[Tensor] | None) -> list[str]:
    """The attributes of a network that hold some of these tensors, or any, unregistered."""

    def holds(value: Any) -> bool:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list | tuple | set):
            return any(holds(each) for each in value)
        tensors = value.parameters() if isinstance(value, nn.Module) else [value]
        if found is None:
            return any(isinstance(tensor, Tensor) and tensor.requires_grad for tensor in tensors)
        return any(tensor is leaf for tensor in tensors for leaf in found)

    return [
        f"self.{path}{'.' * bool(path)}{name}"
        for path, module in network.named_modules()
        for name, value in vars(module).items()
        if not name.startswith("_") and holds(value)
    ]


def gives_away(family: Family, spec: CellSpec) -> str:
    """Say where a range of outputs shows that the loss expects others; empty if none does.

    The networks get other weights: `family` is of no use afterwards.
    """
    for target in targets(spec.family, spec.params):
        who = target.partition(":")[2]
        entry = who.lower()
        network = family.networks.get("critic" if entry == "discriminator" else entry)
        network = network or family.networks.get(entry)
        if not target.startswith(PREFIX) or network is None:
            continue
        images = (1 + family.classes, 28, 28)
        codes = (getattr(family, "latent_dim", family.noise_dim) + family.classes,)
        shape = {"discriminator": images, "generator": (family.noise_dim,), "decoder": codes}
        found = _range(network, shape[entry]) if entry in shape else None
        if found is None:
            continue
        low, within = found[0], max(map(abs, found)) <= 1 + _SLACK
        stay = f"{who}: its outputs stay in [{0 if low >= 0 else -1}, 1] however large the input"
        last = "sigmoid" if low >= 0 else "tanh"
        if entry == "generator" and not within:
            return f"{who}: images may leave [-1, 1] with other weights (end in a tanh)"
        if entry == "generator" and low >= 0:
            return f"{stay}, and images are in [-1, 1]: end in a tanh instead of the {last}"
        if entry == "discriminator" and within:
            loss = LOSSES[spec.params["loss"]]
            if not loss.target.startswith(PREFIX):
                return f"{stay}, and the {loss.label} loss takes logits: leave out the {last}"
        if entry == "decoder" and within:
            adds = "sigmoid" if spec.params.get("reconstruction") == "bernoulli" else "tanh"
            return f"{stay}, and the loss adds a {adds} itself: leave out the {last}"
    return ""


@torch.no_grad()
def _range(network: nn.Module, shape: tuple[int, ...]) -> tuple[float, float] | None:
    """The least and the largest output far out, with weights drawn anew; None if not finite.

    Large weights show what an end such as a sigmoid does, whatever the layers before it keep
    small: normalisation, or a last layer that starts at 0.
    """
    rng = torch.Generator().manual_seed(0)
    found: list[Tensor] = []
    network.train(False)
    with contextlib.suppress(Exception), torch.random.fork_rng(devices=[]):
        for _ in range(_TRIES):
            for weight in network.parameters():
                inputs = weight[0].numel() if weight.dim() > 1 else 1
                weight.normal_(0, 4 / inputs**0.5, generator=rng)
            found.append(network(_FAR * torch.randn(_N, *shape, generator=rng)).flatten())
    both = torch.cat(found) if found else torch.tensor([torch.nan])
    return (both.min().item(), both.max().item()) if both.isfinite().all() else None
