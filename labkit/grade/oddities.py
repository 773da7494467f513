"""Histories that training does not produce, as in numbers written by hand.

Each is a remark for the instructor, found in one hand-in alone; no rung fails for it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from labkit.catalog import FAMILIES
from labkit.grade.cell_pairs import digits
from labkit.grade.record import GradedCell, HandIn
from labkit.handin.ladder import first

#: Significant digits that a mean over thousands of images has at least, nearly always.
FEW_DIGITS = 6
#: The sum of a loss's parts may differ from it by so much of it: they are means of fp32 numbers.
SUM = 1e-4
#: How straight no training is: what remains beside a line, as a share of its course.
STRAIGHT = 1e-6


def oddities(handin: HandIn) -> list[str]:
    """What is odd in a hand-in's histories, a line each; mostly nothing."""
    found = [f"{cell.name}: {line}" for cell in handin.cells for line in _of_cell(cell)]
    times = Counter(t for cell in handin.cells for t in _column(cell, "seconds") if t)
    if twice := sum(count - 1 for count in times.values() if count > 1):
        found.append(f"{twice} epochs took exactly as long as another one")
    rows: dict[tuple[tuple[str, float | None], ...], list[str]] = {}
    for cell in handin.cells:
        for row in cell.history:
            bare = {n: v for n, v in row.items() if n not in ("epoch", "seconds")}
            if sum(isinstance(v, float) for v in bare.values()) > 1:
                rows.setdefault(tuple(sorted(bare.items())), []).append(cell.name)
    same = sorted({name for names in rows.values() if len(names) > 1 for name in names})
    return found + ([f"{first(same, 2)}: epochs of the same numbers"] if same else [])


def _of_cell(cell: GradedCell) -> Iterator[str]:
    losses = [name for name in FAMILIES[cell.family].losses if any(_column(cell, name))]
    short = [
        value
        for name in (*losses, "proxy_fid")
        for value in _column(cell, name)
        if value and digits(value) < FEW_DIGITS
    ]
    if len(short) > 1:
        yield f"{len(short)} numbers of its history have fewer than {FEW_DIGITS} digits"
    if cell.family == "vae":
        rows = ([row.get(f"{n}_loss") for n in ("total", "recon", "kl")] for row in cell.history)
        whole = ([v for v in row if isinstance(v, float)] for row in rows)
        apart = [abs(r[0] - r[1] - r[2]) > SUM * abs(r[0]) for r in whole if len(r) == 3]
        if any(apart):
            yield f"total loss is not reconstruction + KL in {sum(apart)} of {len(apart)} epochs"
    for name in (*losses, "proxy_fid"):
        if _is_straight(_column(cell, name)):
            yield f"{name} goes along a straight line"
    if any(seconds <= 0 for seconds in _column(cell, "seconds")):
        yield "an epoch that took no time"


def _column(cell: GradedCell, name: str) -> list[float]:
    """The values of a column, of the epochs that have it."""
    return [v for row in cell.history if isinstance(v := row.get(name), float)]


def _is_straight(values: Sequence[float]) -> bool:
    """Whether five or more values, or their logarithms, lie on one line that is not flat."""
    if len(values) < 5 or len(set(values)) < 2:
        return False
    y = np.array(values)
    ways = [y, np.log(y)] if (y > 0).all() else [y]
    return any(np.abs(np.diff(way, 2)).max() < STRAIGHT * np.ptp(way) for way in ways)
