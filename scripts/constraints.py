"""Write ``constraints.txt``: the exact versions of what is installed here and was tested.

``python scripts/constraints.py FILE``, in an environment that holds labkit with all its extras.
Torch, torchvision and what only they need are left out: which build of them fits is the
machine's matter, and `pyproject.toml` bounds them.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LEFT_OUT = {"torch", "torchvision"}
HEAD = """\
# The versions labkit was tested with: pip install -c constraints.txt .
# Written by `make constraints`. torch and torchvision are bounded in pyproject.toml only.
"""


def installed(root: str, extras: frozenset[str]) -> dict[str, str]:
    """Return the version of `root` and of all it requires, by canonical name.

    Args:
        root: a distribution's name.
        extras: the extras of `root` that count, too.

    What is not installed is left out: other systems or Pythons need it.
    """
    versions: dict[str, str] = {}
    waiting, visited = [(canonicalize_name(root), extras)], set()
    while waiting:
        visit = name, extras = waiting.pop()
        if visit in visited or name in LEFT_OUT:
            continue
        visited.add(visit)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        versions[name] = found.version
        for need in map(Requirement, found.requires or ()):
            if not need.marker or any(need.marker.evaluate({"extra": e}) for e in {"", *extras}):
                waiting.append((canonicalize_name(need.name), frozenset(need.extras)))
    return versions


def main(path: str) -> None:
    """Write the file at `path`."""
    found = installed("labkit", frozenset({"pdf", "dev"}))
    lines = [f"{name}=={found[name]}\n" for name in sorted(found) if name != "labkit"]
    Path(path).write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
