"""The numbers of a student's text: which of them the table knows."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from labkit.catalog import DATASETS, METRICS
from labkit.catalog.metrics import SHARES
from labkit.text.derived import near, shares, sizes, ways
from labkit.text.language import _
from labkit.text.notation import Written, around, numbers

if TYPE_CHECKING:
    from labkit.claims.claim import Claim
    from labkit.claims.table import Table

VALUE = re.compile(
    r"""\{\{\s*value\(\s*(["'])(?P<run>[^"'\n]*)\1\s*,\s*(["'])(?P<metric>[^"'\n]*)\3\s*\)\s*\}\}"""
)


class Known:
    """The numbers of a table, its claims and its experiment file."""

    def __init__(self, table: Table, claims: Sequence[Claim] = ()) -> None:
        self.table, self.claims = table, claims
        self._named = cache(self._values)
        self._measured = sorted({(abs(v), v, name) for v, name in _measured(table, claims)})
        self._sizes = [size for size, _value, _name in self._measured]
        self._plain = sorted({abs(v) for v in (*_counts(table), *table.stated)} | {*self._sizes})
        said = [abs(v) for _size, v, name in self._measured if not name]
        said += [abs(float(n.number)) for c in claims for n in numbers(c.difference) if n.number]
        parts = [size for size, _v, name in self._measured if not name or name in SHARES]
        for cell in table.cells:  # levels, but none of a list: 0.999 of betas is no share
            parts += [level for level in cell.settings.values() if isinstance(level, float)]
            parts += [share for both in cell.shares.values() for share in both]
        self._percents = sorted({*said, 100.0, *(100 * v for v in parts)})

    def note(self, found: Written, line: str, text: str, place: int) -> str:
        """What there is to say of a number of a line; empty if the table knows it.

        The line is a part of a text, and the number begins at a place in that.
        """
        if found.number is None:
            return _("not read as a number; write it like {example}", example="1234.5")
        known = self._percents if found.percent else self._plain
        known_size = any(near(known, *size) for size in sizes(found, line))
        if known_size or self._follows(found, line, text, place):
            return ""
        note = _("matches no value of the table")
        other = [each for each in numbers(found.other) if each.number is not None]
        if any(near(self._plain, *size) for each in other for size in sizes(each, "")):
            note += _("; if {number} is meant, write it so", number=found.other)
        return note

    def _follows(self, found: Written, line: str, text: str, place: int) -> bool:
        """Whether it is a share, a difference, ratio or percentage of what is named beside it."""
        (size, half), *_more = sizes(found, line)
        for said in around(text, place):
            several = {name: some for name, some in self._named(said).items() if len(some) > 1}
            may_be = [*shares(found, said)]
            for name, named in several.items():
                for values in zip(*named, strict=True):  # as written, and as they are
                    may_be += ways(found, line, said, values, name in SHARES)
            if several or may_be:
                return near(sorted(may_be), size, half)
        return False

    def _values(self, said: str) -> dict[str, list[tuple[float, float]]]:
        """Metric to those of its values that stand in a text, as written and as they are."""
        found: dict[str, list[tuple[float, float]]] = {}
        for mark in VALUE.finditer(said):
            cell = next((c for c in self.table.cells if c.run == mark["run"]), None)
            if cell and (there := cell.metrics.get(mark["metric"])):
                found.setdefault(mark["metric"], []).append((there.value, there.value))
        for each in numbers(VALUE.sub(" ", said)):
            if each.number is None or len(each.number.as_tuple().digits) < 2:
                continue  # a single digit is like too many values
            ((size, half),), sign = sizes(each, ""), -1 if each.text[0] in "-−" else 1
            its = {}
            for scale in (1.0, 100.0) if each.percent else (1.0,):
                at = bisect_left(self._sizes, (size - half) / scale)
                for place, value, name in self._measured[at:]:
                    if place > (size + half) / scale:
                        break
                    if name and (scale == 1.0 or name in SHARES):
                        its[name] = (sign * size / scale, value)
            for name, pair in its.items():
                found.setdefault(name, []).append(pair)
        return {name: values[:9] for name, values in found.items()}


def _measured(table: Table, claims: Sequence[Claim]) -> Iterator[tuple[float, str]]:
    """What was measured and what claims found, with the metric where it is one's."""
    for cell in table.cells:
        for some in (cell.metrics, cell.first, cell.last):
            yield from ((m.value, name) for name, m in some.items())
    for cells in table.cells.settings.values():
        for name in {name for cell in cells for name in cell.metrics}:
            values = [cell.metrics[name].value for cell in cells if name in cell.metrics]
            if len(values) > 1:
                yield from ((fmean(values), name), (stdev(values), ""))
    for dataset in table.cells.datasets:
        real = ((table.real(name, dataset), name) for name in METRICS)
        yield from ((value, name) for value, name in real if value is not None)
    for claim in claims:
        for name, value in claim.sentence.numbers.items():
            metric = name.partition(",")[0]
            yield value, metric if metric in METRICS and "percent" not in name else ""


def _counts(table: Table) -> Iterator[float]:
    """Settings, seeds and epochs; how many cells, seeds, levels and classes there are."""
    cells = table.cells
    for cell in cells:
        yield cell.seed
        for level in cell.settings.values():
            parts = level if isinstance(level, tuple) else (level,)
            yield from (part for part in parts if isinstance(part, (int, float)))
        yield from (share for both in cell.shares.values() for share in both)
    yield from (len(cells), len(cells.seeds), len(cells.datasets), len(cells.families))
    yield from (len(DATASETS[d].classes) for d in cells.datasets if d in DATASETS)
    yield sum(cell.seconds or 0.0 for cell in cells)
    for some in map(cells.of, cells.families):
        yield len(some)
        yield from map(len, some.levels.values())
        yield from (len(some.of(dataset=dataset)) for dataset in cells.datasets)
    epochs = [c.settings.get("epochs") for c in cells]
    last = max((e for e in epochs if isinstance(e, int)), default=0)
    yield from range(1, min(last, 10_000) + 1)
