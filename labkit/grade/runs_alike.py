"""What two hand-ins' trainings have in common: times, weights, numbers of the history, pictures.

Equal numbers are looked for among all cells, whatever settings they claim; nearly equal ones
between cells of the same settings, against what the rest of the class has there.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

from labkit.experiment.spec import canonical_json
from labkit.grade import sketch
from labkit.grade.record import GradedCell, HandIn

#: Significant digits from which on a number cannot be equal by chance.
DIGITS = 8
#: Hand-ins with a cell of one kind from which on they show what is usual.
CLASS = 8
#: How far the weights of two cells must go together (correlation) to be called nearly the same.
WEIGHTS = 0.5
#: The same of what sets the tiles of a picture apart, and a history from those of the class.
PICTURES, HISTORY = 0.95, 0.9
#: Of two histories of a cell, how close nine in ten numbers must be, in units of what is usual,
#: and how many numbers there must be: two short histories are close by chance.
CLOSE, NUMBERS = 0.1, 24

Floats = NDArray[np.float64]
#: Cells of two hand-ins that are nearly the same, and how much so.
Near = dict[tuple[int, int], list[tuple[GradedCell, GradedCell, float]]]


@dataclass(frozen=True)
class Alike:
    """What was found alike in two hand-ins, by their places in the class."""

    first: int
    second: int
    kind: str
    value: float  # 0 to 1: a share of numbers, or a correlation
    cells: tuple[str, ...]  # of the first
    same_seed: bool  # whether all of these are the same cell by settings, data and seed
    text: str


def alike(handins: Sequence[HandIn]) -> Iterator[Alike]:
    """Everything that trainings of a class have in common, pair by pair."""
    yield from _times(handins)
    yield from _weights(handins)
    yield from _histories(handins)
    yield from _pictures(handins)


# ------------------------------------------------------------------------------ equal values


class Shared(NamedTuple):
    """A cell of each of two hand-ins, and how many values of the first are the second's too."""

    first: GradedCell
    second: GradedCell
    values: int
    of: int


def _shared(
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


def _equal(
    handins: Sequence[HandIn],
    kind: str,
    text: str,
    values: Callable[[GradedCell], Iterable[Hashable]],
) -> Iterator[Alike]:
    """Yield the pairs with equal values; `text` says what, with ``{n}``, ``{of}`` and ``{cells}``.

    A value is counted once: of the cells of the second, the one that shares most with the first's.
    """
    for (i, j), found in _shared(handins, values).items():
        best: dict[str, Shared] = {}
        for each in found:
            if each.first.name not in best or each.values > best[each.first.name].values:
                best[each.first.name] = each
        n, of = sum(each.values for each in best.values()), sum(each.of for each in best.values())
        same = all(e.first.fingerprint == e.second.fingerprint for e in best.values())
        cells = tuple(best)
        yield Alike(i, j, kind, n / of, cells, same, text.format(n=n, of=of, cells=named(cells)))


def named(cells: Sequence[str]) -> str:
    """``a, b and 4 more``."""
    more = f" and {len(cells) - 2} more" if len(cells) > 2 else ""
    return ", ".join(cells[:2]) + more


def _exact(value: object) -> TypeGuard[float]:
    """Whether a number has so many digits that two trainings never share it."""
    if not isinstance(value, float):
        return False
    digits = f"{value:.17g}".partition("e")[0].replace(".", "").replace("-", "")
    return len(digits.strip("0")) >= DIGITS


def _times(handins: Sequence[HandIn]) -> Iterator[Alike]:
    yield from _equal(
        handins, "times",
        "{n} of {of} recorded times of epochs are equal to the last digit ({cells}): "
        "no two trainings take the same time",
        lambda cell: (v for row in cell.history if _exact(v := row.get("seconds"))),
    )  # fmt: skip


def _history_values(cell: GradedCell) -> Iterator[float]:
    for row in cell.history:
        yield from (v for name, v in row.items() if name != "seconds" and _exact(v))


# ---------------------------------------------------------------------------------- weights


def _weights(handins: Sequence[HandIn]) -> Iterator[Alike]:
    read = {id(cell): sketch.read(cell.weights) for each in handins for cell in each.cells}
    exact = set()
    for found in _equal(
        handins, "weights", "{n} of {of} weight tensors are the same numbers ({cells})",
        lambda cell: (digest for digest, _values in read[id(cell)].values()),
    ):  # fmt: skip
        exact.add((found.first, found.second))
        yield found
    near: Near = defaultdict(list)
    for group in _by_settings(handins):
        vectors = [_joined(read[id(cell)]) for _i, cell in group]
        size = max(map(len, vectors), default=0)
        kept = [k for k, vector in enumerate(vectors) if len(vector) == size > 0]
        if len(kept) < 2:
            continue
        matrix = np.stack([vectors[k] for k in kept])
        together = matrix @ matrix.T / max(len(read[id(group[kept[0]][1])]), 1)
        for a, b in np.argwhere(np.triu(together, 1) > WEIGHTS):
            (i, first), (j, second) = group[kept[a]], group[kept[b]]
            near[i, j].append((first, second, float(together[a, b])))
    yield from _near(near, exact, "weights", "weights go together as those of one training do")


def _joined(tensors: dict[str, tuple[str, NDArray[np.float32]]]) -> Floats:
    """A cell's sketched values one after another, each tensor's centred and of length 1."""
    parts = []
    for _name, (_digest, values) in sorted(tensors.items()):
        centred = values.astype(np.float64) - values.mean(dtype=np.float64)
        parts.append(centred / (np.linalg.norm(centred) or 1.0))
    return np.concatenate(parts) if parts else np.zeros(0)


def _near(
    near: Near,
    exact: set[tuple[int, int]],
    kind: str,
    text: str,
) -> Iterator[Alike]:
    """One finding for each pair that has none of equal values."""
    for (i, j), found in sorted(near.items(), key=lambda item: item[0]):
        if (i, j) in exact:
            continue
        cells = tuple(first.name for first, *_ in found)
        value = max(each[2] for each in found)
        same = all(first.fingerprint == second.fingerprint for first, second, _ in found)
        said = f"{text}: correlation {value:.2f} ({named(cells)})"
        yield Alike(i, j, kind, min(value, 1.0), cells, same, said)


def _by_settings(handins: Sequence[HandIn]) -> list[list[tuple[int, GradedCell]]]:
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


# -------------------------------------------------------------------------------- histories


def _histories(handins: Sequence[HandIn]) -> Iterator[Alike]:
    exact = set()
    for found in _equal(
        handins, "history", "{n} of {of} numbers of the history are equal to the last digit "
        "({cells})", _history_values,
    ):  # fmt: skip
        exact.add((found.first, found.second))
        yield found
    apart: dict[int, dict[int, Floats]] = defaultdict(dict)  # hand-in, group: numbers
    near: Near = defaultdict(list)
    groups = [group for group in _by_settings(handins) if len(group) >= CLASS]
    for k, group in enumerate(groups):
        numbers = _standardised([cell for _i, cell in group])
        for (i, _cell), row in zip(group, numbers, strict=True):
            apart[i][k] = row
        for a, b in combinations(range(len(group)), 2):
            distance = np.abs(numbers[a] - numbers[b])
            if (both := np.isfinite(distance)).sum() >= NUMBERS:
                far = float(np.quantile(distance[both], 0.9))
                if far < CLOSE:
                    (i, first), (j, second) = group[a], group[b]
                    near[i, j].append((first, second, 1.0 - far))
    for i, j in combinations(sorted(apart), 2):
        both_have = sorted(apart[i].keys() & apart[j].keys())
        value = _correlation([(apart[i][k], apart[j][k]) for k in both_have])
        if value > HISTORY:
            cells = {k: (dict(groups[k])[i], dict(groups[k])[j]) for k in both_have}
            near[i, j] = [(*cells[k], value) for k in both_have]
    text = "what sets the history apart from the class goes together"
    yield from _near(near, exact, "history", text)


def _standardised(cells: Sequence[GradedCell]) -> Floats:
    """Numbers of a history, a row a cell: how far from the class's median, in usual distances.

    Counted shares are left out, which are equal by chance; NaN is what a cell does not have.
    """
    epochs = max(len(cell.history) for cell in cells)
    names = sorted({name for cell in cells for row in cell.history for name in row} - {"seconds"})
    columns = []
    for epoch in range(epochs):
        rows = [cell.history[epoch] if epoch < len(cell.history) else {} for cell in cells]
        for name in names:
            column = [row.get(name) for row in rows]
            if sum(map(_exact, column)) > len(cells) / 2:
                columns.append([v if isinstance(v, float) else np.nan for v in column])
    numbers = np.array(columns, float).reshape(len(columns), len(cells)).T
    middle = np.nanmedian(numbers, axis=0)
    # Of a normal distribution, two values lie 1.41 times as far apart as one from the middle.
    usual = 1.41 * np.nanmedian(np.abs(numbers - middle), axis=0)
    apart: Floats = np.clip((numbers - middle)[:, usual > 0] / usual[usual > 0], -4, 4)
    return apart


def _correlation(pairs: Sequence[tuple[Floats, Floats]]) -> float:
    """How far two hand-ins' numbers lie on the same side of the class's, -1 to 1."""
    if not pairs:
        return 0.0
    a, b = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if len(a) >= NUMBERS and length else 0.0


# --------------------------------------------------------------------------------- pictures


def _pictures(handins: Sequence[HandIn]) -> Iterator[Alike]:
    exact = set()
    for found in _equal(
        handins, "pictures", "{n} of {of} files of samples and sample pictures are the same "
        "({cells})",
        lambda cell: (sha for name, sha in cell.files.items() if _drawn(name)),
    ):  # fmt: skip
        exact.add((found.first, found.second))
        yield found
    near: Near = defaultdict(list)
    for group in _by_settings(handins):
        drawn = [(i, cell, each) for i, cell in group if len(each := sketch.tiles(cell.thumb))]
        if len(drawn) < 2:
            continue
        pages = np.stack([each for *_, each in drawn])
        together = pages @ pages.T
        for a, b in np.argwhere(np.triu(together, 1) > PICTURES):
            (i, first, _), (j, second, _) = drawn[a], drawn[b]
            near[i, j].append((first, second, float(together[a, b])))
    yield from _near(near, exact, "pictures", "sample pictures go together, noise by noise")


def _drawn(name: str) -> bool:
    """Whether a file shows what was drawn from noise, which no two seeds share."""
    return name.endswith("samples.npz") or "/images/samples" in name
