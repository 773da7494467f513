"""The machine in words, without its name: what a figure must be read beside."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

#: What `/proc/cpuinfo` calls the instruction sets that decide how fast matrices are multiplied.
_SETS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def describe() -> dict[str, Any]:
    """CPU model, instruction sets, cores, memory, versions, and the load before the run.

    Nothing heavy is imported: a child's peak of memory begins with that of its parent.
    """
    fields, flags = _cpuinfo()
    return {
        "cpu": fields.get("model name") or platform.processor() or platform.machine(),
        "family_model": f"{fields.get('cpu family', '?')}/{fields.get('model', '?')}",
        "instructions": [name for name in _SETS if name in flags],
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": version("torch"),
        "load": load(),
    }


def load() -> float | None:
    """Processes that wanted to run over the last minute, on average; None where unknown."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _cpuinfo() -> tuple[dict[str, str], set[str]]:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}, set()
    first = path.read_text().split("\n\n")[0]
    pairs = [line.split(":", 1) for line in first.splitlines() if ":" in line]
    fields = {key.strip(): value.strip() for key, value in pairs}
    return fields, set(fields.get("flags", fields.get("Features", "")).split())


def _memory_gb() -> float | None:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
