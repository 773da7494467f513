"""One row of a table: a training with its settings and measured values."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

Level = str | int | float | bool | tuple[Any, ...]
"""One value of a setting."""
Block = tuple[tuple[str, Any], ...]
"""Settings of a cell but for the factor at hand."""

State = Literal["absent", "present", "unknown"]
Key = TypeVar("Key")

#: What a setting is called where some cells of a family have it and others leave it empty.
NONE = "none"
#: What a cell of these states reports was not measured on a finished training.
ENDED_BADLY = ("failed", "missing")
_COUNT = re.compile(r"\bN=([\d,]*\d)|\b([\d,]*\d) samples\b")
_MISSING = "classes missing: "
_NO = ("no", "false", "0", "0.0", "not detected", "not found", "not observed", "not collapsed")


@dataclass(frozen=True)
class Measured:
    """A value and how far its printed digits leave it open."""

    value: float
    half: float = 0.0
    """Half a unit of the last digit given; 0 for the store's exact doubles."""
    decimals: int | None = None
    """Decimals it was typed with; None for the store's doubles."""


@dataclass(frozen=True)
class Collapse:
    """The mode-collapse verdict of a cell's samples."""

    state: State
    """Whether a rule fired; *unknown* where that could not be measured."""
    classes: tuple[str, ...] = ()
    """Names of the classes that are missing altogether."""
    n: int | None = None
    """Number of samples it was judged by; None where it does not say."""
    reasons: tuple[str, ...] = ()
    """What was found, a rule each; of *unknown*, why it could not be measured."""
    text: str = ""
    """The verdict as it is stored, to be quoted."""


@dataclass(frozen=True)
class Cell:
    """One row: one training."""

    run: str
    family: str
    dataset: str
    seed: int
    settings: Mapping[str, Level]
    """Every setting of the row but family, data set and seed; absent ones left out."""
    metrics: Mapping[str, Measured]
    """Catalog metrics; what was not measured is left out."""
    status: str = ""
    """done, trained, failed or missing; "" where the table does not say."""
    collapse: Collapse | None = None
    """None: not measured."""
    shares: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Class to its share of the samples and of real images (0 to 1), where known."""
    best_epoch: int | None = None
    first: Mapping[str, Measured] = field(default_factory=dict)
    last: Mapping[str, Measured] = field(default_factory=dict)
    """Values of the first and the last epoch, to set against each other."""
    from_table: bool = False
    """Whether ``first`` stands in the table itself, as published tables often have it."""

    @cached_property
    def seedless(self) -> str:
        """The run's name without its seed: what the cells of one setting share."""
        return re.sub(r"_seed\d+\Z", "", self.run)

    @property
    def seconds(self) -> float | None:
        """The time its training took; None where it was not measured."""
        found = self.metrics.get("seconds")
        return found.value if found else None

    @property
    def collapsed(self) -> State:
        """Whether its samples collapsed: by the verdict, else by the metrics that tell."""
        if self.collapse is not None:
            return self.collapse.state
        if self.status not in ENDED_BADLY:
            for name in ("mode_collapse", "missing_classes"):
                found = self.metrics.get(name)
                if found is not None:
                    return "present" if found.value - found.half > 0 else "absent"
        return "unknown"

    @cached_property
    def where(self) -> tuple[tuple[str, Any], ...]:
        """Identity but for names: what sorts and pairs cells, independent of row order."""
        first = ("family", self.family), ("dataset", self.dataset)
        return *first, *sorted(self.settings.items()), ("seed", self.seed)

    @cached_property
    def order(self) -> str:
        """Sorts cells without a look at their names."""
        return str(self.where)


def verdict_of(text: str | None) -> Collapse | None:
    """The mode-collapse verdict as a value, from the words it is stored in; None for no words.

    A result and a table keep it as one line (:attr:`labkit.measure.modes.Modes.verdict`), and so
    does a student's own table. Nothing outside this module reads those words.

    >>> verdict_of("classes missing: 4, 9; under-represented: 1 (0.9 %)").classes
    ('4', '9')
    >>> verdict_of("none detected at N=10,000").n
    10000
    """
    text = (text or "").strip()
    if not text:
        return None
    plain = text.lower()
    found = _COUNT.search(text)
    n = int((found[1] or found[2]).replace(",", "")) if found else None
    if plain in ("n/a", "na", "-", "?") or plain.startswith(("not measur", "unknown")):
        return Collapse("unknown", (), n, _parts(text.partition(": ")[2]), text)
    if plain in _NO or plain.startswith(("none", "no ")):
        return Collapse("absent", (), n, (), text)
    reasons = _parts(text)
    missing = next((r.removeprefix(_MISSING) for r in reasons if r.startswith(_MISSING)), "")
    return Collapse("present", tuple(missing.split(", ")) if missing else (), n, reasons, text)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("; ") if part)


def named(text: str, known: Collection[Key], *called: Callable[[Key], str]) -> Key | None:
    """Look up a key by its own text or by one of its names, ignoring case and punctuation.

    "fashion mnist" finds ``FashionMNIST``. The keys' own texts come before the names that
    `called` gives them; None if nothing matches.
    """
    names = {_plain(name(key)): key for name in called for key in known}
    return (names | {_plain(str(key)): key for key in known}).get(_plain(text))


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == "∞")
