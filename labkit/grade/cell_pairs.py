"""Cells of two hand-ins side by side: equal values, same settings, what a pair has in common."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from labkit.experiment.spec import canonical_json
from labkit.grade.record import GradedCell, HandIn
from labkit.handin.ladder import first

#: Cells of two hand-ins that are nearly the same, and how much so.
Near = dict[tuple[int, int], list[tuple[GradedCell, GradedCell, float]]]


@dataclass(frozen=True)
class Alike:
    """What was found alike in two hand-ins, by their places in the class."""

    first: int
    second: int
    kind: str
    value: float  # 0 to 1: a share of numbers, or a correlation
    same_seed: bool  # whether all of these are the same cell by settings, data and seed
    text: str


class Shared(NamedTuple):
    """A cell of each of two hand-ins, and how many values of the first are the second's too."""

    first: GradedCell
    second: GradedCell
    values: int
    of: int


def shared(
    handins: Sequence[HandIn], values: Callable[[GradedCell], Iterable[Hashable]]
) -> dict[tuple[int, int], list[Shared]]:
    """The cells that share values, by the places of two hand-ins in the class."""
    owners: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)
    sizes: dict[tuple[int, int], int] = {}
    for i, each in enumerate(handins):
        for k, cell in enumerate(each.cells):
            found = set(values(cell))
            sizes[i, k] = len(found)
            for value in found:
                owners[value].append((i, k))
    # Values of the same owners at once: where a class shares a seed, all have all of them.
    together = Counter(tuple(having) for having in owners.values() if len(having) > 1)
    counts: Counter[tuple[tuple[int, int], tuple[int, int]]] = Counter()
    for having_all, count in together.items():
        for a, b in combinations(having_all, 2):
            if a[0] != b[0]:
                counts[a, b] += count
    by_pair: dict[tuple[int, int], list[Shared]] = defaultdict(list)
    for (a, b), count in sorted(counts.items()):
        cells = handins[a[0]].cells[a[1]], handins[b[0]].cells[b[1]]
        by_pair[a[0], b[0]].append(Shared(*cells, count, sizes[a]))
    return by_pair


def equal(
    handins: Sequence[HandIn],
    kind: str,
    text: str,
    values: Callable[[GradedCell], Iterable[Hashable]],
    least: int = 1,
) -> Iterator[Alike]:
    """Yield the pairs of `least` equal values; `text` has places ``{n}``, ``{of}``, ``{cells}``.

    A value is counted once: of the cells of the second, the one that shares most with the first's.
    """
    for (i, j), found in shared(handins, values).items():
        best: dict[str, Shared] = {}
        for each in found:
            if each.first.name not in best or each.values > best[each.first.name].values:
                best[each.first.name] = each
        n, of = sum(each.values for each in best.values()), sum(each.of for each in best.values())
        same = all(e.first.fingerprint == e.second.fingerprint for e in best.values())
        if n < least:
            continue
        said = text.format(n=n, of=of, cells=first(list(best), 2))
        yield Alike(i, j, kind, n / of, same, said)


def digits(value: float) -> int:
    """How many significant digits a number was written with, as the shortest text that gives it."""
    written = repr(abs(value)).partition("e")[0].replace(".", "")
    return len(written.strip("0"))


def near_ones(near: Near, exact: set[tuple[int, int]], kind: str, text: str) -> Iterator[Alike]:
    """One finding for each pair that has none of equal values."""
    for (i, j), found in sorted(near.items(), key=lambda item: item[0]):
        if (i, j) in exact:
            continue
        value = max(each[2] for each in found)
        same = all(mine.fingerprint == other.fingerprint for mine, other, _ in found)
        said = f"{text} {value:.2f} ({first([mine.name for mine, *_ in found], 2)})"
        yield Alike(i, j, kind, min(value, 1.0), same, said)


def by_settings(handins: Sequence[HandIn]) -> list[list[tuple[int, GradedCell]]]:
    """Cells of different hand-ins that have the same settings, whatever seeds they have."""
    groups: dict[str, dict[int, GradedCell]] = defaultdict(dict)
    seen: Counter[tuple[int, str]] = Counter()
    for i, each in enumerate(handins):
        specs = {spec.get("name"): spec for spec in each.plan.get("cells", ())}
        for cell in each.cells:
            spec = specs.get(cell.name, {})
            point = {key: spec.get(key) for key in ("family", "dataset", "params", "training")}
            key = canonical_json(point)
            seen[i, key] += 1  # with several seeds, the first of each, the second, ...
            groups[f"{seen[i, key]} {key}"][i] = cell
    return [list(group.items()) for group in groups.values() if len(group) > 1]
