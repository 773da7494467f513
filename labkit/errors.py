"""The one kind of error whose own words are all its reader needs; and errors without places."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from pathlib import Path


class LabkitError(Exception):
    """A mistake in a file, a table or a command: one line says what, where, what is allowed.

    The command line prints it and ends with status 2; anything else is a bug and keeps
    its traceback.
    """


def placeless(text: str, *roots: Path) -> str:
    """An error's text without the folders of the machine it happened on.

    Failures are part of reports and of what is handed in.
    """
    package = Path(__file__).resolve().parent.parent
    places = {str(place) for place in (package, sys.prefix, *roots)} | set(sys.path)
    places |= {sysconfig.get_paths()[name] for name in ("purelib", "platlib", "stdlib")}
    for place in sorted(places - {"", os.sep}, key=len, reverse=True):
        text = text.replace(f"{place}{os.sep}", "")
    # What is left of absolute paths is cut to the last name.
    return re.sub(r"(?<![\w:./\\])(?:[A-Za-z]:)?(?:[/\\][^/\\\s\"':]+)+(?=[/\\])[/\\]", "", text)
