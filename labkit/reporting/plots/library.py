"""matplotlib as labkit uses it: its Agg renderer and its font, whatever the user has set.

Nothing here needs a backend, a style or a settings file of the user's, and all of them can
be such that matplotlib cannot even be imported: a notebook hands its own ``MPLBACKEND`` on
to every program it starts. So matplotlib is imported without them, and the user's settings
are put in force again afterwards, for whoever else plots in this process.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: What tells matplotlib of a backend and of a file of settings.
_BACKEND, _SETTINGS = "MPLBACKEND", "MATPLOTLIBRC"
#: Settings that a renderer, a path, a pen and a font look up whenever they are used.
_LOOKED_UP = ("agg.", "hatch.", "path.", "text.")


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

    from matplotlib.backend_bases import GraphicsContextBase
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import get_font
    from matplotlib.path import Path as Outline
    from matplotlib.transforms import Affine2D

__all__ = ["Affine2D", "GraphicsContextBase", "Outline", "RendererAgg", "get_font", "mpl"]


def plain() -> Any:
    """A context in which what is drawn depends on no setting of the user's."""
    defaults = mpl.rcParamsDefault
    return mpl.rc_context({key: defaults[key] for key in defaults if key.startswith(_LOOKED_UP)})
