"""One colour, marker and line for each factor level, the same in every plot.

A family has a hue (GANs blue, VAEs orange), the levels of its main factor are steps of that hue
from light to dark, so their order can be seen, and a second factor changes the line and hollows
the marker. So it survives a grey printer and every common kind of colour blindness. The colours
have at least 3:1 contrast with the light and with the dark page (WCAG 1.4.11).
"""

import re
from collections.abc import Collection, Sequence
from typing import Any

from labkit.catalog import FAMILIES, REGISTRIES
from labkit.experiment.spec import OWN_CODE, CellSpec
from labkit.reporting.plots.chart import Look
from labkit.text.language import N_, SOURCE, _, code
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
    "pink": (("#c2558f", "#99306b", "#5a123b"), ("#cf6f9f", "#f0a6c9", "#fbdcec")),
    "brown": (("#a9713f", "#7d4d22", "#43260c"), ("#b98250", "#ddb083", "#f6e4d0")),
    "grey": (("#7c8794", "#535d69", "#2a3138"), ("#8b97a5", "#b9c3ce", "#e6ebf0")),
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
_NAMED = ("losses", "reconstructions", "constraints", "gan_networks", "vae_networks", "optimisers")
#: Settings of the training loop: what they are called, and their levels.
TRAINING = {
    "epochs": (N_("Epochs"), N_("{} epochs")),
    "batch_size": (N_("Batch size"), N_("batch {}")),
}


def setting_name(family: str, name: str) -> str:
    """A setting on its own: "Learning rate", "Batch size"."""
    return _(TRAINING[name][0] if name in TRAINING else FAMILIES[family].params[name].label)


def level_of(spec: CellSpec, name: str) -> Any:
    """A setting's value as a level: hashable, and "none" where the setting is off.

    One that labkit learnt after the cell was trained has its default, which is what labkit
    did before; of a training loop of the user's own nothing is known but what was stated.
    """
    known = spec.family in FAMILIES and spec.code != OWN_CODE
    param = FAMILIES[spec.family].params.get(name) if known else None
    default = param.default if param else None
    value = spec.training[name] if name in TRAINING else spec.params.get(name, default)
    if value is None:
        return "none"
    return tuple(value) if isinstance(value, list) else value


def level_label(family: str, name: str, value: Any) -> str:
    """A level as plots and tables call it: "z 64", "latent 16", "BCE"."""
    if value == "none":
        return _("no {setting}", setting=_plainly(family, name))
    param = FAMILIES[family].params.get(name) if family in FAMILIES else None
    if isinstance(value, str):
        registries = [param.choices] if param and param.choices else _NAMED
        found = (REGISTRIES[each].get(value) for each in registries)
        return next((_(entry.label) for entry in found if entry), value)
    if isinstance(value, (bool, tuple)):
        return f"{_plainly(family, name)} {setting(value)}"
    if param and not param.label.isascii():
        return f"{param.label} {setting(value)}"  # a Greek letter is shorter than its name
    tag = TRAINING[name][1] if name in TRAINING else param.tag if param else ""
    text = _(tag or f"{name} {{}}").format(setting(value))
    return re.sub(r"(?<=[^\W\d])(?=\d)", " ", text)


def _plainly(family: str, name: str) -> str:
    """A setting beside its level, as an experiment file has it; its label in other languages."""
    known = family in FAMILIES and name in FAMILIES[family].params
    translated = code() != SOURCE and (known or name in TRAINING)
    return setting_name(family, name) if translated else name.replace("_", " ")


class Style:
    """The looks of a plan's cells."""

    def __init__(self, cells: Sequence[CellSpec]) -> None:
        self.palette: dict[str, tuple[str, str]] = {}
        """Name of a colour to its value on a light and on a dark page."""
        self._levels: dict[str, dict[str, list[Any]]] = {}
        families = [name for name in FAMILIES if any(c.family == name for c in cells)]
        for family, hue in _hues(families).items():
            mine = [c for c in cells if c.family == family]
            found = {n: levels(level_of(c, n) for c in mine) for n in _factors(family, mine)}
            self._levels[family] = found
            steps = len(found[self.factors(family)[0]])
            for i in range(steps):
                light, dark = (_step(ramp, i, steps) for ramp in HUES[hue])
                self.palette[f"{family}-{i + 1}"] = (light, dark)
        if any(c.params.get("latent_dim") == 2 for c in cells):
            self.palette |= {f"class-{i}": pair for i, pair in enumerate(_CLASSES)}

    def factors(self, family: str) -> tuple[str, ...]:
        """The settings that vary within a family, the one shown by colour first."""
        return tuple(self._levels[family])

    def look(self, spec: CellSpec) -> Look:
        """How a cell is drawn, in every plot."""
        known = self._levels[spec.family].items()
        i, j, *_rest = (*(some.index(level_of(spec, name)) for name, some in known), 0)
        line, marker = LINES[j % len(LINES)], MARKERS[i % len(MARKERS)]
        return Look(f"{spec.family}-{i + 1}", line, marker, bool(j % 2))

    def label(self, spec: CellSpec, without: Collection[str] = ()) -> str:
        """The settings that tell a cell from its neighbours: "Hinge z 64"."""
        named = [f for f in FAMILIES[spec.family].named_by if f not in without]
        varied = [f for f in self.factors(spec.family) if f not in (*named, *without)]
        return " ".join(level_label(spec.family, f, level_of(spec, f)) for f in (*named, *varied))


def _hues(families: Sequence[str]) -> dict[str, str]:
    """A hue for each family: its own, or one that nobody has as long as there is one."""
    stated = {family: FAMILIES[family].hue for family in families}
    free = [hue for hue in HUES if hue not in stated.values()]
    found: dict[str, str] = {}
    for family, own in stated.items():
        taken = not own or own in found.values()
        found[family] = free.pop(0) if taken and free else own or next(iter(HUES))
    return found


def _factors(family: str, cells: Sequence[CellSpec]) -> tuple[str, ...]:
    """The settings that tell the cells apart; numbers first, since steps of a hue show an order.

    One that only goes along is left out: where a Wasserstein GAN also has its own optimiser and
    learning rate, the loss says it all.
    """
    named, params = FAMILIES[family].named_by, (*FAMILIES[family].params, *TRAINING)
    kept: list[str] = []
    apart = 1
    for name in sorted(params, key=lambda n: n not in named):
        found = {tuple(level_of(c, n) for n in (*kept, name)) for c in cells}
        if len(found) > apart:
            apart = len(found)
            kept.append(name)
    kept.sort(key=lambda n: (not isinstance(level_of(cells[0], n), (int, float)), params.index(n)))
    return tuple(kept) or named[-1:]


def _step(ramp: Ramp, i: int, n: int) -> str:
    """The colour at step i of n along a ramp; the middle one of a single step."""
    at = 2 * i / (n - 1) if n > 1 else 1.0
    k = min(int(at), 1)
    a, b = (bytes.fromhex(colour.removeprefix("#")) for colour in ramp[k : k + 2])
    return "#" + bytes(round(x + (y - x) * (at - k)) for x, y in zip(a, b, strict=True)).hex()
