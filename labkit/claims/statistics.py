"""Intervals and tests, as few as the claims need.

SciPy's ``special`` functions only: importing ``scipy.stats`` would cost a report more time
than all the claims together.
"""

import math
from collections.abc import Sequence

ALPHA = 0.05
#: Differences below this share of the values are float noise, not differences.
FLOAT_NOISE = 1e-12


def fmean(values: Sequence[float]) -> float:
    """Mean of at least one value, summed without rounding errors."""
    return math.fsum(values) / len(values)


def variance(values: Sequence[float]) -> float:
    """Unbiased variance of at least two values."""
    mean = fmean(values)
    return math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)


def student_p(t: float, df: int) -> float:
    """Two-sided p-value of Student's t."""
    from scipy.special import stdtr

    return min(1.0, 2.0 * float(stdtr(df, -abs(t))))


def student_interval(error: float, df: int, confidence: float) -> float:
    """Half the width of Student's interval of an estimate with a standard error."""
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + confidence) / 2)) * error


def fisher_p(ratio: float, df: int, df_below: int) -> float:
    """Chance of a ratio of two mean squares at least this large, were they the same."""
    from scipy.special import fdtrc

    return float(fdtrc(df, df_below, ratio))


def holm(p_values: Sequence[float | None], alpha: float = ALPHA) -> list[bool]:
    """Which hypotheses Holm's step-down procedure rejects (Holm 1979, Scand. J. Stat. 6).

    The chance that any difference called is none stays at most `alpha`; None is not tested.
    """
    tested = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    rejected = [False] * len(p_values)
    for rank, (p, index) in enumerate(tested):
        if p > alpha / (len(tested) - rank):
            break
        rejected[index] = True
    return rejected


def proportion_interval(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a proportion (Clopper & Pearson 1934); ``n`` at least 1."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1 - tail))
    return low, high
