"""A device that holds no numbers, and a watcher for what a card would have to wait for.

torch's ``meta`` device knows shapes only. Forward and backward passes and optimisers run on it;
reading a number raises, and so does an operation on tensors of two devices. It has no generators:
:class:`Stream` stands in for one. :class:`Graph` stands in for a card's graphs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.gpu.cases import Case, spec_of
from labkit.execution.sampling import build
from labkit.experiment.spec import CellSpec
from labkit.train import loop
from labkit.train.capture import WARM_UP, Replay, Stats
from labkit.train.models.base import Family

META = torch.device("meta")
ROOT = Path(__file__).parents[2]
TORCH = str(Path(torch.__file__).parent)

#: Operations after which the CPU waits for a card: a number or a size is read.
WAITING = {
    "_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "bincount",
    "_unique2", "unique_dim", "unique_consecutive",
}  # fmt: skip
#: What reads a tensor's numbers in Python; on the CPU no operation tells of it.
READERS = (
    "item", "tolist", "numpy", "cpu", "__bool__", "__float__", "__int__", "__index__", "__array__",
    "__contains__",
)  # fmt: skip
#: What makes a tensor on the CPU unless a device is given.
FACTORIES = {
    getattr(torch, name)
    for name in (
        "arange", "empty", "empty_strided", "eye", "full", "linspace", "logspace", "normal", "ones",
        "rand", "randint", "randn", "randperm", "scalar_tensor", "zeros",
    )
}  # fmt: skip
#: What copies numbers from Python or NumPy to a device.
COPIES = (torch.tensor, torch.as_tensor, torch.asarray, torch.from_numpy)


class Watch(ExitStack):
    """While it is entered and `active`, notes what a card would wait for and what strays from it.

    Args:
        device: where everything belongs.
    """

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device, self.active = device, True
        self.reads: list[str] = []
        """What was read, or copied between host and device: ``item in vae.py: step``."""
        self.strays: list[str] = []
        """What was made without the device being named, but for what torch makes for itself."""

    def __enter__(self) -> Watch:
        self.enter_context(_Calls(self))
        self.enter_context(_Operations(self))
        return self

    def note(self, where: list[str], what: str) -> None:
        if self.active:
            frame = _caller(lambda frame: _ours(frame.f_code.co_filename))
            where.append(f"{what} in {Path(frame.f_code.co_filename).name}: {frame.f_code.co_name}")


class _Calls(TorchFunctionMode):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self._readers = {getattr(Tensor, name): name for name in READERS}

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs, watch = kwargs or {}, self._watch
        if func in self._readers:
            watch.note(watch.reads, self._readers[func])
        elif func in COPIES:
            watch.note(watch.reads, func.__name__)
        elif func in FACTORIES and not _by_torch():
            named = kwargs.get("device")
            if named is None or torch.device(named).type != watch.device.type:
                watch.note(watch.strays, func.__name__)
        return func(*args, **kwargs)


class _Operations(TorchDispatchMode):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        tensors = [each for each in args if isinstance(each, Tensor)]
        if name in WAITING or (name in ("index", "index_put_") and _by_mask(args[1])):
            self._watch.note(self._watch.reads, name)
        elif name == "_to_copy" and out.device != tensors[0].device:
            self._watch.note(self._watch.reads, f"copy to {out.device}")
        elif name == "copy_" and tensors[0].device != tensors[1].device:
            self._watch.note(self._watch.reads, f"copy to {tensors[0].device}")
        return out


def _ours(file: str) -> bool:
    """Whether a file is the project's; the environment, libraries in it, may lie in its folder."""
    return file.startswith(str(ROOT)) and "site-packages" not in file


def _by_mask(indices: Any) -> bool:
    return any(each is not None and each.dtype in (torch.bool, torch.uint8) for each in indices)


def _caller(wanted: Callable[[FrameType], bool]) -> FrameType:
    """The innermost frame above this module that is wanted, else the outermost."""
    frame = sys._getframe()
    while frame.f_back and (frame.f_code.co_filename == __file__ or not wanted(frame)):
        frame = frame.f_back
    return frame


def _by_torch() -> bool:
    """Whether a module of torch itself calls: what it makes for itself is its own affair."""
    modes = ("torch/overrides.py", "torch/utils/_python_dispatch.py")
    frame = _caller(lambda frame: not frame.f_code.co_filename.endswith(modes))
    return frame.f_code.co_filename.startswith(TORCH)


class Stream:
    """Stands in for a generator of the device that holds no numbers."""

    device = META


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what torch does not do on the meta device pass: draws, autocast, the fused optimiser."""
    for draw in (torch.randn, torch.rand):
        stand_in = _without_stand_in(draw)
        FACTORIES.add(stand_in)
        monkeypatch.setattr(torch, draw.__name__, stand_in)
    real = loop.stream

    def stream(seed: int, purpose: str, epoch: int = 0, device: Any = "cpu") -> Any:
        return Stream() if device == META else real(seed, purpose, epoch, device)

    monkeypatch.setattr(loop, "stream", stream)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    adam = sys.modules["torch.optim.adam"]
    monkeypatch.setattr(adam, "_device_dtype_check_for_fused", lambda *_, **__: None)


def _without_stand_in(draw: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def drawn(*size: Any, generator: Any = None, **more: Any) -> Tensor:
        if generator is not None and not isinstance(generator, Stream):
            more["generator"] = generator
        return draw(*size, **more)

    return drawn


def family_of(case: Case, device: torch.device) -> Family:
    """A case's family, its optimisers too, on a device."""
    return built(spec_of(case, 1, 4), device)


def built(spec: CellSpec, device: torch.device) -> Family:
    """The same of a cell."""
    with device:  # moved to the meta device, weights would be others than their optimiser's
        family = build(spec, device)
    family.train()
    return family


class Graph:
    """Stands in for CUDA graphs: records steps by keeping them."""

    def __init__(self, family: Family, breaks: bool = False) -> None:
        self._family, self._breaks = family, breaks
        self.recorded = self.replayed = 0

    def __call__(self, step: Callable[[], Stats], noise: torch.Generator) -> Replay:
        for _ in range(WARM_UP):
            step()
        if self._breaks:
            raise RuntimeError("operation not permitted when stream is capturing\nand more")
        self.recorded += 1
        lies, held = places(self._family), {}

        def replay() -> Stats:
            assert lies <= places(self._family)  # another branch may add an optimiser's
            self.replayed += 1
            for name, value in step().items():
                held[name] = held[name].copy_(value) if name in held else value.clone()
            return held

        return replay


def places(family: Family) -> set[int]:
    """Where weights, buffers and moments lie."""
    found = [t for net in family.networks.values() for t in (*net.parameters(), *net.buffers())]
    for optimiser in family.optimisers.values():
        found += [value for state in optimiser.state.values() for value in state.values()]
    return {tensor.data_ptr() for tensor in found}
