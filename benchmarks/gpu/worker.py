"""The process that touches the card: a JSON line for each JSON line it is asked.

In a process apart, so that whatever a device does, a line about it can still be written. An
error is an answer. After one that leaves the device unusable the process ends, and the next
question goes to a new one.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from typing import Any


def main() -> None:
    """Answer until there is nothing more to read."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    for line in sys.stdin:
        task = json.loads(line)
        try:
            answer = {"answer": _WORK[task.pop("do")](**task)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)
        if "error" in answer and not _usable():
            sys.exit(1)


def _usable() -> bool:
    import torch

    try:
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.synchronize()
    except RuntimeError:
        return False
    return True


def _card(device: str) -> dict[str, Any]:
    """The card and the versions that make its numbers; ``absent`` where there is no card."""
    import torch

    import labkit
    from labkit.data.machine import processor

    found: dict[str, Any] = {
        "labkit": labkit.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "CUDA": torch.version.cuda,
        "cuDNN": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        "processor": processor(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    if device == "cpu":
        return found
    if not torch.cuda.is_available():
        why = "finds none on this machine" if torch.version.cuda else "is built without CUDA"
        return {"absent": f"no CUDA device: torch {torch.__version__} {why}"}
    about = torch.cuda.get_device_properties(device)
    return {
        "card": about.name,
        "memory": f"{about.total_memory / 2**30:.1f} GiB",
        "compute capability": f"{about.major}.{about.minor}",
        "driver": _driver(),
        **found,
    }


def cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _driver() -> str:
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return said.stdout.splitlines()[0].strip() if said.stdout.strip() else "unknown"


def _steps(device: str, threads: int, **task: Any) -> dict[str, Any]:
    from benchmarks.gpu.steps import compare
    from labkit.train import runtime

    runtime.set_up(threads)
    return compare(device=device, **task)


def _promises(**task: Any) -> dict[str, Any]:
    from benchmarks.gpu.promises import kept
    from labkit.train import runtime

    runtime.set_up()
    return kept(**task)


def _measures(**task: Any) -> dict[str, Any]:
    from benchmarks.gpu.measured import compare

    return compare(**task)


def _plain(**task: Any) -> float:
    from benchmarks import plain

    return plain.train(**task)


def _ours(device: str, **task: Any) -> dict[str, Any]:
    import torch

    from benchmarks import ours

    on_card = device != "cpu"
    if on_card:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    seconds = ours.epoch_seconds(device=device, **task)
    memory = torch.cuda.max_memory_allocated() / 1e6 if on_card else None
    return {"seconds": seconds, "memory_mb": memory}


_WORK: dict[str, Callable[..., Any]] = {
    "card": _card, "steps": _steps, "promises": _promises, "measures": _measures,
    "plain": _plain, "ours": _ours,
}  # fmt: skip

if __name__ == "__main__":
    main()
