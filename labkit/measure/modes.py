"""Mode collapse: one verdict, the rules behind it, and when nothing can be said.

Three rules, each a printed threshold on a measured number:

1. *Repetition*: the samples repeat so often that fewer than N/4 are really different; or
   all are one image, each time a little different.
2. *Missing* or *under-represented classes*: class shares, corrected for the classifier's
   mistakes, with intervals.
3. *Low diversity within a class*: its Vendi score is far below that of equally many real
   images, although its samples lie where real ones do.

Blur and noise are bad quality, not collapse, and both fool a classifier into seeing few
classes. So what rules 2 and 3 find counts only in samples that look real by and large. And
each rule needs enough samples that what it looks for would be seen. Where either fails,
the verdict is *not measurable*, which is not *none*.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labkit.measure.classes import (
    INTERVAL,
    Classifier,
    ClassShares,
    class_shares,
    interval_error,
)
from labkit.measure.diversity import effective_distinct, half_median_distance, vendi_score
from labkit.measure.manifold import K, Manifold
from labkit.measure.neighbours import Neighbours, within

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Rule 1 fires when the effective number of different samples is below this share of N.
#: Drawing N of N images with replacement leaves 1/2, so an honest resample stays clear.
DISTINCT = 0.25
#: It also fires when the Vendi score of all samples is below this (of real images: 23 and 44)
ALL_ALIKE = 1.5
#: ... unless they are so blurred or noisy that they look alike to the classifier for that.
RECOGNISABLE = (0.25, 2.0)
#: A class is under-represented when its interval, and its share before correction, lie
#: below this share of its real share. (The correction alone goes too far on samples that
#: leave the classifier undecided, as a weak generator's do.)
UNDER_REPRESENTED = 0.25
#: ... and missing when its estimate does, too.
MISSING = 0.025
#: Rule 3 fires below this share of the Vendi score of real images of the class if the density
#: of its samples is at least `DENSE`, and below this one wherever they lie; in between, the
#: threshold rises with the density. (Blur and shifts lower both at once.)
LOW_DIVERSITY, DENSE = 0.45, 0.5
NO_DIVERSITY, SPARSE = 0.25, 0.3
#: Rules 2 and 3 count if at least this share of the samples lies among real images
LOOKS_REAL = 0.6
#: ... and they are neither blurred nor noisy: gradient energy relative to real images of the
#: same classes. (Precision alone is fooled by noise, which lies near the odd outlier.)
SHARP = (0.6, 1.2)
#: Fewest samples of a class, and most of anything, that a Vendi score is taken of.
VENDI_LEAST, VENDI_MOST = 50, 300
#: Real images whose pairs are enough for a median distance.
LENGTH_FROM = 2000


@dataclass(frozen=True)
class Reference:
    """Real images, as samples are compared with them."""

    features: Matrix
    """(M, 64)"""
    probabilities: Matrix
    """(M, 10)"""
    labels: NDArray[np.integer]
    """(M,) true classes."""
    energies: Matrix
    """(M,) gradient energy of each image."""

    @cached_property
    def neighbours(self) -> Neighbours:
        """The real images among themselves, k = 5."""
        return within(self.features, K)

    @cached_property
    def classifier(self) -> Classifier:
        """How the classifier takes them."""
        return Classifier(self.probabilities, self.labels)

    @cached_property
    def lengths(self) -> list[float]:
        """The Vendi kernel's length scale of each class."""
        return [half_median_distance(self.features[self.labels == name]) for name in range(10)]

    @cached_property
    def length(self) -> float:
        """The Vendi kernel's length scale of all classes together."""
        some = spread_indices(len(self.features), min(len(self.features), LENGTH_FROM))
        return half_median_distance(self.features[some])

    def sharpness(self, energies: Matrix, predicted: NDArray[np.intp]) -> float:
        """Gradient energy of samples (N,) over that of real images of the same classes."""
        by_class = np.bincount(self.labels, self.energies) / np.bincount(self.labels)
        return float(energies.mean() / by_class[predicted].mean())

    def vendi(self, name: int, count: int) -> float:
        """Vendi score of `count` real images of a class."""
        if (name, count) not in self._vendi:
            real = self.features[self.labels == name]
            chosen = real[spread_indices(len(real), count)]
            self._vendi[name, count] = vendi_score(chosen, self.lengths[name])
        return self._vendi[name, count]

    @cached_property
    def _vendi(self) -> dict[tuple[int, int], float]:
        return {}


@dataclass(frozen=True)
class Modes:
    """What is there of the real variety, and the verdict."""

    shares: ClassShares
    vendi_ratio: list[float | None]
    """Per class: Vendi score over that of equally many real images; None: too few samples."""
    class_coverage: list[float]
    """Per class: share of its real images with a sample in their neighbourhood."""
    sharpness: float
    """Gradient energy relative to real images of the same classes."""
    distinct: float
    """Effective number of different samples."""
    near_duplicates: float
    """Share of samples that are all but equal to another."""
    missing: list[int] | None
    """Classes without samples; None: not measurable."""
    reasons: list[str]
    """What was found; empty if nothing."""
    obstacle: str
    """Why some rule could not be applied; empty if all could."""
    count: int
    """N"""

    @property
    def detected(self) -> bool | None:
        """Whether a rule fired; None if none did and some could not be applied."""
        return True if self.reasons else (None if self.obstacle else False)

    @property
    def verdict(self) -> str:
        """One line for a table."""
        if self.reasons:
            return "; ".join(self.reasons)
        if self.obstacle:
            return f"not measurable at N={self.count:,}: {self.obstacle}"
        return f"none detected at N={self.count:,}"


def measure_modes(
    features: Matrix,
    probabilities: Matrix,
    energies: Matrix,
    neighbours: Neighbours,
    manifold: Manifold,
    reference: Reference,
    names: tuple[str, ...],
) -> Modes:
    """Look for mode collapse in N samples.

    Args:
        features: (N, 64), standardised.
        probabilities: (N, 10).
        energies: (N,) gradient energies.
        neighbours: of the samples among themselves.
        manifold: of the samples among `reference`.
        names: the ten classes' names, for the verdict.
    """
    count = len(features)
    predicted = probabilities.argmax(axis=1)
    shares = class_shares(probabilities, reference.classifier)
    vendi = _vendi_ratios(features, predicted, reference)
    distinct = effective_distinct(neighbours.copies)
    sharpness = reference.sharpness(energies, predicted)

    findings: list[str] = []
    obstacles: list[str] = []
    missing: list[int] | None = None
    repetition = _repetition(features, distinct, sharpness, reference)
    if _dropped_class_would_show(count, reference):
        missing, findings = _class_findings(shares, reference.classifier.shares, names)
    else:
        obstacles.append("too few samples to miss a class")
    if count * reference.classifier.shares.min() >= VENDI_LEAST:
        findings += _diversity_findings(vendi, predicted, manifold, names)
    else:
        obstacles.append("too few samples to see the variety within a class")
    doubt = _quality_doubt(manifold.precision, sharpness)
    if doubt and findings:
        obstacles.append(doubt)
        missing, findings = None, []
    return Modes(
        shares,
        vendi,
        [float(manifold.covered[reference.labels == name].mean()) for name in range(10)],
        sharpness,
        distinct,
        float((neighbours.copies > 0).mean()),
        missing,
        repetition + findings,
        "; ".join(obstacles),
        count,
    )


def _repetition(
    features: Matrix, distinct: float, sharpness: float, reference: Reference
) -> list[str]:
    """What to say of samples that repeat, as they are or with a little noise."""
    count = len(features)
    if distinct < DISTINCT * count:
        return [f"repetition: {count:,} samples are worth {distinct:,.0f} different ones"]
    if RECOGNISABLE[0] <= sharpness <= RECOGNISABLE[1]:
        some = features[spread_indices(count, min(count, VENDI_MOST))]
        score = vendi_score(some, reference.length)
        if score < ALL_ALIKE:
            return [f"repetition: {count:,} samples are all alike (Vendi score {score:.2f})"]
    return []


def _quality_doubt(precision: float, sharpness: float) -> str:
    """Why findings may be the classifier's confusion by bad samples; empty if they may not."""
    if precision < LOOKS_REAL:
        return f"only {100 * precision:.0f} % of the samples look real"
    if not SHARP[0] <= sharpness <= SHARP[1]:
        return f"the samples are {'blurred' if sharpness < 1 else 'noisy'}"
    return ""


def _dropped_class_would_show(count: int, reference: Reference) -> bool:
    """Whether each class, if it were dropped, would clear its threshold twice over."""
    real = reference.classifier.shares
    for name in range(10):
        without = np.where(np.arange(10) == name, 0, real)
        error = interval_error(without / without.sum(), count, reference.classifier)
        if INTERVAL * error[name] > UNDER_REPRESENTED * real[name] / 2:
            return False
    return True


def _class_findings(
    shares: ClassShares, real: Matrix, names: tuple[str, ...]
) -> tuple[list[int], list[str]]:
    """Missing classes, and what to say of missing and rare ones."""
    few = np.maximum(shares.high, shares.predicted) < UNDER_REPRESENTED * real
    none = few & (shares.estimate < MISSING * real)
    missing = [int(name) for name in np.flatnonzero(none)]
    rare = [
        f"{names[name]} ({100 * shares.estimate[name]:.1f} %)"
        for name in np.flatnonzero(few & ~none)
    ]
    reasons = []
    if missing:
        reasons.append("classes missing: " + ", ".join(names[name] for name in missing))
    if rare:
        reasons.append("under-represented: " + ", ".join(rare))
    return missing, reasons


def _vendi_ratios(
    features: Matrix, predicted: NDArray[np.intp], reference: Reference
) -> list[float | None]:
    """Per class, the Vendi score of up to 300 samples over that of as many real images."""
    ratios: list[float | None] = []
    for name in range(10):
        own = features[predicted == name]
        count = min(len(own), int((reference.labels == name).sum()), VENDI_MOST)
        if count < VENDI_LEAST:
            ratios.append(None)
            continue
        score = vendi_score(own[spread_indices(len(own), count)], reference.lengths[name])
        ratios.append(score / reference.vendi(name, count))
    return ratios


def spread_indices(total: int, count: int) -> NDArray[np.intp]:
    """`count` of `total` positions, evenly spread, so that no order of the samples matters."""
    return np.linspace(0, total - 1, count).astype(np.intp)


def _diversity_findings(
    vendi: list[float | None],
    predicted: NDArray[np.intp],
    manifold: Manifold,
    names: tuple[str, ...],
) -> list[str]:
    poor = []
    for name, ratio in enumerate(vendi):
        if ratio is None:
            continue
        density = manifold.balls[predicted == name].mean() / K
        if ratio < np.interp(density, (SPARSE, DENSE), (NO_DIVERSITY, LOW_DIVERSITY)):
            poor.append(names[name])
    return ["low diversity within class " + ", ".join(poor)] if poor else []
