"""labkit: from one YAML file to a lab report that can be defended.

In a script or notebook with a training loop of your own: :func:`labkit.own.cell` and
:func:`labkit.own.report`, to be had as ``labkit.cell`` and ``labkit.report``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.own import cell, report

__version__ = "0.1.0"
__all__ = ["__version__", "cell", "report"]


def __getattr__(name: str) -> Any:
    if name in ("cell", "report"):  # imported when asked for: `labkit --help` is immediate
        from labkit import own

        return getattr(own, name)
    raise AttributeError(f"module 'labkit' has no attribute '{name}'")
