"""matplotlib as labkit uses it: figures as objects, never pyplot, whatever the user has set.

A user's backend, style or settings file can be such that matplotlib cannot even be imported:
a notebook hands its own ``MPLBACKEND`` on to every program it starts. So matplotlib is
imported without them, and the user's settings are put in force again afterwards, for whoever
else plots in this process.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: What tells matplotlib of a backend and of a file of settings.
_BACKEND, _SETTINGS = "MPLBACKEND", "MATPLOTLIBRC"


def _import() -> Any:
    """The package; imported as if the user had set nothing, if it is not there already."""
    if "matplotlib" in sys.modules:
        return sys.modules["matplotlib"]
    given = {name: os.environ.pop(name) for name in (_BACKEND, _SETTINGS) if name in os.environ}
    if shipped := _shipped():
        os.environ[_SETTINGS] = str(shipped)
    try:
        import matplotlib
    finally:
        os.environ.pop(_SETTINGS, None)
        os.environ.update(given)
    _put_in_force(matplotlib)
    return matplotlib


def _shipped() -> Path | None:
    """The settings that matplotlib brings along, found without importing it."""
    found = importlib.util.find_spec("matplotlib")
    places = (found.submodule_search_locations if found else None) or ()
    files = (Path(place, "mpl-data", "matplotlibrc") for place in places)
    return next((file for file in files if file.is_file()), None)


def _put_in_force(library: Any) -> None:
    """The user's own settings, as far as they can be: what cannot be was no use to anybody."""
    with contextlib.suppress(Exception):
        found = dict(library.rc_params())
        # A backend that nobody chose is an object, and to look at it loads all of pyplot.
        if not isinstance(found["backend"], str):
            del found["backend"]
        library.rcParams.update(found)
        library.rcParamsOrig.update(found)
    if backend := os.environ.get(_BACKEND):
        with contextlib.suppress(Exception):
            library.rcParams["backend"] = backend


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without matplotlib's complaints: about settings files, and a folder it cannot write."""
    log = logging.getLogger("matplotlib")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


with _quietly():
    mpl: Any = _import()

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

__all__ = [
    "Axes", "Figure", "Line2D", "LogLocator", "MaxNLocator",
    "NullLocator", "Rectangle", "mpl",
]  # fmt: skip


@contextlib.contextmanager
def plain(settings: dict[str, Any]) -> Iterator[None]:
    """matplotlib's own settings and these on top, none of the user's; no complaints.

    A character its font lacks is drawn as a box, which is all that can be done about it.
    """
    own = {k: v for k, v in mpl.rcParamsDefault.items() if k != "backend"}
    with _quietly(), warnings.catch_warnings(), mpl.rc_context():
        warnings.simplefilter("ignore")
        mpl.rcParams.update(own | settings)
        yield
