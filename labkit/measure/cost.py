"""The memory a cell needs; its arithmetic is counted in :mod:`labkit.train.flops`."""

from __future__ import annotations

import sys
from pathlib import Path

_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


class PeakMemory:
    """The largest memory of this process from construction on.

    On CUDA the allocator's peak; on Linux the resident set, whose high-water mark the
    kernel can reset, so that a worker's earlier cells do not count; elsewhere the
    process's lifetime peak, which counts for this cell only if it rose. The libraries a
    process has loaded are part of its resident set.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._cuda = device.startswith("cuda")
        self._before = 0.0
        if self._cuda:
            import torch

            torch.cuda.reset_peak_memory_stats()
            self.method = "largest memory of the CUDA allocator"
        elif _reset_high_water_mark():
            self.method = "largest resident set of the process during the cell"
        else:
            self._before = _lifetime_peak() or 0.0
            self.method = "largest resident set of the process so far, if it rose in the cell"

    def megabytes(self) -> float | None:
        """The peak so far in MB (10⁶ bytes), or None where the system cannot tell."""
        if self._cuda:
            import torch

            return torch.cuda.max_memory_allocated() / 1e6
        if self.method.endswith("during the cell"):
            return _high_water_mark()
        peak = _lifetime_peak()
        return peak if peak is not None and peak > self._before else None


def _reset_high_water_mark() -> bool:
    """Set VmHWM back to the current resident set (proc(5), clear_refs, value 5)."""
    try:
        _CLEAR_REFS.write_text("5")
    except OSError:
        return False
    return _high_water_mark() is not None


def _high_water_mark() -> float | None:
    try:
        status = _STATUS.read_text()
    except OSError:
        return None
    marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(marks[0]) * 1024 / 1e6 if marks else None


def _lifetime_peak() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
