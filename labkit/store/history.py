"""``history.jsonl``: a row an epoch, appended while a cell trains."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


def read_history(path: Path) -> Iterator[dict[str, Any]]:
    """The whole rows of a history file; a torn last line is dropped."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            try:
                yield json.loads(line)
            except ValueError:
                return


def best_epoch(history: Sequence[Mapping[str, Any]]) -> int | None:
    """The epoch of the lowest proxy FID (the first of equals), or None if never measured."""
    tracked = [row for row in history if row.get("proxy_fid") is not None]
    return min(tracked, key=lambda row: row["proxy_fid"])["epoch"] if tracked else None
