"""What was found, on the screen as it comes and in two files that are whole at every moment."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass
class Part:
    """A heading, a table and what must be said beside it."""

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Results:
    """All parts. Every row is written at once, so that whatever ends the run leaves what was found.

    Args:
        about: what the files begin with, e.g. how it was called.
        markdown, data: where they are written, Markdown and JSON.
    """

    def __init__(self, about: dict[str, Any], markdown: Path, data: Path) -> None:
        self.about, self.parts = about, list[Part]()
        self._markdown, self._json = markdown, data
        self._started = time.monotonic()

    def begin(self, title: str) -> None:
        """A new part; what is added from now on belongs to it."""
        self.parts.append(Part(title))
        self._started = time.monotonic()
        print(f"\n{title}", flush=True)
        self._write()

    def add(self, **row: Any) -> None:
        """One more row of the table."""
        self.parts[-1].rows.append(row)
        print("  " + ", ".join(f"{key} {_shown(value)}" for key, value in row.items()), flush=True)
        self._write()

    def note(self, line: str) -> None:
        """What else is to be said of this part: how to read it, why it was cut short."""
        self.parts[-1].notes.append(line)
        print(f"  {line}", flush=True)
        self._write()

    def _write(self) -> None:
        self.parts[-1].seconds = round(time.monotonic() - self._started, 1)
        content = {**self.about, "parts": [asdict(part) for part in self.parts]}
        _replace(self._json, json.dumps(_finite(content), indent=1, ensure_ascii=False) + "\n")
        _replace(self._markdown, self.text())

    def text(self) -> str:
        """The Markdown of all parts so far."""
        told = ", ".join(f"{key} {_shown(value)}" for key, value in self.about.items())
        blocks = [f"# labkit on a GPU\n\n{told}"]
        for part in self.parts:
            blocks.append(f"## {part.title}\n\n{part.seconds:g} s in all.")
            if part.rows:
                blocks.append(_table(part.rows))
            blocks += part.notes
        return "\n\n".join(blocks) + "\n"


def _table(rows: list[Row]) -> str:
    """All rows under the union of their keys."""
    heads = list(dict.fromkeys(key for row in rows for key in row))
    lines = [heads, ["---"] * len(heads)]
    lines += [[_shown(row.get(head)).replace("|", "\\|") for head in heads] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _finite(value: Any) -> Any:
    """As JSON can have it: a number that is none as a word."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _replace(path: Path, text: str) -> None:
    """The whole file or the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
