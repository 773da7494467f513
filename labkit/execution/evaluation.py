"""A committed training measured: at its best epoch, by samples of their own noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labkit.catalog import FAMILIES, METRICS, resolve
from labkit.data.sources import is_bundled
from labkit.execution.sampling import GreyImages, load_for, own_measures, probe, to_device, to_numpy
from labkit.experiment.spec import CellSpec
from labkit.measure.evaluate import Measures, measure_history, measure_samples, measure_vae
from labkit.measure.frechet import lab_sheet_fid
from labkit.measure.stability import discriminator_records
from labkit.measure.sweep import SAMPLES, enough, measure_point
from labkit.measure.vae import latent_plane
from labkit.train.draws import drawing
from labkit.train.models.base import Autoencoder, Family


def measures(
    spec: CellSpec,
    family: Family | None,
    samples: GreyImages,
    history: Sequence[Mapping[str, Any]] | None,
    data_root: Path | None = None,
    own: bool = True,
) -> dict[str, dict[str, Any]]:
    """What ``metrics.json`` holds: ``metrics`` and ``details`` of samples, uint8 (N, 28, 28).

    Without `family` (with the weights of its best epoch) or `history` (a row an epoch), what
    needs them is left out; so are the measures of a user's own without `own`.
    """
    if not is_bundled(spec.dataset):
        load_for(spec, "test", data_root)  # whoever measures asks for these images without a folder
    parts = [measure_samples(samples, spec.dataset)] if spec.has_features else []
    if history is not None and spec.has_features:
        parts.append(measure_history(history, spec.family))
    elif history is not None:
        records = discriminator_records(history).items()
        parts.append(Measures({k: v for k, v in records if METRICS[k].applies(spec.family)}))
    if isinstance(family, Autoencoder):
        test = load_for(spec, "test", data_root)
        images, labels = probe(test, slice(None), family.device)
        with drawing(family, spec.seed, "codes"):
            mean, log_variance = family.encode(images, labels)
        with drawing(family, spec.seed, "rebuilt"):
            rebuilt = to_numpy(family.reconstruct(images, labels))
        with drawing(family, spec.seed, "test") as noise:
            losses = family.test_losses(images, noise, labels)
        parts.append(
            measure_vae(
                reconstructions=rebuilt,
                originals=test.images,
                mean=mean.cpu().numpy(),
                log_variance=log_variance.cpu().numpy(),
                losses=losses,
                dataset=spec.dataset if spec.has_features else None,
            )
        )
        if mean.shape[1] == 2:
            parts.append(Measures({}, latent_plane(mean.cpu().double().numpy(), test.labels)))
    asked = np.arange(len(samples), dtype=np.int64) % 10
    for target in FAMILIES[spec.family].measures if spec.has_features else ():
        parts.append(resolve(target)(samples, asked, spec.dataset))
    if family is not None and spec.has_features:
        parts.append(_swept(spec, family))
    if own:
        parts.append(Measures(own_measures(spec, samples)))
    return together(parts)


def _swept(spec: CellSpec, family: Family) -> Measures:
    """In the details, for each setting of sampling that the family compares: points by value."""
    sweeps: dict[str, list[dict[str, float]]] = {}
    for name, points in family.sweeps().items():
        for value, make in points.items():
            with drawing(family, spec.seed, "sweep") as noise:  # the same noise for all
                images = family.images_of(make, family.random_noise(SAMPLES, noise))
            found = measure_point(to_numpy(images), spec.dataset)
            sweeps.setdefault(name, []).append({"value": value, **found})
    steps = sweeps.get("sampling_steps")
    return Measures(
        {"enough_steps": enough(steps)} if steps else {}, {"sweeps": sweeps} if sweeps else {}
    )


def together(parts: Sequence[Measures]) -> dict[str, dict[str, Any]]:
    """Several measures as ``metrics.json`` holds them."""
    return {
        "metrics": {name: value for part in parts for name, value in part.metrics.items()},
        "details": {name: value for part in parts for name, value in part.details.items()},
    }


def sheet_measures(
    spec: CellSpec, gan: Any, samples: GreyImages, data_root: Path | None = None
) -> dict[str, float]:
    """``lab_sheet_fid`` of a cell's samples, uint8 (N, 28, 28), by a GAN's discriminator."""
    test = load_for(spec, "test", data_root)
    found = []
    for images in (test.images, samples):
        with drawing(gan, spec.seed, "features"):
            found.append(gan.discriminator_features(to_device(images, gan.device)).cpu().numpy())
    real, fake = found
    return {"lab_sheet_fid": lab_sheet_fid(real, fake)}
