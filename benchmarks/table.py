"""The rows of the result, as text, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.compare import Spread


@dataclass(frozen=True)
class Size:
    """How much is run."""

    rounds: int
    images: int
    """Training images of a single cell."""
    grid_images: int
    """Training images of each of the grid's 18 cells."""
    empty: tuple[int, ...]
    """Numbers of empty cells."""
    reports: tuple[int, ...]
    """Seeds of Lab 1 in a report: 18 cells each."""
    growth: int
    """Images of the smallest cell whose growth is measured."""


QUICK = Size(3, 1_280, 256, (18, 200), (1,), 512)
FULL = Size(5, 5_120, 1_280, (18, 1_000, 10_000), (1, 56), 640)


@dataclass(frozen=True)
class Row:
    """One line of the result: a value with its spread, or why there is none."""

    name: str
    value: Spread | None = None
    unit: str = ""
    target: str = ""
    note: str = ""
    skipped: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What a plot of growth needs: ``images``, ``epochs``, ``cells``, ``seconds`` and the like."""

    def to_json(self) -> dict[str, Any]:
        value = self.value
        spread = None if value is None else [value.low, value.median, value.high]
        return {
            "name": self.name,
            "low_median_high": spread,
            "unit": self.unit,
            "target": self.target,
            "note": self.note,
            "skipped": self.skipped,
            "facts": dict(self.facts),
        }


def line(row: Row) -> str:
    """A row for the terminal."""
    if row.value is None:
        return f"{row.name:<52} skipped: {row.skipped}"
    target = f"  [{row.target}]" if row.target else ""
    return f"{row.name:<52} {row.value} {row.unit}{target}  {row.note}"


def markdown(rows: Sequence[Row], machine: dict[str, Any]) -> str:
    """The table of docs/performance.md, with the machine it was measured on."""
    sets = ", ".join(machine["instructions"]) or "unknown instruction sets"
    head = (
        f"{machine['cpu']} (family/model {machine['family_model']}; {sets}), "
        f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}; "
        f"Python {machine['python']}, torch {machine['torch']}. "
        f"Load before: {machine['load']}."
    )
    lines = [head, "", "| what | median (lowest–highest) | wanted | how |", "|---|---|---|---|"]
    for row in rows:
        value = f"{row.value} {row.unit}" if row.value else f"skipped: {row.skipped}"
        lines.append(f"| {row.name} | {value} | {row.target} | {row.note} |")
    return "\n".join(lines) + "\n"
