"""matplotlib, imported whatever a user has set.

A user's backend, style or settings file can be such that matplotlib cannot even be imported: a
notebook hands its own ``MPLBACKEND`` on to every program it starts. So it is imported without
them, and they are put in force again afterwards, for whoever else plots in this process.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

#: What tells matplotlib of a backend and of a file of settings.
_BACKEND, _SETTINGS = "MPLBACKEND", "MATPLOTLIBRC"


def _import() -> Any:
    """The package; imported as if the user had set nothing, if it is not there already."""
    if "matplotlib" in sys.modules:
        return sys.modules["matplotlib"]
    given = {name: os.environ.pop(name) for name in (_BACKEND, _SETTINGS) if name in os.environ}
    os.environ[_SETTINGS] = os.devnull
    try:
        import matplotlib
    finally:
        del os.environ[_SETTINGS]
        os.environ.update(given)
    # The user's own settings, as far as they can be: what cannot be was no use to anybody.
    library: Any = matplotlib
    with contextlib.suppress(Exception):
        found = dict(library.rc_params())
        # An unset backend is an object; reading it would import all of pyplot.
        if not isinstance(found["backend"], str):
            del found["backend"]
        library.rcParams.update(found)
        library.rcParamsOrig.update(found)
    if backend := os.environ.get(_BACKEND):
        with contextlib.suppress(Exception):
            library.rcParams["backend"] = backend
    return library


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without matplotlib's complaints: about settings files, and a folder it cannot write."""
    log = logging.getLogger("matplotlib")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


with quietly():
    mpl: Any = _import()
