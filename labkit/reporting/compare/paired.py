"""Two results side by side: what differs in their settings, and how far apart they are.

Over seeds the result is a factor with the levels A and B. Cells of one setting and one seed saw
the same data in the same order and start from the same noise, in both results; so this factor
is judged as the claims judge theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from labkit.claims.cell import Cell as Measurements
from labkit.claims.cell import Measured
from labkit.claims.cells import make_cells
from labkit.claims.findings.levels import Contrast, levels
from labkit.claims.measure import measure
from labkit.claims.statistics import holm
from labkit.claims.table import Table
from labkit.claims.verdict import Strength, strength
from labkit.reporting.cell import Cell
from labkit.reporting.compare.table import Key, Pair, Values, key, measured_unlike, pairs, why_not
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import setting

Change = tuple[str, str, str, tuple[str, ...]]
"""A value's name, what A and B have, and the cells, without seed, in which it differs so."""
Judged = tuple[Contrast, Strength]
"""A against B in one metric, over the cells of one group; each cell's run is its setting."""

#: The metric that leads, and all that the two are contrasted in.
SCORE = "proxy_fid"
_MAIN = (SCORE, "precision", "recall", "sharpness", "test_recon_loss", "test_kl_loss")
#: Parts of a spec that are no setting, in words.
_NAMES = {
    "code": N_("training code"),
    "data.sha256": N_("training images"),
    "data.source": N_("data source"),
    "data.limit": N_("training images used"),
    "selection.features": N_("feature network of the best epoch"),
    "selection.rule": N_("rule of the best epoch"),
    "selection.samples": N_("samples for the best epoch"),
    "selection.against": N_("images for the best epoch"),
    "evaluation.features": N_("feature network"),
    "evaluation.samples": N_("samples measured"),
    "evaluation.code": N_("measuring code"),
}
#: What names a cell; two cells that are compared agree in it, or differ by intent.
_LEFT_OUT = ("name", "experiment", "seed")


@dataclass(frozen=True)
class Two:
    """The two results, and the cells that belong together."""

    a: View
    b: View

    @cached_property
    def pairs(self) -> list[Pair]:
        return pairs(self.a.tables.cells, self.b.tables.cells)

    @cached_property
    def unlike(self) -> frozenset[Key]:
        return measured_unlike(self.a.plan, self.b.plan)

    @cached_property
    def both(self) -> dict[Key, tuple[Cell, Cell]]:
        """The cells that are in both, as A orders them."""
        a, b = ({key(c.name, c.spec.seed): c for c in v.in_order} for v in (self.a, self.b))
        return {k: (cell, b[k]) for k, cell in a.items() if k in b}

    def alone(self, side: str) -> list[str]:
        """The runs that only A or only B has."""
        return [p.either["run"] for p in self.pairs if not (p.b if side == "A" else p.a)]

    @cached_property
    def settings(self) -> list[Change]:
        """What differs between cells of one name."""
        return changes(
            (k[0], a.spec.to_json(), b.spec.to_json()) for k, (a, b) in self.both.items()
        )

    @cached_property
    def machines(self) -> list[Change]:
        """What differs between the machines that trained them."""
        trained = [(k[0], a.result, b.result) for k, (a, b) in self.both.items()]
        return changes(
            (name, a.environment.get("numeric", {}), b.environment.get("numeric", {}))
            for name, a, b in trained
            if a and b
        )

    @cached_property
    def together(self) -> list[Judged]:
        """B against A by model and data set."""
        return contrasts(
            self.pairs, _MAIN, lambda p: (p.either["family"], p.either["dataset"]), self.unlike
        )

    @cached_property
    def one_by_one(self) -> list[Judged]:
        """B against A in the proxy FID of each setting."""
        return contrasts(self.pairs, (SCORE,), lambda pair: pair.key[0], self.unlike)


def changes(records: Iterable[tuple[str, Values, Values]]) -> list[Change]:
    """In which values the records of the same cells differ; the most cells first.

    A record is a cell's name, without seed, and what A and B have of it.
    """
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for cell, *both in records:
        a, b = (pd.json_normalize([dict(record)]).to_dict("records")[0] for record in both)
        for path in map(str, a | b):
            if path not in _LEFT_OUT and a.get(path) != b.get(path):
                last = path.rpartition(".")[2].replace("_", " ")
                name = _(_NAMES[path]) if path in _NAMES else last
                change = name, _shown(a.get(path)), _shown(b.get(path))
                found.setdefault(change, {})[cell] = None
    made = [(*what, tuple(cells)) for what, cells in found.items()]
    return sorted(made, key=lambda change: -len(change[-1]))


def _shown(value: Any) -> str:
    """A setting as text; of a SHA-256 its beginning."""
    text = setting(value)
    return f"{text[:12]}…" if re.fullmatch(r"[0-9a-f]{64}", text) else text


def contrasts(
    found: Sequence[Pair],
    metrics: Sequence[str],
    group: Callable[[Pair], Hashable],
    unlike: Collection[Key] = (),
) -> list[Judged]:
    """Every metric's difference in every group that has it on both sides, judged together.

    A group is what is averaged: pairs of one model and data set. Noise is each group's own, from
    three seeds on; equal values are level, however many seeds there are. Cells in `unlike` were
    measured in another way.
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
    """A against B, the levels of the factor *result*, over some pairs, each of them a block."""
    rows = make_cells(
        Measurements(
            run=pair.key[0], family=values["family"], dataset=values["dataset"], seed=pair.key[1],
            settings={"setting": pair.key[0], "result": side},
            metrics={metric: Measured(float(values[metric]))},
        )
        for pair in some
        for side, values in (("A", pair.a), ("B", pair.b))
    )  # fmt: skip
    (found,) = levels(rows, "result", measure(metric), Table(rows, borrow=False))
    return found.contrasts[0]
