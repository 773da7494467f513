"""Stability of training, from the records of every epoch.

``F1 .. FE`` are the proxy FIDs of the epochs (5,000 samples each), lower is better. Every
family has them; only families with a discriminator have its records.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

#: A training has converged when its proxy FID is within this share of its best.
CONVERGED_WITHIN = 0.10
#: Fewest epochs for a tail spread.
TAIL_EPOCHS = 3


def fid_stability(values: Sequence[float]) -> dict[str, float | None]:
    """Summarise how the proxy FID changed over the epochs.

    =================== =========================================================
    fid_final_excess    ``FE - min F``
    fid_drawdown        ``max over i <= j of (Fj - Fi)``, the largest rise
    fid_oscillation     ``Σ max(0, F(e+1) - Fe)``, the sum of all rises
    fid_tail_spread     standard deviation (divisor n - 1) of the last
                        ``n = max(3, ⌈E / 3⌉)`` values
    convergence_epoch   first e with ``Fe <= 1.1 min F``
    =================== =========================================================

    The first three are 0 if every epoch improves it.

    Args:
        values: proxy FID of epochs 1, 2, ..., all finite.

    Returns:
        The five values; None with fewer than two epochs (three for the tail spread).
    """
    fids = np.asarray(values, np.float64)
    if len(fids) < 2:
        return dict.fromkeys(
            ("fid_final_excess", "fid_drawdown", "fid_oscillation", "fid_tail_spread",
             "convergence_epoch")
        )  # fmt: skip
    best = fids.min()
    tail = fids[-max(TAIL_EPOCHS, math.ceil(len(fids) / 3)) :]
    return {
        "fid_final_excess": float(fids[-1] - best),
        "fid_drawdown": float((fids - np.minimum.accumulate(fids)).max()),
        "fid_oscillation": float(np.diff(fids).clip(min=0).sum()),
        "fid_tail_spread": float(tail.std(ddof=1)) if len(fids) >= TAIL_EPOCHS else None,
        "convergence_epoch": float(1 + np.argmax(fids <= best * (1 + CONVERGED_WITHIN))),
    }


def discriminator_records(rows: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Summarise a discriminator's records: the last epoch's, but the mean of its dominance.

    Args:
        rows: a mapping per epoch with ``d_accuracy`` (0..1, mean of real and generated
            images), ``d_dominance`` (0..1, share of steps with a batch accuracy above 0.95),
            ``d_grad_norm`` and ``g_grad_norm`` (L2 norm of all gradients, mean over steps).

    Returns:
        The four values; None for a key that is missing.
    """
    dominance = [row.get("d_dominance") for row in rows]
    known = [float(share) for share in dominance if share is not None]
    last: Mapping[str, Any] = rows[-1] if rows else {}
    return {
        "d_accuracy": _number(last.get("d_accuracy")),
        "d_grad_norm": _number(last.get("d_grad_norm")),
        "g_grad_norm": _number(last.get("g_grad_norm")),
        "d_dominance": sum(known) / len(known) if rows and len(known) == len(rows) else None,
    }


def _number(value: Any) -> float | None:
    """Return a finite float, or None for a missing, NaN or infinite value."""
    return float(value) if value is not None and math.isfinite(value) else None
