"""Two results cell by cell: which belong together, and what may be compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.catalog import METRICS
from labkit.text.language import _
from labkit.text.numbers import is_missing

if TYPE_CHECKING:
    import pandas as pd

    from labkit.experiment.plan import Plan

#: A cell's name without its seed, and the seed.
Key = tuple[str, int]
Values = Mapping[str, Any]
#: Groups of metrics that do not go through the evaluation's features and samples.
_BEFORE_EVALUATION = ("losses", "cost")


@dataclass(frozen=True)
class Pair:
    """A cell in two results; empty where one has none of it."""

    key: Key
    a: Values
    b: Values

    @property
    def either(self) -> Values:
        return self.a or self.b

    def number(self, metric: str) -> float | None:
        """b − a, or None where one of them is not measured."""
        u, v = self.a.get(metric), self.b.get(metric)
        return None if is_missing(u) or is_missing(v) else float(v) - float(u)  # type: ignore[arg-type]


def key(name: str, seed: int) -> Key:
    """What a cell is matched by: with one seed its name says none, with several it does."""
    return name.removesuffix(f"_seed{seed}"), int(seed)


def pairs(a: pd.DataFrame, b: pd.DataFrame) -> list[Pair]:
    """Two tables of cells, matched; those of `a` first, in its order.

    Args:
        a, b: as :func:`labkit.reporting.table.tables` makes them.
    """
    first, second = _rows(a), _rows(b)
    return [Pair(k, first.get(k, {}), second.get(k, {})) for k in dict.fromkeys([*first, *second])]


def _rows(cells: pd.DataFrame) -> dict[Key, Values]:
    rows: list[dict[str, Any]] = cells.to_dict("records")  # type: ignore[assignment]
    return {key(row["run"], row["seed"]): row for row in rows}


def measured_unlike(a: Plan, b: Plan) -> frozenset[Key]:
    """The cells whose samples were measured with another number of them or other features."""
    first, second = (
        {
            key(c.name, c.seed): (c.evaluation.get("samples"), c.evaluation.get("features"))
            for c in plan.cells
        }
        for plan in (a, b)
    )
    return frozenset(k for k in first.keys() & second.keys() if first[k] != second[k])


def why_not(name: str, pair: Pair, unlike: Collection[Key] = ()) -> str:
    """Why the two values of a metric may not be compared; empty if they may, or are not there."""
    if not pair.a or not pair.b:
        return _("only in A") if pair.a else _("only in B")
    about = METRICS.get(name)
    if about is None or pair.number(name) is None:
        return ""
    other = [name for name in about.within if not same(pair.a.get(name), pair.b.get(name))]
    if other:
        return _("{setting} differs: not comparable", setting=other[0])
    if pair.key in unlike and about.group not in _BEFORE_EVALUATION:
        return _("measured in another way: not comparable")
    return ""


def same(u: Any, v: Any) -> bool:
    """Whether two values of a table are equal; two missing ones are."""
    return is_missing(u) and is_missing(v) if is_missing(u) or is_missing(v) else bool(u == v)
