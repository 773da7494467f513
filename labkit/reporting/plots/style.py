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
from typing import Any

from labkit.catalog import (
    CONSTRAINTS,
    FAMILIES,
    GAN_NETWORKS,
    LOSSES,
    METRICS,
    OPTIMISERS,
    RECONSTRUCTIONS,
    REGISTRIES,
    VAE_NETWORKS,
)
from labkit.experiment.spec import OWN_CODE, CellSpec
from labkit.reporting.plots.chart import Look
from labkit.text.language import N_, _
from labkit.text.numbers import levels, setting

#: Colours of the page itself, on white; on a page they follow its theme.
PAGE = {"ink": "#1b1e24", "muted": "#565c66", "rule": "#dcdfe4", "paper": "#fefefe"}

Ramp = tuple[str, str, str]
#: Three steps of each hue: on a light page from light to dark, on a dark one the reverse.
HUES: dict[str, tuple[Ramp, Ramp]] = {
    "blue": (("#1f96b8", "#2464b4", "#1b2a6b"), ("#3f82d4", "#72b9f2", "#d5edff")),
    "orange": (("#d07415", "#a8420c", "#5e1a0d"), ("#c46c2c", "#f2a65c", "#ffe3c2")),
    "green": (("#2f9461", "#1d6b4a", "#0f3d2c"), ("#3c9e6c", "#7dd3a4", "#d6f6e4")),
    "purple": (("#a35bb5", "#7a3590", "#46175a"), ("#a86cc0", "#d3a4e4", "#f5e2fb")),
    "red": (("#c94f4f", "#a32222", "#5c0f0f"), ("#d06060", "#f09a9a", "#fbdada")),
    "teal": (("#2a8f8f", "#1b6a6a", "#0d3b3b"), ("#3f9d9d", "#7fd0d0", "#d2f3f3")),
    "olive": (("#8a7a1a", "#665a10", "#3a3308"), ("#9c8c2e", "#d0c060", "#f2ebc0")),
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("solid", "dashed", "dotted", "dashdot")
#: A colour for each of ten classes, where a latent plane is drawn; markers differ as well.
_CLASSES = (
    ("#2464b4", "#72b9f2"), ("#a8420c", "#f2a65c"), ("#1d6b4a", "#7dd3a4"),
    ("#7a3590", "#d3a4e4"), ("#b3261e", "#ff8f87"), ("#6b5900", "#e0c34a"),
    ("#00697a", "#5fd0e0"), ("#8a1c5b", "#f59ac8"), ("#4a4a4a", "#c9c9c9"),
    ("#4b7a00", "#a6d84a"),
)  # fmt: skip

#: Where names of choices are looked up, the first that has it.
_CHOICES = (LOSSES, RECONSTRUCTIONS, CONSTRAINTS, GAN_NETWORKS, VAE_NETWORKS, OPTIMISERS)


def params_of(spec: CellSpec) -> dict[str, Any]:
    """The settings of a cell.

    One that labkit learnt after the cell was trained has its default, which is what labkit
    did before; of a training loop of the user's own nothing is known but what was stated.
    """
    if spec.code == OWN_CODE or spec.family not in FAMILIES:
        return dict(spec.params)
    return {name: p.default for name, p in FAMILIES[spec.family].params.items()} | dict(spec.params)


#: Settings of the training loop: what they are called, and their levels.
TRAINING = {"epochs": (N_("Epochs"), "{} epochs"), "batch_size": (N_("Batch size"), "batch {}")}


def setting_name(family: str, name: str) -> str:
    """A setting on its own: "Learning rate", "Batch size"."""
    return _(TRAINING[name][0] if name in TRAINING else FAMILIES[family].params[name].label)


def level_of(spec: CellSpec, name: str) -> Any:
    """A setting's value as a level: hashable, and "none" where the setting is off."""
    value = spec.training[name] if name in TRAINING else params_of(spec).get(name)
    if value is None:
        return "none"
    return tuple(value) if isinstance(value, list) else value


def level_label(family: str, name: str, value: Any) -> str:
    """A level as plots and tables call it: "z 64", "latent 16", "BCE"."""
    if value == "none":
        return _("no {setting}", setting=name.replace("_", " "))
    if isinstance(value, str):
        param = FAMILIES[family].params.get(name) if family in FAMILIES else None
        registries = [REGISTRIES[param.choices]] if param and param.choices else _CHOICES
        return next((_(each[value].label) for each in registries if value in each), value)
    if isinstance(value, (bool, tuple)):
        return f"{name.replace('_', ' ')} {setting(value)}"
    param = FAMILIES[family].params.get(name)
    if param and not param.label.isascii():
        return f"{param.label} {setting(value)}"  # a Greek letter is shorter than its name
    tag = TRAINING[name][1] if name in TRAINING else (param.tag if param else "")
    tag = tag or f"{name} {{}}"
    return re.sub(r"(?<=[^\W\d])(?=\d)", " ", tag.format(setting(value)))


class Style:
    """The looks of a plan's cells."""

    def __init__(self, cells: Sequence[CellSpec]) -> None:
        self._cells = cells
        self._palette: dict[str, tuple[str, str]] = {}
        self._factors: dict[str, tuple[str, ...]] = {}
        self._levels: dict[tuple[str, str], list[Any]] = {}
        order = [name for name in FAMILIES if any(c.family == name for c in cells)]
        hues = _hues(order)
        for family in order:
            mine = [c for c in cells if c.family == family]
            self._factors[family] = _factors(family, mine)
            for name in self._factors[family]:
                self._levels[family, name] = levels(level_of(c, name) for c in mine)
            main = self._levels[family, self._factors[family][0]]
            for i in range(len(main)):
                light, dark = (_step(ramp, i, len(main)) for ramp in HUES[hues[family]])
                self._palette[f"{family}-{i + 1}"] = (light, dark)
        if any(c.params.get("latent_dim") == 2 for c in cells):
            self._palette |= {f"class-{i}": pair for i, pair in enumerate(_CLASSES)}

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
    return f"{_(metric.label)} ({_(metric.unit)})" if metric.unit else _(metric.label)


def _hues(families: Sequence[str]) -> dict[str, str]:
    """A hue for each family: its own, or one that nobody has as long as there is one."""
    stated = {FAMILIES[family].hue for family in families}
    free = [hue for hue in HUES if hue not in stated]
    found: dict[str, str] = {}
    for family in families:
        own = FAMILIES[family].hue
        taken = not own or own in found.values()
        found[family] = free.pop(0) if taken and free else own or next(iter(HUES))
    return found


def _factors(family: str, cells: Sequence[CellSpec]) -> tuple[str, ...]:
    """Settings with several levels; numbers first, since steps of a hue show an order."""
    params = (*FAMILIES[family].params, *TRAINING)
    varied = [n for n in params if len(levels(level_of(c, n) for c in cells)) > 1]
    if not varied:
        return FAMILIES[family].named_by[-1:]
    varied = _telling(varied, FAMILIES[family].named_by, cells)
    return tuple(sorted(varied, key=lambda n: not isinstance(level_of(cells[0], n), (int, float))))


def _telling(varied: list[str], first: Sequence[str], cells: Sequence[CellSpec]) -> list[str]:
    """The settings needed to tell the cells apart; one that only goes along is left out.

    Where a Wasserstein GAN also has its own optimiser and learning rate, the loss says it all.
    """
    kept: list[str] = []
    apart = 1
    for name in sorted(varied, key=lambda n: n not in first):
        found = {tuple(level_of(c, n) for n in (*kept, name)) for c in cells}
        if len(found) > apart:
            apart = len(found)
            kept.append(name)
    return [name for name in varied if name in kept]


def _step(ramp: Ramp, i: int, n: int) -> str:
    """The colour at step i of n along a ramp."""
    if n == 1:
        return ramp[1]
    at = 2 * i / (n - 1)
    k = min(int(at), 1)
    a, b = (tuple(int(c[j : j + 2], 16) for j in (1, 3, 5)) for c in ramp[k : k + 2])
    mixed = (round(x + (y - x) * (at - k)) for x, y in zip(a, b, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)
