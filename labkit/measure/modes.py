"""Mode collapse: one verdict, the rules behind it, and when nothing can be said.

Four rules, each a printed threshold on a measured number:

1. *Repetition*: the samples repeat so often that fewer than N/4 are really different.
2. *Missing classes*, *under-represented classes*: class shares, corrected for the
   classifier's mistakes, with intervals.
3. *Low diversity within a class*: the class's Vendi score is under 0.3 of that of equally
   many real images, although its samples look real.

Rules 2 and 3 need samples that can be recognised: of blurred or noisy samples the
classifier's word is worth nothing, and bad quality is not collapse. They also need enough
samples that what they look for would be seen. Where either fails and no rule fired, the
verdict is *not measurable*, which is not *none*.
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
#: A class is under-represented when its interval, and its share before correction, lie
#: below this share of its real share.
UNDER_REPRESENTED = 0.25
#: ... and missing when its estimate does, too.
MISSING = 0.025
#: Rule 3 fires below this share of the Vendi score of real images of the class.
LOW_DIVERSITY = 0.3
#: ... if at least this share of the class's samples falls among real images.
LOOKS_REAL = 0.5
#: Rules 2 and 3 need this share of recognisable samples.
RECOGNISABLE = 0.6
#: A sample is recognisable when it is as near to a real image as this share of real ones.
RECOGNISABLE_QUANTILE = 0.99
#: Fewest and most samples of a class that a Vendi score is taken of.
VENDI_LEAST, VENDI_MOST = 50, 300


@dataclass(frozen=True)
class Reference:
    """Real images, as samples are compared with them."""

    features: Matrix
    """(M, 64)"""
    probabilities: Matrix
    """(M, 10)"""
    labels: NDArray[np.integer]
    """(M,) true classes."""
    recognisable_squared: float
    """Squared distance to the nearest of them within which other real images lie."""

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


@dataclass(frozen=True)
class Modes:
    """What is there of the real variety, and the verdict."""

    shares: ClassShares
    vendi_ratio: list[float | None]
    """Per class: Vendi score over that of equally many real images; None: too few samples."""
    class_coverage: list[float]
    """Per class: share of its real images with a sample in their neighbourhood."""
    recognisable: float
    """Share of samples as near to a real image as real images are."""
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
    neighbours: Neighbours,
    manifold: Manifold,
    reference: Reference,
    names: tuple[str, ...],
) -> Modes:
    """Look for mode collapse in N samples.

    Args:
        features: (N, 64), standardised.
        probabilities: (N, 10).
        neighbours: of the samples among themselves.
        manifold: of the samples among `reference`.
        names: the ten classes' names, for the verdict.
    """
    count = len(features)
    predicted = probabilities.argmax(axis=1)
    shares = class_shares(probabilities, reference.classifier)
    vendi = _vendi_ratios(features, predicted, reference)
    recognisable = float((manifold.to_real_squared <= reference.recognisable_squared).mean())
    distinct = effective_distinct(neighbours.copies)

    reasons, obstacles = [], []
    missing: list[int] | None = None
    if distinct < DISTINCT * count:
        reasons.append(f"repetition: {count:,} samples are worth {distinct:,.0f} different ones")
    if recognisable < RECOGNISABLE:
        obstacles.append(f"only {100 * recognisable:.0f} % of the samples can be recognised")
    else:
        if _dropped_class_would_show(count, reference):
            missing, found = _class_findings(shares, reference.classifier.shares, names)
            reasons += found
        else:
            obstacles.append("too few samples to miss a class")
        if count * reference.classifier.shares.min() >= VENDI_LEAST:
            reasons += _diversity_findings(vendi, predicted, manifold, names)
        else:
            obstacles.append("too few samples to see the variety within a class")
    return Modes(
        shares,
        vendi,
        [float(manifold.covered[reference.labels == name].mean()) for name in range(10)],
        recognisable,
        distinct,
        float((neighbours.copies > 0).mean()),
        missing,
        reasons,
        "; ".join(obstacles),
        count,
    )


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
    few = (shares.high < UNDER_REPRESENTED * real) & (shares.predicted < UNDER_REPRESENTED * real)
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
        own, real = features[predicted == name], reference.features[reference.labels == name]
        count = min(len(own), len(real), VENDI_MOST)
        if count < VENDI_LEAST:
            ratios.append(None)
            continue
        scores = [
            vendi_score(part[_spread_indices(len(part), count)], reference.lengths[name])
            for part in (own, real)
        ]
        ratios.append(scores[0] / scores[1])
    return ratios


def _spread_indices(total: int, count: int) -> NDArray[np.intp]:
    """`count` of `total` positions, evenly spread, so that no order of the samples matters."""
    return np.linspace(0, total - 1, count).astype(np.intp)


def _diversity_findings(
    vendi: list[float | None],
    predicted: NDArray[np.intp],
    manifold: Manifold,
    names: tuple[str, ...],
) -> list[str]:
    poor = [
        names[name]
        for name, ratio in enumerate(vendi)
        if ratio is not None
        and ratio < LOW_DIVERSITY
        and (manifold.balls[predicted == name] > 0).mean() >= LOOKS_REAL
    ]
    return ["low diversity within class " + ", ".join(poor)] if poor else []
