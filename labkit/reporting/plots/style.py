"""One colour, marker and line for each factor level, the same in every plot.

A family has a hue (GANs blue, VAEs orange), the levels of its main factor are steps of
that hue from light to dark, so their order can be seen, and a second factor changes the
line and hollows the marker. Hue, step and marker say the same thing three times: it
survives a grey printer and every common kind of colour blindness. The pairs of colours
have at least 3:1 contrast with the light and with the dark page (WCAG 1.4.11).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.catalog import FAMILIES, LOSSES, METRICS, RECONSTRUCTIONS
from labkit.reporting.numbers import levels, setting
from labkit.spec import CellSpec

#: Three steps of each hue: on a light page from light to dark, on a dark one the reverse.
_HUES: tuple[tuple[tuple[str, str, str], tuple[str, str, str]], ...] = (
    (("#1f96b8", "#2464b4", "#1b2a6b"), ("#3f82d4", "#72b9f2", "#d5edff")),
    (("#d07415", "#a8420c", "#5e1a0d"), ("#c46c2c", "#f2a65c", "#ffe3c2")),
    (("#2f9461", "#1d6b4a", "#0f3d2c"), ("#3c9e6c", "#7dd3a4", "#d6f6e4")),
    (("#a35bb5", "#7a3590", "#46175a"), ("#a86cc0", "#d3a4e4", "#f5e2fb")),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("solid", "dashed", "dotted", "dashdot")
_NAMES = {
    **{name: loss.label for name, loss in LOSSES.items()},
    **{name: reconstruction.label for name, reconstruction in RECONSTRUCTIONS.items()},
}


def level_of(spec: CellSpec, name: str) -> Any:
    """A setting's value as a level: hashable, and "none" where the setting is off."""
    value = spec.params.get(name)
    if value is None:
        return "none"
    return tuple(value) if isinstance(value, list) else value


def level_label(family: str, name: str, value: Any) -> str:
    """A level as plots and tables call it: "z 64", "latent 16", "BCE"."""
    if value == "none":
        return f"no {name.replace('_', ' ')}"
    if isinstance(value, str):
        return _NAMES.get(value, value)
    if isinstance(value, (bool, tuple)):
        return f"{name.replace('_', ' ')} {setting(value)}"
    param = FAMILIES[family].params.get(name)
    tag = (param.tag if param else "") or f"{name} {{}}"
    return re.sub(r"(?<=[^\W\d])(?=\d)", " ", tag.format(value))


@dataclass(frozen=True)
class Look:
    """How a cell is drawn."""

    colour: str
    line: str
    marker: str
    hollow: bool


class Style:
    """The looks of a plan's cells."""

    def __init__(self, cells: Sequence[CellSpec]) -> None:
        self._cells = cells
        self._palette: dict[str, tuple[str, str]] = {}
        self._factors: dict[str, tuple[str, ...]] = {}
        self._levels: dict[tuple[str, str], list[Any]] = {}
        order = [name for name in FAMILIES if any(c.family == name for c in cells)]
        for family in order:
            hue = list(FAMILIES).index(family) % len(_HUES)
            mine = [c for c in cells if c.family == family]
            self._factors[family] = _factors(family, mine)
            for name in self._factors[family]:
                self._levels[family, name] = levels(level_of(c, name) for c in mine)
            main = self._levels[family, self._factors[family][0]]
            for i in range(len(main)):
                light, dark = (_step(ramp, i, len(main)) for ramp in _HUES[hue])
                self._palette[f"{family}-{i + 1}"] = (light, dark)

    @property
    def palette(self) -> dict[str, tuple[str, str]]:
        """Name of a colour to its value on a light and on a dark page."""
        return self._palette

    def factors(self, family: str) -> tuple[str, ...]:
        """The settings that vary within a family, the one shown by colour first."""
        return self._factors[family]

    def look(self, spec: CellSpec) -> Look:
        """How a cell is drawn, in every plot."""
        main, *others = self._factors[spec.family]
        i = self._levels[spec.family, main].index(level_of(spec, main))
        j = 0
        if others:
            j = self._levels[spec.family, others[0]].index(level_of(spec, others[0]))
        return Look(
            f"{spec.family}-{i + 1}",
            LINES[j % len(LINES)],
            MARKERS[i % len(MARKERS)],
            bool(j % 2),
        )

    def label(self, spec: CellSpec, without: Collection[str] = ()) -> str:
        """The settings that tell a cell from its neighbours: "Hinge z 64"."""
        named = [f for f in FAMILIES[spec.family].named_by if f not in without]
        varied = [f for f in self._factors[spec.family] if f not in (*named, *without)]
        return " ".join(level_label(spec.family, f, level_of(spec, f)) for f in (*named, *varied))


def metric_label(name: str) -> str:
    """A metric as an axis says it, with its unit."""
    metric = METRICS[name]
    return f"{metric.label} ({metric.unit})" if metric.unit else metric.label


def _factors(family: str, cells: Sequence[CellSpec]) -> tuple[str, ...]:
    """Settings with several levels; numbers first, since steps of a hue show an order."""
    params = FAMILIES[family].params
    varied = [n for n in params if len(levels(level_of(c, n) for c in cells)) > 1]
    if not varied:
        return FAMILIES[family].named_by[-1:]
    return tuple(sorted(varied, key=lambda n: not isinstance(cells[0].params.get(n), (int, float))))


def _step(ramp: tuple[str, str, str], i: int, n: int) -> str:
    """The colour at step i of n along a ramp."""
    if n == 1:
        return ramp[1]
    at = 2 * i / (n - 1)
    k = min(int(at), 1)
    a, b = (tuple(int(c[j : j + 2], 16) for j in (1, 3, 5)) for c in ramp[k : k + 2])
    mixed = (round(x + (y - x) * (at - k)) for x, y in zip(a, b, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)
