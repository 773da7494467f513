"""How far two results are apart over seeds: the result is a factor with the levels A and B.

Cells of one setting and one seed saw the same data in the same order and start from the same
noise, in both results; so this factor is judged as the claims judge theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import TYPE_CHECKING

from labkit.claims.cell import Cell, Measured
from labkit.claims.cells import make_cells
from labkit.claims.findings.levels import Contrast, levels
from labkit.claims.measure import measure
from labkit.claims.statistics import holm
from labkit.claims.table import Table
from labkit.claims.verdict import Strength, strength
from labkit.reporting.compare.paired import why_not

if TYPE_CHECKING:
    from labkit.reporting.compare.paired import Key, Pair

#: The factor whose levels are the two results.
_RESULT = "result"
Judged = tuple[Contrast, Strength]
"""A against B in one metric, over the cells of one group; each cell's run is its setting."""


def contrasts(
    found: Sequence[Pair],
    metrics: Sequence[str],
    group: Callable[[Pair], Hashable],
    unlike: Collection[Key] = (),
) -> list[Judged]:
    """Every metric's difference in every group, judged together.

    Args:
        found: matched cells.
        metrics: names in the catalog.
        group: what is averaged: pairs of one model and data set with the same value.
        unlike: cells that were measured in another way.

    Returns:
        One for each group and metric that has a cell measured on both sides. Noise is each
        group's own, from three seeds on. Equal values are level, however many seeds there are.
    """
    made: list[Contrast] = []
    for metric in metrics:
        together: dict[Hashable, list[Pair]] = {}
        for pair in found:
            if pair.number(metric) is not None and not why_not(metric, pair, unlike):
                together.setdefault(group(pair), []).append(pair)
        made += [_contrast(some, metric) for some in together.values()]
    survives = holm([each.p for each in made])
    return [
        (each, "level" if each.here == "tie" else strength(each, ok))
        for each, ok in zip(made, survives, strict=True)
    ]


def _contrast(some: Sequence[Pair], metric: str) -> Contrast:
    """A against B over some pairs, each a block with a level of *result* on either side."""
    rows = make_cells(
        Cell(
            run=pair.key[0], family=values["family"], dataset=values["dataset"], seed=pair.key[1],
            settings={"setting": pair.key[0], _RESULT: side},
            metrics={metric: Measured(float(values[metric]))},
        )
        for pair in some
        for side, values in (("A", pair.a), ("B", pair.b))
    )  # fmt: skip
    (found,) = levels(rows, _RESULT, measure(metric), Table(rows, borrow=False))
    return found.contrasts[0]
