"""Try a cell's networks in small steps before they train: what layers they have, and whether a
user's own work and do the same twice.

What is tried is built for this alone, on the CPU. labkit seeds torch, NumPy and Python's `random`
before each epoch and each drawing; a user's file may draw from elsewhere (the clock, a generator
without a seed) or keep something beside its weights (a counter). That is no fault, but then nobody
can make the same again, and it is better said before hours of training than after.
"""

import contextlib
import re
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from labkit.data import load
from labkit.errors import one_line
from labkit.execution.giveaways import gives_away, unseen, without_weights
from labkit.execution.sampling import at_place, build, learning_context, own_measures
from labkit.experiment.fingerprint import evaluation_code, own_files
from labkit.experiment.spec import CellSpec, sha256_of
from labkit.plugins import registry as own_code
from labkit.plugins.registry import ABOUT, RESUMING, SAMPLES, TRAINING, OwnCodeError
from labkit.store.layer_table import MOST_LAYERS, MOST_LETTERS, Layer, Network
from labkit.train import checkpoint, runtime
from labkit.train.adversary import Adversary
from labkit.train.draws import drawing
from labkit.train.models.base import Family
from labkit.train.rng import seed_all, stream

#: Images of a step, and of one that is watched (batch norm needs two); samples, images measured.
_N, _WATCHED, _SAMPLES, _MEASURED = 8, 4, 4, 1000
#: Clocks that count in seconds look the same within one.
_CLOCK, _TICK_S = re.compile(r"\b(?:date)?time\b"), 1.05
_known: dict[str, tuple[str, ...]] = {}
#: Torch's own modules that are made of others and compute nothing themselves.
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
#: What of a layer's attributes is written down, where it has them.
_SETTINGS = (
    "kernel_size", "stride", "padding", "output_padding", "dilation", "groups", "num_groups",
    "negative_slope", "p", "num_heads", "num_layers", "scale_factor",
)  # fmt: skip


def memory(spec: CellSpec) -> float:
    """Return the bytes that a cell's training takes at least, without taking them.

    Weights, their gradients and the optimiser's two moments, and the noise of all samples.
    """
    with torch.device("meta"):
        family = build(spec, torch.device("meta"))
    weights = sum(p.numel() for n in family.networks.values() for p in n.parameters())
    noise: int = spec.evaluation["samples"] * family.noise_dim
    return 4.0 * (4 * weights + noise)


def differs(spec: CellSpec) -> tuple[str, ...]:
    """Return what differs when a cell with a user's own networks is tried twice, if anything.

    The keys are of :data:`labkit.plugins.registry.ABOUT`. The user's files are run; the next `load`
    runs them anew. An error is not reported here: training says better what is wrong.
    """
    names = own_files(spec)
    if not names:
        return ()
    if spec.fingerprint not in _known:
        with contextlib.suppress(Exception):
            _known[spec.fingerprint] = _differs(spec, [n.removesuffix(".py") for n in names])
        own_code.run_again()
    return _known.get(spec.fingerprint, ())


def _differs(spec: CellSpec, names: Sequence[str]) -> tuple[str, ...]:
    first = _begun(spec)
    after_one = checkpoint.dump(first)
    sources = [own_code.sources_of(f"{own_code.PREFIX}{name}:").values() for name in names]
    if any(_CLOCK.search(source) for each in sources for source in each):
        time.sleep(_TICK_S)
    if checkpoint.dump(_begun(spec)) != after_one:
        return (TRAINING,)  # the rest would differ for that alone
    found, drawn = [], []
    for _ in range(2):
        with drawing(first, spec.seed, "try") as noise:
            drawn.append(first.sample(_SAMPLES, noise))
    if not torch.equal(*drawn):
        found.append(SAMPLES)
    own_code.run_again()
    resumed = build(spec, torch.device("cpu"))
    checkpoint.restore(resumed, after_one)
    if _stepped(first, spec, 2) != _stepped(resumed, spec, 2):
        found.append(RESUMING)
    return tuple(found)


def _begun(spec: CellSpec) -> Family:
    """A family after its first step, the user's files run anew."""
    own_code.run_again()
    family = build(spec, torch.device("cpu"))
    _stepped(family, spec, 1)
    return family


def _stepped(family: Family, spec: CellSpec, epoch: int) -> bytes:
    """The checkpoint after a training step as in an epoch of its own."""
    images = torch.rand(_N, 1, 28, 28, generator=stream(spec.seed, "try")) * 2 - 1
    family.train()
    noise = stream(spec.seed, "try", epoch)
    seed_all(spec.seed, "try", epoch)
    family.step(images, learning_context(family, noise, _N, epoch))
    return checkpoint.dump(family)


def unlike_here(spec: CellSpec) -> str:
    """What an author's networks do otherwise when tried twice here, in words; mostly nothing."""
    return "; ".join(ABOUT[what] for what in differs(spec) if what != RESUMING)


def metrics_that_differ(spec: CellSpec) -> tuple[str, ...]:
    """Return the user's own measures that give two numbers for the same images."""
    if not own_code.own_metrics():
        return ()
    key = f"{evaluation_code()}/{spec.dataset}/{spec.seed}"
    if key not in _known:
        with contextlib.suppress(Exception):
            images = load(spec.dataset, "train", "bundled", _MEASURED).images
            first, second = own_measures(spec, images), own_measures(spec, images)
            _known[key] = tuple(name for name in first if first[name] != second[name])
    return _known.get(key, ())


def try_own_code(specs: Sequence[CellSpec]) -> list[str]:
    """Build each kind of cell and take one step, so that a mistake in a user's file shows at once.

    Return a line on each of the files that is not the same twice, to be said before training.
    OwnCodeError says in one line which file, what was expected, what was found.
    """
    runtime.set_up()
    kinds: dict[str, CellSpec] = {}
    for spec in specs:
        if own_files(spec):
            kinds.setdefault(sha256_of([spec.family, dict(spec.params)]), spec)
    for spec in kinds.values():
        file = own_files(spec)[0]
        try:
            with own_code.kept_going():
                family = build(spec, torch.device("cpu"))
                fault = _fault(family, stream(spec.seed, "try")) or gives_away(family, spec)
        except OwnCodeError:
            raise
        except Exception as error:
            where = own_code.place(error) or f"{file}: a first training step raised"
            said = without_weights(error) if "empty parameter list" in str(error) else ""
            why = f"{file}: {said}" if said else f"{where} {one_line(error)}"
            raise OwnCodeError(why) from error
        if fault:
            raise OwnCodeError(f"{file}: {fault}")
    found = [
        f"{' and '.join(own_files(spec))}: {'; '.join(ABOUT[what] for what in unlike)}: "
        "`labkit verify` will not be able to check that. What torch, numpy.random and "
        "random draw is seeded by labkit"
        for spec in kinds.values()
        if (unlike := differs(spec))
    ]
    for name in metrics_that_differ(specs[0]) if specs else ():
        found.append(f"{name}: this measure of your own differs when taken twice of one set")
    return list(dict.fromkeys(found))


def _fault(family: Family, rng: torch.Generator) -> str:
    """Say what is wrong with the losses, a step's result or the images; empty if nothing is."""
    if isinstance(adversary := getattr(family, "adversary", None), Adversary):
        logits = torch.zeros(_N, 1, requires_grad=True)
        for name, loss in (
            ("discriminator_loss(real, fake)", adversary.loss.discriminator(logits, logits)),
            ("generator_loss(fake)", adversary.loss.generator(logits)),
        ):
            if not isinstance(loss, Tensor) or loss.dim():
                found = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
                return f"expected {name} -> a scalar tensor, as of .mean(); it gave {found}"
    context = learning_context(family, rng, _N)
    with unseen(family) as line:
        stats = family.step(torch.zeros(_N, 1, 28, 28), context)
    if line:
        return line[0]
    for name, value in stats.items():
        if not isinstance(value, Tensor) or value.dim():
            return f"step must return scalar tensors; {name} is none"
        if not value.isfinite():
            return f"{name} is {value.item()} in a first training step"
    # Far out, where only a tanh (or the like) keeps an output within its range.
    images = family.decode(100 * family.random_noise(2, rng))
    wanted = "expected images (N, 1, 28, 28) in [-1, 1]"
    if images.shape != (2, 1, 28, 28):
        return f"{wanted}; for N = 2 it gave {tuple(images.shape)}"
    if images.abs().max() > 1:
        return f"{wanted} whatever the noise (end in a tanh); it gave {images.abs().max():.3g}"
    return ""


def trace(spec: CellSpec) -> tuple[Network, ...]:
    """Return the networks of a cell with the layers that a training step calls, in order.

    A layer is a module of torch's or one without modules below; what else a network computes is
    not seen. A network no step calls is left out. An author's own networks may raise anything.
    """
    try:
        with torch.random.fork_rng(devices=[]):
            return _watched(build(spec, torch.device("cpu")), spec.seed)
    finally:
        if own_files(spec):
            own_code.run_again()  # the training begins with its author's file as it is written


def _watched(family: Family, seed: int) -> tuple[Network, ...]:
    recorders = {name: _Recorder(network) for name, network in family.networks.items()}
    family.train()
    noise = stream(seed, "layers")
    for place in (*sorted(family.stages(), reverse=True), 0.0):  # whole networks before parts
        if place or not all(recorder.calls for recorder in recorders.values()):
            context = at_place(learning_context(family, noise, _WATCHED), place)
            family.step(torch.zeros(_WATCHED, 1, 28, 28), context)
    return tuple(
        Network(name, recorder.input, recorder.parameters, tuple(recorder.calls))
        for name, recorder in recorders.items()
        if recorder.calls
    )


class _Recorder:
    """The layers of a network, in the order of one pass through it.

    Where nobody passes through the whole network, only through parts of it, they stand in
    the order in which each was called first. Those that another pass needs stand at the end.
    """

    def __init__(self, network: nn.Module) -> None:
        self.input: tuple[int, ...] = ()
        self.calls: list[Layer] = []
        self.parameters = _weights(network)
        self._depth, self._done = 0, False
        # The hooks of a network that is one layer itself are called in this order.
        network.register_forward_pre_hook(self._enter)
        for name, layer in _layers(network, "", set()):
            note = partial(self._note, name[:MOST_LETTERS], _weights(layer))
            layer.register_forward_hook(note)
        network.register_forward_hook(self._leave)

    def _enter(self, network: nn.Module, given: tuple[Any, ...]) -> None:
        if not self._depth and not self._done:
            self.calls.clear()  # of its parts
        self._depth += 1
        self.input = self.input or _shape(given)

    def _leave(self, network: nn.Module, given: Any, output: Any) -> None:
        self._depth -= 1
        self._done = self._done or not self._depth

    def _note(
        self, name: str, parameters: int, layer: nn.Module, given: tuple[Any, ...], output: Any
    ) -> None:
        again = any(each.name == name for each in self.calls)
        if (again and (self._done or not self._depth)) or len(self.calls) == MOST_LAYERS:
            return
        self.input = self.input or _shape(given)
        self.calls.append(_described(name, layer, _shape(output), 0 if again else parameters))


def _layers(module: nn.Module, name: str, seen: set[nn.Module]) -> Iterator[tuple[str, nn.Module]]:
    """Yield the layers of a network by name, each once."""
    parts = [(key, part) for key, part in module.named_children() if key != "parametrizations"]
    torchs = _kind(module).__module__.startswith("torch.nn.modules.")
    if isinstance(module, _CONTAINERS) or (parts and not torchs):
        for key, part in parts:
            yield from _layers(part, f"{name}.{key}".lstrip("."), seen)
    elif module not in seen:
        seen.add(module)
        yield name, module


def _kind(module: nn.Module) -> type[nn.Module]:
    """A layer's class: torch's where it is derived from one, else the author's own."""
    own = parametrize.type_before_parametrizations(module)
    torchs = (c for c in own.__mro__ if c.__module__.startswith("torch.nn.modules."))
    found = next(torchs, nn.Module)
    return own if found is nn.Module else found


def _described(name: str, layer: nn.Module, output: tuple[int, ...], parameters: int) -> Layer:
    values = ((key, _plain(getattr(layer, key, None))) for key in _SETTINGS)
    settings = {key: value for key, value in values if value is not None}
    if layer._parameters.get("bias", torch.empty(0)) is None:
        settings["bias"] = False
    if parametrize.is_parametrized(layer):
        parts = getattr(layer.parametrizations, "weight", ())
        settings["weight"] = ", ".join(type(p).__name__.strip("_") for p in parts)[:MOST_LETTERS]
    kind = _kind(layer).__name__[:MOST_LETTERS]
    return Layer(name, kind, output, parameters, settings)


def _plain(value: Any) -> Any:
    """A setting as JSON has it, or None where it is nothing of that kind."""
    if isinstance(value, tuple | list) and all(isinstance(each, int) for each in value):
        return list(value)
    return value if isinstance(value, int | float) or value in ("same", "valid") else None


def _shape(value: Any) -> tuple[int, ...]:
    """The shape, for one image, of the first tensor in what a module takes or gives."""
    if isinstance(value, Tensor):
        return tuple(value.shape[1:])
    parts = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(parts, list | tuple):
        return ()
    return next((found for part in parts if (found := _shape(part))), ())


def _weights(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
