"""All measures of a cell: from samples, reconstructions or a history to named numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from labkit.catalog import DATASETS, METRICS
from labkit.measure.features import extract
from labkit.measure.frechet import Moments, fid, fid_infinity, kid
from labkit.measure.manifold import K, compare
from labkit.measure.modes import Modes, measure_modes
from labkit.measure.neighbours import nearest_squared, within
from labkit.measure.reference import real_features, real_set
from labkit.measure.sharpness import gradient_energy, relative_sharpness
from labkit.measure.stability import discriminator_records, fid_stability
from labkit.measure.sweep import SAMPLES
from labkit.measure.two_sample import two_sample
from labkit.measure.vae import active_dimensions, kl_per_dimension, mmd_to_prior

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Measures:
    """Measured values; None for what could not be measured, with the reason in the details."""

    metrics: Mapping[str, float | None]
    """Keys of :data:`labkit.catalog.METRICS`."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further results as JSON values: lists, intervals, verdicts, reasons."""


def measure_samples(samples: Images, dataset: str, device: torch.device | None = None) -> Measures:
    """Measure samples, uint8 (N, 28, 28) with N > 5, against a data set's 10,000 real test images.

    0 is background; the data set is a key of :data:`labkit.catalog.DATASETS`. What takes long is
    computed on `device`, or on the CPU.
    """
    found, test = extract(samples, dataset, device), real_set(dataset, device)
    neighbours = within(found.features, K, device)
    real = test.reference
    both = found.features, neighbours, real.features, real.neighbours
    manifold = compare(*both, device)
    votes = two_sample(*both, manifold, device)
    modes = measure_modes(
        found.features,
        found.probabilities,
        gradient_energy(samples, device),
        neighbours,
        manifold,
        real,
        DATASETS[dataset].classes,
    )
    to_training, _ = nearest_squared(found.features, test.training, device)
    known = [ratio for ratio in modes.vendi_ratio if ratio is not None]
    shares = modes.shares
    metrics = {
        "proxy_fid": fid(found.features, real.features),
        "proxy_fid_infinity": fid_infinity(found.features, real.features),
        "kid": kid(Moments.of(found.features, device), test.moments),
        "sharpness": modes.sharpness,
        "precision": manifold.precision,
        "recall": manifold.recall,
        "density": manifold.density,
        "coverage": manifold.coverage,
        "two_sample_accuracy": votes.accuracy,
        "clipped_density": manifold.clipped_density(test.clipped_density),
        "clipped_coverage": manifold.clipped_coverage,
        "memorisation": float((to_training < test.copy_squared).mean()),
        "mode_collapse": None if modes.detected is None else float(modes.detected),
        "missing_classes": None if modes.missing is None else float(len(modes.missing)),
        "class_imbalance": float(np.abs(shares.predicted - real.classifier.predicted).sum() / 2),
        "vendi": float(np.mean(known)) if known else None,
        "near_duplicates": modes.near_duplicates,
    }
    details = {
        "samples": len(samples),
        "few_fid": fid(found.features[:SAMPLES], real.features),  # beside points of sweeps
        **_told_of(modes, real.classifier.shares),
        "nearest_training": float(
            np.sqrt(np.median(to_training) / np.median(test.to_training_squared))
        ),
        "two_sample_interval": list(votes.interval),
        "two_sample_of_samples": float(votes.samples.mean()),
        "two_sample_of_real": float(votes.real.mean()),
    }
    return Measures(metrics, details)


def _told_of(modes: Modes, real_shares: NDArray[np.float64]) -> dict[str, Any]:
    """What the details say of mode collapse, beside the class shares of the real images."""
    shares = modes.shares
    return {
        "verdict": modes.verdict,
        "collapse": {
            "detected": modes.detected,
            "missing_classes": modes.missing or [],
            "reasons": modes.reasons,
        },
        "not_measurable": modes.obstacle,
        "class_shares": shares.estimate.tolist(),
        "class_shares_low": shares.low.tolist(),
        "class_shares_high": shares.high.tolist(),
        "class_shares_predicted": shares.predicted.tolist(),
        "class_shares_real": real_shares.tolist(),
        "class_coverage": modes.class_coverage,
        "class_vendi": modes.vendi_ratio,
        "distinct": modes.distinct,
    }


def measure_vae(
    reconstructions: Images,
    originals: Images,
    mean: NDArray[np.floating[Any]],
    log_variance: NDArray[np.floating[Any]],
    losses: Mapping[str, float],
    dataset: str | None = None,
    device: torch.device | None = None,
) -> Measures:
    """Measure a VAE's latent codes and reconstructions of the test images.

    Args:
        reconstructions: uint8 (N, 28, 28), decoded from the posterior means.
        originals: uint8 (N, 28, 28), the images themselves.
        mean, log_variance: (N, d), of each image's posterior.
        losses: ``test_total_loss``, ``test_recon_loss``, ``test_kl_loss`` per image; returned
            unchanged.
        dataset: selects the pinned network for ``recon_proxy_fid``; None leaves that out.
        device: where to compute; None for the CPU.
    """
    means, logs = np.asarray(mean, np.float64), np.asarray(log_variance, np.float64)
    kl = kl_per_dimension(means, logs)
    active = active_dimensions(means)
    metrics: dict[str, float | None] = {
        **losses,
        "active_units": float(active.sum()),
        "posterior_collapse": float(not active.any()),
        "mmd_prior": mmd_to_prior(means, logs, device),
        "recon_sharpness": relative_sharpness(reconstructions, originals, device),
    }
    if dataset is not None:
        seen = extract(reconstructions, dataset, device).features
        real = real_features(dataset, "test", device).features
        metrics["recon_proxy_fid"] = fid(seen, real)
    details = {"kl_per_dimension": kl.tolist(), "active_dimensions": active.tolist()}
    return Measures(metrics, details)


def measure_history(history: Sequence[Mapping[str, Any]], family: str) -> Measures:
    """Measure the stability of a training.

    Args:
        history: a row per epoch, in order, with ``proxy_fid`` and, for a GAN, the
            discriminator's records (see :mod:`labkit.measure.stability`).
        family: a key of :data:`labkit.catalog.FAMILIES`; measures that the catalog does not
            list for it are left out.
    """
    found = fid_stability([row["proxy_fid"] for row in history]) | discriminator_records(history)
    families = {name: METRICS[name].families for name in found}
    return Measures(
        {name: value for name, value in found.items() if family in (families[name] or {family})}
    )
