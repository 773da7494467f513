"""How much of the spread does each factor carry?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from statistics import fmean
from typing import TYPE_CHECKING, Any

from labkit.claims.cell import Cell, Level
from labkit.claims.cells import Cells
from labkit.claims.claim import Draft, InTheseRuns
from labkit.claims.judge import Context
from labkit.claims.measure import Measure, unfinished
from labkit.claims.predicates import common
from labkit.claims.statistics import FLOAT_NOISE, p_beyond, standard_error, t_interval

if TYPE_CHECKING:
    import numpy as np

#: The leading factor must be ahead of the next by this many percentage points.
MARGIN = 5.0


@dataclass(frozen=True)
class Shares:
    """How one seed's spread divides, in percent of the sum of squares."""

    factors: dict[str, float]
    """Epsilon squared per factor: (SS_f − df_f · MS_rest) / SS_total; may be below 0."""
    total: float
    """Sum of squares about the mean (of each data set)."""
    residuals: dict[tuple[Any, ...], float]
    """What main effects leave of each cell, by its settings."""


def ranking(
    cells: Cells,
    measure: Measure,
    context: Context,
    *,
    factor: str | None = None,
) -> Draft:
    """The statement that one factor carries more of a measure's spread than any other.

    Args:
        cells: of one family. Over several data sets the values are first divided by
            their data set's mean, so that only the pattern within each counts.
        measure: what is spread.
        factor: the factor the statement names; None: the one with the largest share.

    Shares are epsilon squared (Kelley 1935): the plain share of the sum of squares less
    what as many degrees of freedom would get from noise alone, so that a factor with
    three levels is not ahead of one with two by having more levels. Values closer together
    than other samples of the same weights could lie have no spread to share out.
    """
    words = context.words
    dataset = common.single_dataset(cells)
    spoken = common.spoken(measure, words)
    draft = Draft(
        id=".".join(("ranking", common.name_of(measure), dataset or "all")),
        scope=common.scope_of(cells, words),
        dataset=dataset,
        predicate={"kind": "ranking", "metric": measure.name, "dataset": dataset},
        writer=context.writer(),
        topic=words.say("topic.ranking", metric=spoken),
        unit=words.say("points"),
        decimals=0,
        margin=MARGIN,
    )
    used = cells.filter(lambda c: measure.of(c) is not None)
    planned, cells = cells, used
    factors = [f for f in cells.factors if f not in measure.within]
    excluded = [f for f in cells.factors if f in measure.within]
    if not len(cells):
        reason = f"missing.{unfinished(planned) or 'metric_absent'}"
        return replace(draft, missing=(words.say(reason, metric=spoken),))
    if excluded:
        key = words.say(
            "missing.not_comparable",
            factor=words.factor(excluded[0]),
            factors=words.factor(excluded[0], several=True),
            metric=spoken,
        )
        return replace(draft, missing=(key,))
    if len(factors) < 2:
        return replace(draft, missing=(words.say("missing.few_factors"),))
    each = {seed: _shares(cells.of(seed=seed), factors, measure) for seed in cells.seeds}
    found = [shares for shares in each.values() if shares is not None]
    if not found:
        return replace(draft, missing=(words.say("missing.incomplete_grid"),))
    # A seed whose grid has holes has no shares, and its cells are none of the answer's.
    cells = cells.filter(lambda c: each[c.seed] is not None)
    shares = {f: fmean(s.factors[f] for s in found) for f in factors}
    order = sorted(factors, key=lambda f: -shares[f])
    named = order[0] if factor is None else factor
    if named not in shares:
        reason = words.say("missing.factor_constant_short", factor=words.factor(named))
        return replace(draft, missing=(reason,))
    gaps = {f: [s.factors[named] - s.factors[f] for s in found] for f in order if f != named}
    ps = {f: p_beyond(gap, MARGIN) for f, gap in gaps.items()}
    # Ahead of every other factor: the estimate is that of the hardest to tell.
    rival = min(gaps, key=lambda f: (-(ps[f] or 0.0), fmean(gaps[f])))
    per_seed = gaps[rival]
    gap = min(fmean(each) for each in gaps.values())
    flat = all(s.total == 0 for s in found)
    shown: InTheseRuns = "tie" if flat or abs(gap) < 1e-9 else "yes" if gap > 0 else "no"
    if shares[order[0]] <= 0 or _rounding_decides(cells, measure):
        shown = "tie"
    interval = t_interval(per_seed)
    writer = draft.writer
    unresolved = {}
    if all(common.is_unresolved(cells.of(dataset=d), measure, d) for d in cells.datasets):
        if not dataset:
            return replace(draft, missing=(words.say("missing.unresolved"),))
        shown, unresolved = "tie", _range(cells, measure, dataset, writer)
    rest = max(0.0, 100 - sum(max(0.0, v) for v in shares.values()))
    texts = ", ".join(
        words.say(
            "ranking.share",
            factor=words.factor(f),
            share=writer.number(f"{f}, share", max(0.0, shares[f]), 0),
        )
        for f in order
    )
    combination = words.listing(words.factor(f) for f in factors)
    detail = words.say(
        "ranking.detail",
        shares=texts,
        rest=_rest(writer, found, rest, combination),
    )
    if len(cells) < len(planned):
        detail += words.say(
            "coverage",
            used=writer.digits("cells used", len(cells)),
            planned=writer.digits("cells planned", len(planned)),
        )
    return replace(
        draft,
        statement=words.say(
            "ranking.statement",
            factor=words.factor(named),
            metric=spoken,
            other=words.say("the", factor=words.factor(rival))
            if len(order) == 2
            else words.say("ranking.any_other"),
        ),
        tie=words.say(_alike(unresolved), metric=spoken, **unresolved)
        if unresolved
        else words.say("ranking.tie", metric=spoken, factors=combination),
        detail="" if unresolved else detail,
        in_these_runs=shown,
        tie_reason="reason.unresolved" if unresolved else "reason.no_leader",
        estimate=None if unresolved else fmean(per_seed),
        interval=None if unresolved else interval,
        p=None if unresolved else ps[rival],
        opposite=not unresolved and interval is not None and interval[1] < 0,
        identical=len(per_seed) > 1 and max(per_seed) - min(per_seed) < 1e-9,
        deviation=standard_error(per_seed) * len(per_seed) ** 0.5 if len(per_seed) > 1 else None,
        n_seeds=len(found),
        n_blocks=len(cells.datasets),
        cells=tuple(cells),
        counterexamples=(words.factor(order[0]),) if shown == "no" else (),
        predicate={
            **draft.predicate,
            "factor": named,
            "order": order,
            "shares": {f: shares[f] for f in order},
            "unresolved": bool(unresolved),
        },
        rule=words.say("rule.ranking"),
        notes=(words.say("note.descriptive"),) if len(found) == 1 and not unresolved else (),
    )


def _range(cells: Cells, measure: Measure, dataset: str, writer: Any) -> dict[str, str]:
    """Lowest and highest value, and what could be told apart, as printed."""
    values = [m.value for c in cells if (m := measure.of(c)) is not None]
    numbers = {
        "lowest": min(values),
        "highest": max(values),
        "resolution": common.resolution(measure, dataset),
    }
    decimals = common.text_decimals(numbers.values(), measure)
    return {name: writer.number(name, value, decimals) for name, value in numbers.items()}


def _alike(unresolved: dict[str, str]) -> str:
    """The message for values that look the same, or that lie close together."""
    same = unresolved["lowest"] == unresolved["highest"]
    return "ranking.same" if same else "ranking.unresolved"


def _rest(writer: Any, found: list[Shares], rest: float, combination: str) -> str:
    """What no single factor carries: combinations of them, and noise where seeds tell."""
    words = writer.words
    if len(found) < 2 or not sum(s.total for s in found):
        return str(
            words.say("ranking.rest", rest=writer.number("rest", rest, 0), factors=combination)
        )
    noise = 0.0
    for key in found[0].residuals:
        values = [s.residuals[key] for s in found if key in s.residuals]
        if len(values) > 1:
            noise += (standard_error(values) ** 2) * len(values)
    share = min(rest, 100 * noise / fmean(s.total for s in found))
    return str(
        words.say(
            "ranking.rest_split",
            combination=writer.number("combination", rest - share, 0),
            noise=writer.number("noise", share, 0),
            factors=combination,
        )
    )


def _rounding_decides(cells: Cells, measure: Measure) -> bool:
    """Whether all values could be equal but for their rounding, within each data set."""
    for name in cells.datasets:
        found = [measure.of(c) for c in cells.of(dataset=name)]
        low = max(m.value - m.half for m in found if m)
        high = min(m.value + m.half for m in found if m)
        size = max(abs(m.value) for m in found if m)
        if low > high + FLOAT_NOISE * size:
            return False
    return True


def _shares(cells: Cells, factors: list[str], measure: Measure) -> Shares | None:
    """The decomposition of one seed's values; None if its grid does not bear one.

    Main effects by least squares on dummy columns, data sets as blocks; a factor's sum
    of squares is what leaving it out adds to the residual (the usual one in a full grid).
    """
    import numpy as np

    rows = [(c, found.value) for c in cells if (found := measure.of(c)) is not None]
    if not _connected([c for c, _ in rows], factors):
        return None
    y = np.array([v for _, v in rows], dtype=float)
    datasets = [c.dataset for c, _ in rows]
    if len(set(datasets)) > 1:
        means = {
            d: fmean(v for (_, v), e in zip(rows, datasets, strict=True) if e == d)
            for d in set(datasets)
        }
        if min(means.values()) <= 0:
            return None
        y = y / np.array([means[d] for d in datasets])
    blocks = _dummies(datasets)
    columns = {f: _dummies([c.settings[f] for c, _ in rows]) for f in factors}
    base = np.column_stack([np.ones(len(y)), blocks])
    total = _rss(base, y)[0]
    full = np.column_stack([base, *columns.values()])
    residual, left = _rss(full, y)
    df_rest = len(y) - full.shape[1]
    if df_rest < 1:
        return None
    scale = float(np.abs(y).max()) ** 2 * len(y)
    if total <= FLOAT_NOISE**2 * scale:
        return Shares(dict.fromkeys(factors, 0.0), 0.0, {})
    shares = {}
    for f in factors:
        without = np.column_stack([base, *(columns[g] for g in factors if g != f)])
        own = _rss(without, y)[0] - residual
        shares[f] = 100 * (own - columns[f].shape[1] * residual / df_rest) / total
    keys = [c.where[:-1] for c, _ in rows]
    return Shares(shares, total, dict(zip(keys, left.tolist(), strict=True)))


def _connected(rows: list[Cell], factors: list[str]) -> bool:
    """Whether the grid is full enough to tell the factors apart.

    At least two levels of each, no two rows alike but for settings that are no factor,
    and at least half of all combinations present.
    """
    if not rows:
        return False
    levels = [sorted({str(c.settings[f]) for c in rows}) for f in factors]
    if any(len(found) < 2 for found in levels):
        return False
    datasets = {c.dataset for c in rows}
    keys = {(c.dataset, *(str(c.settings[f]) for f in factors)) for c in rows}
    conditions = {
        tuple(sorted((n, str(v)) for n, v in c.settings.items() if n not in factors)) for c in rows
    }
    possible = len(list(product(datasets, *levels)))
    return len(keys) == len(rows) and len(conditions) == 1 and 2 * len(keys) > possible


def _dummies(values: list[Level] | list[str]) -> np.ndarray[Any, Any]:
    """A 0/1 column per level but the first; shape (n, levels − 1)."""
    import numpy as np

    levels = sorted({str(v) for v in values})[1:]
    return np.array([[float(str(v) == lv) for lv in levels] for v in values]).reshape(
        len(values), len(levels)
    )


def _rss(
    columns: np.ndarray[Any, Any], y: np.ndarray[Any, Any]
) -> tuple[float, np.ndarray[Any, Any]]:
    """Residual sum of squares of a least-squares fit, and the residuals.

    By the normal equations: 0/1 columns are well conditioned, and the square system is
    small however many cells there are. ``lstsq`` also bears a grid with a gap that leaves
    two columns alike.
    """
    import numpy as np

    square, right = columns.T @ columns, columns.T @ y
    left = y - columns @ np.linalg.lstsq(square, right, rcond=None)[0]
    return float((left**2).sum()), left
