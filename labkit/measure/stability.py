"""Was the training steady? Formulas over the records of every epoch.

``F1 .. FE`` are the proxy FIDs of the epochs (5,000 samples each), lower is better.
They are shared by every family; the discriminator's records exist only for a GAN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

#: A run has converged when its proxy FID is within this share of the best it reaches.
CONVERGED_WITHIN = 0.10
#: Fewest epochs of which a spread is taken.
TAIL_EPOCHS = 3


def fid_stability(values: Sequence[float]) -> dict[str, float | None]:
    """How the proxy FID moved.

    =================== =========================================================
    fid_final_excess    ``FE - min F``
    fid_drawdown        ``max over i <= j of (Fj - Fi)``, the largest rise
    fid_oscillation     ``Σ max(0, F(e+1) - Fe)``, the sum of all rises
    fid_tail_spread     standard deviation (divisor n - 1) of the last
                        ``n = max(3, ⌈E / 3⌉)`` values
    convergence_epoch   first e with ``Fe <= 1.1 min F``
    =================== =========================================================

    A run that only improves has 0 for the first three.

    Args:
        values: proxy FID of epochs 1, 2, ..., all finite.

    Returns:
        The five values; None where there are too few epochs (two, or three for the
        tail spread).
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
    """A GAN's records: accuracy and gradient norms of the last epoch, dominance over all.

    Args:
        rows: one mapping an epoch with ``d_accuracy`` (0..1, mean over real and fake
            images), ``d_dominance`` (share of the epoch's steps whose batch accuracy was
            above 0.95), ``d_grad_norm`` and ``g_grad_norm`` (global L2 norm, mean over
            steps). A missing key gives None.
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
    """A finite float, or None for anything else: a NaN is not a measurement."""
    return float(value) if value is not None and math.isfinite(value) else None
