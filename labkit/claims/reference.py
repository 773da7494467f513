"""Noise from repeated trainings that come with labkit, where one's own seeds are too few.

A reference is used only for cells of the very same kind: family, data set, every setting but
fp32 or bf16 (levels of the factors varied there inside their range), feature network and number
of samples.
:mod:`labkit.calibration` keeps it; ``scripts/reference_noise.py`` makes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from labkit import calibration
from labkit.claims import noise
from labkit.claims.cell import Cell, Level, Measured
from labkit.claims.cells import Cells, as_level, make_cells
from labkit.claims.measure import Samples
from labkit.claims.noise import Spread
from labkit.claims.pairs import Pairs, pair_up
from labkit.claims.statistics import fisher_p

#: Levels of a setting that train alike: two cells of one seed differ by less than two seeds do
#: (docs/performance.md, "Does it lose quality?").
ALIKE = {"arithmetic": ("fp32", "bf16")}
#: A table departs from the reference if chance alone would do so this rarely.
GATE = 0.05


@dataclass(frozen=True)
class Reference:
    """Repeated trainings of one family."""

    name: str
    """With its version: ``lab1-10000/1``."""
    family: str
    settings: Mapping[str, Level]
    factors: Mapping[str, tuple[Level, ...]]
    """What was varied, with its levels; ``settings`` were the same in all of them."""
    samples: Samples
    features: Mapping[str, str]
    """Data set to the hash of the feature network it was measured with."""
    cells: Cells
    _pairs: dict[Any, Pairs] = field(default_factory=dict, init=False, repr=False, compare=False)

    def matches(self, cells: Cells, samples: Samples | None) -> bool:
        """Whether some cells of one family are of the same kind."""
        return (
            samples == self.samples
            and cells.families == (self.family,)
            and all(self.features.get(d) == calibration.feature_hash(d) for d in cells.datasets)
            and all(self._same(cell.settings) for cell in cells)
        )

    def _same(self, settings: Mapping[str, Level]) -> bool:
        if settings.keys() != self.settings.keys() | self.factors.keys():
            return False
        within = all(_inside(settings[name], levels) for name, levels in self.factors.items())
        held = self.settings.keys() - self.factors.keys()
        return within and all(_alike(name, settings[name], self.settings[name]) for name in held)

    @property
    def fewest_seeds(self) -> int:
        """Seeds of the data set that has fewest."""
        return min(len(self.cells.of(dataset=d).seeds) for d in self.cells.datasets)

    def paired(self, like: Pairs) -> Pairs:
        """Its own comparison of the factor and measure that another compares."""
        key = (like.dataset, like.factor, like.measure)
        if key not in self._pairs:  # every question asks for the same ones
            self._pairs[key] = pair_up(self.cells.of(dataset=key[0]), *key[1:])
        return self._pairs[key]


@dataclass(frozen=True)
class Borrowed:
    """A reference's noise for some comparisons, or the odd cell that kept it from being used."""

    spread: Spread | None
    odd: Cell | None = None


def borrow(comparisons: Sequence[Pairs], reference: Reference) -> Borrowed:
    """The noise a reference gives for one factor and one measure on all data sets compared.

    Where the cells depart from the sum of the factors' effects by more than the reference's
    do, it is no measure of them: the cell that departs most is named instead. Its degrees of
    freedom are its seeds less one: the data sets and levels of a seed start from the same
    weights and noise, and a single training strays now and then (``scripts/simulate_claims.py``).
    """
    known = [reference.paired(pairs) for pairs in comparisons]
    found = noise.spread(known)
    if found is None:
        return Borrowed(None)
    single, df = noise.rest(known)
    if df and (odd := _odd(comparisons, known, single, df)):
        return Borrowed(None, odd)
    blocks = len(known[0].blocks)
    here = min(len(p.blocks) for p in comparisons)
    # A level's mean over fewer blocks holds more of each cell's own noise.
    more = single / here - single / blocks if here < blocks else 0.0
    variance = max(found.variance, single / blocks) + more
    by_level = {level: value + more for level, value in found.by_level.items()}
    df = min(found.df, reference.fewest_seeds - 1)
    return Borrowed(Spread(variance, df, by_level, "reference", reference.name))


def _odd(
    comparisons: Sequence[Pairs], known: Sequence[Pairs], single: float, df: int
) -> Cell | None:
    """The cell that departs most, if together they depart by more than chance; else None."""
    squares, degrees = 0.0, 0
    departures: list[tuple[float, Cell]] = []
    for pairs, there in zip(comparisons, known, strict=True):
        if len(pairs.blocks) < 2:
            continue
        mine, theirs = noise.interaction(pairs), noise.interaction(there)
        shared = mine.keys() <= theirs.keys()
        variance = single * (1 / len(pairs.seeds) + (1 / len(there.seeds) if shared else 0.0))
        for (level, block), value in mine.items():
            left = value - theirs[level, block] if shared else value
            squares += left**2 / variance
            cell = next(g.cells[level] for g in pairs.groups if g.block == block)
            departures.append((abs(left), cell))
        degrees += (len(pairs.levels) - 1) * (len(pairs.blocks) - 1)
    if not degrees or fisher_p(squares / degrees, degrees, df) > GATE:
        return None
    return max(departures, key=lambda each: each[0])[1]


def find(cells: Cells, samples: Samples | None) -> Reference | None:
    """The reference of the same kind as some cells of one family, if labkit has one."""
    return next((each for each in shipped() if each.matches(cells, samples)), None)


@lru_cache(maxsize=1)
def shipped() -> tuple[Reference, ...]:
    """All references that come with labkit."""
    return tuple(read(entry) for entry in calibration.reference_noise())


def read(entry: Mapping[str, Any]) -> Reference:
    """A reference as :mod:`labkit.calibration` keeps it, in the claims' own types."""
    settings = {name: as_level(level) for name, level in entry["settings"].items()}
    factors = {name: tuple(map(as_level, found)) for name, found in entry["factors"].items()}
    rows = []
    for values in entry["cells"]:
        row = dict(zip(entry["columns"], values, strict=True))
        levels = {name: as_level(row[name]) for name in factors}
        name = f"{row['dataset']} {' '.join(map(str, levels.values()))} {row['seed']}"
        metrics = {n: Measured(row[n]) for n in entry["metrics"] if row[n] is not None}
        place = entry["family"], row["dataset"], row["seed"], {**settings, **levels}
        rows.append(Cell(name, *place, metrics, "done"))
    name, samples = f"{entry['name']}/{entry['version']}", Samples(*entry["samples"])
    return Reference(
        name, entry["family"], settings, factors, samples, entry["features"], make_cells(rows)
    )


def _alike(name: str, level: Level, other: Level) -> bool:
    return level == other or {level, other} <= set(ALIKE.get(name, ()))


def _inside(level: Level, levels: Sequence[Level]) -> bool:
    """Whether a level lies in a reference's range, or is one of its names."""
    numbers: list[Any] = [v for v in levels if type(v) in (int, float)]
    if type(level) in (int, float) and len(numbers) > 1:
        return bool(min(numbers) <= level <= max(numbers))
    return level in levels
