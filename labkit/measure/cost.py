"""Peak memory of a cell; its operations are counted in :mod:`labkit.train.flops`."""

import sys
from pathlib import Path

_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


class PeakMemory:
    """Peak memory of this process from construction on.

    On CUDA the allocator's peak. On Linux the peak resident set, libraries included, which the
    kernel can reset, so a worker's earlier cells do not count. Elsewhere the process's lifetime
    peak, and None if it did not rise.
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
        """Return the peak so far in MB (10⁶ bytes), or None if the system does not tell."""
        if self._cuda:
            import torch

            return torch.cuda.max_memory_allocated() / 1e6
        if self.method.endswith("during the cell"):
            return _high_water_mark()
        peak = _lifetime_peak()
        return peak if peak is not None and peak > self._before else None


def _reset_high_water_mark() -> bool:
    """Reset VmHWM to the current resident set (proc(5), clear_refs); False if impossible."""
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
