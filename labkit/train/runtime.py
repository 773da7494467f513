"""Set torch up for reproducible results, choose the device, record the environment.

Deterministic algorithms, no autotuning, TF32 off and a fixed number of threads: the same spec
gives the same bits on the same machine, with any number of workers.
"""

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # must precede CUDA's start

import torch
from torch import Tensor

from labkit.catalog import FAMILIES, resolve
from labkit.train.models.base import Context, Family
from labkit.train.rng import stream


def set_up(threads: int = 1, tf32: bool = False) -> None:
    """Make this process deterministic; call once, before the first tensor.

    Args:
        threads: CPU threads of an operation; sums depend on it in their last bits.
        tf32: allow TensorFloat-32 in CUDA's products: faster, about 3 decimal digits.
    """
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.set_flush_denormal(True)  # tiny moments of idle weights cost hundreds of cycles each
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Let glibc keep up to 1 GB for the next step instead of asking the system for it again."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    mallopt = getattr(libc, "mallopt", None)
    # M_MMAP_THRESHOLD at its largest, then M_TRIM_THRESHOLD, which alone would freeze the first.
    if mallopt and mallopt(-3, 32 << 20):
        mallopt(-1, 1 << 30)


@contextmanager
def settings_kept() -> Iterator[None]:
    """Restore torch's threads, default type and device, and kernel choice after the block."""
    threads, dtype, grad = (
        torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled()
    )  # fmt: skip
    device = torch.get_default_device()
    exact, tuned = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    try:
        yield
    finally:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)
        if torch.get_default_device() != device:
            torch.set_default_device(device)
        torch.use_deterministic_algorithms(exact)
        torch.backends.cudnn.benchmark = tuned


def pick_device(wanted: str = "auto") -> torch.device:
    """Return the device of a name.

    ``auto`` is CUDA if available, else MPS (Apple's) if it :func:`agrees`, else the CPU.
    A card given by number (``cuda:1``) becomes the current one, so that calls without a number,
    such as the allocator's memory statistics, refer to it.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        mps = torch.device("mps")
        return mps if torch.backends.mps.is_available() and agrees(mps) else torch.device("cpu")
    device = torch.device(wanted)
    if device.type == "cuda" and device.index is not None:
        torch.cuda.set_device(device)
    return device


def records_steps(device: torch.device) -> bool:
    """Whether steps are to be recorded and replayed: on CUDA, where ``LABKIT_CAPTURE`` is 1.

    See :mod:`labkit.train.capture`; off by default, since no card has shown that it pays.
    """
    return device.type == "cuda" and os.environ.get("LABKIT_CAPTURE") == "1"


@cache
def agrees(device: torch.device) -> bool:
    """Whether training steps on a device go as on the CPU; tried with Lab 1's GAN and VAE.

    All that the first step returns has to be the CPU's within 2e-3, and the way that all weights
    went in three steps within 0.3 of its length. (Adam's first steps go by the signs of the
    gradients, which rounding decides for tiny ones: two of the CPU's own kernels differ by 3e-4
    and 0.08.)
    """
    try:
        for family in ("gan", "vae"):
            (first, way), (theirs, other) = _tried(family, "cpu"), _tried(family, device)
            near = torch.isclose(theirs, first, rtol=2e-3, atol=1e-5).all()
            if not near or not (other - way).norm() <= 0.3 * way.norm():
                return False
    except (RuntimeError, TypeError):  # an operation or a type that it does not have
        return False
    return True


def _tried(name: str, device: torch.device | str) -> tuple[Tensor, Tensor]:
    """All that a family's first step returns, and how far each weight went in three; on the CPU."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        settings = {key: param.default for key, param in FAMILIES[name].params.items()}
        family: Family = resolve(FAMILIES[name].target)(settings)
        before = _weights(family)
        family.to(torch.device(device))
        noise = stream(0, "a device tried")
        numbers: list[Tensor] = []
        for i in range(3):
            batch = torch.rand(16, 1, 28, 28, generator=noise) * 2 - 1
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=False):
                stats = family.step(batch.to(device), Context(noise, step=i, steps=3))
            numbers += [value.float().cpu() for value in stats.values()]
    return torch.stack(numbers[: len(stats)]), _weights(family) - before


def _weights(family: Family) -> Tensor:
    weights = (p for network in family.networks.values() for p in network.parameters())
    return torch.cat([weight.detach().cpu().flatten() for weight in weights])


def device_name(device: torch.device) -> str:
    """Return a graphics card's name, or the kind of another device."""
    on_gpu = device.type == "cuda"
    return torch.cuda.get_device_name(device) if on_gpu else device.type


def numeric_environment(device: torch.device) -> dict[str, Any]:
    """Return what can change the last bits of a result although the spec is the same."""
    on_gpu = device.type == "cuda"
    return {
        "torch": torch.__version__,
        "device": device_name(device),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "cudnn": torch.backends.cudnn.version() if on_gpu else None,
        "tf32": torch.backends.cuda.matmul.allow_tf32,
        **({"steps": "captured"} if records_steps(device) else {}),
    }
