"""Two results with their cells matched: what ``labkit compare`` prints, and how far apart they are.

Over seeds the result is a factor with the levels A and B. Cells of one setting and one seed saw
the same data in the same order and start from the same noise, in both results; so this factor
is judged as the claims judge theirs.
"""

import re
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

import pandas as pd

from labkit.catalog import FAMILIES, METRICS
from labkit.claims.cell import Cell as Measurements
from labkit.claims.cell import Measured
from labkit.claims.cells import make_cells
from labkit.claims.findings.levels import Contrast, levels
from labkit.claims.measure import measure
from labkit.claims.statistics import holm
from labkit.claims.table import Table
from labkit.claims.verdict import Strength, strength
from labkit.experiment.plan import Plan
from labkit.experiment.spec import seedless
from labkit.reporting.cell import Cell, to_csv
from labkit.reporting.view import View
from labkit.text.language import N_, _
from labkit.text.numbers import is_missing, setting, show

#: A cell's name without its seed, and the seed.
Key = tuple[str, int]
Values = Mapping[Any, Any]
#: Columns of a cell that are neither settings nor results.
_LABELS = ("run", "experiment", "note")
#: How other columns than settings and metrics are headed.
_HEADINGS = (N_("run"), N_("status"), N_("best epoch"), N_("collapse"), N_("note"))
_RESULTS = ("best_epoch", *METRICS, "collapse", "status")
#: Metrics shown in the terminal; the CSV has them all.
_LOSSES = dict.fromkeys(loss for family in FAMILIES.values() for loss in family.losses)
_SHOWN = ("proxy_fid", *_LOSSES, "seconds")
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
    return seedless(name, seed), int(seed)


def pairs(a: pd.DataFrame, b: pd.DataFrame) -> list[Pair]:
    """Two tables of cells, matched; those of `a` first, in its order."""
    first, second = (
        {key(row["run"], row["seed"]): row for row in cells.to_dict("records")} for cells in (a, b)
    )
    return [Pair(k, first.get(k, {}), second.get(k, {})) for k in first | second]


def measured_unlike(a: Plan, b: Plan) -> frozenset[Key]:
    """The cells whose samples were measured with another number of them or other features."""
    first, second = ({key(c.name, c.seed): c.evaluation for c in plan.cells} for plan in (a, b))
    both, names = first.keys() & second.keys(), ("samples", "features")
    return frozenset(k for k in both if any(first[k].get(n) != second[k].get(n) for n in names))


def why_not(name: str, pair: Pair, unlike: Collection[Key]) -> str:
    """Why the two values of a metric may not be compared; empty if they may, or are not there."""
    if not pair.a or not pair.b:
        return _("only in A") if pair.a else _("only in B")
    about = METRICS.get(name)
    if about is None or pair.number(name) is None:
        return ""
    if other := [name for name in about.within if not same(pair.a.get(name), pair.b.get(name))]:
        return _("{setting} differs: not comparable", setting=other[0])
    if pair.key in unlike and about.group not in _BEFORE_EVALUATION:
        return _("measured in another way: not comparable")
    return ""


def same(u: Any, v: Any) -> bool:
    """Whether two values of a table are equal; two missing ones are."""
    return is_missing(u) and is_missing(v) if is_missing(u) or is_missing(v) else bool(u == v)


def one(cells: pd.DataFrame, csv: bool = False) -> str:
    """The results table as text: as CSV all of it, else what fits a terminal."""
    return to_csv(cells) if csv else _aligned(main_rows(cells))


def main_rows(cells: pd.DataFrame) -> list[list[str]]:
    """The main columns of the results table, as text: the headings, then a row a cell."""
    names = ["run", "status", "best_epoch", *_SHOWN, "collapse", "note"]
    names = [n for n in names if n in ("run", "status") or cells[n].notna().any()]
    rows = cells[names].to_dict("records")
    return [[_heading(n) for n in names], *([_text(n, row[n]) for n in names] for row in rows)]


def two(a: pd.DataFrame, b: pd.DataFrame, csv: bool = False, unlike: Collection[Key] = ()) -> str:
    """Two results tables side by side; as CSV every metric, else what differs of the main ones."""
    frame = differences(a, b, unlike)
    if csv:
        return to_csv(frame, always=frame.columns)
    shown = in_words(frame[~frame["name"].isin(set(METRICS) - set(_SHOWN))])
    return _aligned([["run", "", "A", "B", "B − A", ""], *shown]) if shown else "no differences\n"


def differences(a: pd.DataFrame, b: pd.DataFrame, unlike: Collection[Key] = ()) -> pd.DataFrame:
    """Two tables of :func:`labkit.reporting.cell.tables`, cells matched by name and seed.

    A row per run and value with columns run, name, a, b, difference (b − a, where both are numbers
    that may be compared) and note (why they may not, as for cells in `unlike` that were measured
    in another way, or that the difference is within the metric's margin). Settings appear only
    where they differ; a run of one table only has the other's values missing.
    """
    names = [n for n in dict.fromkeys([*a.columns, *b.columns]) if n not in _LABELS]
    rows: list[tuple[Any, ...]] = []
    for pair in pairs(a, b):
        for name in names:
            u, v = pair.a.get(name), pair.b.get(name)
            wanted = name in _RESULTS or (pair.a and pair.b and not same(u, v))
            if wanted and not (is_missing(u) and is_missing(v)):
                rows.append((pair.either["run"], name, u, v, *_judged(name, pair, unlike)))
    columns = ["run", "name", "a", "b", "difference", "note"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _judged(name: str, pair: Pair, unlike: Collection[Key]) -> tuple[float | None, str]:
    """A metric's difference, if its values may be compared, and what is to say of it."""
    reason = why_not(name, pair, unlike)
    delta = pair.number(name) if name in METRICS and not reason else None
    if delta is None:
        return None, reason
    margin = METRICS[name].margin
    within = 0 < abs(delta) <= margin * max(abs(pair.a[name]), abs(pair.b[name]))
    return delta, _("within {percent} %", percent=f"{100 * margin:g}") if within else ""


def in_words(frame: pd.DataFrame) -> list[list[str]]:
    """What :func:`differences` found and is not the same in both, as a reader sees it."""
    found = []
    for run, name, a, b, delta, note in frame.itertuples(index=False):
        if not same(a, b):
            change = "" if is_missing(delta) else signed(delta, _digits(name))
            found.append([run, _heading(name), _text(name, a), _text(name, b), change, note])
    return found


def signed(value: float, digits: int) -> str:
    """A difference with its sign."""
    return f"{'+' if value > 0 else ''}{show(float(value), digits)}"


def _heading(name: str) -> str:
    if name in METRICS:
        return _(METRICS[name].label)
    text = name.replace("_", " ")
    return _(text) if text in _HEADINGS else text


def _text(name: str, value: Any) -> str:
    return _(value) if name == "status" and value else show(value, _digits(name), "")


def _digits(name: str) -> int:
    return METRICS[name].digits if name in METRICS else 3


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)


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
        return self._changes(lambda cell: cell.spec.to_json())

    @cached_property
    def machines(self) -> list[Change]:
        """What differs between the machines that trained them."""
        return self._changes(lambda c: c.result and c.result.environment.get("numeric", {}))

    @cached_property
    def together(self) -> list[Judged]:
        """B against A by model and data set."""
        model = itemgetter("family", "dataset")
        return contrasts(self.pairs, _MAIN, lambda pair: model(pair.either), self.unlike)

    @cached_property
    def one_by_one(self) -> list[Judged]:
        """B against A in the proxy FID of each setting."""
        return contrasts(self.pairs, (SCORE,), lambda pair: pair.key[0], self.unlike)

    def _changes(self, of: Callable[[Cell], Any]) -> list[Change]:
        """In which values the records `of` the same cells differ; the most cells first."""
        found: dict[tuple[str, str, str], dict[str, None]] = {}
        for (cell, _seed), both in self.both.items():
            records = [record for record in map(of, both) if record is not None]
            if len(records) < 2:
                continue
            a, b = (pd.json_normalize([dict(record)]).to_dict("records")[0] for record in records)
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
