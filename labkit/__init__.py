"""labkit: from one YAML file to a lab report that can be defended.

In a script or notebook: ``labkit.run``, ``labkit.load`` and ``labkit.report``
(:mod:`labkit.api`); ``labkit.cell`` for a training loop of your own
(:mod:`labkit.execution.recorder`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.api import load, report, run
    from labkit.execution.recorder.recorder import cell

__version__ = "0.1.0"
__all__ = ["__version__", "cell", "load", "report", "run"]

_HOMES = {"cell": "execution.recorder.recorder", "load": "api", "report": "api", "run": "api"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:  # imported when asked for: `labkit --help` is immediate
        from importlib import import_module

        return getattr(import_module(f"labkit.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'labkit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
