"""Measures of a VAE's latent space: KL per dimension, active units, match with the prior."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.measure import on_device

Matrix = NDArray[np.float64]

#: A latent dimension is active if the variance of its posterior mean is above this.
ACTIVE_VARIANCE = 0.01
_BLOCK = 1000
#: Images shown in a drawn latent plane.
SHOWN = 2000


def kl_per_dimension(mean: Matrix, log_variance: Matrix) -> Matrix:
    """KL(q(z_j|x) || N(0, 1)) of each latent dimension, averaged over images, in nats.

    ``½ (μ² + σ² - 1 - log σ²)`` (Kingma & Welling 2014, arXiv:1312.6114, appendix B). A
    dimension near 0 carries no information about the image.

    Args:
        mean: (N, d) posterior means.
        log_variance: (N, d) logarithms of the posterior variances.

    Returns:
        (d,), not negative; the sum is the KL loss per image.
    """
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    result: Matrix = kl.mean(axis=0)
    return result


def active_dimensions(mean: Matrix) -> NDArray[np.bool_]:
    """Find the active latent dimensions, (d,) booleans.

    A dimension is active if the variance over images of its posterior mean is above 0.01
    (Burda, Grosse & Salakhutdinov 2016, arXiv:1509.00519, section 5.2).

    Args:
        mean: (N, d) posterior means, N >= 2.
    """
    active: NDArray[np.bool_] = mean.var(axis=0, ddof=1) > ACTIVE_VARIANCE
    return active


def mmd_to_prior(mean: Matrix, log_variance: Matrix, device: torch.device | None = None) -> float:
    """Squared maximum mean discrepancy of the aggregated posterior and N(0, I), unbiased.

    One code ``z ~ q(z|x)`` is drawn per image, with a fixed seed. The kernel is
    ``exp(-|z - z'|² / 2d)``, whose expectations under the prior have closed forms (Baringhaus
    & Henze 1988), so the prior needs no samples:

    ``mean over i ≠ j of k(zi, zj) - 2 mean of (1 + 1/d)^(-d/2) exp(-|zi|² / 2(d + 1))
    + (1 + 2/d)^(-d/2)``

    For VAEs: Zhao, Song & Ermon 2017, arXiv:1706.02262.

    Args:
        mean, log_variance: (N, d) of the posteriors, N >= 2.
        device: where to compute; None for NumPy.

    Returns:
        0 on average if the codes follow the prior, so it may be slightly negative.
    """
    n, d = mean.shape
    noise = np.random.default_rng(0).standard_normal(mean.shape)
    codes = mean + np.exp(0.5 * log_variance) * noise
    squares = (codes * codes).sum(axis=1)
    total = 0.0 if device is None else on_device.kernel_sum(codes, device)
    for start in range(0, n if device is None else 0, _BLOCK):
        rows = slice(start, start + _BLOCK)
        distances = squares[rows, None] + squares - 2 * (codes[rows] @ codes.T)
        total += float(np.exp(distances.clip(min=0) / (-2 * d)).sum())
    within = (total - n) / (n * (n - 1))
    with_prior = (1 + 1 / d) ** (-d / 2) * np.exp(squares / (-2 * (d + 1))).mean()
    prior = (1 + 2 / d) ** (-d / 2)
    return float(within - 2 * with_prior + prior)


def latent_plane(mean: Matrix, labels: NDArray[np.uint8]) -> dict[str, list[Any]]:
    """Latent codes of test images, for drawing a VAE of two dimensions.

    Args:
        mean: (N, 2) posterior means.
        labels: (N,) classes.

    Returns:
        ``latent_plane`` ([x, y] each) and ``latent_plane_classes`` of the first 2,000 images.
    """
    points = [[round(float(x), 3), round(float(y), 3)] for x, y in mean[:SHOWN]]
    return {"latent_plane": points, "latent_plane_classes": labels[:SHOWN].tolist()}
