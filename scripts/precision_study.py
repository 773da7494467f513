"""Does training in bf16 lose quality? Cells in fp32 and bf16, paired over seeds.

Reads metrics tables of one grid that was trained in both (column ``arithmetic``); several tables
may bring several seeds. Two cells are a pair if they differ in the arithmetic alone. Prints
Markdown; `RULE` was fixed before any seed was judged by it, and decides what
`labkit.experiment.precision` lets ``precision: auto`` be.

    labkit run experiments.yaml --precision fp32 --seeds 5 --results results/fp32
    labkit run experiments.yaml --precision bf16 --seeds 5 --results results/bf16
    python scripts/precision_study.py fp32.csv bf16.csv -o study.md
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

import pandas as pd

from labkit.catalog import FAMILIES, METRICS
from labkit.claims.cell import Cell
from labkit.claims.cells import Cells, from_frame
from labkit.claims.measure import measure
from labkit.claims.noise import Spread, spread
from labkit.claims.pairs import pair_up as contrast
from labkit.claims.statistics import fmean, student_interval, student_p, variance
from labkit.text.numbers import listing

CONFIDENCE, ALPHA = 0.90, 0.05
#: How far the ratio bf16 / fp32 may be from 1 on the worse side: by less than another seed
#: changes in Lab 1, where single trainings of one setting spread by 5 to 9 %.
BOUNDS = {"proxy_fid": 1.05, "coverage": 0.95, "test_total_loss": 1.01}
MIN_PAIRS = 6
#: Losses on one scale only where these settings are the same.
LOSSES = {
    "loss": ("d_loss", "g_loss"),
    "reconstruction": (
        "total_loss", "recon_loss", "kl_loss", "test_total_loss", "test_recon_loss", "test_kl_loss",
    ),
}  # fmt: skip
#: Standard normal quantiles of 95 and 80 %: what finds a loss, and how surely.
NEEDED = 1.645 + 0.842
RULE = (
    "A pair are two cells that differ in their arithmetic alone. *No loss shown* takes, of a "
    f"family on a data set, all of: {MIN_PAIRS} pairs at least; the {CONFIDENCE:.0%} interval "
    "(Student's t, of logarithms) of the geometric mean of bf16 / fp32 below "
    f"{BOUNDS['proxy_fid']} for proxy FID, above {BOUNDS['coverage']} for coverage and, where "
    f"test images have a loss, below {BOUNDS['test_total_loss']} for that; and not significantly "
    "more cells that collapsed or failed in bf16 (exact one-sided sign test of the pairs that "
    f"differ in it, {ALPHA:.0%}). Each end of an interval is a one-sided test at {ALPHA:.0%} and "
    f"all must pass, so a loss of that size passes with a chance of {ALPHA:.0%} at most. Pairs "
    "count as independent: what a seed gives both of its cells cancels."
)


class Pair(NamedTuple):
    fp32: Cell
    bf16: Cell


@dataclass(frozen=True)
class Estimate:
    """A mean of pairs' differences with its interval; ratios if `log`."""

    n: int
    mean: float
    half: float
    spread: float
    p: float
    log: bool

    @property
    def ends(self) -> tuple[float, float, float]:
        """Lower end, estimate and upper end."""
        found = self.mean - self.half, self.mean, self.mean + self.half
        low, middle, high = map(math.exp, found) if self.log else found
        return low, middle, high

    def __str__(self) -> str:
        low, middle, high = (f"{value:.3f}" for value in self.ends)
        return f"{middle} ({low} to {high}), p = {self.p:.2g}"


def pair_up(cells: Cells) -> tuple[list[Pair], list[Cell]]:
    """The pairs of some cells, and the cells that have no partner; one that is not run is no cell.

    Raises:
        ValueError: a cell stands there twice, or there is no pair.
    """
    cells = cells.filter(lambda cell: cell.status in ("done", "failed"))
    times = Counter(cell.where for cell in cells)
    if twice := {cell.where: cell for cell in cells if times[cell.where] > 1}:
        raise ValueError(f"more than one row of {_names(twice.values())}")
    pairs: list[Pair] = []
    alone: list[Cell] = []
    for found in cells.groups("arithmetic").values():
        if found.keys() >= {"fp32", "bf16"}:
            pairs.append(Pair(found["fp32"], found["bf16"]))
        else:
            alone += found.values()
    if not pairs:
        raise ValueError("no cell is there in fp32 and in bf16 with the same settings and seed")
    return pairs, alone


def _names(cells: Iterable[Cell]) -> str:
    """Cells by name and arithmetic, with their seeds."""
    seeds: dict[str, list[str]] = {}
    for cell in sorted(cells, key=lambda cell: cell.seed):
        name = f"{cell.seedless} in {cell.settings.get('arithmetic', 'no arithmetic')}"
        seeds.setdefault(name, []).append(str(cell.seed))
    return "; ".join(f"{name}, seed {listing(seeds[name])}" for name in sorted(seeds))


def estimate(pairs: Sequence[Pair], metric: str, log: bool = True) -> Estimate | None:
    """How a measure changes from fp32 to bf16, over the pairs that have it; None for less than two.

    With `log`, of the logarithms; None also where a value is not above 0.
    """
    both = [(a.metrics[metric].value, b.metrics[metric].value)
            for a, b in pairs if metric in a.metrics and metric in b.metrics]  # fmt: skip
    if len(both) < 2 or (log and min(map(min, both)) <= 0):
        return None
    changes = [math.log(b / a) if log else b - a for a, b in both]
    n, mean, spread = len(changes), fmean(changes), math.sqrt(variance(changes))
    error = spread / math.sqrt(n)
    p = student_p(mean / error, n - 1) if error else float(mean == 0)
    return Estimate(n, mean, student_interval(error, n - 1, CONFIDENCE), spread, p, log)


def fell(cell: Cell) -> bool:
    """Whether a cell failed, or its samples collapsed."""
    return cell.status == "failed" or cell.collapsed == "present"


def sign_p(pairs: Sequence[Pair]) -> float:
    """The chance of so many more pairs in which bf16 alone fell, were both alike."""
    worse = sum(fell(b) and not fell(a) for a, b in pairs)
    differ = sum(fell(b) != fell(a) for a, b in pairs)
    return float(sum(math.comb(differ, k) for k in range(worse, differ + 1)) / 2**differ)


def objections(pairs: Sequence[Pair]) -> Iterator[str]:
    """Why no loss is not shown; nothing if it is."""
    for metric, bound in BOUNDS.items():
        measured = any(metric in cell.metrics for pair in pairs for cell in pair)
        if not measured and metric == "test_total_loss":  # a GAN has none
            continue
        found, name = estimate(pairs, metric), METRICS[metric].label
        if found is None or found.n < MIN_PAIRS:
            yield f"{name}: {found.n if found else 'no'} pairs that can be compared"
            continue
        low, _, high = found.ends
        if not (high < bound if bound > 1 else low > bound):
            needed = max(MIN_PAIRS, math.ceil((NEEDED * found.spread / math.log(bound)) ** 2) + 1)
            yield f"{name} is not within {bound} (without a loss, {needed} pairs would mostly do)"
    if sign_p(pairs) < ALPHA:
        yield "more cells collapsed or failed"


def study(pairs: Sequence[Pair]) -> tuple[list[str], bool]:
    """The lines of the main table, and whether no loss is shown in any of them."""
    lines = [
        "| cells | pairs | proxy FID, bf16 / fp32 | coverage, bf16 / fp32 | total loss on test "
        "images, bf16 / fp32 | fp32: collapsed, failed | bf16: collapsed, failed | verdict |",
        "|---|---|---|---|---|---|---|---|",
    ]
    good = True
    for title, some in _grouped(pairs):
        against = list(objections(some))
        good = good and not against
        ratios = [str(estimate(some, metric) or "–") for metric in BOUNDS]
        fallen = [
            f"{sum(cell.collapsed == 'present' for cell in each)}, "
            f"{sum(cell.status == 'failed' for cell in each)}"
            for each in zip(*some, strict=True)
        ]
        verdict = f"not shown: {'; '.join(against)}" if against else "no loss shown"
        lines.append(f"| {' | '.join([title, str(len(some)), *ratios, *fallen, verdict])} |")
    return lines, good


def losses(pairs: Sequence[Pair]) -> list[str]:
    """The table of losses, each where it has one scale."""
    lines = ["| cells | loss | pairs | fp32, mean | bf16 − fp32 |", "|---|---|---|---|---|"]
    for title, every in _grouped(pairs):
        for setting, names in LOSSES.items():
            for kind in sorted({str(a.settings.get(setting, "")) for a, _ in every} - {""}):
                some = [pair for pair in every if str(pair.fp32.settings.get(setting)) == kind]
                for name in names:
                    if found := estimate(some, name, log=False):
                        mean = fmean([a.metrics[name].value for a, _ in some if name in a.metrics])
                        lines.append(
                            f"| {title}, {kind} | {METRICS[name].label} | {found.n} | {mean:.3f} "
                            f"| {found} |"
                        )
    return lines


def widths(pairs: Sequence[Pair]) -> list[str]:
    """The table of what other seeds change, in fp32 and in bf16, where both have three or more.

    Each is the deviation of one level from the mean of its factor's levels, over seeds and pooled
    over data sets (:func:`labkit.claims.noise.spread`); in percent where claims compare ratios.
    """
    lines = [
        "| cells | factor | measure | fp32 | bf16 | degrees of freedom |",
        "|---|---|---|---|---|---|",
    ]
    both = [Cells(each) for each in zip(*pairs, strict=True)]
    for family in both[0].families:
        for factor in both[0].of(family).factors:
            for metric in BOUNDS:
                found = [_width(cells.of(family), factor, metric) for cells in both]
                if spreads := [each for each in found if each is not None]:
                    log = measure(metric).log
                    in_each = [
                        f"{100 * wide:.1f} %" if log else f"{wide:.3f}"
                        for wide in (each.variance**0.5 for each in spreads)
                    ]
                    named = [FAMILIES[family].label, factor, METRICS[metric].label]
                    if len(spreads) == len(both):
                        df = min(each.df for each in spreads)
                        lines.append(f"| {' | '.join([*named, *in_each, f'{df:g}'])} |")
    return lines


def _width(cells: Cells, factor: str, metric: str) -> Spread | None:
    measured = cells.filter(lambda cell: metric in cell.metrics)
    compared = [
        contrast(measured.of(dataset=d), factor, measure(metric)) for d in measured.datasets
    ]
    return spread(compared) if compared else None


def _grouped(pairs: Sequence[Pair]) -> Iterator[tuple[str, list[Pair]]]:
    """The pairs of each family on each data set."""
    cells = Cells(tuple(a for a, _ in pairs))
    for family in cells.families:
        for dataset in cells.of(family).datasets:
            where = family, dataset
            some = [pair for pair in pairs if (pair.fp32.family, pair.fp32.dataset) == where]
            yield f"{FAMILIES[family].label} {dataset}", some


def markdown(cells: Cells) -> str:
    """The whole fragment."""
    pairs, alone = pair_up(cells)
    table, good = study(pairs)
    seeds = sorted({pair.fp32.seed for pair in pairs})
    parts = [
        fill(RULE, 100),
        f"{len(pairs)} pairs, seeds {listing(map(str, seeds))}. Estimate, "
        f"{CONFIDENCE:.0%} interval and two-sided p:",
        "\n".join(table),
        f"**Verdict: {'no loss shown in all of them' if good else 'not shown for all of them'}.**",
        "\n".join(losses(pairs)),
        "What other seeds change:",
        "\n".join(widths(pairs)),
    ]
    if alone:
        parts.append(f"Without a partner, left out: {_names(alone)}.")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Print the study, or exit with one line if the tables will not do."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tables", nargs="+", type=Path, metavar="TABLE.csv")
    parser.add_argument("-o", "--output", type=Path, help="also write it there")
    asked = parser.parse_args()
    try:
        frames = [pd.read_csv(path) for path in asked.tables]
        for path, frame in zip(asked.tables, frames, strict=True):
            if "arithmetic" not in frame:
                raise ValueError(f"{path}: no column 'arithmetic'")
        text = markdown(from_frame(pd.concat(frames, ignore_index=True)))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(text, end="")
    if asked.output:
        asked.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
