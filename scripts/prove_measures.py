"""Put the mode-collapse verdict to the proof: ``python -m scripts.prove_measures``.

Sample sets whose right verdict is known are made from real images: classes dropped or
thinned, images repeated, one style a class, and on the other side blurred, noisy, shifted
and honest ones. What is expected is written down here, before anything is measured. The
table goes into ``docs/measures.md``.

The images are training images of the full set (``LABKIT_DATA``), the reference the test
images; ``tests/measure/test_known_answers.py`` runs a
slice of it on the bundled images.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from labkit.catalog import DATASETS
from labkit.data import Images, load
from labkit.measure.features import Features, extract
from labkit.measure.manifold import K, Manifold, compare
from labkit.measure.modes import Modes, Reference, measure_modes
from labkit.measure.neighbours import (
    COPY_DISTANCE,
    Neighbours,
    distance_blocks,
    within,
)
from labkit.measure.reference import real_features, real_set
from labkit.measure.sharpness import gradient_energy

Indices = NDArray[np.intp]
Pixels = NDArray[np.uint8]
Names = tuple[str, ...]

DOCUMENT = Path(__file__).parent.parent / "docs" / "measures.md"
#: Images to draw from, and how many are drawn.
POOL, SIZES = 30_000, (10_000, 2_000)
SHARE_OF_THIN, STYLE = 0.005, 0.01


# ---------------------------------------------------------------- what is expected


@dataclass(frozen=True)
class Expected:
    """The right answer for a sample set."""

    detected: bool
    """True: a rule must fire. False: none may (*not measurable* is no false alarm)."""
    says: str = ""
    """A regular expression that the verdict must match."""

    def met_by(self, modes: Modes) -> bool:
        """Whether a verdict is the right one."""
        return bool(modes.detected) == self.detected and bool(re.search(self.says, modes.verdict))


@dataclass(frozen=True)
class Draw:
    """A sample set made of real images as they are."""

    row: str
    """The row of the table it counts for."""
    expected: Expected
    choose: Callable[[Pool, np.random.Generator, int], Indices]
    """Which images of the pool: (pool, rng, N) -> indices."""


@dataclass(frozen=True)
class Change:
    """A sample set made of honest images, altered."""

    row: str
    expected: Expected
    alter: Callable[[Pixels, np.random.Generator], Pixels]


HONEST = Expected(detected=False)
REPEATED = Expected(detected=True, says="^repetition")


def draws(names: Names) -> Iterator[Draw]:
    """Every sample set made by choosing images."""
    yield Draw("honest", HONEST, Pool.honest)
    yield Draw(
        "honest, drawn with replacement",
        HONEST,
        lambda pool, rng, n: rng.integers(0, len(pool.labels), n),
    )
    for one, name in enumerate(map(re.escape, names)):
        yield Draw(
            "one class dropped (each in turn)",
            Expected(True, f"^classes missing: {name}$"),
            partial(Pool.without, classes=[one]),
        )
        yield Draw(
            "one class thinned to 0.5 % (each in turn)",
            Expected(True, rf"^under-represented: {name} \(\d\.\d %\)$"),
            partial(Pool.thinned, name=one),
        )
        yield Draw(
            "one style within one class (each in turn)",
            Expected(True, f"low diversity within class {name}$"),
            partial(Pool.one_style, classes=[one]),
        )
    for count in range(2, 10):
        for first in (0, 3, 6):
            gone = sorted((first + step) % 10 for step in range(count))
            listed = ", ".join(re.escape(names[one]) for one in gone)
            yield Draw(
                f"{count} classes dropped",
                Expected(True, f"classes missing: {listed}(;|$)"),
                partial(Pool.without, classes=gone),
            )
    every = ", ".join(map(re.escape, names))
    yield Draw(
        "one style per class",
        Expected(True, f"low diversity within class {every}$"),
        partial(Pool.one_style, classes=range(10)),
    )
    for count in (1, 100):
        yield Draw(
            "one image repeated" if count == 1 else f"{count} images repeated",
            REPEATED,
            partial(Pool.repeated, count=count),
        )
    yield Draw("half the samples one image", REPEATED, Pool.half)


def changes() -> Iterator[Change]:
    """Every sample set made by altering images: bad quality, and collapses of made-up images."""
    for sigma in (0.7, 1.0, 1.5, 2.0, 3.0):
        yield Change(f"blurred, σ = {sigma} pixels", HONEST, blurred(sigma))
    for sigma in (10, 25, 50, 100):
        yield Change(f"noise, σ = {sigma} grey levels", HONEST, noisy(sigma))
    for pixels in (1, 2, 3, 4):
        yield Change(
            f"shifted by {pixels} pixels each way",
            HONEST,
            shifted(pixels),
        )
    yield Change("faint (60 % contrast)", HONEST, lambda x, rng: (x * 0.6).astype(np.uint8))
    yield Change(
        "blends of two images",
        HONEST,
        lambda x, rng: ((x.astype(int) + rng.permutation(x)) // 2).astype(np.uint8),
    )
    yield Change(
        "nothing but noise",
        HONEST,
        lambda x, rng: rng.integers(0, 256, x.shape, dtype=np.uint8),
    )
    yield Change("black images", REPEATED, lambda x, rng: np.zeros_like(x))
    yield Change(
        "one image under noise, σ = 10",
        REPEATED,
        lambda x, rng: noisy(10)(np.repeat(x[:1], len(x), axis=0), rng),
    )


def blurred(sigma: float) -> Callable[[Pixels, np.random.Generator], Pixels]:
    """Gaussian blur of each image."""
    return lambda x, rng: np.asarray(ndimage.gaussian_filter(x, (0, sigma, sigma)))


def shifted(pixels: int) -> Callable[[Pixels, np.random.Generator], Pixels]:
    """Each image moved down and right, what leaves it coming in again on the other side."""
    return lambda x, rng: np.roll(x, (pixels, pixels), (1, 2))


def noisy(sigma: float) -> Callable[[Pixels, np.random.Generator], Pixels]:
    """Gaussian noise on each pixel, clipped to grey levels."""
    return lambda x, rng: np.clip(x + rng.normal(0, sigma, x.shape), 0, 255).astype(np.uint8)


# ---------------------------------------------------------------- measuring quickly


class Pool:
    """Real images to draw from, with all that does not depend on the draw worked out.

    The verdict on a draw is then a matter of a tenth of a second, and the one that
    `labkit.measure.evaluate.measure_samples` gives (a test compares them).
    """

    def __init__(self, real: Images, found: Features, reference: Reference) -> None:
        self.labels = labels = real.labels
        self._found, self._reference = found, reference
        self._energies = gradient_energy(real.images)
        nothing = np.zeros(len(labels))
        alone = Neighbours(nothing, nothing.astype(np.int64), nothing)
        among = compare(found.features, alone, reference.features, reference.neighbours)
        self._balls = among.balls
        self._near = near_pairs(found.features)

    def verdict(self, chosen: Indices, names: Names) -> Modes:
        """What is found in some of the images, each taken as often as it is named."""
        times = np.bincount(chosen, minlength=len(self.labels))
        copies = times.copy()
        np.add.at(copies, self._near[0], times[self._near[1]])
        nothing, empty = np.zeros(len(chosen)), np.zeros(len(self._reference.labels))
        none, balls = empty.astype(np.int64), self._balls[chosen]
        return measure_modes(
            self._found.features[chosen],
            self._found.probabilities[chosen],
            self._energies[chosen],
            Neighbours(nothing, copies[chosen] - 1, nothing),
            Manifold(balls, none > 0, none, balls, nothing, empty),
            self._reference,
            names,
        )

    def honest(self, rng: np.random.Generator, n: int) -> Indices:
        """n different images, any of them equally likely."""
        return rng.permutation(len(self.labels))[:n]

    def without(self, rng: np.random.Generator, n: int, classes: Iterable[int]) -> Indices:
        """n images of the other classes (repeating none while there are enough)."""
        left = np.flatnonzero(~np.isin(self.labels, list(classes)))
        return rng.permutation(left)[:n]

    def thinned(self, rng: np.random.Generator, n: int, name: int) -> Indices:
        """n images of which 0.5 % are of one class."""
        few = rng.permutation(np.flatnonzero(self.labels == name))[: round(SHARE_OF_THIN * n)]
        return np.concatenate([few, self.without(rng, n - len(few), [name])])

    def one_style(
        self, rng: np.random.Generator, n: int, classes: Iterable[int], share: float = STYLE
    ) -> Indices:
        """n honest images, those of some classes replaced by the few most alike of the class.

        The few are the share (1 %) of the class nearest to one of its images, repeated no more
        often than the class's share asks for.
        """
        chosen = self.honest(rng, n)
        for name in classes:
            own = np.flatnonzero(self.labels == name)
            points = self._found.features[own]
            away = np.square(points - points[rng.integers(len(own))]).sum(axis=1)
            alike = own[np.argsort(away)[: round(share * len(own))]]
            place = np.flatnonzero(self.labels[chosen] == name)
            chosen[place] = np.resize(rng.permutation(alike), len(place))
        return chosen

    def repeated(self, rng: np.random.Generator, n: int, count: int) -> Indices:
        """n times one of a few images."""
        return rng.choice(self.honest(rng, count), n)

    def half(self, rng: np.random.Generator, n: int) -> Indices:
        """n honest images, half of them replaced by one image."""
        chosen = self.honest(rng, n)
        chosen[: n // 2] = chosen[0]
        return chosen


def near_pairs(points: NDArray[np.float64]) -> tuple[Indices, Indices]:
    """All ordered pairs of different points nearer than `COPY_DISTANCE`."""
    firsts, seconds = [], []
    for rows, squares in distance_blocks(points, points):
        own = np.arange(rows.start, rows.stop)
        squares[own - rows.start, own] = np.inf
        first, second = np.nonzero(squares < COPY_DISTANCE**2)
        firsts.append(first + rows.start)
        seconds.append(second)
    return np.concatenate(firsts), np.concatenate(seconds)


def verdict_on(images: Pixels, found: Features, reference: Reference, names: Names) -> Modes:
    """What is found in images, the long way round."""
    neighbours = within(found.features, K)
    among = compare(found.features, neighbours, reference.features, reference.neighbours)
    return measure_modes(
        found.features,
        found.probabilities,
        gradient_energy(images),
        neighbours,
        among,
        reference,
        names,
    )


# ---------------------------------------------------------------- the tables


@dataclass
class Tally:
    """How often the verdict was right."""

    right: int = 0
    alarmed: int = 0
    total: int = 0
    example: str = ""
    """A verdict that was not expected, else one that was."""

    def add(self, modes: Modes, expected: Expected) -> None:
        met = expected.met_by(modes)
        self.total += 1
        self.right += met
        self.alarmed += bool(modes.detected)
        if not met or not self.example:
            self.example = modes.verdict


def prove_draws(
    pool: Pool, names: Names, n: int, times: int, honest: int, rng: np.random.Generator
) -> dict[str, Tally]:
    """Every choice of images, `times` draws each; `honest` draws of the honest one."""
    rows: dict[str, Tally] = defaultdict(Tally)
    for draw in draws(names):
        for _ in range(honest if draw.row == "honest" else times):
            modes = pool.verdict(draw.choose(pool, rng, n), names)
            rows[draw.row].add(modes, draw.expected)
    return rows


def prove_changes(
    images: Pixels, dataset: str, names: Names, rng: np.random.Generator
) -> dict[str, Tally]:
    """Every alteration of these images, once."""
    rows: dict[str, Tally] = defaultdict(Tally)
    reference = real_set(dataset).reference
    for change in changes():
        altered = change.alter(images, rng)
        modes = verdict_on(altered, extract(altered, dataset), reference, names)
        rows[change.row].add(modes, change.expected)
    return rows


def held_out(dataset: str, times: int, rng: np.random.Generator) -> Tally:
    """Honest draws the classifier never saw: random half of the test images against the rest."""
    found, test = real_features(dataset, "test"), load(dataset, "test", "bundled")
    tally = Tally()
    for _ in range(times):
        mine, theirs = np.split(rng.permutation(len(test.labels)), 2)
        reference = Reference(
            found.features[theirs],
            found.probabilities[theirs],
            test.labels[theirs],
            gradient_energy(test.images[theirs]),
        )
        seen = Features(found.features[mine], found.probabilities[mine])
        modes = verdict_on(test.images[mine], seen, reference, DATASETS[dataset].classes)
        tally.add(modes, HONEST)
    return tally


def table(title: str, rows: dict[str, Tally]) -> str:
    """Markdown."""
    lines = [
        f"**{title}**", "",
        "| samples | verdict as expected | collapse reported | verdict (the unexpected first) |",
        "|---|---|---|---|",
    ]  # fmt: skip
    for name, tally in rows.items():
        example = tally.example if len(tally.example) < 90 else tally.example[:87] + "…"
        lines.append(
            f"| {name} | {tally.right} of {tally.total} | {tally.alarmed} of {tally.total} "
            f"| {example} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="draws of each kind")
    parser.add_argument("--honest", type=int, default=300, help="honest draws")
    parser.add_argument("--dry", action="store_true", help="print, leave the document alone")
    arguments = parser.parse_args()
    parts = []
    for dataset, entry in DATASETS.items():
        rng = np.random.default_rng(1)
        real = load(dataset, "train", "full", POOL)
        pool = Pool(real, extract(real.images, dataset), real_set(dataset).reference)
        for n in SIZES:
            rows = prove_draws(pool, entry.classes, n, arguments.times, arguments.honest, rng)
            parts.append(table(f"{entry.label}, N = {n:,}", rows))
            print(parts[-1], flush=True)
        altered = real.images[pool.honest(rng, SIZES[-1])]
        rows = prove_changes(altered, dataset, entry.classes, rng)
        parts.append(table(f"{entry.label}, N = {SIZES[-1]:,}, altered images", rows))
        print(parts[-1], flush=True)
        rows = {"honest": held_out(dataset, arguments.times * 5, rng)}
        title = f"{entry.label}, N = 5,000, half of the test images against the other half"
        parts.append(table(title, rows))
        print(parts[-1], flush=True)
    if not arguments.dry:
        write_between_marks(DOCUMENT, "proof", "\n\n".join(parts))


def write_between_marks(path: Path, mark: str, text: str) -> None:
    """Replace what stands between ``<!-- mark -->`` and ``<!-- /mark -->``."""
    start, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, _, rest = path.read_text("utf-8").partition(start)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}", "utf-8")


if __name__ == "__main__":
    main()
