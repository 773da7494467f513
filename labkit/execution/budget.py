"""What fits into a time budget, by what earlier cells took on this machine.

``labkit run --within 90m``: where not all that is to be trained fits, there may be fewer cells,
each on fewer images, or each for fewer epochs. Which of them is the user's to choose.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from labkit.errors import UserError
from labkit.execution import eta
from labkit.experiment.plan import Plan, cut
from labkit.experiment.spec import CellSpec
from labkit.text.numbers import duration

FEWER = ("cells", "images", "epochs")
#: Fewer images than that make no training.
FEWEST_IMAGES = 1_000
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(h|min|m|s)\s*")


@dataclass(frozen=True)
class Choice:
    """One way to stay within the budget."""

    fewer: str  # One of `FEWER`
    count: int  # How many of them remain
    of: int
    seconds: float  # What the training is expected to take then
    cells: tuple[CellSpec, ...]  # The cells to train, as they are in the whole plan

    @property
    def text(self) -> str:
        """ "all 18 cells on 12,000 of 60,000 images: about 85 min"."""
        n = len(self.cells)
        some = {
            "cells": f"{self.count} of {self.of} cells as they are",
            "images": f"all {n} cells on {self.count:,} of {self.of:,} images",
            "epochs": f"all {n} cells for {self.count} of {self.of} epochs",
        }
        return f"{some[self.fewer]}: about {duration(self.seconds)}"

    def made(self, plan: Plan, budget: float) -> Plan:
        """The plan with this choice made; it remembers that, and what for."""
        return plan.within({"seconds": budget, self.fewer: self.count})


def seconds(text: str) -> float:
    """Read a time: ``90m``, ``1h30m``, ``1.5 h``, ``45 min``; UserError where it is none."""
    parts = _TIME.findall(text.lower())
    found = sum(float(number) * _UNITS[unit[0]] for number, unit in parts)
    if not found or _TIME.sub("", text.strip().lower()):
        raise UserError(f"--within {text}: a time such as 90m, 1h30m or 1.5h")
    return found


def total(cells: Sequence[CellSpec], workers: int, device: str) -> float:
    """Expected wall time of some cells, the longest first."""
    each = (eta.estimate(cell, device)[0] for cell in cells)
    return eta.schedule(sorted(each, reverse=True), workers)


def choices(cells: Sequence[CellSpec], budget: float, workers: int, device: str) -> list[Choice]:
    """The ways to train some cells within `budget` seconds, but for those that leave nothing."""
    # A seed is finished before the next one begins, so that what is there can be compared.
    in_order = sorted(cells, key=lambda cell: cell.seed)
    images = max(map(eta.images, cells))
    epochs = max(cell.training["epochs"] for cell in cells)

    def left(fewer: str, count: int) -> list[CellSpec]:
        return in_order[:count] if fewer == "cells" else [cut(c, {fewer: count}) for c in cells]

    found = []
    for fewer, of, step in (
        ("cells", len(cells), 1), ("images", images, FEWEST_IMAGES), ("epochs", epochs, 1),
    ):  # fmt: skip
        fits = (total(left(fewer, n), workers, device) <= budget for n in range(step, of, step))
        count = step * sum(takewhile(bool, fits))
        rest = left(fewer, count) if count else []
        # With fewer epochs, cells that differ in nothing else would be the same.
        if count and len({cell.fingerprint for cell in rest}) == len(rest):
            kept = tuple(rest) if fewer == "cells" else tuple(cells)
            found.append(Choice(fewer, count, of, total(rest, workers, device), kept))
    return found


def offered(ways: Sequence[Choice]) -> str:
    """The ways as options to add to the command."""
    options = " or ".join(f"--fewer {way.fewer} ({way.text})" for way in ways)
    return f"add {options}" if ways else "nothing fits"
