"""How time and memory grow, as one figure for docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]
_COLOURS = {"gan": "#2464b4", "vae": "#a8420c"}


def growth(facts: Sequence[Facts], file: Path) -> None:
    """Draw what cells and grids take against their size.

    Args:
        facts: of the rows, see :class:`benchmarks.table.Row`; those without are passed over.
        file: the PNG to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.2), layout="constrained")
    time, memory, grid = figure.subplots(1, 3)
    _cells(time, memory, [fact for fact in facts if "images" in fact])
    _grids(grid, [fact for fact in facts if "cells" in fact])
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=160)


def _cells(time: Any, memory: Any, facts: Sequence[Facts]) -> None:
    """Seconds with what was estimated beside them, and memory, of single cells."""
    for family, colour in _COLOURS.items():
        own = sorted(
            (fact for fact in facts if fact["family"] == family),
            key=lambda fact: (fact["images"] * fact["epochs"], fact["images"]),
        )
        if not own:
            continue
        seen = [fact["images"] * fact["epochs"] for fact in own]
        label = family.upper()
        time.plot(seen, [f["seconds"] for f in own], "o", color=colour, label=f"{label}, took")
        told = [(n, f["estimated"]) for n, f in zip(seen, own, strict=True) if f["estimated"]]
        time.plot(*zip(*told, strict=True), "x", color=colour, ms=9, label=f"{label}, estimated")
        memory.plot(seen, [f["memory_mb"] for f in own], "o", color=colour, label=label)
    for axes, title, unit in ((time, "Time of a cell", "s"), (memory, "Its peak memory", "MB")):
        axes.set(title=title, xlabel="images × epochs", ylabel=unit)
        _finish(axes, {fact["images"] * fact["epochs"] for fact in facts})


def _grids(axes: Any, facts: Sequence[Facts]) -> None:
    """Milliseconds a cell of the store and of a report, by the number of cells."""
    lines = {
        "run, beyond the disk": [(f["cells"], f["beyond_ms"]) for f in facts if "beyond_ms" in f],
        "report": [(f["cells"], 1e3 * f["seconds"] / f["cells"]) for f in facts if "seconds" in f],
    }
    for (label, points), colour in zip(lines.items(), ("#1d6b4a", "#7a3590"), strict=True):
        if points:
            axes.plot(*zip(*sorted(points), strict=True), "o-", color=colour, label=label)
    axes.set(title="Overhead of a grid", xlabel="cells", ylabel="ms a cell")
    _finish(axes, {fact["cells"] for fact in facts})


def _finish(axes: Any, ticks: set[int]) -> None:
    """Sizes on a logarithmic axis, named where something was measured; values from 0."""
    if not axes.has_data():
        return
    shown = sorted(ticks)
    axes.set_xscale("log")
    axes.set_xticks(shown, [f"{tick:,}" for tick in shown])
    axes.set_xticks([], minor=True)
    axes.margins(x=0.12)
    axes.set_ylim(0, 1.15 * axes.get_ylim()[1])
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small")
