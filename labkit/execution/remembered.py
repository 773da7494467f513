"""Plans made before, so that a run with nothing to do need not plan again.

A plan follows from the bytes of the experiment file, what was asked on the command line and
labkit's own files; it is kept in the cache under the hash of all these, so what is found there is
what would be made. Where the images come from is the one thing that can change beside: who recalls
a plan looks again (:func:`labkit.data.sources.resolve_source`). Plans with code of the user's own
are not kept.
"""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.data.places import cache_dir
from labkit.errors import PlanError
from labkit.experiment.plan import Plan
from labkit.store import atomic

PACKAGE = Path(__file__).parents[1]
#: How many plans are kept: the latest.
MOST = 30


def key(file: Path, asked: Sequence[str]) -> str | None:
    """What a plan follows from, as a SHA-256; None if the experiment file cannot be read.

    `asked` are all arguments of the run, those that planning depends on among them.
    """
    try:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        made_by = sorted(_files(os.fspath(PACKAGE)))
    except OSError:
        return None
    facts = [content, asked, list(sys.version_info[:3]), made_by]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _files(folder: str) -> Iterator[tuple[str, int, int, int]]:
    """Every file of the package by what changes when it is written; their bytes stay unread."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                facts = entry.stat()
                yield entry.path, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def recall(key: str | None) -> Plan | None:
    """The plan kept under `key`, or None."""
    if key is None:
        return None
    try:
        return Plan.from_json(json.loads(_place(key).read_bytes()))
    except (OSError, ValueError, PlanError):
        return None


def keep(key: str | None, plan: Plan) -> None:
    """Keep a plan; a cache that cannot be written costs time and nothing else."""
    if key is None or plan.settings.get("own"):
        return
    place = _place(key)
    with contextlib.suppress(OSError):
        atomic.mkdir(place.parent)
        atomic.replace_bytes(place, json.dumps(plan.to_json()).encode())
        known = sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for old in known[:-MOST]:
            old.unlink()


def _place(key: str) -> Path:
    return cache_dir() / "plans" / f"{key[:32]}.json"
