"""How often do the claims call a difference that is none, and how often do they find one?

Draws grids of GANs like Lab 1's (two data sets, two losses, three z dimensions) whose log proxy
FIDs have the noise of repeated trainings, and puts them through the claims' own code. The noise
of a cell has a part of its own, parts it shares with the cells of its seed that have the same
loss or the same z dimension, and one it shares with all cells of its seed.

    python scripts/simulate_claims.py                   # the tables of docs/claims.md
    python scripts/simulate_claims.py --grids 200
    python scripts/simulate_claims.py --quick           # seconds; for the tests
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from labkit import calibration
from labkit.claims import noise, reference
from labkit.claims.cell import Cell, Level, Measured
from labkit.claims.cells import Cells, make_cells
from labkit.claims.findings.levels import Contrast, levels, pairs_of_levels
from labkit.claims.measure import Samples
from labkit.claims.reference import Reference
from labkit.claims.table import Table
from labkit.claims.verdict import FIRM, judge

Array = NDArray[np.float64]

#: Root mean squares of log proxy FID in Lab 1's GANs on 10,000 images: loss by seed, z by seed,
#: and what is left (``scripts/reference_noise.py`` prints them).
WIDTHS = {"MNIST": (0.037, 0.084, 0.028), "FashionMNIST": (0.036, 0.106, 0.029)}
FACTORS: dict[str, tuple[Level, ...]] = {"loss": ("hinge", "bce"), "z_dim": (32, 64, 128)}
#: What all cells of a seed share; no comparison within a seed is touched by it.
SHARED = 0.05
#: A single training's standard deviation over seeds, root mean square of the two data sets.
CELL_WIDTH = 0.07
#: How many times the FID of a collapsed cell is.
COLLAPSED = (2.0, 5.0)
#: Seeds of a reference.
REFERENCE_SEEDS = 8
GRIDS, GRIDS_A_REFERENCE = 2_000, 10
SAMPLES = Samples()


@dataclass(frozen=True)
class World:
    """The truth that grids are drawn from."""

    name: str = "no effect"
    loss: float = 0.0
    """Log proxy FID of bce less that of hinge."""
    z_dim: float = 0.0
    """Log proxy FID of z = 32 and of z = 128 less that of 64."""
    noise: float = 1.0
    """Widths of the noise in units of the reference's."""
    skewed: bool = False
    """Whether the noise is log-normal with a long tail to large FIDs."""
    alike: bool = False
    """Whether what a seed does to a loss or a z dimension is the same on both data sets."""
    uneven: float = 1.0
    """How many times noisier z = 128 is than the others."""
    collapse: float = 0.0
    """Chance that a cell collapses without being noticed as such."""

    def truth(self, found: Contrast) -> float:
        """The true difference of a contrast's levels, first less second."""
        effects = {"bce": self.loss, "hinge": 0.0, 64: 0.0, 32: self.z_dim, 128: self.z_dim}
        return effects[found.a] - effects[found.b]


def draw(world: World, seeds: int, rng: np.random.Generator) -> Array:
    """Log proxy FIDs of one grid: data set x loss x z x seed."""

    def deviates(*shape: int) -> Array:
        if not world.skewed:
            return rng.standard_normal(shape)
        spread = 0.6
        mean, size = math.exp(spread**2 / 2), math.exp(spread**2)
        return (rng.lognormal(0.0, spread, shape) - mean) / math.sqrt((size - 1) * size)

    grids = []
    of_loss, of_z = deviates(2, 1, seeds), deviates(1, 3, seeds)
    for by_loss, by_z, rest in WIDTHS.values():
        if not world.alike:
            of_loss, of_z = deviates(2, 1, seeds), deviates(1, 3, seeds)
        z_width = math.sqrt((by_z**2 - rest**2) / 2)
        uneven = np.array([1.0, 1.0, world.uneven])[None, :, None]
        grids.append(
            math.sqrt((by_loss**2 - rest**2) / 3) * of_loss
            + uneven * (z_width * of_z + rest * deviates(2, 3, seeds))
        )
    found = world.noise * (np.stack(grids) + SHARED * deviates(1, 1, 1, seeds))
    found[:, 1] += world.loss
    found[:, :, [0, 2]] += world.z_dim
    hit = rng.random(found.shape) < world.collapse
    found += hit * np.log(rng.uniform(*COLLAPSED, found.shape))
    return found


def cells_of(grid: Array) -> Cells:
    """Values as a table's cells."""
    losses, sizes = FACTORS["loss"], FACTORS["z_dim"]
    return make_cells(
        Cell(
            run=f"{dataset}_GAN_{loss}_z{z}_seed{seed}",
            family="gan",
            dataset=dataset,
            seed=seed,
            settings={"loss": loss, "z_dim": z},
            metrics={"proxy_fid": Measured(10 * math.exp(grid[i, j, k, seed]))},
            status="done",
        )
        for i, dataset in enumerate(WIDTHS)
        for j, loss in enumerate(losses)
        for k, z in enumerate(sizes)
        for seed in range(grid.shape[-1])
    )


def make_reference(
    world: World, rng: np.random.Generator, seeds: int = REFERENCE_SEEDS
) -> Reference:
    """Repeated trainings without effects or collapses, in the reference's own width."""
    kind = World(skewed=world.skewed, alike=world.alike, uneven=world.uneven)
    features = {dataset: calibration.feature_hash(dataset) for dataset in WIDTHS}
    cells = cells_of(draw(kind, seeds, rng))
    return Reference("simulated/1", "gan", {}, FACTORS, SAMPLES, features, cells)


@dataclass(frozen=True)
class Simulated(Table):
    """A table that is judged by one given reference if it matches."""

    known: Reference | None = None

    def reference(self, family: str) -> Reference | None:
        """The given reference, by the rule for those that are shipped."""
        known = self.known
        return known if known and known.matches(self.cells.of(family), self.samples) else None


@dataclass
class Tally:
    """What was called in many grids of one world."""

    grids: int = 0
    wrong: list[bool] = field(default_factory=list)
    """Of each grid, whether anything was called that is not so."""
    judged: list[bool] = field(default_factory=list)
    """Of each grid, whether any noise was known."""
    low: list[float] = field(default_factory=list)
    """Of each grid, how small its reference's noise was estimated, in logarithms."""
    found: dict[str, list[bool]] = field(default_factory=lambda: {n: [] for n in FACTORS})
    """Of each factor with an effect and each data set, whether all of it was called."""

    def add(self, tests: Sequence[Contrast], world: World) -> None:
        """Judge a grid's tests together and count what was called."""
        strengths = judge(tests)
        firm = {test.id for test in tests if strengths[test.id] in FIRM}
        right = {t.id for t in tests if (t.estimate or 0.0) * world.truth(t) > 0}
        self.grids += 1
        self.wrong.append(bool(firm - right))
        self.judged.append(any(test.noise is not None for test in tests))
        for factor, dataset in product(FACTORS, WIDTHS):
            real = [
                test.id for test in tests
                if (test.factor, test.dataset) == (factor, dataset) and world.truth(test)
            ]  # fmt: skip
            if real:
                self.found[factor].append(set(real) <= firm & right)

    @property
    def false(self) -> float:
        """Share of grids in which anything was called wrongly."""
        return float(np.mean(self.wrong))

    @property
    def false_in_worst_decile(self) -> float:
        """The same of the tenth of grids whose reference has the smallest estimates."""
        order = np.argsort(self.low, kind="stable")[: max(1, self.grids // 10)]
        return float(np.mean(np.array(self.wrong)[order]))

    def power(self, factor: str) -> float:
        """Share of data sets in which all of a factor's effect was called."""
        return float(np.mean(self.found[factor]))


def simulate(
    world: World, seeds: int, grids: int, gate: float = reference.GATE, seed: int = 0,
    of: int = REFERENCE_SEEDS,
) -> Tally:  # fmt: skip
    """Draw grids of a world and tally what the claims call.

    Args:
        world: the truth.
        seeds: seeds of each grid; with fewer than three, noise is a simulated reference's.
        grids: how many.
        gate: chance below which a grid that departs from the reference is not judged by it.
        seed: of the draws.
        of: seeds of a simulated reference.
    """
    rng = np.random.default_rng([seed, seeds])
    tally, known, low = Tally(), None, 0.0
    with _gate(gate):
        for index in range(grids):
            if seeds < noise.MIN_SEEDS and index % GRIDS_A_REFERENCE == 0:
                known = make_reference(world, rng, of)
                low = _size(known)
            cells = cells_of(draw(world, seeds, rng))
            tally.add(_tests(Simulated(cells, SAMPLES, known=known)), world)
            tally.low.append(low)
    return tally


def _tests(table: Table) -> list[Contrast]:
    measure = table.measure("proxy_fid")
    found = [levels(table.cells, factor, measure, table) for factor in FACTORS]
    return pairs_of_levels([each for several in found for each in several])


def _size(known: Reference) -> float:
    """How large a reference's noise was estimated: mean logarithm over its factors."""
    table = Table(known.cells, SAMPLES)
    spreads = (
        noise.spread(table.pairs(known.cells, factor, table.measure("proxy_fid")))
        for factor in FACTORS
    )
    return float(np.mean([math.log(each.variance) for each in spreads if each]))


@contextmanager
def _gate(level: float) -> Iterator[None]:
    before, reference.GATE = reference.GATE, level
    try:
        yield
    finally:
        reference.GATE = before


# ------------------------------------------------------------------ tables

#: Worlds without effects.
EMPTY = (
    World("as the reference"),
    World("1.5 times the reference's noise", noise=1.5),
    World("skewed noise", skewed=True),
    World("noise alike on both data sets", alike=True),
    World("one z three times noisier", uneven=3.0),
    World("5 % of cells collapse", collapse=0.05),
)
#: Worlds with an effect of one factor.
EFFECTS = (
    World("loss 10 %", loss=math.log(1.10)),
    World("loss 15 %", loss=math.log(1.15)),
    World("z 25 %", z_dim=math.log(1.25)),
    *(World(f"loss {n} widths", loss=n * CELL_WIDTH) for n in (2, 3, 4)),
    *(World(f"z {n} widths", z_dim=n * CELL_WIDTH) for n in (2, 3, 4)),
)
SEEDS = (1, 3, 5, 8)


def percent(share: float) -> str:
    """``4.2 %``."""
    return f"{100 * share:.1f} %"


def rows(lines: Iterable[Sequence[str]]) -> str:
    """Cells of text as a Markdown table; the first line is its head."""
    head, *body = [list(line) for line in lines]
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *body])


def false_alarms(grids: int, of: int = REFERENCE_SEEDS) -> tuple[str, float]:
    """Table of what grids without effects call, and the rate on average over references."""
    lines = [["grids without effects", "1 seed, reference", "its worst tenth", "3", "5", "8 seeds"]]
    worst = 0.0
    for world in EMPTY:
        tallies = [simulate(world, seeds, grids, of=of) for seeds in SEEDS]
        shares = [percent(t.false) for t in tallies]
        lines.append(
            [world.name, shares[0], percent(tallies[0].false_in_worst_decile), *shares[1:]]
        )
        print(f"{world.name}: done", file=sys.stderr, flush=True)
        usual = world.noise == 1.0
        worst = max([worst, *(t.false for t in tallies if usual)])
    bare = simulate(EMPTY[-1], 1, grids, gate=-1.0, of=of)
    lines.append([f"{EMPTY[-1].name}, no gate", percent(bare.false),
                  percent(bare.false_in_worst_decile), "", "", ""])  # fmt: skip
    return rows(lines), worst


def power(grids: int, of: int = REFERENCE_SEEDS) -> str:
    """Table of how often effects are found; both rivals have to be told apart for z."""
    lines = [["effect", "1 seed, reference", "3", "5", "8 seeds"]]
    for world in EFFECTS:
        factor = "loss" if world.loss else "z_dim"
        tallies = [simulate(world, seeds, grids, of=of) for seeds in SEEDS]
        lines.append([world.name, *(f"{100 * t.power(factor):.0f} %" for t in tallies)])
        print(f"{world.name}: done", file=sys.stderr, flush=True)
    return rows(lines)


def limit(grids: int, rate: float = 0.05) -> float:
    """The rate that holds plus two Monte-Carlo standard errors."""
    return rate + 2 * math.sqrt(rate * (1 - rate) / grids)


def main() -> None:
    """Print both tables; exit 1 if too much is called wrongly (a quick look cannot tell)."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--grids", type=int, default=GRIDS, help="grids of each kind")
    parser.add_argument("--quick", action="store_true", help="40 grids of each kind")
    parser.add_argument("--of", type=int, default=REFERENCE_SEEDS, help="seeds of a reference")
    asked = parser.parse_args()
    grids = 40 if asked.quick else asked.grids
    table, worst = false_alarms(grids, asked.of)
    print(table, flush=True)
    print("\n" + power(max(20, grids // 4), asked.of))
    print(
        f"\nworst {percent(worst)}, allowed {percent(limit(grids))}, {grids:,} grids of each kind"
    )
    if worst > limit(grids) and not asked.quick:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
