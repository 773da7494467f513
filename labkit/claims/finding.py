"""A finding: what a table shows about one thing, in numbers alone, without words or verdict."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Generic, Literal, TypeVar

from labkit.claims.cell import Cell
from labkit.claims.statistics import student_interval, student_p

Here = Literal["yes", "no", "tie"]
Source = Literal["own", "reference"]
#: Fields that a finding as JSON leaves out: cells and other findings, and what a claim has itself.
OMIT = {"cells", "missing", "noise", "contrasts", "counterexamples", "odd", "hit", "asked", "order"}


@dataclass(frozen=True)
class Noise:
    """How far an estimate would move if the same cells were trained with other seeds."""

    error: float
    """Standard error of the estimate, on its scale."""
    df: int
    source: Source
    name: str = ""
    """Which reference it is, of repeated trainings that come with labkit."""


@dataclass(frozen=True)
class Missing:
    """Why nothing can be said: the name of a reason, and what it is about."""

    reason: str
    about: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What all findings share. Fields a kind does not use keep their defaults."""

    kind: str
    metric: str = ""
    dataset: str = ""
    """The one data set it is about; empty for several."""
    family: str = ""
    factor: str = ""
    cells: tuple[Cell, ...] = ()
    n_seeds: int = 0
    n_blocks: int = 0
    """Settings of the other factors it is averaged over."""
    log: bool = False
    """Whether the estimate is a difference of logarithms, so a ratio."""
    estimate: float | None = None
    slack: float = 0.0
    """How far rounding of the values may have moved the estimate."""
    noise: Noise | None = None
    margin: float = 0.0
    """Smallest difference worth calling one; like all, on the estimate's scale."""
    resolution: float = 0.0
    """What other samples of the same weights could change."""
    here: Here | None = None
    """Whether the statement holds in these rows; None where nothing was measured."""
    missing: Missing | None = None
    unit: str = ""
    target: float | None = None
    """If given, distances from this value were compared."""
    counterexamples: tuple[str, ...] = ()
    """Runs that contradict it."""

    @property
    def id(self) -> str:
        """Stable and readable, of what was asked and not of what came out."""
        return dotted(self.kind, self.family, self.factor, self.metric, self.dataset or "all")

    @property
    def p(self) -> float | None:
        """Two-sided p-value of no difference; None where no noise is known."""
        if self.noise is None or self.estimate is None:
            return None
        size = max(0.0, abs(self.estimate) - self.slack)
        return student_p(size / self.noise.error, self.noise.df)

    def interval(self, confidence: float = 0.95) -> tuple[float, float] | None:
        """Student's interval of the estimate, on its scale; None where no noise is known."""
        if self.noise is None or self.estimate is None:
            return None
        half = student_interval(self.noise.error, self.noise.df, confidence) + self.slack
        return self.estimate - half, self.estimate + half

    @property
    def unresolved(self) -> bool:
        """Whether other samples of the same weights could have made the difference."""
        return self.estimate is not None and abs(self.estimate) <= self.resolution

    @property
    def level(self) -> bool:
        """Whether nothing worth calling a difference can be there."""
        within = self.interval(0.90)
        small = within is not None and max(abs(end) for end in within) <= self.margin
        return small or self.unresolved

    def to_json(self) -> dict[str, Any]:
        """What was asked and found, for programs: every simple field of the kind."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self) if f.name not in OMIT}

    def shown(self, value: float) -> float:
        """A value of the estimate's scale as a reader sees it: a log ratio in percent."""
        return 100 * math.expm1(value) if self.log else value


Some = TypeVar("Some", bound=Finding)


def known(found: Iterable[Some]) -> list[Some]:
    """Those of some findings that tell anything."""
    return [each for each in found if each.missing is None]


def by_dataset(found: Iterable[Some]) -> dict[str, list[Some]]:
    """Findings by the data set they are about, in their order."""
    groups: dict[str, list[Some]] = {}
    for each in found:
        groups.setdefault(each.dataset, []).append(each)
    return groups


def dotted(*parts: str) -> str:
    """An id of those of its parts that are not empty."""
    return ".".join(part for part in parts if part)


def plain(value: Any) -> Any:
    """A value as JSON has it: tuples as lists, and a number that is not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


Side = TypeVar("Side")


@dataclass(frozen=True, kw_only=True)
class Comparison(Finding, Generic[Side]):
    """Two sides compared by their means: who is ahead, and by how much."""

    a: Side
    b: Side
    mean_a: float = math.nan
    """Mean of the measure (a geometric mean where ``log``)."""
    mean_b: float = math.nan
    towards: int = -1
    """-1 where lower is better (or asked for), 1 where higher is."""

    @property
    def id(self) -> str:
        return f"{super().id}.{self.a}-{self.b}"

    @property
    def ahead(self) -> Side | None:
        """The better side by its mean; None where rounding does not tell them apart."""
        if self.here == "tie" or self.estimate is None:
            return None
        return self.a if self.estimate * self.towards > 0 else self.b

    @property
    def behind(self) -> Side | None:
        """The other side; None where none is ahead."""
        return None if self.ahead is None else self.sides[1]

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both, the one that is ahead first."""
        return (self.b, self.a) if self.ahead == self.b else (self.a, self.b)
