"""What two hand-ins' trainings have in common: times, weights, numbers of the history, pictures.

Equal numbers are looked for among all cells, whatever settings they claim; nearly equal ones
between cells of the same settings, against what the rest of the class has there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.grade import sketch
from labkit.grade.cell_pairs import Alike, Near, by_settings, digits, equal, near_ones
from labkit.grade.record import HandIn

#: Significant digits from which on a number cannot be equal by chance.
DIGITS = 8
#: Equal times, or numbers, of two hand-ins: fewer may come about, where a clock ticks slowly.
LEAST = 3
#: Hand-ins with a cell of one kind from which on they show what is usual.
CLASS = 8
#: How far the weights of two cells must go together (correlation) to be called nearly the same;
#: the same of what sets the tiles of a picture apart. Among honest ones at most 0.26 and 0.6.
WEIGHTS, PICTURES = 0.5, 0.95
#: How near, in what is usual between two of the class, three in four numbers of all histories
#: must be, or nine in ten of one cell's. Among honest hand-ins 0.58 and 0.09 were the least.
HISTORY, ONE_CELL = 0.35, 0.02
#: Numbers from which on that is looked at: few are close by chance.
NUMBERS = 24

Floats = NDArray[np.float64]
Numbers = dict[int, list[dict[str, float]]]
"""A cell's history by the cell's place in memory, of numbers alone that two seeds never share."""


def alike(handins: Sequence[HandIn]) -> Iterator[Alike]:
    """Everything that trainings of a class have in common, pair by pair."""
    yield from _times(handins)
    yield from _weights(handins)
    yield from _histories(handins)
    yield from _pictures(handins)


def _times(handins: Sequence[HandIn]) -> Iterator[Alike]:
    yield from equal(
        handins, "times",
        "{n} of {of} recorded times of epochs are equal to the last digit ({cells}): "
        "no two trainings take the same time",
        lambda cell: (t for row in cell.history if _exact(t := row.get("seconds"))), LEAST,
    )  # fmt: skip


def _exact(value: float | None) -> bool:
    """Whether a number has so many digits that two measurements never agree in all."""
    return isinstance(value, float) and digits(value) >= DIGITS


# ---------------------------------------------------------------------------------- weights


def _weights(handins: Sequence[HandIn]) -> Iterator[Alike]:
    read = {id(cell): sketch.read(cell.weights) for each in handins for cell in each.cells}
    exact = set()
    for found in equal(
        handins, "weights", "{n} of {of} weight tensors are the same numbers ({cells})",
        lambda cell: (digest for digest, _values in read[id(cell)].values()),
    ):  # fmt: skip
        exact.add((found.first, found.second))
        yield found
    near: Near = defaultdict(list)
    for group in by_settings(handins):
        together = _together([read[id(cell)] for _i, cell in group])
        for a, b in np.argwhere(np.triu(together, 1) > WEIGHTS):
            (i, first), (j, second) = group[a], group[b]
            near[i, j].append((first, second, float(together[a, b])))
    yield from near_ones(
        near, exact, "weights", "weights go together as those of one training do: correlation"
    )


def _together(cells: Sequence[Mapping[str, tuple[str, NDArray[np.float32]]]]) -> Floats:
    """The mean correlation of the tensors that two cells both have, for every two; 0 for none.

    A hand-in may have left out the networks that nothing draws by.
    """
    total, shared = np.zeros((len(cells),) * 2), np.zeros((len(cells),) * 2)
    for name in sorted({name for tensors in cells for name in tensors}):
        rows = np.zeros((len(cells), sketch.VALUES))
        for k, tensors in enumerate(cells):
            if name in tensors:
                centred = tensors[name][1] - tensors[name][1].mean(dtype=np.float64)
                rows[k] = centred / (np.linalg.norm(centred) or 1.0)
        has = rows.any(axis=1).astype(float)
        total += rows @ rows.T
        shared += np.outer(has, has)
    mean: Floats = total / np.maximum(shared, 1)
    return mean


# -------------------------------------------------------------------------------- histories


def _histories(handins: Sequence[HandIn]) -> Iterator[Alike]:
    exact, numbers = set(), _numbers(handins)
    for found in equal(
        handins, "history", "{n} of {of} numbers of the history are equal to the last digit "
        "({cells})", lambda cell: (v for row in numbers[id(cell)] for v in row.values()), LEAST,
    ):  # fmt: skip
        exact.add((found.first, found.second))
        yield found
    apart: dict[int, dict[int, Floats]] = defaultdict(dict)  # hand-in, group: its numbers
    groups = [group for group in by_settings(handins) if len(group) >= CLASS]
    for k, group in enumerate(groups):
        rows = _standardised([numbers[id(cell)] for _i, cell in group])
        apart |= {i: {**apart[i], k: row} for (i, _), row in zip(group, rows, strict=True)}
    near: Near = defaultdict(list)
    cells = [dict(group) for group in groups]
    for i, j in combinations(sorted(apart), 2):
        both = {k: np.abs(apart[i][k] - apart[j][k]) for k in apart[i].keys() & apart[j].keys()}
        whole = _far(both.values(), 0.75)
        alone = {k: far for k in both if (far := _far([both[k]], 0.9)) < ONE_CELL}
        for k in sorted(both) if whole < HISTORY else sorted(alone):
            near[i, j].append((cells[k][i], cells[k][j], 1 - min(whole, alone.get(k, 1))))
    text = "the numbers of the history are closer than those of other seeds: closeness"
    yield from near_ones(near, exact, "history", text)


def _far(distances: Iterable[Floats], share: float) -> float:
    """How far at most this share of numbers lie apart, in usual distances; 1 if they are few."""
    parts = [each[np.isfinite(each)] for each in distances]
    found = np.concatenate(parts) if parts else np.zeros(0)
    return float(np.quantile(found, share)) if len(found) >= NUMBERS else 1.0


def _numbers(handins: Sequence[HandIn]) -> Numbers:
    """The numbers of every history but times, and shares that were counted, equal by chance."""
    found: Numbers = {}
    for each in handins:
        specs = {spec.get("name"): spec for spec in each.plan.get("cells", ())}
        for cell in each.cells:
            images = _images(specs.get(cell.name, {}).get("data"))
            found[id(cell)] = [
                {
                    name: value
                    for name, value in row.items()
                    if name != "seconds" and value is not None
                    if _exact(value) and not _counted(value, images)
                }
                for row in cell.history
            ]
    return found


def _images(data: Mapping[str, Any] | None) -> int:
    """On how many images a cell was trained."""
    whole = 10_000 if data and data.get("source") == "bundled" else 60_000
    limit = data.get("limit") if data else None
    return min(whole, limit) if isinstance(limit, int) else whole


def _counted(value: float, images: int) -> bool:
    """Whether a number is a share of the images, or of twice as many, to the digits of fp32."""
    return 0 <= value <= 1 and abs(value * 2 * images - round(value * 2 * images)) < 0.01


def _standardised(cells: Sequence[Sequence[Mapping[str, float]]]) -> Floats:
    """Numbers of histories, a row a cell: how far from the class's median, in usual distances.

    NaN is what a cell does not have.
    """
    epochs = max(map(len, cells))
    names = sorted({name for history in cells for row in history for name in row})
    columns = []
    for epoch in range(epochs):
        rows = [history[epoch] if epoch < len(history) else {} for history in cells]
        for name in names:
            column = [row.get(name, np.nan) for row in rows]
            if np.isfinite(column).sum() > len(cells) / 2:
                columns.append(column)
    numbers = np.array(columns, float).reshape(len(columns), len(cells)).T
    middle = np.nanmedian(numbers, axis=0)
    # Of a normal distribution, two values lie 1.41 times as far apart as one from the middle.
    usual = 1.41 * np.nanmedian(np.abs(numbers - middle), axis=0)
    apart: Floats = np.clip((numbers - middle)[:, usual > 0] / usual[usual > 0], -4, 4)
    return apart


# --------------------------------------------------------------------------------- pictures


def _pictures(handins: Sequence[HandIn]) -> Iterator[Alike]:
    exact = set()
    for found in equal(
        handins, "pictures", "{n} of {of} files of samples and sample pictures are the same "
        "({cells})",
        lambda cell: (sha for name, sha in cell.files.items() if _drawn(name)),
    ):  # fmt: skip
        exact.add((found.first, found.second))
        yield found
    near: Near = defaultdict(list)
    for group in by_settings(handins):
        drawn = [(i, cell, each) for i, cell in group if len(each := sketch.tiles(cell.thumb))]
        if len(drawn) < 2:
            continue
        pages = np.stack([each for *_, each in drawn])
        together = pages @ pages.T
        for a, b in np.argwhere(np.triu(together, 1) > PICTURES):
            (i, first, _), (j, second, _) = drawn[a], drawn[b]
            near[i, j].append((first, second, float(together[a, b])))
    yield from near_ones(
        near, exact, "pictures", "sample pictures go together, noise by noise: correlation"
    )


def _drawn(name: str) -> bool:
    """Whether a file shows what was drawn from noise, which no two seeds share."""
    return name.endswith("samples.npz") or "/images/samples" in name
