"""Judge the measures by published sanity checks: ``python -m scripts.judge_measures``.

Räisä, van Breugel & van der Schaar 2025 (arXiv:2505.22450) ask of measures of quality and diversity
what they say of simple changes whose right answer nobody doubts, and find that all fail some. Here
the changes are made to real images and to their features; each check says beforehand what a
measure of quality, of variety and of both has to do. Three tables go into ``docs/measures.md``:
which measure passes which check, what they read of a known share of bad samples, and how often the
interval of the two-sample test holds. Their checks on shapes (sphere and torus, a hypersphere's
surface, whole numbers beside real ones) have no counterpart among images.

Samples are training images 10,001 to 20,000 of the full set (``LABKIT_DATA``), the reference every
third test image.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from labkit.catalog import DATASETS, METRICS
from labkit.data import load
from labkit.measure.features import extract
from labkit.measure.frechet import fid
from labkit.measure.manifold import K, compare, real_clipped_density
from labkit.measure.neighbours import within
from labkit.measure.reference import real_features
from labkit.measure.two_sample import two_sample
from scripts.prove_measures import DOCUMENT, blurred, write_between_marks

Matrix = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Readings = dict[str, float]

N, POOL, FEW = 3_000, 10_000, 900
QUALITY = ("precision", "density", "clipped_density")
VARIETY = ("recall", "coverage", "clipped_coverage")
BOTH = ("proxy_fid", "two_sample_accuracy", "logistic")
LABELS = {name: METRICS[name].label for name in (*QUALITY, *VARIETY, *BOTH[:2])}
LABELS["logistic"] = "(logistic)"
#: How near a share of what real images read counts as right; how little counts as the lower bound.
NEAR, NOTHING = 0.1, 0.05
#: A measure of both has seen a change if it lies so many times farther out than on real images.
SEEN = 3
SHARES = (0.0, 0.1, 0.3, 0.5, 0.8, 1.0)
BLURS = (0.0, 0.5, 0.7, 1.0, 1.5, 2.0)

# ---------------------------------------------------------------- reading


class Reference:
    """Real images' features, with what does not depend on the samples, and what was read of it."""

    def __init__(self, features: Matrix) -> None:
        self.features, self._own = features, within(features, K)
        self._density = real_clipped_density(features, self._own)
        self._read: dict[int, tuple[Matrix, Readings]] = {}

    def read(self, samples: Matrix) -> Readings:
        """All measures of samples' features (N, D), and of a linear classifier beside them."""
        if id(samples) not in self._read:
            self._read[id(samples)] = samples, self._measured(samples)
        return self._read[id(samples)][1]

    def _measured(self, samples: Matrix) -> Readings:
        both = samples, within(samples, K), self.features, self._own
        found = compare(*both)
        return {
            **{name: getattr(found, name) for name in (*QUALITY[:2], *VARIETY)},
            "clipped_density": found.clipped_density(self._density),
            "proxy_fid": fid(samples, self.features),
            "two_sample_accuracy": two_sample(*both, found).accuracy,
            "logistic": logistic(samples, self.features),
        }


def logistic(samples: Matrix, real: Matrix) -> float:
    """Accuracy of a logistic regression, fitted on one half and tested on the other."""
    points = np.concatenate([samples, real])
    points = np.column_stack([points / (points.std(axis=0) + 1e-9), np.ones(len(points))])
    signs = np.where(np.arange(len(points)) < len(samples), 1.0, -1.0)
    fit, test = np.split(np.random.default_rng(0).permutation(len(points)), 2)

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        margins = signs[fit] * (points[fit] @ weights)
        slope = -signs[fit] / (1 + np.exp(margins))
        total = np.logaddexp(0, -margins).sum() + weights @ weights / 2
        return float(total), points[fit].T @ slope + weights

    weights = minimize(loss, np.zeros(points.shape[1]), jac=True, method="L-BFGS-B").x
    return float((np.sign(points[test] @ weights) == signs[test]).mean())


# ---------------------------------------------------------------- what is expected

#: What readings must do from step to step; the first step is real images.
Rule = Literal["falls", "to nothing", "stays", "as the share", "rises", ""]


def passes(rule: Rule, values: list[float], shares: list[float], even: float = 0.0) -> bool:
    """Whether a measure's values at each step are as they should be.

    `shares` of good samples go with the steps; a measure of both rises from `even`, which it reads
    of samples like real ones at best.
    """
    parts = np.array(values) / values[0]
    falling = bool((np.diff(parts) < NOTHING).all())
    if rule == "falls":
        return falling and bool(parts[-1] < 1 - 2 * NEAR)
    if rule == "to nothing":
        return falling and bool(parts[-1] <= NOTHING)
    if rule == "stays":
        return bool((abs(parts - 1) <= NEAR).all())
    if rule == "as the share":
        return bool((abs(parts - shares) <= NEAR).all())
    off = np.array(values) - even
    return bool((np.diff(off) > -abs(off[0])).all() and off[-1] > SEEN * abs(off[0]))


@dataclass(frozen=True)
class Check:
    """A change in steps, and what measures of quality, of variety and of both should say."""

    name: str
    quality: Rule
    variety: Rule
    both: Rule = "rises"
    steps: list[Matrix] = field(default_factory=list)
    """Features of samples, real ones first."""
    shares: list[float] = field(default_factory=list)
    reference: Reference | None = None
    """Instead of the test images."""


class Images:
    """A data set's samples as images and features."""

    def __init__(self, dataset: str) -> None:
        real = load(dataset, "train", "full", 10_000 + POOL)
        self.pixels, self.labels = real.images[10_000:], real.labels[10_000:]
        self.features = extract(self.pixels, dataset).features
        test = real_features(dataset, "test").features
        self.reference = Reference(test[::3][:N])
        self.rng, self.dataset = np.random.default_rng(0), dataset
        noise = self.rng.integers(0, 256, (N, 28, 28), dtype=np.uint8)
        self.noise = self.seen(noise)
        other = next(name for name in DATASETS if name != dataset)
        self.foreign = self.seen(load(other, "train", "full", N).images)

    def seen(self, pixels: Pixels) -> Matrix:
        """Features of other images."""
        return extract(pixels, self.dataset).features

    def of(self, classes: int, others: float = 0.0, n: int = FEW) -> Matrix:
        """n samples of the first classes, and of all others, thinned to a share."""
        kept = (self.labels < classes) | (self.rng.random(len(self.labels)) < others)
        some: Matrix = self.features[self.rng.permutation(np.flatnonzero(kept))[:n]]
        return some

    def mixed(self, bad: Matrix, share: float) -> Matrix:
        """Real samples, the first so many of them replaced by bad ones."""
        some = self.features[:N].copy()
        some[: round(share * N)] = bad[: round(share * N)]
        return some


def checks(images: Images) -> Iterator[Check]:
    """Every check, made of one data set."""
    real = images.features[:N]
    shares = list(SHARES)
    good = [1 - share for share in shares]
    for name, bad in (("noise", images.noise), ("images of the other data set", images.foreign)):
        steps = [real, *(images.mixed(bad, share) for share in shares[1:])]
        yield Check(f"{name} in place of samples, 0 to 100 %", "as the share", "falls",
                    steps=steps, shares=good)  # fmt: skip
        yield Check(f"{name}: at 100 %, nothing is left", "to nothing", "to nothing", steps=steps)
    middle = real.mean(axis=0)
    far = middle + 4 * (images.reference.features[: N // 50] - middle)
    outliers = np.concatenate([images.reference.features[N // 50 :], far])
    yield Check("2 % outliers among the real images, samples far out", "to nothing", "falls",
                steps=[real, middle + 3 * (images.features[N : 2 * N] - middle)],
                reference=Reference(outliers))  # fmt: skip
    soft = (blurred(sigma)(images.pixels[:N], images.rng) for sigma in BLURS[1:])
    yield Check("blur, σ = 0 to 2 pixels", "to nothing", "to nothing",
                steps=[real, *map(images.seen, soft)])  # fmt: skip
    yield Check("features drawn to their middle, to half", "", "falls",
                steps=[middle + s * (real - middle) for s in (1, 0.9, 0.7, 0.5)])  # fmt: skip
    yield Check("features spread apart, to twice", "falls", "",
                steps=[middle + s * (real - middle) for s in (1, 1.2, 1.5, 2)])  # fmt: skip
    yield Check("classes left out one after another, down to one", "stays", "falls",
                steps=[images.of(k) for k in range(10, 0, -1)])  # fmt: skip
    yield Check("all classes but one thinned together", "stays", "falls",
                steps=[images.of(1, others) for others in (1.0, 0.3, 0.1, 0.03, 0.0)])  # fmt: skip
    half = [images.of(5, n=N)[: N - n] for n in (0, N // 4, N // 2)]
    steps = [np.concatenate([each, images.foreign[: N - len(each)]]) for each in half]
    yield Check("half of the classes left out, then 25 and 50 % invented", "as the share", "falls",
                steps=[real, *steps], shares=[1, 1, 0.75, 0.5])  # fmt: skip
    yield Check("1,000, 300, 100, 30 images repeated", "stays", "falls",
                steps=[real, *(real[np.arange(N) % n] for n in (1000, 300, 100, 30))])  # fmt: skip
    yield Check("fewer samples: 3,000, 1,000, 500", "stays", "stays", "",
                steps=[real[:n] for n in (N, 1000, 500)])  # fmt: skip
    one = np.r_[10.0, np.ones(real.shape[1] - 1)]
    scaled = Reference(images.reference.features * one)
    yield Check("one feature in other units (× 10) everywhere", "stays", "stays", "",
                steps=[real, real * one], reference=scaled)  # fmt: skip
    apart = Reference(np.column_stack([images.reference.features, np.zeros(N)]))
    yield Check("one more feature that real images have not", "to nothing", "to nothing",
                steps=[np.column_stack([real, np.full(N, x)]) for x in (0.0, 3.0)],
                reference=apart)  # fmt: skip


# ---------------------------------------------------------------- the tables


def judge(check: Check, images: Images) -> tuple[dict[str, bool | None], list[Readings]]:
    """Which measures pass (None: nothing is asked of it), and what they read."""
    own = check.reference or images.reference
    # The first step is real images: judged by what the usual reference reads where both differ.
    first = images.reference if "units" in check.name else own
    read = [(own if i else first).read(each) for i, each in enumerate(check.steps)]
    found: dict[str, bool | None] = {}
    for names, rule in (
        (QUALITY, check.quality), (VARIETY, check.variety), (BOTH, check.both),
    ):  # fmt: skip
        for name in names:
            values = [each[name] for each in read]
            even = 0.0 if name == "proxy_fid" else 0.5
            if rule:
                found[name] = passes(rule, values, check.shares, even)
            elif names is BOTH:
                off = abs(values[-1] - values[0])
                found[name] = off <= NEAR * (values[0] if name == "proxy_fid" else 1)
            else:
                found[name] = None
    return found, read


def marks(names: list[str], found: dict[str, list[dict[str, bool | None]]]) -> str:
    """A row a check: passed on both data sets, on one of them, on none; and how many in all."""
    lines = [f"| check | {' | '.join(LABELS.values())} |", "|---" * (len(LABELS) + 1) + "|"]
    every: dict[str, list[bool]] = {name: [] for name in LABELS}
    for i, check in enumerate(names):
        words = []
        for name in LABELS:
            passed = {
                d: bool(each[i][name]) for d, each in found.items() if each[i][name] is not None
            }
            every[name] += passed.values()
            words.append(_word(passed))
        lines.append(f"| {check} | {' | '.join(words)} |")
    sums = " | ".join(f"{sum(each)} of {len(each)}" for each in every.values())
    return "\n".join([*lines, f"| **passed** | {sums} |"])


def _word(passed: dict[str, bool]) -> str:
    """ "yes", "no", or on which data set; empty where nothing was asked."""
    where = [DATASETS[dataset].label for dataset, well in passed.items() if well]
    if len(where) == len(passed):
        return "yes" if where else ""
    return f"on {where[0]}" if where else "no"


def steps_table(title: str, heads: list[str], read: list[Readings]) -> str:
    """What the measures read at each step of a check."""
    lines = [f"| {title} | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name, label in LABELS.items():
        values = " | ".join(f"{each[name]:.3g}" for each in read)
        lines.append(f"| {label} | {values} |")
    return "\n".join(lines)


def intervals(images: Images) -> list[str]:
    """How often the 95 % interval holds the mean accuracy of many draws of both sets.

    Both are drawn anew each time: the real images from the same pool as the samples.
    """
    lines, label = [], DATASETS[images.dataset].label
    soft = images.seen(blurred(0.7)(images.pixels[: POOL // 2], images.rng))
    for n in (200, 500):
        for what, pool in (("real", images.features), ("blurred, σ = 0.7", soft)):
            held, mean, tries = coverage(pool, images.features[POOL // 2 :], n, images.rng)
            lines.append(f"| {n:,} {what} ({label}) | {100 * mean:.1f} % | {held} of {tries} |")
    return lines


def coverage(
    pool: Matrix, real: Matrix, n: int, rng: np.random.Generator, tries: int = 100
) -> tuple[int, float, int]:
    """How often the interval of n samples holds the mean; the mean; of how many draws."""
    votes = []
    for _ in range(tries):
        a = pool[: POOL // 2][rng.choice(POOL // 2, n, replace=False)]
        b = real[rng.choice(len(real), n, replace=False)]
        both = a, within(a, K), b, within(b, K)
        votes.append(two_sample(*both, compare(*both)))
    mean = float(np.mean([each.accuracy for each in votes]))
    held = sum(low <= mean <= high for low, high in (each.interval for each in votes))
    return held, mean, tries


def judged(dataset: str) -> tuple[list[str], list[dict[str, bool | None]], list[str], list[str]]:
    """The names of the checks, who passes them, tables of readings, and rows of intervals."""
    images, found = Images(dataset), list[dict[str, bool | None]]()
    names, tables = list[str](), list[str]()
    label = DATASETS[dataset].label
    for check in checks(images):
        passed, read = judge(check, images)
        print(dataset, check.name, passed, flush=True)
        for name in LABELS:
            print("   ", name, [f"{each[name]:.3g}" for each in read], flush=True)
        if not names:
            heads = [f"{100 * share:.0f} %" for share in SHARES]
            tables.append(steps_table(f"{label}, noise among the samples", heads, read))
        if check.name.startswith("blur"):
            heads = [f"{sigma:g}" for sigma in BLURS]
            tables.append(steps_table(f"{label}, blur by σ pixels", heads, read))
        names.append(check.name)
        found.append(passed)
    return names, found, tables, intervals(images)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print, leave the document alone")
    dry = parser.parse_args().dry
    with ProcessPoolExecutor(2) as pool:
        made = dict(zip(DATASETS, pool.map(judged, DATASETS), strict=True))
    names = next(iter(made.values()))[0]
    held = ["| samples, against as many real images | mean | interval holds it |", "|---|---|---|"]
    parts = {
        "judged": marks(names, {dataset: each[1] for dataset, each in made.items()}),
        "shares": "\n\n".join(table for each in made.values() for table in each[2]),
        "interval": "\n".join([*held, *(row for each in made.values() for row in each[3])]),
    }
    for mark, text in parts.items():
        print(text, flush=True)
        if not dry:
            write_between_marks(DOCUMENT, mark, text)


if __name__ == "__main__":
    main()
