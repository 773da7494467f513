"""Intervals and tests, as few as the claims need.

The unit of replication is the *seed*: a contrast is averaged over blocks within a
seed first, which leaves one number per seed, and Student's t does the rest. Blocks
(the other settings of a grid) are not replicates: the same three z dimensions come
back in every grid, and treating them as a sample of something would make every
interval too short.

SciPy's ``special`` functions only: importing ``scipy.stats`` would cost a report
more time than all the claims together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
#: Differences below this share of the values are float noise, not differences.
FLOAT_NOISE = 1e-12


def fmean(values: Sequence[float]) -> float:
    """Mean of at least one value, summed without rounding errors."""
    return math.fsum(values) / len(values)


def standard_error(values: Sequence[float], slack: float = 0.0) -> float:
    """Standard error of a mean of at least two values, as large as rounding can make it.

    If each value may be off by ``slack``, the largest standard deviation compatible with
    what is printed exceeds the printed one by at most ``slack √(n / (n − 1))`` (triangle
    inequality in the centred n-vectors).
    """
    n = len(values)
    mean = fmean(values)
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
    return (deviation + slack * math.sqrt(n / (n - 1))) / math.sqrt(n)


def t_interval(
    values: Sequence[float], slack: float = 0.0, confidence: float = CONFIDENCE
) -> tuple[float, float] | None:
    """Two-sided Student interval of a mean; None below two values.

    Args:
        values: one number a seed.
        slack: how far rounding may have moved each of them; the interval holds for every
            table that rounds to the one at hand.
        confidence: coverage, 0 to 1.
    """
    if len(values) < 2:
        return None
    from scipy.special import stdtrit

    quantile = float(stdtrit(len(values) - 1, (1 + confidence) / 2))
    half = quantile * standard_error(values, slack) + slack
    mean = fmean(values)
    return mean - half, mean + half


def p_beyond(values: Sequence[float], margin: float = 0.0, slack: float = 0.0) -> float | None:
    """How surprising the values were if their true mean did not exceed a margin.

    Twice the one-sided p-value, so that it is at most 0.05 exactly when the 95 % interval
    lies above the margin: a statement is picked *after* looking which side is ahead, and
    that is a two-sided test. None below two values; 1 if they do not vary at all (seeds
    that change nothing say nothing about noise).
    """
    if len(values) < 2:
        return None
    error = standard_error(values, slack)
    if error <= FLOAT_NOISE * max(abs(v) for v in values):
        return 1.0
    from scipy.special import stdtr

    t = (fmean(values) - slack - margin) / error
    return min(1.0, 2.0 * float(stdtr(len(values) - 1, -t)))


def holm(p_values: Sequence[float | None], alpha: float = ALPHA) -> list[bool]:
    """Which hypotheses Holm's step-down procedure rejects (Holm 1979, Scand. J. Stat. 6).

    The chance that any of the statements called supported is false stays at most `alpha`,
    whatever depends on whatever. None entries are not tested and not counted.
    """
    tested = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    rejected = [False] * len(p_values)
    for rank, (p, index) in enumerate(tested):
        if p > alpha / (len(tested) - rank):
            break
        rejected[index] = True
    return rejected


def proportion_interval(hits: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact interval of a proportion (Clopper & Pearson 1934); ``n`` at least 1."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1 - tail))
    return low, high
