"""Mode collapse: a generator that makes few distinct images, or leaves out classes.

Three rules, each a threshold on a measured number:

1. *Repetition*: fewer than N/4 of N samples are effectively distinct, or all are variations
   of one image.
2. *Missing* or *under-represented classes*, by class shares that are corrected for the
   classifier's errors, with intervals.
3. *Low diversity within a class*: its Vendi score is far below that of equally many real
   images, although its samples lie where real images do.

Blur and noise are low quality, not collapse, but make a classifier predict few classes. So
rules 2 and 3 apply only to samples of which most look real. Each rule also needs enough
samples for its effect to be detectable. Otherwise the verdict is *not measurable*, which is
not the same as *none detected*.
"""

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

#: Rule 1 applies if the effective number of distinct samples is below this share of N.
#: Drawing N of N images with replacement gives 1/2, well above it.
DISTINCT = 0.25
#: It also applies if the Vendi score of all samples is below this (of real images: 21 and 45)
ALL_ALIKE = 1.5
#: ... unless their sharpness is out of this range: blur and noise make features alike, too.
RECOGNISABLE = (0.25, 2.0)
#: A class is under-represented if the upper end of its interval and its share before
#: correction are below this share of its real share. (The correction alone is too strong for
#: samples of which the classifier is unsure, such as a weak generator's.)
UNDER_REPRESENTED = 0.25
#: ... and missing if its estimate is also below this share.
MISSING = 0.025
#: Rule 3's threshold, as a share of the Vendi score of real images: `LOW_DIVERSITY` if the
#: density of the class's samples is at least `DENSE`, `NO_DIVERSITY` if at most `SPARSE`, and
#: linear in between. (Blur and shifts lower density and Vendi score together.)
LOW_DIVERSITY, DENSE = 0.45, 0.5
NO_DIVERSITY, SPARSE = 0.25, 0.3
#: Rules 2 and 3 apply if precision is at least this
LOOKS_REAL = 0.6
#: ... and sharpness, relative to real images of the same classes, is in this range. (Precision
#: alone accepts noise, which lies in the large balls of real outliers.)
SHARP = (0.6, 1.2)
#: Fewest samples of a class, and most samples at all, for a Vendi score.
VENDI_LEAST, VENDI_MOST = 50, 300
#: Real images used for the median distance of all classes.
LENGTH_FROM = 2000


@dataclass(frozen=True)
class Reference:
    """Real images, with what samples are compared with."""

    features: Matrix
    """(M, 64)"""
    probabilities: Matrix
    """(M, 10)"""
    labels: NDArray[np.integer]
    """(M,) true classes."""
    energies: Matrix
    """(M,) gradient energy of each image."""
    known_neighbours: Neighbours | None = None

    @cached_property
    def neighbours(self) -> Neighbours:
        """Neighbours of the real images among themselves, k = 5."""
        return self.known_neighbours or within(self.features, K)

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier's output on them."""
        return Classifier(self.probabilities, self.labels)

    @cached_property
    def lengths(self) -> list[float]:
        """Length scale of the Vendi kernel for each of the ten classes."""
        return [half_median_distance(self.features[self.labels == name]) for name in range(10)]

    @cached_property
    def length(self) -> float:
        """Length scale of the Vendi kernel for all classes together."""
        some = spread_indices(len(self.features), min(len(self.features), LENGTH_FROM))
        return half_median_distance(self.features[some])

    def sharpness(self, energies: Matrix, predicted: NDArray[np.intp]) -> float:
        """Gradient energy of samples (N,) over that of real images of the same classes."""
        by_class = np.bincount(self.labels, self.energies) / np.bincount(self.labels)
        return float(energies.mean() / by_class[predicted].mean())

    def vendi(self, name: int, count: int) -> float:
        """Vendi score of `count` real images of class `name` (0..9)."""
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
    """Diversity of N samples relative to real images, and the verdict."""

    shares: ClassShares
    vendi_ratio: list[float | None]
    """Per class: Vendi score over that of as many real images; None with too few samples."""
    class_coverage: list[float]
    """Per class: share of its real images whose ball contains a sample."""
    sharpness: float
    """Gradient energy relative to real images of the same classes."""
    distinct: float
    """Effective number of distinct samples."""
    near_duplicates: float
    """Share of samples with a near-copy among the others, 0..1."""
    missing: list[int] | None
    """Classes without samples; None: not measurable."""
    reasons: list[str]
    """A line for each rule that applies."""
    obstacle: str
    """Why some rule could not be tested; empty if all were."""
    count: int
    """N"""

    @property
    def detected(self) -> bool | None:
        """Whether a rule applies; None if none does and some could not be tested."""
        return True if self.reasons else (None if self.obstacle else False)

    @property
    def verdict(self) -> str:
        """The verdict as one line."""
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
    """Test N samples for mode collapse.

    Args:
        features: (N, 64), standardised.
        probabilities: (N, 10), by the classifier.
        energies: (N,) gradient energies.
        neighbours: neighbours of the samples among themselves.
        manifold: samples compared with `reference`.
        reference: the real images.
        names: names of the ten classes, for the verdict.
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
    """Rule 1: a line if the samples repeat, exactly or with small variations."""
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
    """Why bad samples may have misled the classifier; empty if quality is sufficient."""
    if precision < LOOKS_REAL:
        return f"only {100 * precision:.0f} % of the samples look real"
    if not SHARP[0] <= sharpness <= SHARP[1]:
        return f"the samples are {'blurred' if sharpness < 1 else 'noisy'}"
    return ""


def _dropped_class_would_show(count: int, reference: Reference) -> bool:
    """Whether rule 2 would detect each class's absence, with twice the margin it needs."""
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
    """Rule 2: the missing classes, and lines on missing and under-represented ones."""
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
    """Per class: Vendi score of up to 300 samples over that of as many real images."""
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
    """Return `count` evenly spaced indices of `total`, in case the samples are sorted."""
    return np.linspace(0, total - 1, count).astype(np.intp)


def _diversity_findings(
    vendi: list[float | None],
    predicted: NDArray[np.intp],
    manifold: Manifold,
    names: tuple[str, ...],
) -> list[str]:
    """Rule 3: a line that names the classes of low diversity."""
    poor = []
    for name, ratio in enumerate(vendi):
        if ratio is None:
            continue
        density = manifold.balls[predicted == name].mean() / K
        if ratio < np.interp(density, (SPARSE, DENSE), (NO_DIVERSITY, LOW_DIVERSITY)):
            poor.append(names[name])
    return ["low diversity within class " + ", ".join(poor)] if poor else []
