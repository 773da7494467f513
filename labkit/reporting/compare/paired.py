"""Two results cell by cell: which belong together, and how far apart they are over seeds.

Cells of one setting and one seed saw the same data in the same order and start from the same
noise, in both results. So a difference is taken within a seed, averaged over settings, and
what is left, a number a seed, goes into Student's t, as in the claims.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.catalog import METRICS
from labkit.claims.statistics import holm, p_beyond, t_interval
from labkit.text.language import N_, _
from labkit.text.numbers import is_missing

if TYPE_CHECKING:
    import pandas as pd

    from labkit.experiment.plan import Plan

#: A cell's name without its seed, and the seed.
Key = tuple[str, int]
Values = Mapping[str, Any]
#: Groups of metrics that do not go through the evaluation's features and samples.
_BEFORE_EVALUATION = ("losses", "cost")
#: Seeds below which no difference is called more than noise; as in the claims.
ENOUGH = 3


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
        u: Any = self.a.get(metric)
        v: Any = self.b.get(metric)
        return None if is_missing(u) or is_missing(v) else float(v) - float(u)


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
    names = [str(name) for name in cells.columns]
    rows = zip(*(cells[name].tolist() for name in names), strict=True)
    found = (dict(zip(names, values, strict=True)) for values in rows)
    return {key(row["run"], row["seed"]): row for row in found}


def measured_unlike(a: Plan, b: Plan) -> frozenset[Key]:
    """The cells whose samples were measured with another number of them or other features."""

    def ways(plan: Plan) -> dict[Key, Any]:
        return {
            key(c.name, c.seed): (c.evaluation.get("samples"), c.evaluation.get("features"))
            for c in plan.cells
        }

    first, second = ways(a), ways(b)
    return frozenset(k for k in first.keys() & second.keys() if first[k] != second[k])


def why_not(metric: str, pair: Pair, unlike: Collection[Key] = ()) -> str:
    """Why a metric's two values may not be compared; empty if they may."""
    if not pair.a or not pair.b:
        return only_in(pair)
    about = METRICS[metric]
    other = [name for name in about.within if not same(pair.a.get(name), pair.b.get(name))]
    if other:
        return _("{setting} differs: not comparable", setting=other[0])
    if pair.key in unlike and about.group not in _BEFORE_EVALUATION:
        return _("measured in another way: not comparable")
    return ""


def only_in(pair: Pair) -> str:
    """Which of the two has a cell that the other lacks."""
    return _("only in A") if pair.a else _("only in B")


def same(u: Any, v: Any) -> bool:
    """Whether two values of a table are equal; two missing ones are."""
    return is_missing(u) and is_missing(v) if is_missing(u) or is_missing(v) else bool(u == v)


# --------------------------------------------------------------------- over seeds


@dataclass(frozen=True)
class Contrast:
    """How far B is from A in one metric, over the cells of one group."""

    group: Hashable
    metric: str
    a: float
    b: float
    """Means over the cells compared."""
    settings: int
    seeds: tuple[int, ...]
    interval: tuple[float, float] | None
    """95 % interval of b − a over the seeds; None below two of them."""
    verdict: str
    """``beyond noise``, ``within noise``, ``noise not known`` or ``the same``."""
    note: str = ""

    @property
    def difference(self) -> float:
        return self.b - self.a


def contrasts(
    found: Sequence[Pair],
    metrics: Sequence[str],
    group: Callable[[Pair], Hashable],
    unlike: Collection[Key] = (),
) -> list[Contrast]:
    """Every metric's difference in every group, judged together.

    Args:
        found: matched cells.
        metrics: names in the catalog.
        group: what is averaged: pairs with the same value belong together.
        unlike: cells that were measured in another way.

    Returns:
        One for each group and metric that has a cell measured on both sides. *Beyond noise*
        is what Holm's procedure leaves, over all of them, at 5 %, from three seeds on.
    """
    drafts = []
    for metric in metrics:
        together: dict[Hashable, list[Pair]] = {}
        for pair in found:
            if pair.number(metric) is not None and not why_not(metric, pair, unlike):
                together.setdefault(group(pair), []).append(pair)
        drafts += [(name, metric, _complete(some)) for name, some in together.items()]
    by_seed = [_by_seed(some, metric) for __, metric, some in drafts]
    p_values = [
        p_beyond([v if sum(each) >= 0 else -v for v in each]) if len(each) >= ENOUGH else None
        for each in by_seed
    ]
    survives = holm(p_values)
    tested = sum(p is not None for p in p_values)
    return [
        _judged(*draft, each, survived, tested)
        for draft, each, survived in zip(drafts, by_seed, survives, strict=True)
    ]


def _complete(some: Sequence[Pair]) -> list[Pair]:
    """The settings that have every seed, so that all seeds average over the same settings."""
    seeds = {pair.key[1] for pair in some}
    has: dict[str, set[int]] = {}
    for pair in some:
        has.setdefault(pair.key[0], set()).add(pair.key[1])
    return [pair for pair in some if has[pair.key[0]] == seeds] or list(some)


def _by_seed(some: Sequence[Pair], metric: str) -> list[float]:
    """The mean difference of each seed; none where the seeds have not the same settings."""
    found: dict[int, dict[str, float]] = {}
    for pair in some:
        found.setdefault(pair.key[1], {})[pair.key[0]] = pair.number(metric) or 0.0
    if len({frozenset(values) for values in found.values()}) > 1:
        return []
    return [sum(values.values()) / len(values) for values in found.values()]


def _judged(
    name: Hashable,
    metric: str,
    some: Sequence[Pair],
    by_seed: Sequence[float],
    survived: bool,
    tested: int,
) -> Contrast:
    a = sum(float(pair.a[metric]) for pair in some) / len(some)
    b = sum(float(pair.b[metric]) for pair in some) / len(some)
    interval = t_interval(by_seed)
    margin = METRICS[metric].margin
    note = ""
    if all(pair.number(metric) == 0 for pair in some):
        verdict = N_("the same")
    elif len(by_seed) < ENOUGH:
        verdict = N_("noise not known")
        note = {0: _("the seeds have not the same cells"), 1: _("one seed")}.get(
            len(by_seed), _("two seeds are too few")
        )
    else:
        verdict = N_("beyond noise") if survived else N_("within noise")
        if survived and margin and abs(b - a) <= margin * max(abs(a), abs(b)):
            note = _("but less than {percent} %", percent=f"{100 * margin:g}")
        if not survived and interval and interval[0] * interval[1] > 0:
            note = _("after correction for {n} differences", n=tested)
    return Contrast(
        group=name,
        metric=metric,
        a=a,
        b=b,
        settings=len({pair.key[0] for pair in some}),
        seeds=tuple(sorted({pair.key[1] for pair in some})),
        interval=interval,
        verdict=verdict,
        note=note,
    )
